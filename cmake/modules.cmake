# The house's vocabulary: a module is a static library that links only what its row of arrows allows (ARCHITECTURE.md).

add_library(nvmectl_options INTERFACE)
target_include_directories(nvmectl_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(nvmectl_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast $<$<BOOL:${NVMECTL_WARNINGS_AS_ERRORS}>:-Werror>)
target_compile_definitions(nvmectl_options INTERFACE NVMECTL_VERSION="${PROJECT_VERSION}")
if(NVMECTL_SANITIZE)
  target_compile_options(nvmectl_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(nvmectl_options INTERFACE -fsanitize=address,undefined)
endif()
if(NVMECTL_FUZZ)
  # Coverage of the modules under test, not of the fuzz target's own file alone.
  target_compile_options(nvmectl_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(nvmectl_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(NVMECTL_SANITIZE_THREAD)
  target_compile_options(nvmectl_options INTERFACE -fsanitize=thread)
  target_link_options(nvmectl_options INTERFACE -fsanitize=thread)
endif()

# nvmectl_module(NAME SOURCES a.cpp b.cpp LINKS nvmectl_core fmt::fmt)
# Links are PRIVATE, so that no module reaches what its users link; the headers need only fmt-free core headers.
function(nvmectl_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(nvmectl_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(nvmectl_${name} PRIVATE nvmectl_options tl::expected ${ARG_LINKS})
endfunction()

# nvmectl_unit_test(NAME SOURCES a_test.cpp LINKS nvmectl_core): one Catch2 program per module, one ctest per test case.
function(nvmectl_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(unit_${name} ${ARG_SOURCES})
  target_link_libraries(unit_${name} PRIVATE nvmectl_options nvmectl_catch tl::expected ${ARG_LINKS})
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(unit_${name} PRIVATE NVMECTL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures")
  add_test(NAME unit.${name} COMMAND unit_${name})
  set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

# nvmectl_fuzz_target(NAME SOURCES x.cpp LINKS …): with clang and NVMECTL_FUZZ a libFuzzer program; always a program
# that replays tests/fuzz/corpus/NAME, run by ctest.
add_custom_target(fuzz_targets)
function(nvmectl_fuzz_target name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE nvmectl_options tl::expected ${ARG_LINKS})
  add_dependencies(fuzz_targets fuzz_${name})
  if(NVMECTL_FUZZ)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cpp)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
  endif()
endfunction()
