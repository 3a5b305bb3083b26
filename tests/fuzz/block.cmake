nvmectl_fuzz_target(block_lvm SOURCES block_lvm_fuzz.cpp LINKS nvmectl_block nvmectl_core fmt::fmt)
