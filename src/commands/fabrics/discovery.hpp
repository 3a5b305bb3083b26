// Asking discovery controllers: by nvmectl's own TCP host where that is enough, else by the kernel.
#pragma once

#include <string>

#include "core/context.hpp"
#include "core/fabrics.hpp"
#include "nvme/remote.hpp"

namespace nvmectl {

/// The reference that parameters name: "tcp://192.0.2.7:8009", "fc://nn-…:pn-…?host=…".
[[nodiscard]] Result<DeviceRef> reference_of(const ConnectParameters& where);

/// True when only the kernel can ask: other transports than TCP, authentication, TLS, a local address, --backend linux.
[[nodiscard]] bool needs_kernel(const Context& context, const ConnectParameters& where);

/// The discovery logs of `where` and of its referrals. `where` must have been checked; its secrets are resolved.
/// With `where.persistent` the kernel's connection stays. `device` (or "") is a discovery controller that the kernel
/// is connected to already: its log is read through it.
[[nodiscard]] Result<nvme::Discovered> discover_from(Context& context, const ConnectParameters& where,
                                                     const std::string& device, bool referrals,
                                                     const Deadline& deadline);

/// What to connect to for a record of `source`'s log: the options of `like`, the record's place, and TLS where the
/// record says that it is required.
[[nodiscard]] Result<ConnectParameters> target_of(const DiscoveryRecord& record, const DeviceRef& source,
                                                  const ConnectParameters& like);

}  // namespace nvmectl
