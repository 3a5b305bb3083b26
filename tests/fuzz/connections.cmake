foreach(parser store config_json discovery_conf fabrics_conf)
  nvmectl_fuzz_target(connections_${parser} SOURCES connections_fuzz.cpp LINKS nvmectl_connections nvmectl_core fmt::fmt)
  target_compile_definitions(fuzz_connections_${parser} PRIVATE FUZZED_PARSER=fuzz_${parser})
endforeach()
