// The discovery log reader against a transport that plays the input: byte 0 chooses how it answers, bytes 1 and 2 the
// largest transfer in units of 512 bytes and how often the generation moves, the rest is what it sends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/endian.hpp"
#include "nvme/discovery.hpp"
#include "nvme/opcodes.hpp"
#include "nvme/status.hpp"

namespace {

using namespace nvmectl;
using namespace nvmectl::nvme;

constexpr std::size_t settings_bytes = 3;
constexpr std::size_t most_served = std::size_t{4} << 20U;  // a claim of 65,536 records must not make one run slow

class Player final : public AdminTransport {
 public:
  explicit Player(std::span<const std::byte> input)
      : mode_(load_u8(input, 0)),
        max_transfer_(load_u8(input, 1) * std::size_t{512}),
        moves_(load_u8(input, 2)),
        page_(input.subspan(settings_bytes)) {}

  Result<Completion> submit_admin(const Request& request, const Deadline&) override {
    const Command& command = request.command;
    if (command.opcode != admin::get_log_page || (command.cdw10 & 0xffU) != lid::discovery) std::abort();
    const std::size_t asked = (((command.cdw11 & 0xffffU) << 16U | command.cdw10 >> 16U) + std::size_t{1}) * 4;
    if (asked != request.in.size()) std::abort();
    served_ += asked;
    if (served_ > most_served) return fail(ErrorKind::timeout, "enough");
    if ((mode_ & 1U) != 0 && served_ % 5 == 0) return Completion{0, status::discover_restart, 0};
    const std::uint64_t offset = command.cdw12 | (std::uint64_t{command.cdw13} << 32U);
    // Bit 1: whatever comes next, without regard to the offset.
    const std::uint64_t from = (mode_ & 2U) != 0 ? (position_ += 997) % (page_.size() + 1) : offset;
    const auto rest = page_.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(from, page_.size())));
    const std::size_t count = std::min(rest.size(), request.in.size());
    std::copy_n(rest.begin(), count, request.in.begin());
    if (offset == 0 && request.in.size() >= 8 && moves_ > 0) {
      request.in[0] = static_cast<std::byte>(moves_--);
    }
    // Bit 2: claims to have sent everything.
    return Completion{0, {}, (mode_ & 4U) != 0 ? request.in.size() : count};
  }
  std::size_t max_transfer_bytes() const override { return max_transfer_; }

 private:
  std::uint8_t mode_;
  std::size_t max_transfer_;
  std::uint8_t moves_;
  std::span<const std::byte> page_;
  std::size_t position_ = 0;
  std::size_t served_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < settings_bytes) return 0;
  Player player({reinterpret_cast<const std::byte*>(data), size});
  const auto log = read_discovery_log(player, {});
  if (log && log->records.size() > max_discovery_records) std::abort();
  if (!log && log.error().message.empty()) std::abort();
  return 0;
}
