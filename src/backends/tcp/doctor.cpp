#include "backends/tcp/doctor.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "backends/tcp/association.hpp"
#include "backends/tcp/connection.hpp"
#include "core/text.hpp"
#include "net/tcp.hpp"

namespace nvmectl::tcp {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::seconds most_per_step{5};

Check ok(std::string name, std::string text) {
  return {std::move(name), Check::State::ok, std::move(text), {}, ErrorKind::unsupported, {}};
}

Check failure(std::string name, const Error& error, std::string remedy) {
  std::string text = error.message;
  if (!error.cause.empty()) text += ": " + error.cause;
  if (remedy.empty()) remedy = error.hint;
  return {std::move(name), Check::State::failure, std::move(text), std::move(remedy), error.kind, {}};
}

std::string port_remedy(const Error& error) {
  switch (error.kind) {
    case ErrorKind::refused:
      return "the machine is there and nothing listens: start the target, or try another port (4420, discovery 8009)";
    case ErrorKind::timeout:
      return "no answer at all: the machine is down, the address wrong, or a firewall drops the packets";
    case ErrorKind::transport: return "check this machine's route to it: ip route get ADDRESS";
    default: return {};
  }
}

std::string handshake_remedy(const Error& error) {
  if (error.kind == ErrorKind::protocol) return "this is no NVMe/TCP port: check the number";
  return "is it an NVMe/TCP port? one that demands TLS breaks off here: connect with the kernel and --tls";
}

struct Place {
  std::string host, where;
  std::uint16_t port = 0;
  bool discovery = false;
};

// The name's addresses; no line for what is an address already.
std::vector<Check> check_name(const Place& place, const Deadline& deadline) {
  auto addresses = net::resolve(place.host, place.port, net::Family::any, deadline);
  const std::string name = "Name " + printable(place.host);
  if (!addresses) return {failure(name, addresses.error(), "check the spelling and /etc/resolv.conf")};
  std::string text;
  for (const net::SocketAddress& address : *addresses) text += (text.empty() ? "" : ", ") + address.host();
  if (text == place.host) return {};
  return {ok(name, "is " + text)};
}

Check check_connect(const DeviceRef& device, const OpenOptions& options, const Place& place, const HostIdentity& host) {
  const std::string name = place.discovery ? "Connect (discovery)" : "Connect";
  AssociationOptions how;
  how.discovery = place.discovery;
  how.host = host;
  how.connect = [&](const Deadline& deadline) -> Result<std::unique_ptr<net::ByteStream>> {
    NVMECTL_ASSIGN(auto stream,
                   net::TcpStream::connect({.host = place.host, .port = place.port, .deadline = deadline}));
    return stream;
  };
  how.where = place.where;
  how.subsystem_nqn = place.discovery ? std::string(discovery_nqn) : device.nqn;
  how.header_digest = options.header_digest;
  how.data_digest = options.data_digest;
  const auto association = Association::open(std::move(how), options.deadline.at_most(most_per_step));
  if (!association) return failure(name, association.error(), {});
  const ControllerFacts& facts = (*association)->facts();
  return ok(name, fmt::format("accepted as {}: controller {}, NVMe {}.{}", host.nqn, facts.controller_id,
                              facts.version >> 16U, facts.version >> 8U & 0xffU));
}

}  // namespace

std::vector<Check> diagnose_target(const DeviceRef& device, const OpenOptions& options, const FileReader& read) {
  Place place;
  place.discovery = device.nqn.empty() || device.nqn == discovery_nqn;
  place.host = device.host;
  place.port = device.port.value_or(place.discovery ? discovery_port : nvme_tcp_port);
  place.where = net::host_and_port(printable(place.host), place.port);
  std::vector<Check> checks = check_name(place, options.deadline.at_most(most_per_step));
  if (!checks.empty() && checks.back().state != Check::State::ok) return checks;

  const auto began = steady_clock::now();
  auto stream = net::TcpStream::connect(
      {.host = place.host, .port = place.port, .deadline = options.deadline.at_most(most_per_step)});
  const std::string port = "Port " + place.where;
  if (!stream) {
    checks.push_back(failure(port, stream.error(), port_remedy(stream.error())));
    return checks;
  }
  const std::chrono::duration<double, std::milli> took = steady_clock::now() - began;
  checks.push_back(ok(port, fmt::format("connected within {:.1f} ms", took.count())));

  QueueOptions queue;
  queue.header_digest = options.header_digest;
  queue.data_digest = options.data_digest;
  const auto connection = Connection::open(std::move(*stream), queue, options.deadline.at_most(most_per_step));
  if (!connection) {
    checks.push_back(failure("NVMe/TCP handshake", connection.error(), handshake_remedy(connection.error())));
    return checks;
  }
  checks.push_back(ok("NVMe/TCP handshake", "the port speaks NVMe/TCP"));

  const auto host = host_identity(options.host_nqn, options.host_id, read);
  if (!host) checks.push_back(failure("Host identity", host.error(), {}));
  else checks.push_back(check_connect(device, options, place, *host));
  return checks;
}

}  // namespace nvmectl::tcp
