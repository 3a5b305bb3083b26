#include "backends/linux/portals.hpp"

#include <cerrno>
#include <chrono>
#include <map>
#include <string>

#include "backends/linux/kernel_connect.hpp"
#include "backends/linux/worker_pool.hpp"
#include "core/text.hpp"
#include "net/tcp.hpp"

namespace nvmectl::linux_backend {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 3s;  // as long as the kernel itself waits
constexpr std::size_t most_probing = 32;

using Portal = std::pair<std::string, std::string>;  // address, port

}  // namespace

int probe_by_tcp(const std::string& address, const std::string& port, const Deadline& deadline) {
  net::ConnectOptions options;
  options.host = address;
  options.port = static_cast<std::uint16_t>(parse_number(port, "port", 65535).value_or(0));
  options.deadline = deadline.at_most(patience);
  const auto stream = net::TcpStream::connect(options);
  if (stream) return 0;
  switch (stream.error().kind) {
    case ErrorKind::refused: return ECONNREFUSED;
    case ErrorKind::timeout: return ETIMEDOUT;
    case ErrorKind::transport: return EHOSTUNREACH;
    default: return 0;  // names and the like: the kernel's way tells better
  }
}

void fail_unreachable(std::vector<ConnectJob>& jobs, const ProbeFunction& probe, const Deadline& deadline,
                      const std::function<void(std::size_t, Result<Connection>)>& done) {
  std::map<Portal, int> portals;
  const auto portal_of = [](const ConnectParameters& target) {
    return Portal{target.address, target.effective_service()};
  };
  const auto counts = [](const ConnectParameters& target) {
    return target.transport == "tcp" && target.host_address.empty() && target.host_interface.empty();
  };
  for (const auto& [index, target] : jobs)
    if (counts(target)) portals.emplace(portal_of(target), 0);
  if (portals.size() < 2) return;
  std::vector<Portal> list;
  for (const auto& [portal, code] : portals) list.push_back(portal);
  const PoolWork work{[&](std::size_t i) { return std::to_string(probe(list[i].first, list[i].second, deadline)); },
                      {}};
  const auto report = [&](std::size_t i, std::optional<std::string> line) {
    portals[list[i]] = line ? static_cast<int>(parse_number(*line, "errno").value_or(0)) : ETIMEDOUT;
  };
  if (!run_in_children(list.size(), most_probing, deadline.at_most(2 * patience), work, report)) return;
  std::vector<ConnectJob> reachable;
  for (ConnectJob& job : jobs) {
    const int code = counts(job.second) ? portals[portal_of(job.second)] : 0;
    if (code == 0) {
      reachable.push_back(std::move(job));
      continue;
    }
    ConnectOutcome outcome;
    outcome.phase = ConnectOutcome::Phase::write;
    outcome.code = code;
    Error error = explain_connect(outcome, job.second);
    error.message = "there is no way to " + job.second.shown();
    done(job.first, fail(std::move(error)));
  }
  jobs = std::move(reachable);
}

}  // namespace nvmectl::linux_backend
