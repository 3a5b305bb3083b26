#include "bench.hpp"

using namespace nvmectl;
using namespace nvmectl::target;
using namespace nvmectl::target::test;

namespace {

/// A store that fails as it is told.
class FailingStore final : public BlockStore {
 public:
  explicit FailingStore(StoreStatus status) : status_(status) {}
  std::uint64_t size() const override { return 1U << 20U; }
  std::uint64_t allocated() const override { return size(); }
  bool has_volatile_cache() const override { return true; }
  StoreStatus read(std::uint64_t /*offset*/, std::span<std::byte> /*data*/) override { return status_; }
  StoreStatus write(std::uint64_t /*offset*/, std::span<const std::byte> /*data*/) override { return status_; }
  StoreStatus zero(std::uint64_t /*offset*/, std::uint64_t /*length*/, bool /*free*/) override { return status_; }
  void deallocate(std::uint64_t /*offset*/, std::uint64_t /*length*/) override {}
  StoreStatus flush() override { return status_; }

 private:
  StoreStatus status_;
};

/// Counts flushes.
class CachedStore final : public BlockStore {
 public:
  explicit CachedStore(int& flushes) : flushes_(&flushes) {}
  std::uint64_t size() const override { return 1U << 20U; }
  std::uint64_t allocated() const override { return size(); }
  bool has_volatile_cache() const override { return true; }
  StoreStatus read(std::uint64_t /*offset*/, std::span<std::byte> /*data*/) override { return StoreStatus::ok; }
  StoreStatus write(std::uint64_t /*offset*/, std::span<const std::byte> /*data*/) override { return StoreStatus::ok; }
  StoreStatus zero(std::uint64_t, std::uint64_t, bool) override { return StoreStatus::ok; }
  void deallocate(std::uint64_t /*offset*/, std::uint64_t /*length*/) override {}
  StoreStatus flush() override {
    ++*flushes_;
    return StoreStatus::ok;
  }

 private:
  int* flushes_;
};

Bytes read_blocks(LocalDevice& device, std::uint32_t nsid, std::uint64_t lba, std::uint32_t blocks, std::size_t size) {
  Bytes data(size, std::byte{0xee});
  const auto completion = io(device, nvme::read_command({.nsid = nsid, .lba = lba, .blocks = blocks}), data);
  REQUIRE(completion.ok());
  REQUIRE(completion.received == size);
  return data;
}

}  // namespace

TEST_CASE("what was written is read, in both block sizes", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  const auto [nsid, size] = GENERATE(std::pair{1U, 512U}, std::pair{3U, 4096U});
  const Bytes data = pattern(size * 8U);
  CHECK(io(*device, nvme::write_command({.nsid = nsid, .lba = 5, .blocks = 8}), {}, data).ok());
  CHECK(read_blocks(*device, nsid, 5, 8, data.size()) == data);
  CHECK(read_blocks(*device, nsid, 6, 1, size) == Bytes(data.begin() + size, data.begin() + 2 * size));
  CHECK(read_blocks(*device, nsid, 4, 1, size) == Bytes(size));
}

TEST_CASE("LBAs are checked without overflow", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  Bytes data(8 * 512);
  const auto status = [&](std::uint64_t lba, std::uint32_t blocks) {
    return io(*device, nvme::read_command({.nsid = 1, .lba = lba, .blocks = blocks}), data).status;
  };
  CHECK(status(2047, 1).ok());
  CHECK(status(2040, 8).ok());
  for (const std::uint64_t lba :
       {std::uint64_t{2041}, std::uint64_t{2048}, ~std::uint64_t{0}, ~std::uint64_t{0} - 6, std::uint64_t{1} << 55U}) {
    INFO(lba);
    CHECK(is(status(lba, 8), nvme::status::lba_out_of_range));
    CHECK(status(lba, 8).do_not_retry);
    CHECK(is(io(*device, nvme::write_command({.nsid = 1, .lba = lba, .blocks = 8}), {}, data).status,
             nvme::status::lba_out_of_range));
    CHECK(is(io(*device, nvme::write_zeroes_command({.nsid = 1, .lba = lba, .blocks = 8})).status,
             nvme::status::lba_out_of_range));
  }
}

TEST_CASE("I/O to namespaces that there are not", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  Bytes data(512);
  for (const std::uint32_t nsid : {0U, 1025U, nvme::nsid_all})
    CHECK(is(io(*device, nvme::read_command({.nsid = nsid}), data).status, nvme::status::invalid_namespace));
  CHECK(is(io(*device, nvme::read_command({.nsid = 2}), data).status, nvme::status::invalid_field));
  REQUIRE(bench.subsystem->remove_namespace(1));
  CHECK(is(io(*device, nvme::read_command({.nsid = 1}), data).status, nvme::status::invalid_field));
}

TEST_CASE("transfers beyond MDTS and buffers that are too short", "[target][io]") {
  Bench bench;
  bench.add(5, 4096, 8U << 20U);
  const auto device = bench.open();
  Bytes data(1U << 20U);
  CHECK(io(*device, nvme::read_command({.nsid = 5, .blocks = 256}), data).ok());
  CHECK(is(io(*device, nvme::read_command({.nsid = 5, .blocks = 257}), data).status, nvme::status::invalid_field));
  CHECK(is(io(*device, nvme::write_command({.nsid = 5, .blocks = 257}), {}, data).status, nvme::status::invalid_field));
  const auto little = std::span(data).first(512);
  CHECK(is(io(*device, nvme::read_command({.nsid = 5}), little).status, nvme::status::sgl_length_invalid));
  CHECK(is(io(*device, nvme::write_command({.nsid = 5}), {}, little).status, nvme::status::sgl_length_invalid));
  CHECK(is(io(*device, nvme::compare_command({.nsid = 5}), {}, little).status, nvme::status::sgl_length_invalid));
}

TEST_CASE("Compare tells equal from different", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  Bytes data = pattern(512 * 200);  // more than one piece
  CHECK(io(*device, nvme::write_command({.nsid = 1, .lba = 1, .blocks = 200}), {}, data).ok());
  CHECK(io(*device, nvme::compare_command({.nsid = 1, .lba = 1, .blocks = 200}), {}, data).ok());
  data.back() ^= std::byte{1};
  CHECK(is(io(*device, nvme::compare_command({.nsid = 1, .lba = 1, .blocks = 200}), {}, data).status,
           nvme::status::compare_failure));
}

TEST_CASE("Write Zeroes and its DEAC bit", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  const Bytes data = pattern(512 * 256);
  for (const bool deallocate : {false, true}) {
    CHECK(io(*device, nvme::write_command({.nsid = 1, .blocks = 256}), {}, data).ok());
    CHECK(io(*device, nvme::write_zeroes_command({.nsid = 1, .blocks = 256, .deallocate = deallocate})).ok());
    CHECK(read_blocks(*device, 1, 0, 256, data.size()) == Bytes(data.size()));
    CHECK(bench.subsystem->find(1)->store->allocated() == (deallocate ? 0U : 131072U));
  }
}

TEST_CASE("Dataset Management deallocates every range, or none when one is wrong", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  const Bytes data = pattern(512 * 300);
  CHECK(io(*device, nvme::write_command({.nsid = 1, .blocks = 300}), {}, data).ok());
  const auto manage = [&](const std::vector<nvme::DatasetRange>& ranges, bool deallocate) {
    const Bytes encoded = nvme::encode_ranges(ranges);
    return io(*device, nvme::dataset_management_command(1, ranges.size(), {.deallocate = deallocate}), {}, encoded)
        .status;
  };
  CHECK(manage({{0, 10, 0}, {0, 1, 2048}}, true) == nvme::status::dnr([] {
          NvmeStatus status = nvme::status::lba_out_of_range;
          status.more = true;
          return status;
        }()));
  CHECK(manage({{0, 10, 0}}, false).ok());
  CHECK(read_blocks(*device, 1, 0, 300, data.size()) == data);
  CHECK(manage({{0, 10, 0}, {0, 0, 5}, {0, 20, 200}}, true).ok());
  CHECK(read_blocks(*device, 1, 0, 10, 5120) == Bytes(5120));
  CHECK(read_blocks(*device, 1, 10, 1, 512) == Bytes(data.begin() + 5120, data.begin() + 5632));
  CHECK(read_blocks(*device, 1, 200, 20, 10240) == Bytes(10240));
  CHECK(is(manage({{0, 0xffffffff, ~std::uint64_t{0}}}, true), nvme::status::lba_out_of_range));
  const Bytes one(16);
  CHECK(is(io(*device, nvme::dataset_management_command(1, 2, {}), {}, one).status, nvme::status::sgl_length_invalid));
}

TEST_CASE("Verify and Flush", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  Command verify{.opcode = nvme::io::verify, .nsid = 1, .cdw12 = 2047};
  CHECK(io(*device, verify).ok());
  verify.cdw10 = 1;
  CHECK(is(io(*device, verify).status, nvme::status::lba_out_of_range));
  CHECK(io(*device, nvme::flush_command(1)).ok());
  CHECK(io(*device, nvme::flush_command(nvme::nsid_all)).ok());
  CHECK(is(io(*device, nvme::flush_command(0)).status, nvme::status::invalid_namespace));
  CHECK(is(io(*device, nvme::flush_command(2)).status, nvme::status::invalid_field));
}

TEST_CASE("a store's failure is a status, not the end", "[target][io]") {
  Bench bench;
  const auto [failure, on_read, on_write] = GENERATE(
      std::tuple{StoreStatus::read_failed, nvme::status::unrecovered_read_error, nvme::status::unrecovered_read_error},
      std::tuple{StoreStatus::write_failed, nvme::status::write_fault, nvme::status::write_fault},
      std::tuple{StoreStatus::no_space, nvme::status::capacity_exceeded, nvme::status::capacity_exceeded});
  REQUIRE(bench.subsystem->add_namespace({.nsid = 7, .store = std::make_unique<FailingStore>(failure)}));
  const auto device = bench.open();
  Bytes data(512);
  CHECK(is(io(*device, nvme::read_command({.nsid = 7}), data).status, on_read));
  CHECK(is(io(*device, nvme::write_command({.nsid = 7}), {}, data).status, on_write));
  CHECK(is(io(*device, nvme::write_zeroes_command({.nsid = 7})).status, on_write));
  CHECK(is(io(*device, nvme::compare_command({.nsid = 7}), {}, data).status, on_read));
  CHECK(is(io(*device, nvme::flush_command(7)).status, on_write));
  CHECK(bench.subsystem->find(7)->counters.reads == 0);
  CHECK(bench.subsystem->find(7)->counters.writes == 0);
}

TEST_CASE("FUA and a switched-off cache make writes durable", "[target][io]") {
  Bench bench;
  int flushes = 0;
  REQUIRE(bench.subsystem->add_namespace({.nsid = 7, .store = std::make_unique<CachedStore>(flushes)}));
  const auto device = bench.open();
  const Bytes data(512);
  const auto write = [&](bool fua) {
    return io(*device, nvme::write_command({.nsid = 7, .force_unit_access = fua}), {}, data).ok();
  };
  CHECK(write(false));
  CHECK(flushes == 0);
  CHECK(write(true));
  CHECK(flushes == 1);
  CHECK(admin(*device, nvme::set_features_command(nvme::fid::volatile_write_cache, 0)).ok());
  CHECK(write(false));
  CHECK(flushes == 2);
}

TEST_CASE("commands that there are not, and fused ones", "[target][io]") {
  Bench bench;
  const auto device = bench.open();
  CHECK(is(io(*device, Command{.opcode = nvme::io::zone_append, .nsid = 1}).status, nvme::status::invalid_opcode));
  CHECK(is(io(*device, Command{.opcode = nvme::io::flush, .flags = 1, .nsid = 1}).status, nvme::status::invalid_field));
}
