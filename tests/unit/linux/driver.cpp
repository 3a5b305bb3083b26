// A small program around the Linux backend, for trying it on a real kernel and for counting its system calls. Not
// installed.
//
//   linux_driver scan [--sysroot DIR] [brief|usage|full]
//   linux_driver open DEVICE        Identify Controller and what the device says of itself
//   linux_driver read DEVICE        the namespace's first block
//   linux_driver discover TCP-URI   the discovery log's first record
//   linux_driver digest TCP-URI     the same with digests
//   linux_driver hold DEVICE        open until killed
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "backends/linux/backend.hpp"
#include "core/text.hpp"

using namespace nvmectl;
using namespace std::chrono_literals;

namespace {

int say(const Error& error) {
  fmt::print(stderr, "{}: {}\n  cause: {}\n  hint: {}\n  device: {}\n", to_string(error.kind), error.message,
             error.cause, error.hint, error.device);
  for (const std::string& line : error.context) fmt::print(stderr, "  {}\n", line);
  return 1;
}

int scan(LinuxBackend& backend, std::string_view how) {
  ScanRequest request;
  request.deadline = Deadline::in(10s);
  request.usage = how != "brief";
  request.addresses = request.identifiers = request.paths = how == "full" || how == "brief-full";
  const auto topology = backend.scan(request);
  if (!topology) return say(topology.error());
  for (const Subsystem& s : topology->subsystems)
    fmt::print("{} {} [{}] [{}] [{}] {}\n", s.name, s.nqn, s.serial, s.model, s.firmware, s.io_policy);
  for (const Controller& c : topology->controllers)
    fmt::print("{} cntlid={} {} {} {} {} slot={} {} {} queues={} subsystem={}\n", c.name, c.cntlid.value_or(0),
               c.transport, c.address, c.state, c.type, c.slot, c.host_nqn, c.host_id, c.queue_count.value_or(0),
               topology->subsystems[c.subsystem].name);
  for (const Namespace& n : topology->namespaces) {
    const auto number = [](const auto& value) { return value ? fmt::format("{}", *value) : std::string("-"); };
    fmt::print("{} {} {} nsid={} size={} used={} lba={} ms={} csi={} uuid={} nguid={} eui={} wwid={} controllers=",
               n.name, n.device_path, n.generic_path, n.nsid, number(n.size_bytes), number(n.used_bytes),
               number(n.lba_bytes), number(n.metadata_bytes),
               n.command_set ? fmt::format("{}", int{*n.command_set}) : "-", n.uuid, n.nguid, n.eui64, n.wwid);
    for (const std::size_t c : n.controllers) fmt::print("{} ", topology->controllers[c].name);
    fmt::print("\n");
  }
  for (const Path& p : topology->paths)
    fmt::print("{} {} {}\n", p.name, p.ana_state, p.ana_group ? fmt::format("{}", *p.ana_group) : "-");
  for (const Error& error : topology->not_seen) say(error);
  return 0;
}

int show(const Result<Completion>& completion, std::span<const std::byte> text) {
  if (!completion) return say(completion.error());
  fmt::print("status={:#x} result={} [{}]\n", completion->status.to_wire(), completion->result, wire_text(text));
  return completion->ok() ? 0 : 9;
}

int with_device(LinuxBackend& backend, std::string_view what, std::string_view name) {
  const auto ref = DeviceRef::parse(name);
  if (!ref) return say(ref.error());
  OpenOptions options;
  options.deadline = Deadline::in(5s);
  options.io = what == "read";
  options.header_digest = options.data_digest = what == "digest";
  const auto device = backend.open(*ref, options);
  if (!device) return say(device.error());
  if (what == "hold") ::pause();
  std::vector<std::byte> data(4096);
  Request request;
  request.in = data;
  fmt::print("nsid={} io={} max_transfer={}\n", (*device)->nsid().value_or(0), (*device)->io() != nullptr,
             (*device)->admin()->max_transfer_bytes());
  if (what == "read") {
    request.operation = "Read";
    request.command = {.opcode = 2, .nsid = (*device)->nsid().value_or(0)};
    request.in = std::span(data).first(512);
    return show((*device)->io()->submit_io(request, options.deadline), std::span(data).first(16));
  }
  if (what == "discover" || what == "digest") {
    request.operation = "Get Log Page";
    request.command = {.opcode = 2, .cdw10 = 0x70U | (1023U << 16U)};
    const auto done = (*device)->admin()->submit_admin(request, options.deadline);
    return show(done, std::span(data).subspan(1024 + 256, 64));
  }
  request.operation = "Identify Controller";
  request.command = {.opcode = 6, .cdw10 = 1};
  return show((*device)->admin()->submit_admin(request, options.deadline), std::span(data).subspan(4, 60));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  LinuxBackendOptions options;
  if (words.size() >= 3 && words[0] == "scan" && words[1] == "--sysroot") options.sysroot = words[2];
  LinuxBackend backend(options);
  if (!words.empty() && words[0] == "scan") return scan(backend, words.back());
  if (words.size() == 2) return with_device(backend, words[0], words[1]);
  return 2;
}
