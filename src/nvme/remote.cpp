#include "nvme/remote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

#include "core/text.hpp"
#include "nvme/discovery.hpp"
#include "nvme/layouts/layouts.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::nvme {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

bool is_ipv6(std::string_view host) {
  return host.find(':') != std::string_view::npos;
}

// Address, port and family of a discovery controller: what makes it the same one.
using Place = std::tuple<std::string, std::uint16_t, bool>;

Place place_of(const DeviceRef& ref) {
  return {lower(ref.host), ref.port.value_or(discovery_port), is_ipv6(ref.host)};
}

struct Pending {
  DeviceRef ref;
  std::size_t depth = 0;
};

class Walk {
 public:
  Walk(const Opener& open, const DiscoverOptions& options) : open_(open), options_(options) {}

  Result<Discovered> run(const DeviceRef& start) {
    visited_.insert(place_of(start));
    NVMECTL_TRY(read({start, 0}, options_.deadline));
    while (!pending_.empty()) {
      if (found_.logs.size() + found_.errors.size() >= options_.max_controllers) {
        found_.errors.push_back(make_error(
            ErrorKind::unsupported, fmt::format("{} referrals were not followed: more than {} discovery controllers",
                                                pending_.size(), options_.max_controllers)));
        break;
      }
      const Pending next = std::move(pending_.front());
      pending_.pop_front();
      const auto share = options_.deadline.left() / static_cast<std::int64_t>(pending_.size() + 2);
      if (auto done = read(next, options_.deadline.at_most(share)); !done) {
        Error error = std::move(done).error();
        if (error.kind == ErrorKind::cancelled) return fail(std::move(error));
        found_.errors.push_back(std::move(error).on(next.ref.text));
      }
    }
    return std::move(found_);
  }

 private:
  Result<> read(const Pending& from, const Deadline& deadline) {
    NVMECTL_ASSIGN(const std::unique_ptr<Device> device, open_(from.ref, deadline));
    AdminTransport* const admin = device->admin();
    if (admin == nullptr) return fail(ErrorKind::unsupported, fmt::format("{} takes no admin commands", from.ref.text));
    NVMECTL_ASSIGN(DiscoveryLog log, read_discovery_log(*admin, deadline));
    // By these entries a controller names itself: a referral back to it must not be read again under another name.
    for (const DiscoveryRecord& record : log.records)
      if (record.subsystem_type == subtype::current_discovery)
        if (const auto itself = reference_of(record, from.ref)) visited_.insert(place_of(*itself));
    for (const DiscoveryRecord& record : log.records)
      if (record.subsystem_type == subtype::referral) consider(record, from);
    found_.logs.push_back({from.ref, from.depth, std::move(log)});
    return {};
  }

  void consider(const DiscoveryRecord& record, const Pending& from) {
    const auto ref = reference_of(record, from.ref);
    if (!options_.referrals || from.depth >= options_.max_depth) {
      if (options_.referrals)
        note(fmt::format("a referral to {} was not followed: it is {} referrals away", record.address, from.depth + 1));
    } else if (!ref && ref.error().kind == ErrorKind::protocol) {
      Error error = ref.error();
      error.message = fmt::format("a referral to '{}' cannot be followed: {}", record.address, error.message);
      if (found_.errors.size() < options_.max_controllers) found_.errors.push_back(std::move(error).on(from.ref.text));
    } else if (!ref) {
      note(fmt::format("a referral to '{}' was not followed: {}", record.address, ref.error().message));
    } else if (visited_.insert(place_of(*ref)).second) {
      // A log of many thousand referrals must not be kept many thousand times over.
      if (pending_.size() < options_.max_controllers * 2) pending_.push_back({*ref, from.depth + 1});
    }
  }

  void note(std::string text) {
    if (found_.notes.size() < options_.max_controllers) found_.notes.push_back(std::move(text));
  }

  const Opener& open_;
  const DiscoverOptions& options_;
  std::set<Place> visited_;
  std::deque<Pending> pending_;
  Discovered found_;
};

}  // namespace

std::string tcp_uri(std::string_view host, std::uint16_t port, std::string_view nqn) {
  return fmt::format("tcp://{}{}{}:{}{}{}", is_ipv6(host) ? "[" : "", host, is_ipv6(host) ? "]" : "", port,
                     nqn.empty() ? "" : "/", nqn);
}

std::string source_uri(const DeviceRef& source) {
  if (source.scheme == DeviceRef::Scheme::fc || source.scheme == DeviceRef::Scheme::loop)
    return fmt::format("{}://{}", source.transport(), source.host);
  const std::uint16_t usual = source.scheme == DeviceRef::Scheme::rdma ? nvme_tcp_port : discovery_port;
  const std::string text = tcp_uri(source.host, source.port.value_or(usual), "");
  return fmt::format("{}{}", source.transport(), text.substr(3));
}

Result<DeviceRef> reference_of(const DiscoveryRecord& record, const DeviceRef& origin) {
  const std::string_view transport = discovery_name(trtype_names, record.transport_type);
  if (transport != origin.transport())
    return fail(ErrorKind::usage, fmt::format("it is reached over {} and not over {}", transport, origin.transport()),
                "ask a discovery controller of that transport");
  const std::string_view nqn = record.nqn == discovery_nqn ? std::string_view() : std::string_view(record.nqn);
  if (transport == "fc" || transport == "loop") {
    const std::string query = transport == "fc" && !origin.host_address.empty() ? "?host=" + origin.host_address : "";
    return DeviceRef::parse(fmt::format("{}://{}/{}{}", transport, record.address, nqn, query));
  }
  NVMECTL_ASSIGN(const std::uint64_t port, parse_number(record.service_id, "TRSVCID", 65535));
  std::string host = record.address;
  if ((record.address_family == adrfam::ipv4 && is_ipv6(host)) ||
      (record.address_family == adrfam::ipv6 && host.find_first_not_of("0123456789.") == std::string::npos))
    return fail(ErrorKind::protocol, fmt::format("its address {} is of another family than it says", host),
                "the target's configuration is wrong: report it to whoever runs it");
  const std::size_t interface_at = origin.host.find('%');
  if (lower(host).starts_with("fe80:") && host.find('%') == std::string::npos && interface_at != std::string::npos)
    host += origin.host.substr(interface_at);
  // One place decides what a reference is: hostile addresses and names meet the same checks as the command line.
  const std::string text = tcp_uri(host, static_cast<std::uint16_t>(port), nqn);
  return DeviceRef::parse(fmt::format("{}{}", transport, text.substr(3)));
}

Result<Discovered> discover_all(const DeviceRef& start, const Opener& open, const DiscoverOptions& options) {
  return Walk(open, options).run(start);
}

}  // namespace nvmectl::nvme
