// What DIMMs report of their own accord: the kernel marks a file of theirs when their health changed.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/manager.hpp"
#include "backends/pmem/scanner.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

using namespace std::chrono_literals;

struct Watched {
  Dimm dimm;
  int fd;
  std::string state;  ///< of its health, when last looked at
};

// A file of sysfs is armed by being read. False: its device is gone, and poll() would find it ready for ever.
bool arm(int fd) {
  char byte = 0;
  return ::pread(fd, &byte, 1, 0) == 1;
}

std::vector<std::string> alarms_of(unsigned int flags) {
  std::vector<std::string> names;
  const auto add = [&](int flag, const char* name) {
    if ((flags & static_cast<unsigned int>(flag)) != 0) names.emplace_back(name);
  };
  add(ND_EVENT_SPARES_REMAINING, "spares-remaining");
  add(ND_EVENT_MEDIA_TEMPERATURE, "media-temperature");
  add(ND_EVENT_CTRL_TEMPERATURE, "controller-temperature");
  add(ND_EVENT_HEALTH_STATE, "health-state");
  add(ND_EVENT_UNCLEAN_SHUTDOWN, "unclean-shutdown");
  return names;
}

PmemEvent event_of(const Session& session, Watched& watched) {
  Dimm const dimm = watched.dimm;
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  PmemEvent event;
  event.time_ms = static_cast<std::uint64_t>(now.count());
  event.dimm = session.name(dimm);
  if (const char* id = session.nd().dimm_get_unique_id(dimm)) event.unique_id = printable(id);
  if (const unsigned int flags = session.nd().dimm_get_event_flags(dimm); flags != ~0U) event.alarms = alarms_of(flags);
  if (auto health = read_health(session, dimm)) event.health = std::move(*health);
  if (!event.health) return event;
  static_cast<void>(read_thresholds(session, dimm, *event.health));  // the event is worth telling without them
  if (event.health->state != std::exchange(watched.state, event.health->state))
    event.alarms.insert(event.alarms.begin(), "health-state");
  return event;
}

Result<std::vector<Watched>> watched(const Session& session, std::span<const std::string> names) {
  std::vector<Watched> found;
  for (const std::string& name : names) NVMECTL_TRY(session.dimm(name));
  for (Dimm dimm : session.dimms()) {
    if (!names.empty() && std::find(names.begin(), names.end(), session.name(dimm)) == names.end()) continue;
    // Without SMART the file is there, but nothing ever happens to it.
    const Cmd smart(session.nd(), session.nd().dimm_cmd_new_smart(dimm));
    const int fd = smart ? session.nd().dimm_get_health_eventfd(dimm) : -1;
    if (fd >= 0) found.push_back({dimm, fd, {}});
  }
  if (!found.empty()) return found;
  return fail(ErrorKind::unsupported,
              names.empty() ? "no DIMM of this machine reports events" : "none of these DIMMs reports events",
              "it takes SMART, which QEMU's NVDIMMs lack");
}

}  // namespace

Result<> Manager::listen(std::span<const std::string> names, const Deadline& deadline,
                         const std::function<Result<bool>(const PmemEvent&)>& on_event) {
  NVMECTL_ASSIGN(const Session opened, session());
  NVMECTL_ASSIGN(std::vector<Watched> dimms, watched(opened, names));
  std::vector<pollfd> files;
  for (Watched& one : dimms) files.push_back({.fd = arm(one.fd) ? one.fd : -1, .events = POLLPRI, .revents = 0});
  for (Watched& one : dimms) {
    if (const auto health = read_health(opened, one.dimm); health && *health) one.state = (*health)->state;
    const PmemEvent present = event_of(opened, one);
    if (present.alarms.empty()) continue;
    NVMECTL_ASSIGN(const bool more, on_event(present));
    if (!more) return {};
  }
  const auto gone = [](const pollfd& file) { return file.fd < 0; };
  while (!deadline.passed()) {
    if (std::all_of(files.begin(), files.end(), gone))
      return fail(ErrorKind::not_found, "the DIMMs that were listened to are not there any more",
                  "nvmectl pmem list shows what is there");
    // Short turns: a signal may come between the question and the wait.
    const auto turn = std::min<std::chrono::milliseconds>(500ms, deadline.left());
    const int ready = ::poll(files.data(), files.size(), static_cast<int>(turn.count()));
    if (ready < 0 && errno != EINTR) return fail(os_error(errno, "events of DIMMs cannot be waited for"));
    for (std::size_t i = 0; ready > 0 && i < files.size(); ++i) {
      if (files[i].revents == 0) continue;
      if (!arm(files[i].fd)) files[i].fd = -1;
      if (gone(files[i])) continue;
      NVMECTL_ASSIGN(const bool more, on_event(event_of(opened, dimms[i])));
      if (!more) return {};
    }
  }
  return {};
}

}  // namespace nvmectl::pmem_backend
