// The options that say what a namespace is to be: shared by create, plan, capacity and reconfigure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "commands/pmem/session.hpp"
#include "pmem/plan.hpp"

namespace nvmectl {

inline constexpr std::array<std::string_view, 4> pmem_modes{"fsdax", "devdax", "sector", "raw"};
inline constexpr std::array<std::string_view, 2> pmem_maps{"dev", "mem"};
inline constexpr std::array<std::string_view, 3> pmem_policies{"up", "down", "exact"};

struct PmemShapeOptions {
  std::string mode = "fsdax";  ///< ndctl's older names too
  std::string map;
  std::optional<SizeArgument> align, sector_size;
};

template <class Options>
[[nodiscard]] constexpr auto pmem_shape_arguments() {
  return std::array{
      inherited<Options, &Options::mode>({.name = "mode",
                                          .letter = 'm',
                                          .metavar = "MODE",
                                          .doc = "fsdax (files mapped without page cache), devdax (a character device "
                                                 "to map), sector (no torn sectors) or raw",
                                          .default_text = "fsdax",
                                          .complete = Complete::choice}),
      inherited<Options, &Options::map>({.name = "map",
                                         .letter = 'M',
                                         .metavar = "WHERE",
                                         .doc = "Keep the page array on the device (dev, 16 GiB for each TiB) or in "
                                                "RAM (mem); fsdax and devdax",
                                         .default_text = "dev",
                                         .complete = Complete::choice,
                                         .choices = pmem_maps}),
      inherited<Options, &Options::align>({.name = "align",
                                           .letter = 'a',
                                           .metavar = "SIZE",
                                           .doc = "Alignment of fsdax and devdax: 4K, 2M or 1G",
                                           .default_text = "2M"}),
      inherited<Options, &Options::sector_size>({.name = "sector-size",
                                                 .letter = 'l',
                                                 .metavar = "SIZE",
                                                 .doc = "Size of a sector; in sector mode also with metadata: 520, "
                                                        "4104 and others",
                                                 .default_text = "4096 in sector mode, else 512"}),
  };
}

struct PmemSizeOptions {
  std::optional<SizeArgument> size;
  bool usable_size = false;
  std::string size_policy = "up";
};

template <class Options>
[[nodiscard]] constexpr auto pmem_size_arguments() {
  return std::array{
      inherited<Options, &Options::size>({.name = "size",
                                          .letter = 's',
                                          .metavar = "SIZE",
                                          .doc = "Such as 1.5G or 64MiB; rounded to what the kernel can do",
                                          .default_text = "the largest that fits"}),
      inherited<Options, &Options::usable_size>(
          {.name = "usable-size", .doc = "--size is what the device is to offer, not what the region gives"}),
      inherited<Options, &Options::size_policy>(
          {.name = "size-policy",
           .metavar = "HOW",
           .doc = "up or down: how to round the size; exact: refuse one that needs it",
           .default_text = "up",
           .complete = Complete::choice,
           .choices = pmem_policies}),
  };
}

/// usage for a mode that is none.
[[nodiscard]] Result<pmem::CreateWish> wish_of(const PmemShapeOptions& shape);
[[nodiscard]] Result<> add_size(pmem::CreateWish& wish, const PmemSizeOptions& size);

}  // namespace nvmectl
