// One look at the machine's persistent memory: libndctl remembers what it once read, so each operation opens its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/pmem/library.hpp"
#include "core/result.hpp"

namespace nvmectl::pmem_backend {

using Bus = ndctl_bus*;
using Dimm = ndctl_dimm*;
using Region = ndctl_region*;
using Ns = ndctl_namespace*;

/// A command to a DIMM or bus; given back to the library when destroyed.
class Cmd {
 public:
  Cmd(const Ndctl& nd, ndctl_cmd* command) : nd_(&nd), command_(command) {}
  Cmd(Cmd&& other) noexcept : nd_(other.nd_), command_(std::exchange(other.command_, nullptr)) {}
  Cmd& operator=(Cmd&&) = delete;
  ~Cmd() {
    if (command_ != nullptr) nd_->cmd_unref(command_);
  }
  [[nodiscard]] ndctl_cmd* get() const { return command_; }
  explicit operator bool() const { return command_ != nullptr; }

 private:
  const Ndctl* nd_;
  ndctl_cmd* command_;
};

/// libndctl's and libdaxctl's context, with what they say of failures kept for the errors that are made of them. All
/// pointers found through it live as long as it, but for those that a change makes invalid.
class Session {
 public:
  [[nodiscard]] static Result<Session> open(const Libraries& libraries);
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;
  ~Session();

  [[nodiscard]] const Ndctl& nd() const { return libraries_->nd; }
  [[nodiscard]] const Daxctl& dax() const { return libraries_->dax; }
  [[nodiscard]] daxctl_ctx* daxctl() const { return nd().get_daxctl_ctx(ctx_); }

  /// In natural order of their names, over all buses.
  [[nodiscard]] std::vector<Bus> buses() const;
  [[nodiscard]] std::vector<Dimm> dimms() const;
  [[nodiscard]] std::vector<Region> regions() const;
  /// With seeds (size 0) and disabled ones.
  [[nodiscard]] std::vector<Ns> namespaces(Region region) const;
  [[nodiscard]] std::vector<Dimm> dimms_of(Region region) const;

  /// By device name; not_found with the names there are.
  [[nodiscard]] Result<Bus> bus(std::string_view name) const;  ///< also by provider
  [[nodiscard]] Result<Dimm> dimm(std::string_view name) const;
  [[nodiscard]] Result<Region> region(std::string_view name) const;
  /// A namespace that is in use or could be: not a seed.
  [[nodiscard]] Result<Ns> ns(std::string_view name) const;

  [[nodiscard]] std::string name(Bus bus) const { return nd().bus_get_devname(bus); }
  [[nodiscard]] std::string name(Dimm dimm) const { return nd().dimm_get_devname(dimm); }
  [[nodiscard]] std::string name(Region region) const { return nd().region_get_devname(region); }
  [[nodiscard]] std::string name(Ns ns) const { return nd().namespace_get_devname(ns); }

  /// From what a library function gave (negative errno, or a positive one): with the library's own words as context,
  /// and without root that as the cause.
  [[nodiscard]] Error error(int code, std::string what, std::string hint = {}) const;
  /// Forgets what the libraries have said so far.
  void forget_log() const;

 private:
  struct Log;
  Session(const Libraries& libraries, ndctl_ctx* ctx);
  const Libraries* libraries_;
  ndctl_ctx* ctx_;
  std::unique_ptr<Log> log_;
};

/// False for a seed, whose size is 0 or not known.
[[nodiscard]] bool is_configured(const Session& session, Ns ns);
/// True when the region's namespaces are in its DIMMs' labels.
[[nodiscard]] bool is_labelled(const Session& session, Region region);

}  // namespace nvmectl::pmem_backend
