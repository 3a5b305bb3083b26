// libfmt's few functions that are not templates, compiled in. Debian packages libfmt as a shared library only, and
// loading and relocating it (with libstdc++ behind it) costs more than `nvmectl version` does. The build keeps every
// inline function of this file (-fkeep-inline-functions) and the linker drops what nobody calls.
#define FMT_HEADER_ONLY
#include <fmt/format.h>
#include <fmt/ranges.h>
