#include "output/terminal.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/text.hpp"

namespace nvmectl::output {

Terminal detect_terminal(const Environment& environment, std::string_view color) {
  Terminal terminal;
  terminal.out_is_tty = ::isatty(STDOUT_FILENO) == 1;
  terminal.err_is_tty = ::isatty(STDERR_FILENO) == 1;
  winsize size{};
  if (terminal.out_is_tty && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) terminal.width = size.ws_col;
  const auto set = [&](std::string_view name) {
    const auto v = environment.variable(name);
    return v && !v->empty() && *v != "0";
  };
  const bool dumb = environment.variable("TERM").value_or("") == "dumb";
  if (color == "always") terminal.color = true;
  else if (color != "never")
    terminal.color = set("CLICOLOR_FORCE") || (!set("NO_COLOR") && !dumb && terminal.err_is_tty);
  return terminal;
}

bool input_is_terminal() {
  return ::isatty(STDIN_FILENO) == 1;
}

std::string error_lines(const Error& error, bool color) {
  const auto line = [&](std::string_view label, std::string_view code, const std::string& text) {
    if (text.empty()) return std::string();
    return color ? fmt::format("\x1b[{}m{}:\x1b[0m {}\n", code, label, printable(text))
                 : fmt::format("{}: {}\n", label, printable(text));
  };
  std::string where;
  if (!error.device.empty() && error.message.find(error.device) == std::string::npos) where = error.device + ": ";
  std::string text = line("error", "1;31", where + error.message) + line("cause", "1", error.cause);
  for (const std::string& more : error.context) {
    // "peer: HOST:PORT" says nothing new below a sentence that names it.
    const std::size_t colon = more.find(": ");
    const bool known =
        colon != std::string::npos && (where + error.message).find(more.substr(colon + 2)) != std::string::npos;
    if (!known) text += line("  ...", "2", more);
  }
  return text + line("hint", "36", error.hint);
}

}  // namespace nvmectl::output
