// The table of `pmem list`: a tree of bus, DIMM or region, namespace; and of DAX region, DAX device.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "commands/columns.hpp"
#include "commands/pmem/rows.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

using Rows = std::vector<std::vector<std::string>>;

const std::vector<Value>& items(const Record& record, std::string_view key) {
  static const std::vector<Value> none;
  const auto* list = record.at(key).as<List>();
  return list != nullptr ? list->items : none;
}

class Tree {
 public:
  /// `narrow`: what only DIMMs and regions have stands in the last column, which folds.
  Tree(const Record& data, const TextOptions& options, bool narrow) : data_(data), options_(options), narrow_(narrow) {}

  Rows rows() {
    for (const Value& item : items(data_, "buses")) {
      const Record& bus = *item.as<Record>();
      add(0, bus.at("device"), "bus", bus.at("provider"), "", "", Value(), "");
      below_bus(bus.at("device").text());
    }
    for (const Value& item : items(data_, "dax_regions"))
      if (item.as<Record>()->at("namespace").is_null()) dax_region_rows(*item.as<Record>());
    return std::move(rows_);
  }

 private:
  void add(int depth, const Value& device, std::string_view type, const Value& name, std::string size,
           std::string usable, const Value& node, std::string state) {
    rows_.push_back({std::string(static_cast<std::size_t>(depth) * 2, ' ') + cell(device), std::string(type),
                     name.is_null() ? "-" : cell(name), std::move(size), std::move(usable),
                     node.is_null() ? "" : cell(node), std::move(state)});
  }
  void add_above(int depth, const Value& device, std::string_view type, std::string name, std::string size,
                 std::string usable, std::string state) {
    if (narrow_)
      for (std::string* text : {&usable, &name})
        if (!text->empty()) state = std::exchange(*text, "") + (state.empty() ? "" : ", ") + state;
    add(depth, device, type, name.empty() ? Value() : Value(name), std::move(size), std::move(usable), Value(),
        std::move(state));
  }
  [[nodiscard]] std::string size(const Value& bytes) const {
    if (bytes.is_null()) return "-";
    return options_.exact_bytes ? fmt::format("{}", bytes.number()) : format_iec(bytes.number());
  }

  void below_bus(std::string_view bus) {
    for (const Value& item : items(data_, "dimms")) {
      const Record& dimm = *item.as<Record>();
      if (dimm.at("bus").text() != bus) continue;
      std::string state = dimm.at("enabled").number() != 0 ? "enabled" : "disabled";
      for (const Value& flag : items(dimm, "flags")) state += fmt::format(", {}", flag.text());
      if (!dimm.at("security").is_null() && dimm.at("security").text() != "disabled")
        state += fmt::format(", security {}", dimm.at("security").text());
      if (dimm.at("security_frozen").number() != 0) state += ", frozen";
      add_above(1, dimm.at("device"), "DIMM", cell(dimm.at("id")), "", "", std::move(state));
    }
    for (const Value& item : items(data_, "regions")) {
      const Record& region = *item.as<Record>();
      if (region.at("bus").text() == bus) region_row(region);
    }
  }

  void region_row(const Record& region) {
    std::string state = region.at("enabled").number() != 0 ? "enabled" : "disabled";
    if (region.at("read_only").number() != 0) state += ", read-only";
    if (region.at("labelled").number() == 0) state += ", no labels";
    if (const auto bad = region.at("bad_block_count").number(); bad > 0) state += fmt::format(", {} bad blocks", bad);
    std::string dimms;
    for (const Value& mapping : items(region, "mappings"))
      dimms += (dimms.empty() ? "on " : ", ") + std::string(mapping.as<Record>()->at("dimm").text());
    add_above(1, region.at("device"), "region", std::move(dimms), size(region.at("size_bytes")),
              size(region.at("available_bytes")) + " free", std::move(state));
    for (const Value& item : items(data_, "namespaces")) {
      const Record& ns = *item.as<Record>();
      if (ns.at("region").text() == region.at("device").text()) namespace_row(ns);
    }
  }

  void namespace_row(const Record& ns) {
    std::string state(ns.at("state").text());
    const Value& block = ns.at("block_device");
    const Value& node = block.is_null() ? ns.at("character_device") : block;
    // The node stands in its own column.
    const std::string own = node.is_null() ? std::string() : std::string(node.text().substr(5)) + " is ";
    for (const Value& use : items(ns, "uses")) {
      const std::string_view text = use.text();
      state += fmt::format(", {}", !own.empty() && text.starts_with(own) ? text.substr(own.size()) : text);
    }
    if (const auto bad = ns.at("bad_block_count").number(); bad > 0) state += fmt::format(", {} bad blocks", bad);
    add(2, ns.at("device"), ns.at("mode").text(), ns.at("name"), size(ns.at("reserved_bytes")),
        size(ns.at("usable_bytes")), node, state);
  }

  // Memory that is no persistent memory, and what was cut from it.
  void dax_region_rows(const Record& region) {
    const Value& available = region.at("available_bytes");
    add_above(0, region.at("device"), "region", fmt::format("DAX region {}", cell(region.at("dax_region"))),
              size(region.at("size_bytes")), available.is_null() ? "" : size(available) + " free", "");
    for (const Value& item : items(data_, "dax_devices")) {
      const Record& dax = *item.as<Record>();
      if (dax.at("dax_region").number() == region.at("dax_region").number() && dax.at("namespace").is_null())
        dax_row(dax);
    }
  }

  void dax_row(const Record& dax) {
    const bool enabled = dax.at("enabled").number() != 0, ram = !dax.at("online_blocks").is_null();
    std::string state = enabled ? "enabled" : "disabled";
    if (ram) state = fmt::format("{} of {} blocks online", cell(dax.at("online_blocks")), cell(dax.at("total_blocks")));
    add(1, dax.at("device"), dax.at("mode").text(), Value(), size(dax.at("size_bytes")), "",
        enabled && !ram ? Value(fmt::format("/dev/{}", dax.at("device").text())) : Value(), std::move(state));
  }

  const Record& data_;
  const TextOptions& options_;
  bool narrow_;
  Rows rows_;
};

}  // namespace

std::string pmem_tree_text(const Value& data, const TextOptions& options) {
  static constexpr std::array columns{Column{"Device", 18}, Column{"Type", 6},  Column{"Name", 12}, Column{"Size", 9},
                                      Column{"Usable", 9},  Column{"Node", 12}, Column{"State", 0}};
  const Record& record = *data.as<Record>();
  const Rows rows = Tree(record, options, false).rows();
  if (rows.empty()) return "";
  std::string text = fixed_columns(columns, rows, options);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (lines == rows.size() + (options.headers ? 2 : 0)) return text;
  return fixed_columns(columns, Tree(record, options, true).rows(), options);
}

}  // namespace nvmectl
