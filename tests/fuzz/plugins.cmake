nvmectl_fuzz_target(plugins SOURCES plugins_fuzz.cpp LINKS nvmectl_plugins nvmectl_commands nvmectl_nvme nvmectl_core fmt::fmt)
