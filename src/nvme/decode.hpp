// From wire bytes to Values by a layout.
#pragma once

#include <cstddef>
#include <span>

#include "core/result.hpp"
#include "core/schema.hpp"
#include "core/value.hpp"

namespace nvmectl::nvme {

/// Decodes `data` by `schema`'s wire layout. Never reads outside `data`: a field that does not lie wholly within it
/// becomes null (an older device, a short read), a list keeps the elements that do. Strings are made printable.
/// `schema` may be made at run time; it must outlive the record. Fails with `usage` for a layout that makes no sense
/// (a size impossible for its kind, nesting deeper than 8).
[[nodiscard]] Result<Record> decode(const Schema& schema, std::span<const std::byte> data);

/// `data` as consecutive entries of `schema.wire_size` bytes, at most `max_entries` of them; an incomplete last entry
/// is left out. Fails like decode().
[[nodiscard]] Result<List> decode_entries(const Schema& schema, std::span<const std::byte> data,
                                          std::size_t max_entries = ~std::size_t{0});

}  // namespace nvmectl::nvme
