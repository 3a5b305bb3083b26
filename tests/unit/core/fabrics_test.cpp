#include "core/fabrics.hpp"

#include "core/text.hpp"
#include "support/catch.hpp"

using namespace nvmectl;

namespace {

ConnectParameters good() {
  ConnectParameters p;
  p.address = "192.0.2.7";
  p.nqn = "nqn.2014-08.org.example:disk";
  return p;
}

ErrorKind kind_of(const ConnectParameters& p) {
  const auto checked = check_parameters(p);
  return checked ? ErrorKind::internal : checked.error().kind;
}

}  // namespace

TEST_CASE("every parameter goes in and out by its table row", "[fabrics]") {
  ConnectParameters p;
  for (const Parameter& parameter : connect_parameters()) {
    INFO(parameter.key);
    const bool flag = parameter.type == Parameter::Type::flag;
    const std::string text = flag ? "true" : "5";
    REQUIRE(parameter.set(p, text, "it"));
    REQUIRE(parameter.get(p) == text);
    parameter.clear(p);
    REQUIRE(parameter.get(p).has_value() == false);
    REQUIRE(parameter_value(parameter, p) == (flag ? Value(false) : Value()));
    REQUIRE(find_parameter(parameter.key) == &parameter);
    REQUIRE(parameter.metavar.empty() == flag);
  }
  REQUIRE_FALSE(find_parameter("ctrl_loss_seconds")->set(p, "-2", "it"));
  REQUIRE_FALSE(find_parameter("io_queues")->set(p, "x", "it"));
  REQUIRE_FALSE(find_parameter("tls")->set(p, "maybe", "it"));
}

TEST_CASE("secrets are masked, their sources are not", "[fabrics]") {
  ConnectParameters p;
  p.dhchap_secret = "DHHC-1:00:c2VjcmV0:";
  REQUIRE(parameter_value(*find_parameter("dhchap_secret"), p) == Value("DHHC-1:***"));
  REQUIRE(masked_secret("whatever") == "***");
  REQUIRE(masked_secret("file:/etc/nvme/key") == "file:/etc/nvme/key");
  REQUIRE(masked_secret("env:NAME") == "env:NAME");
}

TEST_CASE("parameters are checked before they are stored or sent", "[fabrics]") {
  REQUIRE(check_parameters(good()));
  const auto bad = [](auto change) {
    ConnectParameters p = good();
    change(p);
    REQUIRE(kind_of(p) == ErrorKind::usage);
  };
  bad([](auto& p) { p.nqn.clear(); });
  bad([](auto& p) { p.nqn = "disk"; });
  bad([](auto& p) { p.nqn = "nqn.2014-08.org.example:" + std::string(223, 'x'); });
  bad([](auto& p) { p.nqn = "nqn.2014-08.org.example:disk,tls"; });
  bad([](auto& p) { p.address.clear(); });
  bad([](auto& p) { p.address = "999.1.1.1"; });
  bad([](auto& p) { p.address = "a b"; });
  bad([](auto& p) { p.address = "[::1]"; });
  bad([](auto& p) { p.service = "0"; });
  bad([](auto& p) { p.service = "65536"; });
  bad([](auto& p) { p.service = "http"; });
  bad([](auto& p) { p.transport = "iscsi"; });
  bad([](auto& p) { p.transport = "fc"; });
  bad([](auto& p) { p.host_address = "localhost"; });
  bad([](auto& p) { p.host_id = "no uuid"; });
  bad([](auto& p) { p.host_nqn = "host"; });
  bad([](auto& p) { p.dhchap_secret = "geheim"; });
  bad([](auto& p) { p.dhchap_secret = "file:"; });
  bad([](auto& p) { p.dhchap_ctrl_secret = "file:/x"; });
  bad([](auto& p) { p.tls = p.concat = true, p.dhchap_secret = "file:/x"; });
  bad([](auto& p) { p.concat = true; });
  bad([](auto& p) { p.tls = true, p.tls_key_identity = "a,b"; });
  bad([](auto& p) { p.tls_key = "5"; });
  bad([](auto& p) { p.tls = true, p.tls_key = "NVMeTLSkey-1:01:x:"; });
  bad([](auto& p) { p.host_interface = "eth0\nx"; });
  bad([](auto& p) { p.transport = "rdma", p.header_digest = true; });
  ConnectParameters p = good();
  p.address = "fe80::1%eth0";
  REQUIRE(check_parameters(p));
  p.address = "storage-1.example";
  REQUIRE(check_parameters(p));
  p.transport = "fc";
  p.address = "nn-0x10001100aa000001:pn-0x20001100aa000001";
  REQUIRE(check_parameters(p));
  p = {};
  p.transport = "loop";
  p.nqn = good().nqn;
  REQUIRE(check_parameters(p));
  p.nqn.clear();
  REQUIRE(check_parameters(p, false));
}

TEST_CASE("the same controller in other words", "[fabrics]") {
  ConnectParameters a = good(), b = good();
  b.service = "4420";
  REQUIRE(same_controller(a, b));
  a.address = "::1";
  b.address = "0:0:0:0:0:0:0:1";
  REQUIRE(same_controller(a, b));
  b.address = "::2";
  REQUIRE_FALSE(same_controller(a, b));
  b = a;
  b.host_nqn = "nqn.2014-08.org.example:host";
  REQUIRE(same_controller(a, b));
  a.host_nqn = "nqn.2014-08.org.example:other";
  REQUIRE_FALSE(same_controller(a, b));
}

TEST_CASE("the kernel's address attribute", "[fabrics]") {
  ConnectParameters p;
  take_kernel_address(p, "traddr=192.0.2.7,trsvcid=4420,host_iface=eth0,src_addr=192.0.2.1");
  REQUIRE(p.address == "192.0.2.7");
  REQUIRE(p.service == "4420");
  REQUIRE(p.host_interface == "eth0");
  REQUIRE(p.host_address == "192.0.2.1");
  ConnectParameters fc;
  take_kernel_address(fc, "traddr=nn-0x1:pn-0x2,trsvcid=none,host_traddr=nn-0x3:pn-0x4");
  REQUIRE(fc.address == "nn-0x1:pn-0x2");
  REQUIRE(fc.service.empty());
  REQUIRE(fc.host_address == "nn-0x3:pn-0x4");
  take_kernel_address(fc, "\x1b=,,=");  // nothing that could be understood
}

TEST_CASE("choices and patterns", "[text]") {
  REQUIRE(*parse_picks("1,3-4", 5) == std::vector<std::size_t>{0, 2, 3});
  REQUIRE(*parse_picks("all", 2) == std::vector<std::size_t>{0, 1});
  REQUIRE_FALSE(parse_picks("0", 2));
  REQUIRE_FALSE(parse_picks("3", 2));
  REQUIRE_FALSE(parse_picks("2-1", 2));
  REQUIRE_FALSE(parse_picks("x", 2));
  REQUIRE(matches_glob("nqn.example:db-1", "*:db-?"));
  REQUIRE(matches_glob("", "*"));
  REQUIRE_FALSE(matches_glob("abc", "a*d"));
  REQUIRE(matches_glob("aXbXc", "a*b*c"));
}
