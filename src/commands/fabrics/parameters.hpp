// The options of `connect`, made of the table of connection parameters.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "commands/command_spec.hpp"
#include "core/fabrics_table.hpp"

namespace nvmectl {

namespace detail {

template <class Options, auto Member, std::size_t Index>
Result<> set_parameter(void* options, std::string_view text, std::string_view what) {
  return connect_parameter_table[Index].set(static_cast<Options*>(options)->*Member, text, what);
}

constexpr std::array<std::string_view, 4> transports{"tcp", "rdma", "fc", "loop"};

template <class Options, auto Member, std::size_t Index>
constexpr Argument parameter_argument() {
  const Parameter& p = connect_parameter_table[Index];
  Argument argument{.name = p.option, .letter = p.letter, .metavar = p.metavar, .doc = p.doc};
  argument.default_text = p.default_text;
  argument.alias = p.alias;
  argument.flag = p.type == Parameter::Type::flag;
  if (p.key == "transport") {
    argument.complete = Complete::choice;
    argument.choices = transports;
  }
  argument.set = set_parameter<Options, Member, Index>;
  return argument;
}

template <class Options, auto Member, std::size_t... Index>
constexpr auto parameter_arguments(std::index_sequence<Index...>) {
  return std::array<Argument, sizeof...(Index)>{parameter_argument<Options, Member, Index>()...};
}

}  // namespace detail

/// One option for each parameter; `Member` is the command's ConnectParameters. All but --persistent, which comes last
/// in the table and is for discovery controllers only, unless `Discovery`.
template <class Options, auto Member, bool Discovery = false>
[[nodiscard]] constexpr auto parameter_arguments() {
  constexpr std::size_t count = connect_parameter_table.size() - (Discovery ? 0 : 1);
  return detail::parameter_arguments<Options, Member>(std::make_index_sequence<count>());
}

/// Two tables of arguments, one behind the other.
template <std::size_t A, std::size_t B>
[[nodiscard]] constexpr std::array<Argument, A + B> join(const std::array<Argument, A>& a,
                                                         const std::array<Argument, B>& b) {
  std::array<Argument, A + B> all{};
  for (std::size_t i = 0; i < A; ++i) all[i] = a[i];
  for (std::size_t i = 0; i < B; ++i) all[A + i] = b[i];
  return all;
}

}  // namespace nvmectl
