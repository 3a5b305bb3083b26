nvmectl_fuzz_target(tcp_pdu
  SOURCES tcp_pdu.cpp
  LINKS nvmectl_tcp nvmectl_nvme_tcp nvmectl_nvme nvmectl_net nvmectl_core fmt::fmt)
