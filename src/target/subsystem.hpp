// The NVM subsystem that the target shows: its names, its namespaces, the hosts that may come, its controllers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "target/store.hpp"

namespace nvmectl::target {

class Controller;

/// 16 bytes as they stand in Identify (UUID, NGUID, host identifier).
using Guid = std::array<std::byte, 16>;

inline constexpr std::uint32_t max_namespaces = 1024;  ///< NN and MNAN: NSIDs are 1 … 1024

/// What a namespace is made of.
struct NamespaceSpec {
  std::uint32_t nsid = 0;                  ///< 0: the lowest free one
  std::unique_ptr<BlockStore> store = {};  ///< never null
  std::uint32_t block_bytes = 512;         ///< 512 or 4096; what is left over at the store's end is not used
  std::optional<Guid> uuid = {};           ///< empty: derived from the subsystem's NQN and the NSID
};

/// Counted since the target started; blocks are 512 bytes whatever the namespace's format.
struct IoCounters {
  std::uint64_t reads = 0, writes = 0;
  std::uint64_t blocks_read = 0, blocks_written = 0;
  IoCounters& operator+=(const IoCounters& other);
};

struct Namespace {
  std::uint32_t nsid = 0;
  std::uint32_t block_bytes = 512;
  std::uint32_t block_shift = 9;
  std::uint64_t block_count = 0;
  Guid uuid{}, nguid{};
  std::array<std::byte, 8> eui64{};
  std::unique_ptr<BlockStore> store;
  IoCounters counters;
};

struct SubsystemSpec {
  std::string nqn = {};
  std::string serial = {};                      ///< at most 20 bytes; empty: derived from the NQN
  std::string model = {};                       ///< at most 40 bytes; empty: "nvmectl soft controller"
  std::vector<std::string> allowed_hosts = {};  ///< NQNs; empty: any host
};

/// Lives on the server's thread like everything of the target.
class Subsystem {
 public:
  /// Usage error for a malformed NQN, the discovery NQN, or texts that Identify cannot hold.
  [[nodiscard]] static Result<std::shared_ptr<Subsystem>> make(SubsystemSpec spec);
  Subsystem(const Subsystem&) = delete;
  Subsystem& operator=(const Subsystem&) = delete;
  ~Subsystem();

  [[nodiscard]] const std::string& nqn() const { return spec_.nqn; }
  [[nodiscard]] const std::string& serial() const { return spec_.serial; }
  [[nodiscard]] const std::string& model() const { return spec_.model; }
  [[nodiscard]] bool allows(std::string_view host_nqn) const;

  /// Gives its NSID and tells the controllers. Usage error: NSID taken or out of range, block size, too small a store.
  [[nodiscard]] Result<std::uint32_t> add_namespace(NamespaceSpec spec);
  /// not_found when there is none of that NSID.
  [[nodiscard]] Result<> remove_namespace(std::uint32_t nsid);
  /// Null when `nsid` is not active.
  [[nodiscard]] Namespace* find(std::uint32_t nsid) const {
    return nsid < by_nsid_.size() ? by_nsid_[nsid].get() : nullptr;
  }
  /// By NSID.
  [[nodiscard]] std::vector<const Namespace*> namespaces() const;
  /// Of all namespaces, removed ones included.
  [[nodiscard]] IoCounters counters() const;
  [[nodiscard]] std::chrono::steady_clock::time_point started() const { return started_; }

  /// A controller takes a free CNTLID (1 … FFEFh); 0 when all are taken. It must call leave() before it dies.
  [[nodiscard]] std::uint16_t join(Controller& controller);
  void leave(std::uint16_t cntlid);
  /// By CNTLID.
  [[nodiscard]] const std::map<std::uint16_t, Controller*>& controllers() const { return controllers_; }

 private:
  explicit Subsystem(SubsystemSpec spec) : spec_(std::move(spec)) {}
  void tell_controllers(std::uint32_t nsid);

  SubsystemSpec spec_;
  std::vector<std::unique_ptr<Namespace>> by_nsid_;  // index is the NSID; null where there is none
  IoCounters removed_;
  std::map<std::uint16_t, Controller*> controllers_;
  std::uint16_t last_cntlid_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace nvmectl::target
