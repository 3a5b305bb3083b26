nvmectl_fuzz_target(pmem_labels SOURCES pmem_fuzz.cpp LINKS nvmectl_pmem nvmectl_core fmt::fmt)
nvmectl_fuzz_target(pmem_btt SOURCES pmem_btt_fuzz.cpp LINKS nvmectl_backend_pmem nvmectl_pmem nvmectl_core fmt::fmt)
