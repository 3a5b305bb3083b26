#include "commands/keys/area.hpp"

#include <array>

namespace nvmectl {

std::span<const CommandSpec* const> key_commands() {
  static constexpr std::array commands{&gen_dhchap_key_command, &check_dhchap_key_command, &gen_tls_key_command,
                                       &check_tls_key_command, &tls_key_command};
  return commands;
}

}  // namespace nvmectl
