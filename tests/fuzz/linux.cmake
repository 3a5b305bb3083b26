nvmectl_fuzz_target(linux_uevents
  SOURCES linux_uevents.cpp
  LINKS nvmectl_backend_linux nvmectl_nvme nvmectl_core fmt::fmt)
