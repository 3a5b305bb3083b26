// Catch2 version 2 (Debian 12) or 3 (Debian 13).
#pragma once

#ifdef NVMECTL_CATCH3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

namespace nvmectl_test {
#ifdef NVMECTL_CATCH3
using Catch::Matchers::ContainsSubstring;
#else
// Version 3 gave the name Contains to ranges.
inline auto ContainsSubstring(const std::string& part) { return Catch::Matchers::Contains(part); }
#endif
}  // namespace nvmectl_test
