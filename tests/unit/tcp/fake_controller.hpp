// A scripted NVMe/TCP controller in a thread, for what a well-behaved one never does.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "backends/tcp/association.hpp"
#include "core/endian.hpp"
#include "net/tcp.hpp"
#include "nvme/opcodes.hpp"
#include "unit/tcp/peer.hpp"

namespace nvmectl::tcp::test {

/// How the controller behaves; the defaults behave well.
struct Script {
  bool silent = false;                         ///< takes bytes, answers nothing
  std::string greeting;                        ///< sent instead of ICResp, then the connection closes
  bool ready = true;                           ///< CSTS.RDY after CC.EN
  bool fatal = false;                          ///< CSTS.CFS
  std::uint8_t ready_timeout = 15;             ///< CAP.TO
  std::uint16_t max_entries = 1024;            ///< larger admin queues are refused
  Completion connect;                          ///< the answer to Connect
  std::chrono::milliseconds slow_identify{0};  ///< delay before Identify is answered
  std::size_t cut_identify = 0;                ///< bytes of the answer to Identify that are sent, then silence; 0 all
  std::uint8_t close_at_opcode = 0xff;         ///< closes the connection when this opcode comes
};

/// Serves one or more streams, each in its own thread; joins them when destroyed.
class FakeController {
 public:
  explicit FakeController(Script script) : script_(std::move(script)) {}
  ~FakeController() {
    for (std::thread& thread : threads_) thread.join();
  }

  /// For AssociationOptions::connect.
  Result<std::unique_ptr<net::ByteStream>> connect() {
    NVMECTL_ASSIGN(auto pair, net::stream_pair());
    threads_.emplace_back([this, stream = std::shared_ptr<net::TcpStream>(std::move(pair.second))] { serve(*stream); });
    return std::unique_ptr<net::ByteStream>(std::move(pair.first));
  }

  std::atomic<int> keep_alives{0}, shutdowns{0}, connections{0}, identifies{0};
  std::atomic<std::uint32_t> configuration{0}, admin_entries{0}, keep_alive_ms{0};
  std::atomic<std::uint16_t> io_controller{0};

 private:
  static Deadline life() { return Deadline::in(std::chrono::seconds(20)); }

  void serve(net::ByteStream& stream) {
    ++connections;
    PduReader reader(Role::controller);
    Framing framing;
    Bytes buffer(65536);
    for (;;) {
      const auto count = stream.read_some(buffer, life());
      if (!count || *count == 0) return;
      if (script_.silent) continue;
      std::span<const std::byte> input = std::span(buffer).first(*count);
      for (;;) {
        const auto step = reader.read(input);
        if (!step) return;
        if (*step == PduReader::Step::more) break;
        if (*step == PduReader::Step::pdu && !answer(stream, reader, framing)) return;
      }
    }
  }

  bool answer(net::ByteStream& stream, PduReader& reader, Framing& framing) {
    const Pdu& pdu = reader.pdu();
    Bytes out;
    bool go_on = true;
    if (pdu.type == PduType::ic_req) {
      const IcReq request = decode_ic_req(pdu.header);
      if (script_.greeting.empty()) {
        append_ic_resp(out, {.header_digest = request.header_digest, .data_digest = request.data_digest});
        framing = {request.header_digest, request.data_digest, 4};
        reader.set_framing(framing);
      } else {
        const auto text = std::as_bytes(std::span(script_.greeting));
        out.assign(text.begin(), text.end());
        go_on = false;
      }
    } else if (pdu.type == PduType::capsule_cmd) {
      const Sqe sqe = decode_sqe(capsule_entry(pdu.header));
      if (sqe.command.opcode == script_.close_at_opcode) return false;
      execute(sqe, pdu.data, framing, out);
    }
    return stream.write_all(out, life()) && go_on;
  }

  void execute(const Sqe& sqe, std::span<const std::byte> data, const Framing& framing, Bytes& out) {
    Completion done;
    const Command& command = sqe.command;
    if (command.opcode == fabrics_opcode && command.nsid == nvme::fabrics::connect) {
      done = connected(command, data);
    } else if (command.opcode == fabrics_opcode && command.nsid == nvme::fabrics::property_get) {
      done.result = property(command.cdw11);
    } else if (command.opcode == fabrics_opcode) {
      configuration = command.cdw12;
      if ((command.cdw12 & nvme::cc::shn_mask) != 0) ++shutdowns;
    } else if (command.opcode == nvme::admin::keep_alive) {
      ++keep_alives;
    } else if (command.opcode == nvme::admin::identify) {
      ++identifies;
      std::this_thread::sleep_for(script_.slow_identify);
      Bytes page(4096);
      page[77] = std::byte{5};  // MDTS: 128 KiB
      store_le(page, 320, std::uint16_t{1});
      store_le(page, 514, std::uint16_t{64});
      store_le(page, 1792, std::uint32_t{(4096 + 64) / 16});
      append_c2h_data(out, framing, {.cid = sqe.cid}, flag_last | flag_success, page);
      if (script_.cut_identify != 0) out.resize(script_.cut_identify);
      return;
    }
    append_capsule_resp(out, framing, encode_cqe({.result = done.result, .cid = sqe.cid, .status = done.status}));
  }

  Completion connected(const Command& command, std::span<const std::byte> data) {
    const std::uint32_t entries = (command.cdw11 & 0xffffU) + 1;
    if ((command.cdw10 >> 16U) != 0) {
      io_controller = load_le16(data, 16);
      return {.status = {}};
    }
    admin_entries = entries;
    keep_alive_ms = command.cdw12;
    if (entries > script_.max_entries) return {.result = 44, .status = {1, 0x82, 0, false, true}};
    return script_.connect;
  }

  std::uint64_t property(std::uint32_t offset) const {
    if (offset == nvme::property::cap)
      return 127U | (std::uint64_t{script_.ready_timeout} << 24U) | (std::uint64_t{0x41} << 37U);
    if (offset == nvme::property::vs) return 0x20000;
    if (script_.fatal) return nvme::csts::fatal;
    const bool enabled = (configuration & nvme::cc::enable) != 0 && script_.ready;
    const bool shut = (configuration & nvme::cc::shn_mask) != 0;
    return (enabled ? nvme::csts::ready : 0) | (shut ? nvme::csts::shst_complete : 0);
  }

  Script script_;
  std::vector<std::thread> threads_;
};

}  // namespace nvmectl::tcp::test
