// The controller's side of an NVMe/TCP connection with a hostile host. Input: byte 0 chooses (bit 0 header digest, bit
// 1 data digest, bit 2 the discovery controller, bit 3 without handshake, bits 7:4 size of the pieces fed); the rest is
// what the host sends after ICReq, Connect and enabling the controller. Whole PDUs are framed for it: each unit is a
// length byte L and L bytes that become the submission queue entry of a CapsuleCmd (L even) or raw bytes (L odd).
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "nvme/commands.hpp"
#include "target/session.hpp"

namespace {

using namespace nvmectl;

constexpr std::string_view nqn = "nqn.2014-08.org.example:fuzz";

void require(bool condition) {
  if (!condition) std::abort();
}

void feed(target::Session& session, std::span<const std::byte> bytes, std::size_t piece) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(piece, bytes.size()));
    const std::size_t taken = session.feed(part);
    require(taken <= part.size());
    require(session.output().size() <= (std::size_t{3} << 20U));  // one transfer behind the back-pressure
    session.attend();
    session.sent(session.output().size());
    if (session.stalled()) session.proceed();
    else if (taken == 0) return;
    bytes = bytes.subspan(taken);
  }
}

void handshake(target::Session& session, const tcp::Framing& framing, bool discovery) {
  Bytes bytes;
  tcp::append_ic_req(bytes, {.header_digest = framing.header_digest, .data_digest = framing.data_digest});
  const auto data = nvme::encode_connect_data(
      {.subsystem_nqn = std::string(discovery ? discovery_nqn : nqn), .host_nqn = "nqn.2014-08.org.example:host"});
  tcp::append_capsule_cmd(bytes, framing,
                          tcp::encode_sqe(nvme::connect_command({}), 0,
                                          {.kind = tcp::Sgl::Kind::in_capsule, .length = nvme::connect_data_bytes}),
                          *data);
  tcp::append_capsule_cmd(bytes, framing,
                          tcp::encode_sqe(nvme::property_set_command(nvme::property::cc, nvme::cc::enable), 1, {}));
  feed(session, bytes, bytes.size());
  require(session.connected() && session.controller()->ready());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = std::as_bytes(std::span(data, size));
  if (input.empty()) return 0;
  const auto choice = std::to_integer<unsigned>(input[0]);
  input = input.subspan(1);
  target::Target target;
  const auto subsystem = target.add_subsystem({.nqn = std::string(nqn)});
  auto store = target::make_ram_store(1U << 20U);
  require((*subsystem)->add_namespace({.nsid = 1, .store = std::move(*store)}).has_value());
  target.set_portals({{.family = 1, .address = "127.0.0.1", .service = "4420"}});
  target::BufferPool pool(std::size_t{4} << 20U);
  {
    target::Session session({.target = &target, .pool = &pool, .reached = target.portals()[0]});
    const tcp::Framing framing{(choice & 1U) != 0, (choice & 2U) != 0};
    if ((choice & 8U) == 0) handshake(session, framing, (choice & 4U) != 0);
    const std::size_t piece = (choice >> 4U) == 0 ? 65536 : choice >> 4U;
    while (!input.empty() && !session.finished()) {
      const auto length = std::min<std::size_t>(std::to_integer<std::size_t>(input[0]), input.size() - 1);
      const bool command = (std::to_integer<unsigned>(input[0]) & 1U) == 0;
      const auto unit = input.subspan(1, length);
      input = input.subspan(1 + length);
      if (!command) {
        feed(session, unit, piece);
        continue;
      }
      std::array<std::byte, tcp::sqe_bytes> sqe{};
      std::copy_n(unit.begin(), std::min(unit.size(), sqe.size()), sqe.begin());
      Bytes bytes;
      tcp::append_capsule_cmd(bytes, framing, sqe, unit.subspan(std::min(unit.size(), sqe.size())));
      feed(session, bytes, piece);
    }
  }
  require(pool.in_use() == 0);
  return 0;
}
