nvmectl_fuzz_target(target_session
  SOURCES target_session.cpp
  LINKS nvmectl_target nvmectl_nvme nvmectl_nvme_tcp nvmectl_net nvmectl_core fmt::fmt)
