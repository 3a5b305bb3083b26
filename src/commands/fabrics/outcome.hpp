// What became of each target of a connect or disconnect: one row, the same for one and for many.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/fabrics.hpp"
#include "core/schema.hpp"
#include "core/text_form.hpp"

namespace nvmectl {

struct ConnectRow {
  ConnectParameters target;
  std::string result;      ///< "connected", "already_connected", "failed", "would_connect"
  std::string controller;  ///< "nvme3", "" when there is none
  std::optional<bool> authenticated, tls;
  std::vector<Namespace> namespaces;
  std::string connect_string;  ///< with --dry-run
  std::string stored;          ///< UUID of the stored connection, "" when it was not stored
  std::optional<Error> error;
};

extern const Schema connect_schema;
/// "connecting to device: nvme0", nvme-cli's line, and what else there is to say, for a single connection.
[[nodiscard]] std::string connect_text(const Value& data, const TextOptions& options);

/// Fills in result, controller and error.
void take_outcome(ConnectRow& row, Result<Connection> outcome);
/// The rows' errors, for the envelope.
[[nodiscard]] std::vector<Error> errors_of(const std::vector<ConnectRow>& rows);
/// Puts the rows out as a list; partial when some of several failed, the error itself when there was but one target.
[[nodiscard]] Result<> show_outcomes(Context& context, const std::vector<ConnectRow>& rows, std::string_view verb);

/// Connects all rows whose result is still empty, with progress at the terminal.
void connect_rows(Context& context, FabricsInitiator& initiator, std::vector<ConnectRow>& rows,
                  const Deadline& deadline);

/// The deadline of work on several targets: --timeout, or when it is not given a second more for each.
[[nodiscard]] Deadline batch_deadline(const Context& context, std::size_t targets);

/// Takes the secrets from where they are said to be.
[[nodiscard]] Result<> resolve_secrets(Context& context, ConnectParameters& parameters);

}  // namespace nvmectl
