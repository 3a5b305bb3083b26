// A target with one subsystem and LocalDevices on it, for tests of the controller.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "nvme/commands.hpp"
#include "nvme/decode.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/status.hpp"
#include "support/catch.hpp"
#include "target/local_device.hpp"
#include "target/target.hpp"

namespace nvmectl::target::test {

inline const std::string nqn = "nqn.2014-08.org.example:sub1";

inline Bytes pattern(std::size_t size, unsigned seed = 1) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 7 + i / 256 + seed) & 0xffU);
  return bytes;
}

/// nsid 1: 1 MiB in blocks of 512; nsid 3: 1 MiB in blocks of 4096.
struct Bench {
  explicit Bench(SubsystemSpec spec = {.nqn = nqn, .serial = "SERIAL1", .model = "Model One", .allowed_hosts = {}}) {
    const auto added = target.add_subsystem(std::move(spec));
    REQUIRE(added);
    subsystem = *added;
    add(1, 512);
    add(3, 4096);
    target.set_portals({{.family = 1, .address = "127.0.0.1", .service = "4420"}});
  }
  void add(std::uint32_t nsid, std::uint32_t block_bytes, std::uint64_t size = 1U << 20U) {
    auto store = make_ram_store(size);
    REQUIRE(store);
    REQUIRE(subsystem->add_namespace(
        {.nsid = nsid, .store = std::move(*store), .block_bytes = block_bytes, .uuid = std::nullopt}));
  }
  [[nodiscard]] std::unique_ptr<LocalDevice> open(LocalOptions options = {}) {
    if (options.subsystem_nqn.empty()) options.subsystem_nqn = nqn;
    auto device = LocalDevice::open(target, options);
    REQUIRE(device);
    return std::move(*device);
  }
  [[nodiscard]] std::unique_ptr<LocalDevice> discovery(LocalOptions options = {}) {
    options.subsystem_nqn = std::string(discovery_nqn);
    return open(std::move(options));
  }

  Target target;
  Subsystem* subsystem = nullptr;
};

inline Completion admin(LocalDevice& device, const Command& command, std::span<std::byte> in = {},
                        std::span<const std::byte> out = {}) {
  const auto completion = device.submit_admin({.command = command, .in = in, .out = out}, {});
  REQUIRE(completion);
  return *completion;
}

inline Completion io(LocalDevice& device, const Result<Command>& command, std::span<std::byte> in = {},
                     std::span<const std::byte> out = {}) {
  REQUIRE(command);
  const auto completion = device.submit_io({.command = *command, .in = in, .out = out}, {});
  REQUIRE(completion);
  return *completion;
}

/// Type and code alone.
inline bool is(NvmeStatus got, NvmeStatus wanted) {
  return got.type == wanted.type && got.code == wanted.code;
}

inline Bytes identify(LocalDevice& device, const nvme::IdentifyArguments& arguments) {
  Bytes page(nvme::identify_bytes, std::byte{0xee});
  const Completion completion = admin(device, nvme::identify_command(arguments), page);
  REQUIRE(completion.ok());
  REQUIRE(completion.received == page.size());
  return page;
}

inline NvmeStatus identify_status(LocalDevice& device, const nvme::IdentifyArguments& arguments) {
  Bytes page(nvme::identify_bytes);
  return admin(device, nvme::identify_command(arguments), page).status;
}

inline Bytes get_log(LocalDevice& device, const nvme::LogArguments& arguments, std::uint32_t bytes) {
  Bytes page(bytes, std::byte{0xee});
  const Completion completion = admin(device, nvme::get_log_command(arguments, bytes), page);
  REQUIRE(completion.ok());
  REQUIRE(completion.received == bytes);
  return page;
}

inline NvmeStatus log_status(LocalDevice& device, const nvme::LogArguments& arguments, std::uint32_t bytes) {
  Bytes page(bytes);
  return admin(device, nvme::get_log_command(arguments, bytes), page).status;
}

inline Record decode(const Schema& schema, std::span<const std::byte> page) {
  const auto record = nvme::decode(schema, page);
  REQUIRE(record);
  return *record;
}

}  // namespace nvmectl::target::test
