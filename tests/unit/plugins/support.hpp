// What several of these tests need: a small plugin text to break, temporary files, a scripted controller, a context.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "commands/command_spec.hpp"
#include "nvme/commands.hpp"
#include "nvme/status.hpp"
#include "plugins/plugin.hpp"
#include "support/catch.hpp"

namespace plugin_test {

using namespace nvmectl;

/// A valid plugin of 16 bytes, with `fields` and `log` in place of its own.
inline std::string plugin_text(std::string_view fields, std::string_view log = R"({"id": "0xca", "bytes": 16})",
                               std::string_view name = "acme") {
  std::string text = R"({"nvmectl_plugin": 1, "name": ")";
  text += name;
  text += R"(", "summary": "Acme drives", "reference": "Acme manual 3", "commands": [
    {"name": "wear-log", "summary": "Show wear", "title": "Wear", "log": )";
  text += log;
  text += R"(, "fields": [)";
  text += fields;
  return text + "]}]}";
}
inline constexpr std::string_view good_fields = R"(
    {"offset": 0, "type": "u32", "key": "erases", "title": "Erases"},
    {"offset": 4, "type": "reserved", "size": 12})";

/// "path: message" of each problem.
inline std::vector<std::string> problems_of(std::string_view text) {
  const auto parsed = plugins::parse_plugin(text);
  std::vector<std::string> lines;
  for (const auto& problem : parsed.problems) lines.push_back(to_string(problem));
  CHECK((parsed.plugin != nullptr) == lines.empty());
  return lines;
}

inline std::string read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  REQUIRE(file);
  std::string text(1 << 20, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

/// A folder that goes away with what was written into it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = "/tmp/nvmectl-plugins-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    made_.push_back(path_);
  }
  ~TemporaryFolder() {
    for (auto it = made_.rbegin(); it != made_.rend(); ++it) (void)std::remove(it->c_str());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  std::string folder(const std::string& name) {
    made_.push_back(path_ + "/" + name);
    REQUIRE(::mkdir(made_.back().c_str(), 0755) == 0);
    return made_.back();
  }
  std::string file(const std::string& name, std::string_view text) {
    made_.push_back(path_ + "/" + name);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(made_.back().c_str(), "wb"), std::fclose);
    REQUIRE(file);
    REQUIRE(std::fwrite(text.data(), 1, text.size(), file.get()) == text.size());
    return made_.back();
  }

 private:
  std::string path_;
  std::vector<std::string> made_;
};

/// Answers Identify and Get Log Page from tables, and remembers the commands.
class ScriptedController : public AdminTransport {
 public:
  std::map<std::uint8_t, Bytes> identify_pages;  ///< by CNS
  std::map<std::uint8_t, Bytes> logs;            ///< by log identifier
  NvmeStatus missing = nvme::status::invalid_log_page;
  std::vector<Command> seen;

  Result<Completion> submit_admin(const Request& request, const Deadline&) override {
    seen.push_back(request.command);
    const auto id = static_cast<std::uint8_t>(request.command.cdw10 & 0xffU);
    const auto& pages = request.command.opcode == 0x06 ? identify_pages : logs;
    const auto page = pages.find(id);
    if (page == pages.end()) return Completion{.status = missing};
    const std::size_t size = std::min(page->second.size(), request.in.size());
    std::copy_n(page->second.begin(), size, request.in.begin());
    return Completion{.received = size};
  }
};

/// Keeps what a command gives.
class KeptOutput : public Sink, public Messages {
 public:
  Value data;
  Bytes bytes;
  std::vector<std::string> notes;
  bool raw_wanted = false;
  Result<> document(Value value, std::vector<Error>) override {
    data = std::move(value);
    return {};
  }
  Result<> event(const Record&) override { return {}; }
  Result<> raw(std::span<const std::byte> given) override {
    bytes.assign(given.begin(), given.end());
    return {};
  }
  bool wants_raw() const override { return raw_wanted; }
  bool brief() const override { return false; }
  void note(std::string_view text) override { notes.emplace_back(text); }
  void warning(std::string_view text) override { notes.emplace_back(text); }
};

/// A backend with one device, the scripted controller.
class OneDevice : public Backend {
 public:
  explicit OneDevice(ScriptedController* controller) : controller_(controller) {}
  std::string_view name() const override { return "test"; }
  std::string_view summary() const override { return "a test"; }
  Probe probe() override { return {.usable = true, .reason = "", .remedy = ""}; }
  bool handles(const DeviceRef&) const override { return true; }
  Result<std::unique_ptr<Device>> open(const DeviceRef&, const OpenOptions&) override {
    return std::make_unique<Open>(controller_);
  }

 private:
  struct Open : Device {
    explicit Open(ScriptedController* c) : controller(c) {}
    AdminTransport* admin() override { return controller; }
    ScriptedController* controller;
  };
  ScriptedController* controller_;
};

/// A command's surroundings.
struct World {
  KeptOutput out;
  ScriptedController controller;
  Environment environment;
  std::vector<std::unique_ptr<Backend>> backends;
  int stop = 0;
  World() {
    environment.variable = [](std::string_view) { return std::nullopt; };
    backends.push_back(std::make_unique<OneDevice>(&controller));
  }
  Result<> run(const CommandSpec& spec, const ParsedArguments& arguments) {
    Context context{out, out, environment, backends, {}, &stop, [](Effect, const DeviceRef*) { return Result<>(); }, {}, {}};
    return spec.invoke(spec, arguments, context);
  }
};

}  // namespace plugin_test
