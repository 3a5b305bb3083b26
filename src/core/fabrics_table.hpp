// The table behind connect_parameters(), constant so that the options of commands can be made of it.
#pragma once

#include <fmt/format.h>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/fabrics.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace parameter_detail {

using P = ConnectParameters;
using Type = Parameter::Type;

[[nodiscard]] Result<std::int32_t> parse_signed(std::string_view text, std::string_view what);

template <auto Member>
Result<> set(P& to, std::string_view text, std::string_view what) {
  auto& member = to.*Member;
  using MemberType = std::remove_reference_t<decltype(member)>;
  if constexpr (std::is_same_v<MemberType, std::string>) {
    member = text;
  } else if constexpr (std::is_same_v<MemberType, bool>) {
    if (text != "true" && text != "false")
      return fail(ErrorKind::usage, fmt::format("{}: '{}' is neither true nor false", what, printable(text)));
    member = text == "true";
  } else if constexpr (std::is_same_v<MemberType, std::optional<std::int32_t>>) {
    NVMECTL_ASSIGN(member, parse_signed(text, what));
  } else {
    NVMECTL_ASSIGN(const std::uint64_t number, parse_number(text, what, std::numeric_limits<std::int32_t>::max()));
    member = static_cast<std::uint32_t>(number);
  }
  return {};
}

template <auto Member>
std::optional<std::string> get(const P& from) {
  const auto& member = from.*Member;
  using MemberType = std::remove_cvref_t<decltype(member)>;
  if constexpr (std::is_same_v<MemberType, std::string>) {
    return member.empty() ? std::nullopt : std::optional(member);
  } else if constexpr (std::is_same_v<MemberType, bool>) {
    return member ? std::optional<std::string>("true") : std::nullopt;
  } else {
    return member ? std::optional(fmt::format("{}", *member)) : std::nullopt;
  }
}

template <auto Member>
void clear(P& in) {
  in.*Member = std::remove_reference_t<decltype(in.*Member)>{};
}

template <auto Member>
constexpr Parameter parameter(Parameter p) {
  p.set = set<Member>;
  p.get = get<Member>;
  p.clear = clear<Member>;
  return p;
}

inline constexpr std::array table{
    parameter<&P::transport>({.key = "transport",
                              .option = "transport",
                              .letter = 't',
                              .kernel = "transport",
                              .config_key = "transport",
                              .metavar = "TYPE",
                              .doc = "tcp, rdma, fc or loop",
                              .default_text = "tcp"}),
    parameter<&P::nqn>({.key = "nqn",
                        .option = "nqn",
                        .letter = 'n',
                        .kernel = "nqn",
                        .config_key = "nqn",
                        .metavar = "NQN",
                        .doc = "NQN of the subsystem"}),
    parameter<&P::address>({.key = "address",
                            .option = "traddr",
                            .letter = 'a',
                            .kernel = "traddr",
                            .config_key = "traddr",
                            .metavar = "ADDR",
                            .doc = "Address or name of the target"}),
    parameter<&P::service>({.key = "service",
                            .option = "trsvcid",
                            .letter = 's',
                            .kernel = "trsvcid",
                            .config_key = "trsvcid",
                            .metavar = "PORT",
                            .doc = "Port of the target",
                            .default_text = "4420; 8009 for TCP discovery"}),
    parameter<&P::host_address>({.key = "host_address",
                                 .option = "host-traddr",
                                 .letter = 'w',
                                 .kernel = "host_traddr",
                                 .config_key = "host_traddr",
                                 .metavar = "ADDR",
                                 .doc = "Local address to connect from",
                                 .alias = "host_traddr"}),
    parameter<&P::host_interface>({.key = "host_interface",
                                   .option = "host-iface",
                                   .letter = 'f',
                                   .kernel = "host_iface",
                                   .config_key = "host_iface",
                                   .metavar = "NAME",
                                   .doc = "Local network interface (TCP)",
                                   .alias = "host_iface"}),
    parameter<&P::host_nqn>({.key = "host_nqn",
                             .option = "hostnqn",
                             .letter = 'q',
                             .kernel = "hostnqn",
                             .config_key = "hostnqn",
                             .metavar = "NQN",
                             .doc = "Host NQN to connect as",
                             .default_text = "this machine's"}),
    parameter<&P::host_id>({.key = "host_id",
                            .option = "hostid",
                            .letter = 'I',
                            .kernel = "hostid",
                            .config_key = "hostid",
                            .metavar = "UUID",
                            .doc = "Host identifier to connect as",
                            .default_text = "this machine's"}),
    parameter<&P::dhchap_secret>({.key = "dhchap_secret",
                                  .option = "dhchap-secret",
                                  .letter = 'S',
                                  .kernel = "dhchap_secret",
                                  .config_key = "dhchap_key",
                                  .metavar = "SOURCE",
                                  .doc =
                                      "DH-HMAC-CHAP secret of this host: file:PATH[#NAME], env:NAME, keyring:NAME or "
                                      "- for standard input",
                                  .type = Type::secret,
                                  .security = true}),
    parameter<&P::dhchap_ctrl_secret>({.key = "dhchap_ctrl_secret",
                                       .option = "dhchap-ctrl-secret",
                                       .letter = 'C',
                                       .kernel = "dhchap_ctrl_secret",
                                       .config_key = "dhchap_ctrl_key",
                                       .metavar = "SOURCE",
                                       .doc = "The controller's, for authentication both ways",
                                       .type = Type::secret,
                                       .security = true}),
    parameter<&P::keyring>({.key = "keyring",
                            .option = "keyring",
                            .kernel = "keyring",
                            .config_key = "keyring",
                            .metavar = "KEYRING",
                            .doc = "Kernel keyring that holds the TLS key",
                            .default_text = ".nvme",
                            .security = true}),
    parameter<&P::tls_key>({.key = "tls_key",
                            .option = "tls-key",
                            .kernel = "tls_key",
                            .config_key = "tls_key",
                            .metavar = "SERIAL",
                            .doc = "Serial number of the TLS key in the kernel's keyring",
                            .alias = "tls_key",
                            .security = true}),
    parameter<&P::tls_key_identity>({.key = "tls_key_identity",
                                     .option = "tls-key-identity",
                                     .kernel = "",
                                     .config_key = "tls_key_identity",
                                     .metavar = "TEXT",
                                     .doc = "Identity of the TLS key in the kernel's keyring",
                                     .security = true}),
    parameter<&P::io_queues>({.key = "io_queues",
                              .option = "nr-io-queues",
                              .letter = 'i',
                              .kernel = "nr_io_queues",
                              .config_key = "nr_io_queues",
                              .metavar = "N",
                              .doc = "I/O queues",
                              .default_text = "one per CPU",
                              .type = Type::number}),
    parameter<&P::write_queues>({.key = "write_queues",
                                 .option = "nr-write-queues",
                                 .letter = 'W',
                                 .kernel = "nr_write_queues",
                                 .config_key = "nr_write_queues",
                                 .metavar = "N",
                                 .doc = "Further queues for writes alone",
                                 .type = Type::number}),
    parameter<&P::poll_queues>({.key = "poll_queues",
                                .option = "nr-poll-queues",
                                .letter = 'P',
                                .kernel = "nr_poll_queues",
                                .config_key = "nr_poll_queues",
                                .metavar = "N",
                                .doc = "Further queues for polling",
                                .type = Type::number}),
    parameter<&P::queue_size>({.key = "queue_size",
                               .option = "queue-size",
                               .letter = 'Q',
                               .kernel = "queue_size",
                               .config_key = "queue_size",
                               .metavar = "N",
                               .doc = "Entries of an I/O queue",
                               .default_text = "128",
                               .type = Type::number}),
    parameter<&P::keep_alive_seconds>({.key = "keep_alive_seconds",
                                       .option = "keep-alive-tmo",
                                       .letter = 'k',
                                       .kernel = "keep_alive_tmo",
                                       .config_key = "keep_alive_tmo",
                                       .metavar = "SECONDS",
                                       .doc = "Keep alive timeout",
                                       .default_text = "5",
                                       .type = Type::number}),
    parameter<&P::reconnect_delay_seconds>({.key = "reconnect_delay_seconds",
                                            .option = "reconnect-delay",
                                            .letter = 'c',
                                            .kernel = "reconnect_delay",
                                            .config_key = "reconnect_delay",
                                            .metavar = "SECONDS",
                                            .doc = "Time between two attempts to reconnect",
                                            .default_text = "10",
                                            .type = Type::number}),
    parameter<&P::ctrl_loss_seconds>({.key = "ctrl_loss_seconds",
                                      .option = "ctrl-loss-tmo",
                                      .letter = 'l',
                                      .kernel = "ctrl_loss_tmo",
                                      .config_key = "ctrl_loss_tmo",
                                      .metavar = "SECONDS",
                                      .doc = "Give a lost controller up after so long; -1: never",
                                      .default_text = "600",
                                      .type = Type::signed_number}),
    parameter<&P::fast_io_fail_seconds>({.key = "fast_io_fail_seconds",
                                         .option = "fast-io-fail-tmo",
                                         .letter = 'F',
                                         .kernel = "fast_io_fail_tmo",
                                         .config_key = "fast_io_fail_tmo",
                                         .metavar = "SECONDS",
                                         .doc = "Fail I/O of a lost controller after so long; -1: off",
                                         .type = Type::signed_number,
                                         .alias = "fast_io_fail_tmo"}),
    parameter<&P::tos>({.key = "tos",
                        .option = "tos",
                        .letter = 'T',
                        .kernel = "tos",
                        .config_key = "tos",
                        .metavar = "N",
                        .doc = "IP type of service",
                        .type = Type::signed_number}),
    parameter<&P::duplicate_connect>({.key = "duplicate_connect",
                                      .option = "duplicate-connect",
                                      .letter = 'D',
                                      .kernel = "duplicate_connect",
                                      .config_key = "duplicate_connect",
                                      .doc = "Connect even where a connection to the same controller exists",
                                      .type = Type::flag}),
    parameter<&P::disable_sqflow>({.key = "disable_sqflow",
                                   .option = "disable-sqflow",
                                   .kernel = "disable_sqflow",
                                   .config_key = "disable_sqflow",
                                   .doc = "Without submission queue flow control",
                                   .type = Type::flag}),
    parameter<&P::header_digest>({.key = "header_digest",
                                  .option = "hdr-digest",
                                  .letter = 'g',
                                  .kernel = "hdr_digest",
                                  .config_key = "hdr_digest",
                                  .doc = "Protect PDU headers by a CRC (TCP)",
                                  .type = Type::flag,
                                  .security = true}),
    parameter<&P::data_digest>({.key = "data_digest",
                                .option = "data-digest",
                                .letter = 'G',
                                .kernel = "data_digest",
                                .config_key = "data_digest",
                                .doc = "Protect PDU data by a CRC (TCP)",
                                .type = Type::flag,
                                .security = true}),
    parameter<&P::tls>({.key = "tls",
                        .option = "tls",
                        .kernel = "tls",
                        .config_key = "tls",
                        .doc = "Encrypt by TLS (TCP)",
                        .type = Type::flag,
                        .security = true}),
    parameter<&P::concat>({.key = "concat",
                           .option = "concat",
                           .kernel = "concat",
                           .config_key = "concat",
                           .doc = "Encrypt by TLS with a key from the authentication (TCP)",
                           .type = Type::flag,
                           .security = true}),
    parameter<&P::persistent>({.key = "persistent",
                               .option = "persistent",
                               .letter = 'p',
                               .config_key = "persistent",
                               .doc = "Keep the connection to the discovery controller",
                               .type = Type::flag}),
};

}  // namespace parameter_detail

inline constexpr auto& connect_parameter_table = parameter_detail::table;

}  // namespace nvmectl
