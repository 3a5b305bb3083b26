#include "backends/tcp/backend.hpp"

#include <fmt/format.h>

#include <utility>

#include "backends/tcp/association.hpp"
#include "backends/tcp/doctor.hpp"
#include "core/text.hpp"
#include "net/tcp.hpp"
#include "nvme/admin.hpp"

namespace nvmectl::tcp {
namespace {

class TcpDevice final : public Device, public AdminTransport, public IoTransport {
 public:
  TcpDevice(std::unique_ptr<Association> association, const DeviceRef& ref)
      : association_(std::move(association)), name_(ref.text), nsid_(ref.nsid) {}

  AdminTransport* admin() override { return this; }
  IoTransport* io() override { return association_->has_io() ? this : nullptr; }
  std::optional<std::uint32_t> nsid() const override { return nsid_; }

  Result<Completion> submit_admin(const Request& request, const Deadline& deadline) override {
    NVMECTL_ASSIGN(const auto completions, submit_admin_all(std::span(&request, 1), deadline));
    return completions.front();
  }
  Result<std::vector<Completion>> submit_admin_all(std::span<const Request> requests,
                                                   const Deadline& deadline) override {
    return named(association_->submit_admin_all(requests, deadline));
  }
  Result<Completion> submit_io(const Request& request, const Deadline& deadline) override {
    NVMECTL_ASSIGN(const auto completions, named(association_->submit_io_all(std::span(&request, 1), deadline)));
    return completions.front();
  }
  std::size_t max_transfer_bytes() const override { return association_->facts().max_transfer_bytes; }

 private:
  // Errors name the device as the user wrote it; the peer's address goes into the context.
  Result<std::vector<Completion>> named(Result<std::vector<Completion>> result) const {
    if (!result && result.error().device != name_) {
      if (!result.error().device.empty()) result.error().context.push_back("peer: " + result.error().device);
      result.error().device = name_;
    }
    return result;
  }

  std::unique_ptr<Association> association_;
  std::string name_;
  std::optional<std::uint32_t> nsid_;
};

Result<> check(const DeviceRef& device, const OpenOptions& options, bool discovery) {
  if (device.scheme != DeviceRef::Scheme::tcp)
    return fail(ErrorKind::usage, device.text + " is not a tcp:// device", "write it as tcp://HOST[:PORT][/NQN]");
  if (discovery && (options.io || device.nsid))
    return fail(make_error(ErrorKind::usage, "a discovery controller has no namespaces",
                           "name the subsystem: tcp://HOST[:PORT]/NQN; nvmectl discover lists them")
                    .on(device.text));
  return {};
}

}  // namespace

TcpBackend::TcpBackend(FileReader read) : read_(std::move(read)) {}

bool TcpBackend::handles(const DeviceRef& device) const {
  return device.scheme == DeviceRef::Scheme::tcp;
}

Result<std::unique_ptr<Device>> TcpBackend::open(const DeviceRef& device, const OpenOptions& options) {
  AssociationOptions how;
  how.discovery = device.nqn.empty() || device.nqn == discovery_nqn;
  NVMECTL_TRY(check(device, options, how.discovery));
  NVMECTL_ASSIGN(how.host, host_identity(options.host_nqn, options.host_id, read_));
  const std::uint16_t port = device.port.value_or(how.discovery ? discovery_port : nvme_tcp_port);
  how.connect = [host = device.host, port](const Deadline& deadline) -> Result<std::unique_ptr<net::ByteStream>> {
    NVMECTL_ASSIGN(auto stream, net::TcpStream::connect({.host = host, .port = port, .deadline = deadline}));
    return stream;
  };
  how.where = net::host_and_port(device.host, port);
  how.subsystem_nqn = how.discovery ? std::string(discovery_nqn) : device.nqn;
  how.header_digest = options.header_digest;
  how.data_digest = options.data_digest;
  how.io = options.io;
  auto association = Association::open(std::move(how), options.deadline);
  if (!association) {
    Error error = std::move(association).error();
    if (!error.device.empty() && error.device != device.text) error.context.push_back("peer: " + error.device);
    error.device = device.text;
    return fail(std::move(error));
  }
  return std::make_unique<TcpDevice>(std::move(*association), device);
}

std::vector<Check> TcpBackend::diagnose(const std::optional<DeviceRef>& device, const OpenOptions& options) {
  if (!device || !handles(*device)) return {};
  return diagnose_target(*device, options, read_);
}

Result<std::string> TcpBackend::describe(const DeviceRef& device, const Deadline& deadline) {
  OpenOptions options;
  options.deadline = deadline;
  NVMECTL_ASSIGN(const std::unique_ptr<Device> opened, open(device, options));
  NVMECTL_ASSIGN(const nvme::ControllerFacts facts, nvme::read_controller_facts(*opened->admin(), deadline));
  std::string text = fmt::format("  model {}, serial {}, firmware {}\n", facts.model, facts.serial, facts.firmware);
  if (!device.nsid) return text;
  const std::uint32_t nsid = *device.nsid;
  NVMECTL_ASSIGN(const auto namespaces, nvme::read_namespace_facts(*opened->admin(), deadline, std::span(&nsid, 1)));
  const nvme::NamespaceFacts& ns = namespaces.front();
  if (ns.problem) return fail(*ns.problem);
  // An NSID that is not in use is answered with zeros. NVM Express Base Specification 2.0d, section 3.2.1.
  if (ns.size_blocks == 0) return fail(ErrorKind::not_found, fmt::format("{} has no namespace {}", device.text, nsid));
  if (const auto bytes = ns.bytes(ns.size_blocks))
    text += fmt::format("  namespace {}: {} in blocks of {} bytes\n", nsid, format_iec(*bytes), ns.lba_bytes);
  text += "  what other hosts do with it cannot be seen from here\n";
  return text;
}

}  // namespace nvmectl::tcp
