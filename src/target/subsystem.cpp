#include "target/subsystem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/device_ref.hpp"
#include "core/endian.hpp"
#include "core/text.hpp"
#include "target/controller.hpp"

namespace nvmectl::target {
namespace {

constexpr std::uint16_t max_cntlid = 0xffef;  // Base Specification 2.0d, section 3.1.1.2: FFF0h and above are reserved
constexpr std::size_t serial_length = 20, model_length = 40;

// A stable 64-bit digest: FNV-1a with a final mixing. Identifiers must be the same after a restart; nothing here has to
// resist an attacker.
std::uint64_t digest(std::string_view text, std::uint64_t salt) {
  std::uint64_t hash = 0xcbf29ce484222325U ^ (salt * 0x9e3779b97f4a7c15U);
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31U);
}

void identify_namespace(Namespace& ns, std::string_view nqn, const std::optional<Guid>& uuid) {
  const std::string name = fmt::format("{}#{}", nqn, ns.nsid);
  const auto set = [](std::byte& byte, unsigned keep, unsigned bits) {
    byte = (byte & static_cast<std::byte>(keep)) | static_cast<std::byte>(bits);
  };
  store_le(ns.uuid, 0, digest(name, 1));
  store_le(ns.uuid, 8, digest(name, 2));
  set(ns.uuid[6], 0x0f, 0x80);  // RFC 9562: version 8, the maker's own method
  set(ns.uuid[8], 0x3f, 0x80);  // and its variant
  if (uuid) ns.uuid = *uuid;
  store_le(ns.eui64, 0, digest(name, 3));
  set(ns.eui64[0], 0xfc, 0x02);  // a locally administered identifier, not somebody's OUI
  store_le(ns.nguid, 0, digest(name, 4));
  store_le(ns.nguid, 8, digest(name, 5));
  set(ns.nguid[8], 0xfc, 0x02);  // bytes 8 … 10 are the OUI
}

Result<> check_text(std::string_view text, std::size_t most, std::string_view what) {
  const auto ascii = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (text.size() <= most && std::all_of(text.begin(), text.end(), ascii)) return {};
  return fail(ErrorKind::usage, fmt::format("the {} '{}' cannot stand in Identify Controller", what, printable(text)),
              fmt::format("it is printable ASCII of at most {} characters", most));
}

}  // namespace

IoCounters& IoCounters::operator+=(const IoCounters& other) {
  reads += other.reads;
  writes += other.writes;
  blocks_read += other.blocks_read;
  blocks_written += other.blocks_written;
  return *this;
}

Result<std::shared_ptr<Subsystem>> Subsystem::make(SubsystemSpec spec) {
  NVMECTL_TRY(check_nqn(spec.nqn));
  if (spec.nqn == discovery_nqn)
    return fail(ErrorKind::usage, fmt::format("{} names the discovery controller, which is always there", spec.nqn),
                "give the NVM subsystem an NQN of its own");
  NVMECTL_TRY(check_text(spec.serial, serial_length, "serial number"));
  NVMECTL_TRY(check_text(spec.model, model_length, "model"));
  for (const std::string& host : spec.allowed_hosts) NVMECTL_TRY(check_nqn(host));
  if (spec.serial.empty()) spec.serial = fmt::format("{:016X}", digest(spec.nqn, 0));
  if (spec.model.empty()) spec.model = "nvmectl soft controller";
  return std::shared_ptr<Subsystem>(new Subsystem(std::move(spec)));
}

Subsystem::~Subsystem() = default;

bool Subsystem::allows(std::string_view host_nqn) const {
  const auto& hosts = spec_.allowed_hosts;
  return hosts.empty() || std::find(hosts.begin(), hosts.end(), host_nqn) != hosts.end();
}

Result<std::uint32_t> Subsystem::add_namespace(NamespaceSpec spec) {
  std::uint32_t nsid = spec.nsid;
  for (nsid = nsid == 0 ? 1 : nsid; spec.nsid == 0 && find(nsid) != nullptr;) ++nsid;
  if (nsid > max_namespaces)
    return fail(ErrorKind::usage, fmt::format("namespace {} of {} is out of range", nsid, nqn()),
                fmt::format("a subsystem has the namespaces 1 to {}", max_namespaces));
  if (find(nsid) != nullptr) return fail(ErrorKind::usage, fmt::format("{} has a namespace {} already", nqn(), nsid));
  if (spec.block_bytes != 512 && spec.block_bytes != 4096)
    return fail(ErrorKind::usage, fmt::format("blocks of {} bytes are not supported", spec.block_bytes),
                "the block size is 512 or 4096");
  auto ns = std::make_unique<Namespace>();
  ns->nsid = nsid;
  ns->block_bytes = spec.block_bytes;
  ns->block_shift = spec.block_bytes == 512 ? 9 : 12;
  ns->block_count = spec.store->size() >> ns->block_shift;
  if (ns->block_count == 0)
    return fail(ErrorKind::usage, fmt::format("namespace {} of {} is smaller than a block", nsid, nqn()));
  identify_namespace(*ns, nqn(), spec.uuid);
  ns->store = std::move(spec.store);
  if (by_nsid_.size() <= nsid) by_nsid_.resize(nsid + 1);
  by_nsid_[nsid] = std::move(ns);
  tell_controllers(nsid);
  return nsid;
}

Result<> Subsystem::remove_namespace(std::uint32_t nsid) {
  const Namespace* ns = find(nsid);
  if (ns == nullptr) return fail(ErrorKind::not_found, fmt::format("{} has no namespace {}", nqn(), nsid));
  removed_ += ns->counters;
  by_nsid_[nsid].reset();
  tell_controllers(nsid);
  return {};
}

std::vector<const Namespace*> Subsystem::namespaces() const {
  std::vector<const Namespace*> list;
  for (const auto& ns : by_nsid_)
    if (ns != nullptr) list.push_back(ns.get());
  return list;
}

IoCounters Subsystem::counters() const {
  IoCounters sum = removed_;
  for (const auto& ns : by_nsid_)
    if (ns != nullptr) sum += ns->counters;
  return sum;
}

std::uint16_t Subsystem::join(Controller& controller) {
  if (controllers_.size() >= max_cntlid) return 0;
  do {
    last_cntlid_ = last_cntlid_ == max_cntlid ? std::uint16_t{1} : static_cast<std::uint16_t>(last_cntlid_ + 1);
  } while (controllers_.contains(last_cntlid_));
  controllers_.emplace(last_cntlid_, &controller);
  return last_cntlid_;
}

void Subsystem::leave(std::uint16_t cntlid) {
  controllers_.erase(cntlid);
}

void Subsystem::tell_controllers(std::uint32_t nsid) {
  for (const auto& [cntlid, controller] : controllers_) controller->namespace_changed(nsid);
}

}  // namespace nvmectl::target
