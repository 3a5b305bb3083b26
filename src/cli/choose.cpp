// Choosing from a list at the terminal: by keys, or by numbers where keys cannot be read one by one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <termios.h>
#include <unistd.h>

#include "cli/app.hpp"
#include "core/text.hpp"

namespace nvmectl::cli {
namespace {

constexpr std::size_t most_in_picker = 20;  // more than fits a small terminal is chosen by numbers

tl::unexpected<Error> nothing_chosen() {
  return fail(ErrorKind::not_confirmed, "nothing was chosen", "");
}

/// The terminal without line editing and echo, put back at the end.
class RawTerminal {
 public:
  RawTerminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    usable_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() {
    if (usable_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  [[nodiscard]] bool usable() const { return usable_; }

 private:
  termios before_{};
  bool usable_ = false;
};

enum class Key { up, down, mark, all, accept, cancel, other };

Key read_key() {
  char c = 0;
  if (::read(STDIN_FILENO, &c, 1) != 1) return Key::cancel;  // the end of input, or a signal
  if (c == '\x1b') {
    std::array<char, 2> rest{};
    if (::read(STDIN_FILENO, rest.data(), 2) != 2) return Key::cancel;
    return rest[1] == 'A' ? Key::up : rest[1] == 'B' ? Key::down : Key::other;
  }
  switch (c) {
    case 'k': return Key::up;
    case 'j':
    case '\t': return Key::down;
    case ' ': return Key::mark;
    case 'a': return Key::all;
    case '\n':
    case '\r': return Key::accept;
    case 'q':
    case '\x03':
    case '\x04': return Key::cancel;
    default: return Key::other;
  }
}

std::string line_of(const Choice& choice, std::size_t number) {
  return fmt::format("{:>3}  {}{}", number + 1, printable(choice.text),
                     choice.remark.empty() ? "" : "  (" + printable(choice.remark) + ")");
}

struct Picker {
  std::span<const Choice> choices;
  std::size_t at = 0;
  std::vector<bool> marked = std::vector<bool>(choices.size());

  void draw(bool again) const {
    std::string text = again ? fmt::format("\x1b[{}A", choices.size()) : "";
    for (std::size_t i = 0; i < choices.size(); ++i)
      text += fmt::format("\r\x1b[K{} [{}] {}\n", i == at ? ">" : " ",
                          marked[i]            ? "x"
                          : choices[i].enabled ? " "
                                               : "-",
                          line_of(choices[i], i));
    std::fputs(text.c_str(), stderr);
  }
  void act(Key key) {
    if (key == Key::up) at = (at + choices.size() - 1) % choices.size();
    if (key == Key::down) at = (at + 1) % choices.size();
    if (key == Key::mark && choices[at].enabled) marked[at] = !marked[at];
    if (key == Key::all)
      for (std::size_t i = 0; i < choices.size(); ++i) marked[i] = choices[i].enabled;
  }
  /// Return alone takes the line that the mark stands at.
  [[nodiscard]] std::vector<std::size_t> chosen() const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < choices.size(); ++i)
      if (marked[i]) result.push_back(i);
    if (result.empty() && choices[at].enabled) result.push_back(at);
    return result;
  }
};

Result<std::vector<std::size_t>> pick_by_keys(std::string_view title, std::span<const Choice> choices) {
  std::fputs(fmt::format("{} (arrows move, space marks, a marks all, return takes, q leaves)\n", title).c_str(),
             stderr);
  Picker picker{choices};
  picker.draw(false);
  for (;;) {
    const Key key = read_key();
    if (key == Key::cancel) return nothing_chosen();
    if (key == Key::accept) break;
    picker.act(key);
    picker.draw(true);
  }
  auto chosen = picker.chosen();
  if (chosen.empty()) return nothing_chosen();
  return chosen;
}

Result<std::vector<std::size_t>> pick_by_numbers(std::string_view title, std::span<const Choice> choices) {
  std::string text = fmt::format("{}\n", title);
  for (std::size_t i = 0; i < choices.size(); ++i) text += line_of(choices[i], i) + "\n";
  std::fputs((text + "Numbers (1,3-5), 'all', or nothing: ").c_str(), stderr);
  std::array<char, 512> buffer{};
  if (std::fgets(buffer.data(), static_cast<int>(buffer.size()), stdin) == nullptr) return nothing_chosen();
  const std::string_view answer = trim(buffer.data());
  if (answer.empty()) return nothing_chosen();
  NVMECTL_ASSIGN(std::vector<std::size_t> chosen, parse_picks(answer, choices.size()));
  std::erase_if(chosen, [&](std::size_t i) { return !choices[i].enabled; });
  if (chosen.empty()) return nothing_chosen();
  return chosen;
}

}  // namespace

Result<std::vector<std::size_t>> choose(std::string_view title, std::span<const Choice> choices, bool interactive,
                                        const Environment& environment) {
  if (!interactive)
    return fail(ErrorKind::not_confirmed, "there is no terminal at which somebody could choose",
                "say what is meant on the command line");
  if (choices.empty()) return nothing_chosen();
  if (environment.variable("TERM").value_or("dumb") != "dumb" && choices.size() <= most_in_picker) {
    const RawTerminal raw;
    if (raw.usable()) return pick_by_keys(title, choices);
  }
  return pick_by_numbers(title, choices);
}

}  // namespace nvmectl::cli
