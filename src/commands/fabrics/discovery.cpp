#include "commands/fabrics/discovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl {
namespace {

// TREQ bits 1:0: 1 = a secure channel is required. TSAS of TCP: 2 = TLS 1.3. NVM Express Base Specification 2.0d,
// figure 265; NVMe/TCP Transport Specification 1.0d, section 3.3.
constexpr std::uint8_t secure_required = 1;
constexpr std::uint8_t tls13 = 2;

/// Opens discovery controllers one after the other, each as `where` says but at its own place.
class Asker {
 public:
  Asker(Context& context, const ConnectParameters& where, std::string device)
      : context_(context), where_(where), device_(std::move(device)) {}

  Result<std::unique_ptr<Device>> open(const DeviceRef& ref, const Deadline& deadline) {
    const bool first = std::exchange(first_, false);
    if (first && !device_.empty()) return open_kernel_node(device_, deadline);
    if (!needs_kernel(context_, where_)) return context_.open(ref, deadline);
    NVMECTL_ASSIGN(FabricsInitiator * initiator, context_.capability(&Backend::fabrics, "connections of the kernel"));
    ConnectParameters at = where_;
    at.address = ref.host;
    at.service = ref.port ? fmt::format("{}", *ref.port) : std::string();
    at.nqn = ref.nqn;
    if (!at.persistent) return initiator->open(at, deadline);
    return open_persistent(*initiator, at, deadline);
  }

 private:
  Result<std::unique_ptr<Device>> open_kernel_node(const std::string& name, const Deadline& deadline) {
    NVMECTL_ASSIGN(const DeviceRef node, DeviceRef::parse(name));
    return context_.open(node, deadline);
  }

  Result<std::unique_ptr<Device>> open_persistent(FabricsInitiator& initiator, const ConnectParameters& at,
                                                  const Deadline& deadline) {
    Result<Connection> made = fail(ErrorKind::internal, "the initiator did not answer");
    BatchOptions batch;
    batch.deadline = deadline;
    initiator.connect({&at, 1}, batch, [&](std::size_t, Result<Connection> outcome) { made = std::move(outcome); });
    if (!made) return fail(std::move(made).error());
    context_.messages.note(fmt::format("{} the discovery controller {}",
                                       made->already ? "already connected to" : "staying connected to",
                                       made->controller));
    return open_kernel_node(made->controller, deadline);
  }

  Context& context_;
  const ConnectParameters& where_;
  std::string device_;
  bool first_ = true;
};

}  // namespace

Result<DeviceRef> reference_of(const ConnectParameters& where) {
  const bool ipv6 = where.transport != "fc" && where.address.find(':') != std::string::npos;
  std::string text = fmt::format("{}://{}{}{}", where.transport, ipv6 ? "[" : "", where.address, ipv6 ? "]" : "");
  if (!where.service.empty() && (where.transport == "tcp" || where.transport == "rdma")) text += ":" + where.service;
  if (!where.is_discovery()) text += "/" + where.nqn;
  if (where.transport == "fc" && !where.host_address.empty()) text += "?host=" + where.host_address;
  return DeviceRef::parse(text);
}

bool needs_kernel(const Context& context, const ConnectParameters& where) {
  return where.transport != "tcp" || where.wants_security() || where.persistent || !where.host_address.empty() ||
         !where.host_interface.empty() || context.options.backend == "linux";
}

Result<nvme::Discovered> discover_from(Context& context, const ConnectParameters& where, const std::string& device,
                                       bool referrals, const Deadline& deadline) {
  NVMECTL_ASSIGN(DeviceRef start, reference_of(where));
  if (!where.is_discovery() && !start.port) start.port = discovery_port;
  CommonOptions& common = context.options;
  if (!where.host_nqn.empty()) common.host_nqn = where.host_nqn;
  if (!where.host_id.empty()) common.host_id = where.host_id;
  common.header_digest = common.header_digest || where.header_digest;
  common.data_digest = common.data_digest || where.data_digest;
  Asker asker(context, where, device);
  nvme::DiscoverOptions how;
  how.deadline = deadline;
  how.referrals = referrals;
  const auto open = [&](const DeviceRef& ref, const Deadline& until) { return asker.open(ref, until); };
  auto found = nvme::discover_all(start, open, how);
  if (!found) return fail(std::move(found).error().on(start.text));
  return found;
}

Result<ConnectParameters> target_of(const DiscoveryRecord& record, const DeviceRef& source,
                                    const ConnectParameters& like) {
  NVMECTL_ASSIGN(const DeviceRef ref, nvme::reference_of(record, source));
  ConnectParameters target = like;
  target.persistent = false;
  target.address = ref.host;
  target.service = ref.port ? fmt::format("{}", *ref.port) : std::string();
  target.nqn = record.nqn;
  const bool required = (record.transport_requirements & 3U) == secure_required;
  if (required && record.security_type == tls13 && !target.concat) target.tls = true;
  NVMECTL_TRY(check_parameters(target));
  return target;
}

}  // namespace nvmectl
