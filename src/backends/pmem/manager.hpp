// Persistent memory by libndctl and libdaxctl: PmemManager, each operation on a session of its own.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/pmem/library.hpp"
#include "backends/pmem/session.hpp"
#include "core/pmem.hpp"

namespace nvmectl::pmem_backend {

struct ManagerOptions {
  /// Directory of the lock file pmem.lock; "" = NVMECTL_RUN_DIR, else /run/nvmectl.
  std::string run_directory;
};

class Manager final : public PmemManager {
 public:
  explicit Manager(ManagerOptions options) : options_(std::move(options)) {}
  /// Why the libraries cannot be used; loads them.
  [[nodiscard]] Result<> usable();

  [[nodiscard]] Result<PmemTopology> scan(const PmemScan& request) override;
  [[nodiscard]] Result<std::unique_ptr<Lock>> lock(const Deadline& deadline) override;
  [[nodiscard]] Result<std::string> create(const PmemNamespaceSpec& spec, const Deadline& deadline) override;
  [[nodiscard]] Result<std::string> reconfigure(const std::string& ns, const PmemNamespaceSpec& spec,
                                                const Deadline& deadline) override;
  [[nodiscard]] Result<> enable_namespace(const std::string& ns, const Deadline& deadline) override;
  [[nodiscard]] Result<> disable_namespace(const std::string& ns, const Deadline& deadline) override;
  [[nodiscard]] Result<> destroy(const std::string& ns, const Deadline& deadline) override;
  [[nodiscard]] Result<> erase(const std::string& ns, PmemErase how, const PmemProgress& progress,
                               const Deadline& deadline) override;
  [[nodiscard]] Result<> rename(const std::string& ns, const std::string& name, const Deadline& deadline) override;
  [[nodiscard]] Result<> resize(const std::string& ns, std::uint64_t bytes, const Deadline& deadline) override;
  [[nodiscard]] Result<> set_region(const std::string& region, bool enabled, const Deadline& deadline) override;
  [[nodiscard]] Result<> set_dimm(const std::string& dimm, bool enabled, const Deadline& deadline) override;
  [[nodiscard]] Result<Bytes> read_labels(const std::string& dimm, const Deadline& deadline) override;
  [[nodiscard]] Result<> write_labels(const std::string& dimm, std::span<const std::byte> bytes,
                                      const Deadline& deadline) override;
  [[nodiscard]] Result<std::uint64_t> init_labels(const std::string& dimm, std::string_view version,
                                                  const Deadline& deadline) override;
  [[nodiscard]] Result<> zero_labels(const std::string& dimm, const Deadline& deadline) override;
  [[nodiscard]] Result<std::uint64_t> clear_errors(const std::string& ns, const Deadline& deadline) override;
  [[nodiscard]] Result<> start_scrub(const std::string& bus, const Deadline& deadline) override;
  [[nodiscard]] Result<> wait_scrub(const std::string& bus, const Deadline& deadline) override;
  [[nodiscard]] Result<> operate(const std::string& verb, const std::string& device,
                                 std::span<const std::pair<std::string, std::string>> arguments,
                                 const PmemProgress& progress, const Deadline& deadline) override;
  [[nodiscard]] Result<std::vector<BadBlocks>> injected_errors(const std::string& ns,
                                                               const Deadline& deadline) override;
  [[nodiscard]] Result<Bytes> read_infoblock(const std::string& ns, const Deadline& deadline) override;
  [[nodiscard]] Result<> write_infoblock(const std::string& ns, std::span<const std::byte> bytes,
                                         const Deadline& deadline) override;
  [[nodiscard]] Result<std::vector<PmemFinding>> check_namespace(const std::string& ns, bool repair,
                                                                 const Deadline& deadline) override;
  [[nodiscard]] Result<> listen(std::span<const std::string> dimms, const Deadline& deadline,
                                const std::function<Result<bool>(const PmemEvent&)>& on_event) override;
  [[nodiscard]] Result<std::string> create_dax(std::uint32_t region, std::uint64_t bytes, std::uint64_t align,
                                               const Deadline& deadline) override;
  [[nodiscard]] Result<> resize_dax(const std::string& dax, std::uint64_t bytes, std::uint64_t align,
                                    const Deadline& deadline) override;
  [[nodiscard]] Result<> destroy_dax(const std::string& dax, const Deadline& deadline) override;
  [[nodiscard]] Result<> set_dax_enabled(const std::string& dax, bool enabled, const Deadline& deadline) override;
  [[nodiscard]] Result<> reconfigure_dax(const std::string& dax, bool system_ram, bool online, bool movable,
                                         const Deadline& deadline) override;
  [[nodiscard]] Result<> set_dax_online(const std::string& dax, bool online, bool movable,
                                        const Deadline& deadline) override;

 private:
  [[nodiscard]] Result<Session> session();
  /// The one that was kept, while the lock is still held; else a new one.
  [[nodiscard]] Result<Session> kept_session();
  /// For the next operation under the same lock: opening one takes longer than most operations.
  void keep(Session session);

  ManagerOptions options_;
  Loader loader_;
  std::optional<Session> kept_;
  std::weak_ptr<void> held_;  // the lock, shared by all who hold it in this process
};

}  // namespace nvmectl::pmem_backend
