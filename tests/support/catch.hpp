// Catch2 version 2 (Debian 12) or 3 (Debian 13).
#pragma once

#ifdef NVMECTL_CATCH3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
