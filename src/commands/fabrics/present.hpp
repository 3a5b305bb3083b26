// Rows of targets against what the kernel has.
#pragma once

#include <vector>

#include "commands/command_spec.hpp"
#include "commands/fabrics/outcome.hpp"

namespace nvmectl {

/// Marks what is connected already.
[[nodiscard]] Result<> mark_present(FabricsInitiator& initiator, std::vector<ConnectRow>& rows);

/// Waits until the namespaces of the connected rows have their devices, and fills them in; a row that does not get
/// there has failed.
void wait_for_rows(Context& context, FabricsInitiator& initiator, const OptionalTime& wait,
                   std::vector<ConnectRow>& rows);

}  // namespace nvmectl
