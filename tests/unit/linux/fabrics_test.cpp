#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "backends/linux/connect_string.hpp"
#include "backends/linux/initiator.hpp"
#include "backends/linux/kernel_fabrics.hpp"
#include "backends/linux/modules.hpp"
#include "backends/linux/worker_pool.hpp"
#include "core/kernel_log.hpp"
#include "support/catch.hpp"
#include "unit/linux/tree.hpp"

using namespace nvmectl;
using namespace nvmectl::linux_backend;
using namespace std::chrono_literals;
using nvmectl::test::Tree;

namespace {

// Fakes for both sides of the fork: what the child was told and did is written to files.
struct FakeFabrics {
  Tree tree;
  ConnectOutcome outcome{ConnectOutcome::Phase::done, 0, "nvme99", "", {}, {}, {}};
  std::chrono::milliseconds takes{0};

  FakeFabrics() { std::ofstream(node()) << ""; }
  [[nodiscard]] std::string node() const { return tree.root() + "/nvme-fabrics"; }
  [[nodiscard]] std::string file(const char* name) const {
    std::ifstream stream(tree.root() + "/" + name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] bool wait_for(const char* name) const {
    for (int i = 0; i < 200 && file(name).empty(); ++i) ::usleep(10'000);
    return !file(name).empty();
  }
  FabricsCalls calls() const {
    const std::string root = tree.root();
    return {node(),
            [root, this](const ConnectParameters& target, bool) {
              std::ofstream(root + "/target") << make_connect_string(target, true);
              ::usleep(static_cast<useconds_t>(takes.count() * 1000));
              return outcome;
            },
            [root](const std::string& controller) {
              std::ofstream(root + "/disconnected") << controller;
              return 0;
            }};
  }
  Result<std::unique_ptr<Device>> open(std::string_view uri, OpenOptions options = {}) const {
    if (options.deadline.never()) options.deadline = Deadline::in(10s);
    if (options.host_nqn.empty()) options.host_nqn = "nqn.2014-08.org.example:host";
    if (options.host_id.empty()) options.host_id = "6e766d65-6374-4c00-8000-000000000001";
    KernelCalls kernel;
    kernel.open = [](const std::string& path, int) {
      if (path == "/dev/nvme99") return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      errno = ENOENT;
      return -1;
    };
    kernel.ioctl = [](int, unsigned long, void*) { return 0; };
    const DeviceRef ref = *DeviceRef::parse(uri);
    return open_temporary(parameters_of(ref, options), {ref.nsid, options.io}, options, kernel, calls());
  }
};

}  // namespace

TEST_CASE("the kernel is told where to connect, and disconnected at the end", "[linux]") {
  const FakeFabrics fabrics;
  {
    const auto device = fabrics.open("tcp://192.0.2.1");
    REQUIRE(device);
    REQUIRE(fabrics.file("target") ==
            "nqn=nqn.2014-08.org.nvmexpress.discovery,transport=tcp,traddr=192.0.2.1,trsvcid=8009,"
            "hostnqn=nqn.2014-08.org.example:host,hostid=6e766d65-6374-4c00-8000-000000000001,ctrl_loss_tmo=0");
    REQUIRE((*device)->admin() != nullptr);
    REQUIRE((*device)->io() == nullptr);
    REQUIRE((*device)->admin()->submit_admin({}, Deadline::in(1s))->ok());
    REQUIRE(fabrics.file("disconnected").empty());
  }
  REQUIRE(fabrics.file("disconnected") == "nvme99");
}

TEST_CASE("a subsystem is on another port, and its namespace is remembered", "[linux]") {
  const FakeFabrics fabrics;
  const auto device = fabrics.open("tcp://[fe80::1%eth0]/nqn.2024-01.org.example:a?nsid=3");
  REQUIRE(device);
  REQUIRE(fabrics.file("target").starts_with(
      "nqn=nqn.2024-01.org.example:a,transport=tcp,traddr=fe80::1%eth0,trsvcid=4420,"));
  REQUIRE((*device)->nsid() == 3U);
}

TEST_CASE("a connection that comes too late is taken down", "[linux]") {
  FakeFabrics fabrics;
  fabrics.takes = 400ms;
  OpenOptions options;
  options.deadline = Deadline::in(50ms);
  const auto device = fabrics.open("tcp://192.0.2.1", options);
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::timeout);
  REQUIRE(fabrics.wait_for("disconnected"));
}

TEST_CASE("a controller that cannot be opened is disconnected", "[linux]") {
  FakeFabrics fabrics;
  fabrics.outcome.controller = "nvme98";
  const auto device = fabrics.open("tcp://192.0.2.1");
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::not_found);
  REQUIRE(fabrics.file("disconnected") == "nvme98");
}

TEST_CASE("a failed connection says why", "[linux]") {
  FakeFabrics fabrics;
  fabrics.outcome = {ConnectOutcome::Phase::write, ECONNREFUSED, "", "", {"line of the \x1b[1mlog"}, {}, {}};
  const auto device = fabrics.open("tcp://192.0.2.1");
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::refused);
  REQUIRE(device.error().context == std::vector<std::string>{"kernel: line of the \\x1b[1mlog"});
  REQUIRE(fabrics.file("disconnected").empty());
}

TEST_CASE("every errno of the connect write has a cause and a remedy", "[linux]") {
  ConnectParameters target;
  target.address = "192.0.2.1";
  target.nqn = "nqn.2024-01.org.example:a";
  const auto kind = [&](int code, std::vector<std::string> log = {}) {
    ConnectOutcome outcome{ConnectOutcome::Phase::write, code, "", "", std::move(log), {}, {}};
    const Error error = explain_connect(decode_outcome(encode(outcome)), target);
    CHECK_FALSE(error.cause.empty());
    CHECK((!error.hint.empty() || error.kind == ErrorKind::cancelled));
    CHECK(error.os_errno == code);
    return error.kind;
  };
  REQUIRE(kind(EALREADY) == ErrorKind::busy);
  REQUIRE(kind(ECONNREFUSED) == ErrorKind::refused);
  REQUIRE(kind(ETIMEDOUT) == ErrorKind::timeout);
  REQUIRE(kind(EHOSTUNREACH) == ErrorKind::transport);
  REQUIRE(kind(ENOKEY) == ErrorKind::permission);
  REQUIRE(kind(EKEYREJECTED) == ErrorKind::permission);
  REQUIRE(kind(EIO) == ErrorKind::refused);
  REQUIRE(kind(EINVAL) == ErrorKind::usage);
  REQUIRE(kind(EINVAL, {"nvme_fabrics: found same hostid 1 but different hostnqn x"}) == ErrorKind::busy);
  REQUIRE(kind(EINVAL, {"nvme_fabrics: no handler found for transport rdma."}) == ErrorKind::unsupported);
  REQUIRE(kind(EIO, {"nvme nvme1: Connect for subsystem x is not allowed, hostnqn: y"}) == ErrorKind::permission);
  REQUIRE(kind(EIO, {"nvme nvme1: Connect Invalid Data Parameter, subsysnqn \"x\""}) == ErrorKind::not_found);
  for (int code = 1; code < 134; ++code) static_cast<void>(kind(code));
}

TEST_CASE("an outcome survives its way out of the child", "[linux]") {
  ConnectOutcome outcome{ConnectOutcome::Phase::done, 0, "nvme7", "", {"one", "two"}, true, std::nullopt};
  const ConnectOutcome back = decode_outcome(encode(outcome));
  REQUIRE(back.phase == ConnectOutcome::Phase::done);
  REQUIRE(back.controller == "nvme7");
  REQUIRE(back.log == outcome.log);
  REQUIRE(back.authenticated == true);
  REQUIRE_FALSE(back.tls.has_value());
  REQUIRE(decode_outcome("").phase == ConnectOutcome::Phase::answer);
  outcome.log.assign(1000, std::string(100, 'x'));
  REQUIRE(encode(outcome).size() < 4000);
}

TEST_CASE("what the kernel does not know is not asked of it", "[linux]") {
  const auto supported = parse_supported("instance=-1,cntlid=-1,transport=%s,traddr=%s,nqn=%s,duplicate_connect\n");
  REQUIRE(supported == std::vector<std::string>{"cntlid", "transport", "traddr", "nqn", "duplicate_connect"});
  ConnectParameters target;
  target.address = "192.0.2.1";
  target.nqn = "nqn.2024-01.org.example:a";
  target.duplicate_connect = true;
  REQUIRE(check_supported(target, supported));
  for (const Parameter& p : connect_parameters()) {
    if (!p.security || p.kernel.empty()) continue;
    ConnectParameters asked = target;
    REQUIRE(p.set(asked, p.type == Parameter::Type::flag ? "true" : "1", "it"));
    const auto able = check_supported(asked, supported);
    INFO(p.key);
    REQUIRE_FALSE(able);
    REQUIRE(able.error().kind == ErrorKind::unsupported);
    REQUIRE(able.error().cause.find(p.kernel) != std::string::npos);
  }
}

TEST_CASE("the connect string says what was asked, and shows no secret", "[linux]") {
  ConnectParameters target;
  target.address = "192.0.2.1";
  target.nqn = "nqn.2024-01.org.example:a";
  target.dhchap_secret = "DHHC-1:00:c2VjcmV0:";
  target.io_queues = 0;
  target.keep_alive_seconds = 7;
  target.tos = -1;
  target.header_digest = true;
  const std::string shown = make_connect_string(target, false);
  REQUIRE(shown ==
          "nqn=nqn.2024-01.org.example:a,transport=tcp,traddr=192.0.2.1,trsvcid=4420,dhchap_secret=DHHC-1:***,"
          "keep_alive_tmo=7,ctrl_loss_tmo=600,hdr_digest");
  REQUIRE(make_connect_string(target, true).find("dhchap_secret=DHHC-1:00:c2VjcmV0:,") != std::string::npos);
  REQUIRE(parse_instance("instance=3,cntlid=1\n") == 3U);
  REQUIRE_FALSE(parse_instance("cntlid=1"));
}

TEST_CASE("work is spread over children, and taken back when nobody waits", "[linux]") {
  const Tree tree;
  std::vector<std::string> results(50);
  const PoolWork work{[&](std::size_t i) {
                        if (i == 7) ::usleep(600'000);
                        if (i == 9) ::_exit(1);
                        return "r" + std::to_string(i);
                      },
                      [&](std::size_t i, const std::string&) { std::ofstream(tree.root() + "/undone") << i; }};
  std::size_t lost = 0;
  REQUIRE(run_in_children(50, 4, Deadline::in(300ms), work, [&](std::size_t i, std::optional<std::string> line) {
    if (line) results[i] = *line;
    else ++lost;
  }));
  REQUIRE(lost == 2);  // the slow one and the dead one
  for (std::size_t i = 0; i < 50; ++i) REQUIRE(results[i] == (i == 7 || i == 9 ? "" : "r" + std::to_string(i)));
  for (int tries = 0; tries < 200 && !std::filesystem::exists(tree.root() + "/undone"); ++tries) ::usleep(10'000);
  std::ifstream undone(tree.root() + "/undone");
  int which = 0;
  undone >> which;
  REQUIRE(which == 7);
}

TEST_CASE("dead addresses are found before the kernel waits for them", "[linux]") {
  FabricsCalls calls;
  calls.node = "/dev/null";  // says nothing of what it supports
  calls.connect = [](const ConnectParameters& target, bool) {
    ConnectOutcome outcome{ConnectOutcome::Phase::done, 0, "nvme" + target.service, "", {}, {}, {}};
    if (target.address == "192.0.2.9") ::_exit(1);  // must not be asked
    return outcome;
  };
  calls.probe = [](const std::string& address, const std::string&, const Deadline&) {
    return address == "192.0.2.9" ? ETIMEDOUT : 0;
  };
  LinuxInitiator initiator("", KernelCalls::real(), calls);
  std::vector<ConnectParameters> targets(3);
  for (std::size_t i = 0; i < 3; ++i) {
    targets[i].nqn = "nqn.2024-01.org.example:a";
    targets[i].host_nqn = "nqn.2014-08.org.example:host";
    targets[i].host_id = "6e766d65-6374-4c00-8000-000000000001";
    targets[i].address = i == 1 ? "192.0.2.9" : "192.0.2.1";
    targets[i].service = std::to_string(i + 1);
  }
  std::vector<std::string> results(3);
  BatchOptions options;
  options.deadline = Deadline::in(10s);
  initiator.connect(targets, options, [&](std::size_t i, Result<Connection> outcome) {
    results[i] = outcome ? outcome->controller : std::string(to_string(outcome.error().kind));
  });
  REQUIRE(results == std::vector<std::string>{"nvme1", "timeout", "nvme3"});
}

TEST_CASE("the kernel's log is read from the text on", "[linux]") {
  REQUIRE(kernel_log_text("6,1234,5678,-;nvme nvme0: hello\n SUBSYSTEM=nvme\n") == "nvme nvme0: hello");
  REQUIRE(kernel_log_text("rubbish").empty());
}

TEST_CASE("without the fabrics driver the remedy is named", "[linux]") {
  const FakeFabrics fabrics;
  std::filesystem::remove(fabrics.node());
  const auto device = fabrics.open("tcp://192.0.2.1");
  REQUIRE_FALSE(device);
  // "installed but not loaded" or "not installed", as this machine has it.
  const bool installed = module_state("nvme-fabrics") != ModuleState::missing;
  REQUIRE(device.error().kind == (installed ? ErrorKind::not_running : ErrorKind::unsupported));
  REQUIRE(device.error().hint.find(installed ? "modprobe nvme-tcp" : "linux-image") != std::string::npos);
}

TEST_CASE("I/O needs a namespace", "[linux]") {
  const FakeFabrics fabrics;
  OpenOptions options;
  options.io = true;
  const auto device = fabrics.open("tcp://192.0.2.1", options);
  REQUIRE_FALSE(device);
  REQUIRE(device.error().kind == ErrorKind::usage);
}
