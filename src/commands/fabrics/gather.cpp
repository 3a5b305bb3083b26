#include "commands/fabrics/gather.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "commands/fabrics/discovery.hpp"
#include "commands/fabrics/select.hpp"
#include "connections/files.hpp"
#include "connections/format.hpp"
#include "connections/store.hpp"
#include "core/text.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl {
namespace {

constexpr std::size_t most_conf_bytes = std::size_t{16} << 20U;

std::string key_of(const ConnectParameters& p) {
  return fmt::format("{} {} {} {} {} {} {}", p.transport, p.address, p.effective_service(), p.nqn, p.host_address,
                     p.host_interface, p.host_nqn);
}

Error about(Error error, const ConnectParameters& target) {
  if (error.device.empty()) error.device = target.shown();
  return error;
}

}  // namespace

void Gatherer::add(ConnectParameters target) {
  std::string key = key_of(target);
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), key);
  if (at != keys_.end() && *at == key) return;
  keys_.insert(at, std::move(key));
  rows_.emplace_back().target = std::move(target);
}

void Gatherer::add_failed(ConnectParameters target, Error error) {
  ConnectRow& row = rows_.emplace_back();
  row.result = "failed";
  row.error = about(std::move(error), target);
  row.target = std::move(target);
}

void Gatherer::add_discovery(ConnectParameters where, const std::string& device) {
  const auto ready = [&]() -> Result<> {
    NVMECTL_TRY(check_parameters(where, false));
    return resolve_secrets(context_, where);
  }();
  if (!ready) return add_failed(std::move(where), ready.error());
  auto discovered = discover_from(context_, where, device, referrals_, deadline_);
  if (!discovered) return add_failed(std::move(where), std::move(discovered).error());
  for (const std::string& note : discovered->notes) context_.messages.note(note);
  for (Error& error : discovered->errors) {
    ConnectParameters referral = where;
    referral.nqn.clear();
    if (const auto ref = DeviceRef::parse(error.device); ref && ref->is_fabrics()) {
      referral.address = ref->host;
      referral.service = ref->port ? fmt::format("{}", *ref->port) : std::string();
    }
    add_failed(std::move(referral), std::move(error));
  }
  for (const nvme::DiscoveredLog& log : discovered->logs)
    for (const DiscoveryRecord& record : log.log.records) {
      if (record.subsystem_type != nvme::subtype::nvm) continue;
      auto target = target_of(record, log.source, where);
      if (target) {
        add(std::move(*target));
        continue;
      }
      ConnectParameters shown = where;
      shown.address = record.address;
      shown.service = record.service_id;
      shown.nqn = record.nqn;
      Error error = std::move(target).error();
      error.message = fmt::format("the record of {} cannot be used: {}", record.nqn, error.message);
      add_failed(std::move(shown), std::move(error));
    }
}

Result<> Gatherer::add_device(FabricsInitiator& initiator, const std::string& device, const ConnectParameters& like) {
  NVMECTL_ASSIGN(const FabricsController found, controller_named(initiator, device));
  ConnectParameters where = like;
  where.transport = found.parameters.transport;
  where.address = found.parameters.address;
  where.service = found.parameters.service;
  where.nqn = found.parameters.nqn;
  if (where.host_nqn.empty()) where.host_nqn = found.parameters.host_nqn;
  if (where.host_id.empty()) where.host_id = found.parameters.host_id;
  add_discovery(std::move(where), found.name);
  return {};
}

Result<bool> Gatherer::add_conf(const std::string& path, bool required) {
  NVMECTL_ASSIGN(const std::optional<std::string> text, connections::read_file(path, most_conf_bytes));
  if (!text && required)
    return fail(make_error(ErrorKind::not_found, fmt::format("there is no {}", printable(path))).on(printable(path)));
  if (!text) return false;
  connections::Source source;
  source.text = *text;
  source.name = path;
  NVMECTL_ASSIGN(const connections::Document document,
                 connections::parse_file(connections::Format::discovery_conf, source));
  for (const connections::StoredConnection& line : document.connections) add_discovery(line.parameters);
  return !document.connections.empty();
}

Result<bool> Gatherer::add_stored() {
  NVMECTL_ASSIGN(const std::vector<connections::StoredConnection> stored,
                 connections::load_saved(context_.environment));
  for (const connections::StoredConnection& connection : stored) {
    ConnectParameters target = connection.parameters;
    if (target.is_discovery()) {
      add_discovery(std::move(target));
    } else if (auto secrets = resolve_secrets(context_, target); !secrets) {
      add_failed(std::move(target), std::move(secrets).error());
    } else {
      add(std::move(target));
    }
  }
  return !stored.empty();
}

}  // namespace nvmectl
