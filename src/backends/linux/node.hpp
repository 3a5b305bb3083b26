// The kernel's names for NVMe devices, taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nvmectl::linux_backend {

/// nvme0, nvme0n1, nvme0n1p2, nvme0c1n1, ng0n1.
struct NodeName {
  enum class Kind : std::uint8_t {
    controller,     ///< nvme0
    block,          ///< nvme0n1: a namespace, or the multipath head of one
    partition,      ///< nvme0n1p2
    path,           ///< nvme0c1n1: the way of controller 1 to the head nvme0n1
    generic,        ///< ng0n1: a namespace's or head's character device
    hidden_generic  ///< ng0c1n1
  };
  Kind kind = Kind::controller;
  std::uint32_t instance = 0;                    ///< of the controller or, under multipath, of the subsystem
  std::optional<std::uint32_t> path_controller;  ///< paths only
  std::uint32_t ns = 0;                          ///< the namespace's instance, which is not its NSID

  [[nodiscard]] static std::optional<NodeName> parse(std::string_view name);
  /// nvme0n1 for all kinds but controllers: the namespace's or head's block device.
  [[nodiscard]] std::string block_name() const;
  [[nodiscard]] std::string generic_name() const;
};

}  // namespace nvmectl::linux_backend
