// The kernel's own words about what was just asked of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nvmectl {

/// /dev/kmsg from the moment of construction on. Without the right to read it, there are no lines.
class KernelLog {
 public:
  explicit KernelLog(const char* path = "/dev/kmsg");
  KernelLog(const KernelLog&) = delete;
  KernelLog& operator=(const KernelLog&) = delete;
  ~KernelLog();
  [[nodiscard]] bool readable() const { return fd_ >= 0; }
  /// The lines since the last call that `wanted` accepts, without priority and time, printable; the last 40 at most.
  [[nodiscard]] std::vector<std::string> take(const std::function<bool(std::string_view line)>& wanted);

 private:
  int fd_;
};

/// The text of one record "6,1234,5678,-;text\n KEY=value\n": "text". Linux Documentation/ABI/testing/dev-kmsg.
[[nodiscard]] std::string_view kernel_log_text(std::string_view record);

}  // namespace nvmectl
