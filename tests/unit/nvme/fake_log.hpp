// A transport that answers Get Log Page from bytes in memory: for what a correct controller never does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/capabilities.hpp"
#include "core/endian.hpp"
#include "core/value.hpp"
#include "nvme/encode.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::test {

/// Offset and length that a Get Log Page command asks for.
inline std::uint64_t log_offset(const Command& command) {
  return command.cdw12 | (std::uint64_t{command.cdw13} << 32U);
}
inline bool log_retains(const Command& command) {
  return (command.cdw10 & 0x8000U) != 0;
}

class FakeTransport : public AdminTransport {
 public:
  using Answer = std::function<Result<Completion>(const Request& request)>;
  explicit FakeTransport(Answer answer, std::size_t max_transfer = 128 * 1024)
      : answer_(std::move(answer)), max_transfer_(max_transfer) {}

  Result<Completion> submit_admin(const Request& request, const Deadline&) override {
    ++round_trips;
    commands.push_back(request.command);
    return answer_(request);
  }
  Result<std::vector<Completion>> submit_admin_all(std::span<const Request> requests, const Deadline&) override {
    ++round_trips;
    std::vector<Completion> completions;
    for (const Request& request : requests) {
      commands.push_back(request.command);
      auto completion = answer_(request);
      if (!completion) return fail(std::move(completion).error());
      completions.push_back(*completion);
    }
    return completions;
  }
  std::size_t max_transfer_bytes() const override { return max_transfer_; }

  std::size_t round_trips = 0;
  std::vector<Command> commands;

 private:
  Answer answer_;
  std::size_t max_transfer_;
};

/// Copies from `page` at the command's offset; sends no more than there is.
inline Completion answer_from(std::span<const std::byte> page, const Request& request) {
  const std::uint64_t offset = std::min<std::uint64_t>(log_offset(request.command), page.size());
  const auto rest = page.subspan(static_cast<std::size_t>(offset));
  const std::size_t count = std::min(rest.size(), request.in.size());
  std::copy_n(rest.begin(), count, request.in.begin());
  return Completion{0, {}, count};
}

/// A discovery log of `records` NVMe/TCP records.
inline Bytes discovery_page(std::uint64_t generation, std::size_t records) {
  Bytes page(1024 + records * 1024);
  nvme::WireWriter header(nvme::discovery_header, page);
  header.set("genctr", generation).set("numrec", records);
  for (std::size_t i = 0; i < records; ++i) {
    nvme::WireWriter entry(nvme::discovery_entry, std::span(page).subspan(1024 + i * 1024, 1024));
    entry.set("trtype", nvme::trtype::tcp).set("adrfam", nvme::adrfam::ipv4).set("subtype", nvme::subtype::nvm);
    entry.set("portid", i % 65536).set("cntlid", nvme::cntlid_dynamic).set("asqsz", 32);
    entry.set_text("trsvcid", "4420").set_text("traddr", "192.0.2.1");
    entry.set_text("subnqn", "nqn.2024-01.org.example:" + std::to_string(i));
  }
  return page;
}

}  // namespace nvmectl::test
