#include "commands/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "nvme/decode.hpp"

namespace nvmectl {
namespace {

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin && file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, Close>;

}  // namespace

Result<OpenAdmin> open_admin(const Context& context, const DeviceRef& device) {
  OpenAdmin opened;
  opened.deadline = context.deadline();
  NVMECTL_ASSIGN(opened.device, context.open(device, opened.deadline));
  opened.admin = opened.device->admin();
  if (opened.admin == nullptr)
    return fail(
        make_error(ErrorKind::unsupported, fmt::format("{} takes no admin commands", device.text)).on(device.text));
  return opened;
}

Result<std::uint32_t> chosen_nsid(const Device& opened, const DeviceRef& device, std::optional<std::uint32_t> given) {
  if (given) return *given;
  if (const auto nsid = opened.nsid()) return *nsid;
  return fail(make_error(ErrorKind::usage,
                         fmt::format("{} is a controller: which of its namespaces is meant?", device.text),
                         fmt::format("add -n NSID; nvmectl list-ns {} shows them", device.text))
                  .on(device.text));
}

Result<> show_structure(Context& context, const Schema& schema, std::span<const std::byte> bytes) {
  if (context.out.wants_raw()) return context.out.raw(bytes);
  NVMECTL_ASSIGN(Record record, nvme::decode(schema, bytes));
  return context.out.document(std::move(record));
}

Result<Bytes> read_file(const std::string& path, std::size_t limit) {
  const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) return fail(os_error(errno, fmt::format("{} could not be opened", path)));
  Bytes bytes;
  while (bytes.size() < limit) {
    const std::size_t have = bytes.size();
    bytes.resize(std::min(limit, have + 65536));
    errno = 0;
    const std::size_t got = std::fread(bytes.data() + have, 1, bytes.size() - have, file.get());
    bytes.resize(have + got);
    if (got == 0) {
      if (std::ferror(file.get()) != 0) return fail(os_error(errno, fmt::format("{} could not be read", path)));
      break;
    }
  }
  return bytes;
}

Result<> write_file(const std::string& path, std::span<const std::byte> bytes) {
  File file(path == "-" ? stdout : std::fopen(path.c_str(), "wb"));
  if (!file) return fail(os_error(errno, fmt::format("{} could not be opened for writing", path)));
  const auto broken = [&] {
    return fail(os_error(errno, fmt::format("{} could not be written", path), "the file is incomplete"));
  };
  if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() || std::fflush(file.get()) != 0)
    return broken();
  if (file.get() != stdout && std::fclose(file.release()) != 0) return broken();
  return {};
}

}  // namespace nvmectl
