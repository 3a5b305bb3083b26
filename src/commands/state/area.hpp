#pragma once

#include "commands/areas.hpp"

namespace nvmectl {}  // namespace nvmectl
