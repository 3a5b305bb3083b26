#include "commands/pmem/label_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <sys/stat.h>

#include "connections/files.hpp"
#include "core/text.hpp"

namespace nvmectl {
namespace {

// With its parents. What is wrong shows when the file is made.
void make_directories(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1))
    static_cast<void>(::mkdir(path.substr(0, at).c_str(), 0755));
  static_cast<void>(::mkdir(path.c_str(), 0700));
}

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

}  // namespace

LabelStore::LabelStore(Context& context, PmemManager& manager) : context_(context), manager_(manager) {
  const std::string state = context.environment.variable("NVMECTL_STATE_DIR").value_or("");
  directory_ = (state.empty() ? std::string("/var/lib/nvmectl") : state) + "/labels";
}

Result<> LabelStore::save(const PmemDimm& dimm, const Deadline& deadline) {
  auto path = save_to(dimm, "", deadline);
  if (!path) {
    Error error = std::move(path).error();
    error.message = fmt::format("the labels of {} could not be kept: {}", dimm.name, error.message);
    error.hint = "nothing was changed; --no-backup goes on without a copy";
    return fail(std::move(error));
  }
  context_.messages.note(fmt::format("the labels of {} are kept in {}", dimm.name, *path));
  return {};
}

Result<std::string> LabelStore::save_to(const PmemDimm& dimm, const std::string& path, const Deadline& deadline) {
  NVMECTL_ASSIGN(const Bytes bytes, manager_.read_labels(dimm.name, deadline));
  std::string file = path;
  if (file.empty()) {
    make_directories(directory_);
    std::string id = dimm.unique_id.empty() ? dimm.name : dimm.unique_id;
    std::replace_if(
        id.begin(), id.end(), [](char c) { return !((c >= '0' && c <= '9') || (c | 0x20) >= 'a') && c != '-'; }, '_');
    const std::string stem = fmt::format("{}/{}-{}", directory_, id, time_text());
    file = stem + ".labels";
    for (int again = 1; exists(file); ++again) file = fmt::format("{}-{}.labels", stem, again);
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  NVMECTL_TRY(connections::replace_file(file, text));
  return file;
}

}  // namespace nvmectl
