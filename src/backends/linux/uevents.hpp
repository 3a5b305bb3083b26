// The kernel's uevents about NVMe, as udev gets them: no root, no polling.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "core/capabilities.hpp"

namespace nvmectl::linux_backend {

/// One message of the kernel: "ACTION@DEVPATH", then KEY=VALUE words, each ended by a NUL. Without a time. Empty when
/// it is not of that form or longer than the kernel makes them.
[[nodiscard]] std::optional<Event> parse_uevent(std::string_view message);

/// About a controller, subsystem, namespace, path or their character devices. Partitions are not.
[[nodiscard]] bool concerns_nvme(const Event& event);

/// Listens from its first listen() on: what happens between two calls of it waits in the socket.
class Uevents final : public EventSource {
 public:
  Uevents() = default;
  Uevents(const Uevents&) = delete;
  Uevents& operator=(const Uevents&) = delete;
  ~Uevents() override;
  /// Events about NVMe only. Where more came than the socket could hold, one event of the action "lost" and nothing
  /// else stands for them.
  [[nodiscard]] Result<> listen(const Deadline& deadline,
                                const std::function<Result<bool>(const Event&)>& on_event) override;

 private:
  [[nodiscard]] Result<> open();
  /// The next event about NVMe that is there already, empty when there is none.
  [[nodiscard]] Result<std::optional<Event>> receive();
  int fd_ = -1;
};

}  // namespace nvmectl::linux_backend
