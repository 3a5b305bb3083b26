#include "core/kernel_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl {
namespace {

constexpr std::size_t most_lines = 40;
constexpr int most_records = 4096;

}  // namespace

KernelLog::KernelLog(const char* path) : fd_(::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  if (fd_ >= 0) ::lseek(fd_, 0, SEEK_END);
}

KernelLog::~KernelLog() {
  if (fd_ >= 0) ::close(fd_);
}

std::vector<std::string> KernelLog::take(const std::function<bool(std::string_view)>& wanted) {
  std::vector<std::string> lines;
  if (fd_ < 0) return lines;
  std::array<char, 8192> record;
  for (int i = 0; i < most_records; ++i) {
    const ssize_t size = ::read(fd_, record.data(), record.size());
    if (size < 0 && errno == EPIPE) continue;  // overtaken: the next read goes on with the oldest record there is
    if (size <= 0) break;
    const std::string_view text = kernel_log_text({record.data(), static_cast<std::size_t>(size)});
    if (!wanted(text)) continue;
    if (lines.size() == most_lines) lines.erase(lines.begin());
    lines.push_back(printable(text));
  }
  return lines;
}

std::string_view kernel_log_text(std::string_view record) {
  const std::size_t semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return {};
  record.remove_prefix(semicolon + 1);
  return record.substr(0, record.find('\n'));
}

}  // namespace nvmectl
