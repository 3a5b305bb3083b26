nvmectl_fuzz_target(pmem_labels SOURCES pmem_fuzz.cpp LINKS nvmectl_pmem nvmectl_core fmt::fmt)
