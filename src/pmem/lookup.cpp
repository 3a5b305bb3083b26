#include "pmem/lookup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/text.hpp"

namespace nvmectl::pmem {
namespace {

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool has_pattern(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

bool names(const PmemNamespace& ns, std::string_view text) {
  const auto is = [&](const std::string& own) { return !own.empty() && own == text; };
  const auto uuid = [&](const std::string& own) { return !own.empty() && same_text(own, text); };
  if (text.starts_with("/dev/")) {
    text.remove_prefix(5);
    return is(ns.block_device) || is(ns.character_device);
  }
  if (text.starts_with("pmem:")) {
    text.remove_prefix(5);
    return is(ns.name) || uuid(ns.label_uuid) || uuid(ns.uuid);
  }
  if (has_pattern(text)) return matches_glob(ns.device, text) || (!ns.name.empty() && matches_glob(ns.name, text));
  // ndctl's bare number: "0.0".
  if (text.size() + 9 == ns.device.size() && ns.device.ends_with(text) && text.front() >= '0' && text.front() <= '9')
    return true;
  return is(ns.device) || is(ns.name) || is(ns.block_device) || is(ns.character_device) || uuid(ns.label_uuid) ||
         uuid(ns.uuid);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view prefix_of(Object kind) {
  switch (kind) {
    case Object::bus: return "ndbus";
    case Object::dimm: return "nmem";
    case Object::region: return "region";
    case Object::ns: return "namespace";
    case Object::dax: return "dax";
  }
  return "";
}

std::size_t count_of(const PmemTopology& topology, Object kind) {
  switch (kind) {
    case Object::bus: return topology.buses.size();
    case Object::dimm: return topology.dimms.size();
    case Object::region: return topology.regions.size();
    case Object::ns: return topology.namespaces.size();
    case Object::dax: return topology.dax_devices.size();
  }
  return 0;
}

// A second name that an object goes by.
const std::string* other_name(const PmemTopology& topology, Object kind, std::size_t index) {
  if (kind == Object::bus) return &topology.buses[index].provider;
  if (kind == Object::dimm) return &topology.dimms[index].unique_id;
  return nullptr;
}

std::vector<std::size_t> matches(const PmemTopology& topology, Object kind, std::string_view text) {
  if (kind == Object::ns) return namespaces_named(topology, text);
  if (kind == Object::dax && text.starts_with("/dev/")) text.remove_prefix(5);
  const std::string full = is_number(text) ? fmt::format("{}{}", prefix_of(kind), text) : std::string(text);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < count_of(topology, kind); ++i) {
    const std::string* other = other_name(topology, kind, i);
    if (matches_glob(name_of(topology, kind, i), full) || (other != nullptr && !other->empty() && *other == text))
      found.push_back(i);
  }
  if (!found.empty() || kind != Object::dax) return found;
  for (const std::size_t ns : namespaces_named(topology, text))
    for (std::size_t i = 0; i < topology.dax_devices.size(); ++i)
      if (topology.dax_devices[i].ns == ns) found.push_back(i);
  return found;
}

tl::unexpected<Error> nothing(const PmemTopology& topology, Object kind, std::string_view text) {
  std::vector<std::string> candidates;
  for (std::size_t i = 0; i < count_of(topology, kind); ++i) candidates.push_back(name_of(topology, kind, i));
  if (kind == Object::ns)
    for (const PmemNamespace& ns : topology.namespaces)
      if (!ns.name.empty()) candidates.push_back(ns.name);
  const auto near = similar(text, candidates);
  std::string hint = near.empty() ? std::string("nvmectl pmem list shows what is there")
                                  : fmt::format("did you mean {}?", near.front());
  Error error = make_error(ErrorKind::not_found, fmt::format("there is no {} '{}'", word_for(kind), printable(text)),
                           std::move(hint));
  if (topology.buses.empty() && kind != Object::dax) {
    error.cause = "this machine has no persistent memory that its kernel knows of";
    error.hint = "nvmectl doctor tells what is missing";
  }
  return fail(std::move(error).on(printable(text)));
}

Result<std::size_t> only(const PmemTopology& topology, Object kind, std::string_view text) {
  const auto found = matches(topology, kind, text);
  if (found.empty()) return nothing(topology, kind, text);
  if (found.size() == 1) return found.front();
  std::string list;
  for (const std::size_t i : found) {
    const std::string shown = kind == Object::ns ? label_of(topology.namespaces[i]) : name_of(topology, kind, i);
    list += fmt::format("{}{}", list.empty() ? "" : ", ", shown);
  }
  return fail(make_error(ErrorKind::usage,
                         fmt::format("'{}' names {} {}s", printable(text), found.size(), word_for(kind)),
                         "say which one by its device name or UUID")
                  .with_cause(fmt::format("they are {}", list))
                  .on(printable(text)));
}

}  // namespace

std::string_view word_for(Object kind) {
  switch (kind) {
    case Object::bus: return "bus";
    case Object::dimm: return "DIMM";
    case Object::region: return "region";
    case Object::ns: return "namespace";
    case Object::dax: return "DAX device";
  }
  return "";
}

const std::string& name_of(const PmemTopology& topology, Object kind, std::size_t index) {
  switch (kind) {
    case Object::bus: return topology.buses[index].name;
    case Object::dimm: return topology.dimms[index].name;
    case Object::region: return topology.regions[index].name;
    case Object::dax: return topology.dax_devices[index].name;
    case Object::ns: break;
  }
  return topology.namespaces[index].device;
}

bool is_locked(const PmemDimm& dimm) {
  return dimm.security == "locked" || std::find(dimm.flags.begin(), dimm.flags.end(), "locked") != dimm.flags.end();
}

std::string label_of(const PmemNamespace& ns) {
  return ns.name.empty() ? ns.device : fmt::format("{} ({})", printable(ns.name), ns.device);
}

std::vector<std::size_t> namespaces_named(const PmemTopology& topology, std::string_view text) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < topology.namespaces.size(); ++i)
    if (names(topology.namespaces[i], text)) found.push_back(i);
  return found;
}

std::vector<std::size_t> with_name(const PmemTopology& topology, std::string_view name) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < topology.namespaces.size(); ++i)
    if (topology.namespaces[i].name == name) found.push_back(i);
  return found;
}

Result<std::size_t> find_namespace(const PmemTopology& topology, std::string_view text) {
  return only(topology, Object::ns, text);
}
Result<> check_label_uuid(const PmemTopology& topology, std::string_view uuid, std::optional<std::size_t> except) {
  for (std::size_t i = 0; i < topology.namespaces.size(); ++i) {
    const PmemNamespace& ns = topology.namespaces[i];
    if (uuid.empty() || i == except || !same_text(ns.label_uuid, uuid)) continue;
    return fail(make_error(ErrorKind::exists, fmt::format("there is a label with the UUID {} already", ns.label_uuid),
                           "leave out --uuid: each namespace gets one of its own")
                    .with_cause(fmt::format("it is that of {}", label_of(ns)))
                    .on(ns.device));
  }
  return {};
}

Result<std::size_t> find_region(const PmemTopology& topology, std::string_view text) {
  return only(topology, Object::region, text);
}
Result<std::size_t> find_dax(const PmemTopology& topology, std::string_view text) {
  return only(topology, Object::dax, text);
}

Result<std::vector<std::size_t>> find_all(const PmemTopology& topology, Object kind,
                                          const std::vector<std::string>& words) {
  std::set<std::size_t> chosen;
  for (const std::string& list : words) {
    for (const std::string_view part : split(list, ',')) {
      const std::string_view word = trim(part);
      if (word.empty()) continue;
      if (word == "all") {
        for (std::size_t i = 0; i < count_of(topology, kind); ++i) chosen.insert(i);
        continue;
      }
      const auto found = matches(topology, kind, word);
      if (found.empty()) return nothing(topology, kind, word);
      // Two namespaces of one name are not both meant by it; a pattern or a provider does mean all that fit.
      if (kind == Object::ns && found.size() > 1 && !has_pattern(word)) return fail(only(topology, kind, word).error());
      chosen.insert(found.begin(), found.end());
    }
  }
  return std::vector<std::size_t>(chosen.begin(), chosen.end());
}

}  // namespace nvmectl::pmem
