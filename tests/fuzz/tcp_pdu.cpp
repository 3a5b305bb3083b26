// The NVMe/TCP reader in both roles and the host queue, fed with anything. Input: byte 0 chooses (bit 0 role, bit 1
// header digest, bit 2 data digest, bit 3 the queue instead of the bare reader, bit 4 ICResp first), byte 1 the chunk
// size.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "backends/tcp/queue.hpp"
#include "nvme/tcp/pdu.hpp"

namespace {

using namespace nvmectl;
using namespace nvmectl::tcp;

void require(bool condition) {
  if (!condition) std::abort();
}

void fuzz_reader(Role role, const Framing& framing, std::span<const std::byte> input, std::size_t chunk) {
  constexpr std::uint32_t limit = 8192;
  PduReader reader(role);
  reader.set_framing(framing);
  reader.set_max_data(limit);
  while (!input.empty()) {
    std::span<const std::byte> part = input.first(std::min(chunk, input.size()));
    input = input.subspan(part.size());
    for (;;) {
      const auto step = reader.read(part);
      if (!step) {
        Bytes answer;
        append_term_req(answer, role, step.error(), reader.header_so_far());
        require(answer.size() <= term_header_bytes + max_term_data);
        return;
      }
      if (*step == PduReader::Step::more) break;
      require(reader.pdu().data_length <= limit);
      if (*step == PduReader::Step::pdu) require(reader.pdu().data.size() == reader.pdu().data_length);
    }
    require(part.empty());
  }
}

// Every buffer has its guard: a byte behind it that nobody may touch (and the sanitizers' own).
struct Commands {
  std::array<Bytes, 4> reads{Bytes(16), Bytes(512), Bytes(4096), Bytes(20000)};
  std::array<Bytes, 2> writes{Bytes(512, std::byte{1}), Bytes(30000, std::byte{2})};

  void submit_to(HostQueue& queue) {
    std::size_t token = 0;
    for (Bytes& read : reads)
      require(queue.submit({.command = {.opcode = 2}, .in = read, .operation = "Read"}, token++).has_value());
    for (const Bytes& write : writes)
      require(queue.submit({.command = {.opcode = 1}, .out = write, .operation = "Write"}, token++).has_value());
  }
};

void fuzz_queue(const Framing& framing, bool connected, std::span<const std::byte> input, std::size_t chunk) {
  HostQueue queue({framing.header_digest, framing.data_digest, 8, 4096});
  queue.start();
  Commands commands;
  if (connected) {
    Bytes response;
    append_ic_resp(response, {0, 0, framing.header_digest, framing.data_digest, 4096});
    require(queue.receive(response).has_value());
    commands.submit_to(queue);
  }
  std::size_t finished = 0;
  while (!input.empty()) {
    std::span<const std::byte> part = input.first(std::min(chunk, input.size()));
    input = input.subspan(part.size());
    if (const auto window = queue.receive_window(); window.size() >= part.size()) {
      std::copy(part.begin(), part.end(), window.begin());
      queue.window_filled(part.size());
      part = {};
    }
    const bool taken = queue.receive(part).has_value();
    // What a peer can make us hold: its commands' data once, and their headers.
    require(queue.output().size() < 64U * 1024U);
    finished += queue.take_finished().size();
    if (!taken) break;
    require(!queue.failed());
  }
  require(finished <= 6);
  queue.abandon();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint8_t choice = data[0];
  const std::size_t chunk = std::size_t{data[1]} * 16 + 1;
  const std::span<const std::byte> input = std::as_bytes(std::span(data + 2, size - 2));
  const Framing framing{(choice & 2U) != 0, (choice & 4U) != 0, 4};
  if ((choice & 8U) != 0) fuzz_queue(framing, (choice & 16U) != 0, input, chunk);
  else fuzz_reader((choice & 1U) != 0 ? Role::controller : Role::host, framing, input, chunk);
  return 0;
}
