nvmectl_fuzz_target(nvme_layouts
  SOURCES nvme_layouts.cpp
  LINKS nvmectl_nvme nvmectl_core fmt::fmt)
nvmectl_fuzz_target(nvme_discovery
  SOURCES nvme_discovery.cpp
  LINKS nvmectl_nvme nvmectl_core fmt::fmt)
nvmectl_fuzz_target(nvme_keys
  SOURCES nvme_keys.cpp
  LINKS nvmectl_nvme nvmectl_core fmt::fmt)
