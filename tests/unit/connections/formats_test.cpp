#include <string>

#include "connections/format.hpp"
#include "core/device_ref.hpp"
#include "support/catch.hpp"

using namespace nvmectl;
using namespace nvmectl::connections;
using nvmectl_test::ContainsSubstring;

namespace {

Document read(Format format, std::string_view text) {
  auto document = parse_file(format, {text, "file", ErrorKind::usage, "correct it"});
  if (!document) FAIL(document.error().message);
  return std::move(*document);
}

std::string error_of(Format format, std::string_view text) {
  const auto document = parse_file(format, {text, "file", ErrorKind::usage, ""});
  return document ? "" : document.error().message;
}

// As import does it.
std::string again(Format format, const Document& document, bool secrets = true) {
  std::vector<Kept> kept;
  merge_kept(kept, document.kept);
  merge_kept(kept, document.kept);  // the same file twice changes nothing
  return print_file(format, document.connections, kept, {.secrets = secrets, .host_nqn = "nqn.2014-08.org.example:me"})
      .text;
}

void same_after_round(Format format, std::string_view text) {
  const std::string once = again(format, read(format, text));
  REQUIRE(again(format, read(format, once)) == once);
  const Document a = read(format, text), b = read(format, once);
  REQUIRE(a.connections.size() == b.connections.size());
  for (std::size_t i = 0; i < a.connections.size(); ++i)
    REQUIRE(a.connections[i].parameters == b.connections[i].parameters);
}

constexpr std::string_view config_json = R"([
  {"hostnqn": "nqn.2014-08.org.example:host", "hostid": "0d9bd2f1-7c5d-4f0e-9a53-2f4e6b8f1a11",
   "dhchap_key": "DHHC-1:00:aG9zdHNlY3JldA==:", "hostsymname": "lab", "persistent_discovery_ctrl": true,
   "subsystems": [
    {"nqn": "nqn.2014-08.org.example:a", "application": "db", "ports": [
      {"transport": "tcp", "traddr": "192.0.2.1", "trsvcid": "4420", "nr_io_queues": 0, "ctrl_loss_tmo": -1,
       "tos": -1, "hdr_digest": true, "duplicate_connect": false, "colour": {"deep": [1, 2.50]}},
      {"transport": "tcp", "traddr": "192.0.2.2", "trsvcid": 4421, "dhchap_key": "none", "queue_size": 64}]},
    {"nqn": "nqn.2014-08.org.nvmexpress.discovery", "ports": [
      {"transport": "tcp", "traddr": "192.0.2.1", "trsvcid": "8009", "discovery": true, "persistent": true}]},
    {"nqn": "nqn.2014-08.org.example:portless"}]},
  {"hostnqn": "nqn.2014-08.org.example:other", "dhchap_key": "DHHC-1:00:b3RoZXI=:"}
])";

constexpr std::string_view fabrics_conf = R"(# a comment
[Discovery Controller Defaults]
keep-alive-tmo = 30
[I/O Controller Defaults]
ctrl-loss-tmo = 600
nr-io-queues = 0x4
future-knob = 7
[Discovery Controller]
controller = transport=tcp;traddr=10.0.0.5;trsvcid=8009
[Subsystem]
nqn           = nqn.2014-08.org.example:vol1
tls           = YES
tls-key = NVMeTLSkey-1:01:c2VjcmV0:
ctrl-loss-tmo =
controller    = transport=tcp;traddr=10.0.0.9;trsvcid=4420;host-iface=eth0
controller    = transport=tcp;traddr=10.0.0.10;trsvcid=4420;keep-alive-tmo=10;
[Host]
hostnqn = nqn.2014-08.org.example:host
hostid = 46ba5037-7ce5-41fa-9452-48477bf00080
hostsymname = prod
dhchap-secret = DHHC-1:00:aG9zdHNlY3JldA==:
[Some Future]
what = ever = it is
[Subsystem]
nqn = nqn.2014-08.org.example:pathless
)";

}  // namespace

TEST_CASE("config.json becomes connections, inner settings before outer ones") {
  const Document document = read(Format::config_json, config_json);
  REQUIRE(document.connections.size() == 3);
  const ConnectParameters& first = document.connections[0].parameters;
  REQUIRE(first.nqn == "nqn.2014-08.org.example:a");
  REQUIRE(first.host_nqn == "nqn.2014-08.org.example:host");
  REQUIRE(first.host_id == "0d9bd2f1-7c5d-4f0e-9a53-2f4e6b8f1a11");
  REQUIRE(first.dhchap_secret == "DHHC-1:00:aG9zdHNlY3JldA==:");
  REQUIRE_FALSE(first.io_queues);  // 0 is libnvme's "not given"
  REQUIRE(first.ctrl_loss_seconds == -1);
  REQUIRE(first.header_digest);
  REQUIRE_FALSE(first.duplicate_connect);
  const ConnectParameters& second = document.connections[1].parameters;
  REQUIRE(second.dhchap_secret.empty());  // "none" at the port
  REQUIRE(second.service == "4421");
  REQUIRE(second.queue_size == 64U);
  REQUIRE(document.connections[2].parameters.is_discovery());
  REQUIRE(document.connections[2].parameters.persistent);
}

TEST_CASE("config.json comes back with the same content") {
  const JsonNode before = parse_json({config_json, "", ErrorKind::io, ""}).value();
  const JsonNode after =
      parse_json({again(Format::config_json, read(Format::config_json, config_json)), "", ErrorKind::io, ""}).value();
  REQUIRE(after.items.size() == before.items.size());
  // A subsystem without ports has an empty list of them afterwards, which says the same.
  JsonNode expected = before;
  JsonNode none;
  none.type = JsonNode::Type::array;
  expected.items[0].find("subsystems")->items[2].set("ports", none);
  INFO(dump_json_indented(after));
  REQUIRE(same_json(expected, after));
  same_after_round(Format::config_json, config_json);
  // The schema's form, an object.
  const std::string object = "{\"$schema\": \"x\", \"hosts\": " + std::string(config_json) + "}";
  const std::string printed = again(Format::config_json, read(Format::config_json, object));
  REQUIRE(parse_json({printed, "", ErrorKind::io, ""})->find("$schema")->text == "x");
  REQUIRE(parse_json({printed, "", ErrorKind::io, ""})->find("hosts")->items.size() == 2);
}

TEST_CASE("what is changed afterwards is what config.json says") {
  Document document = read(Format::config_json, config_json);
  document.connections[0].parameters.dhchap_secret.clear();  // although the host has one
  document.connections[0].parameters.queue_size = 32;
  document.connections[1].parameters.service = "4499";
  document.connections[1].parameters.queue_size.reset();
  const Document after = read(Format::config_json, again(Format::config_json, document));
  for (std::size_t i = 0; i < 3; ++i) REQUIRE(after.connections[i].parameters == document.connections[i].parameters);
}

TEST_CASE("secrets are left out unless they are asked for") {
  for (const Format format : {Format::config_json, Format::fabrics_conf, Format::nvmectl}) {
    const Document document =
        format == Format::fabrics_conf ? read(format, fabrics_conf) : read(Format::config_json, config_json);
    const Printed printed = print_file(format, document.connections, document.kept, {.secrets = false, .host_nqn = ""});
    REQUIRE(printed.secrets >= 2);
    REQUIRE_THAT(printed.text, !ContainsSubstring("aG9zdHNlY3JldA"));
    REQUIRE_THAT(printed.text, !ContainsSubstring("b3RoZXI"));
    REQUIRE_THAT(printed.text, !ContainsSubstring("c2VjcmV0"));
  }
  StoredConnection by_file;
  by_file.parameters.nqn = "nqn.2014-08.org.example:a";
  by_file.parameters.address = "192.0.2.1";
  by_file.parameters.dhchap_secret = "file:/key";
  const Printed other = print_file(Format::config_json, std::vector{by_file}, {}, {.secrets = true, .host_nqn = "h"});
  REQUIRE(other.notes.size() == 1);
  REQUIRE_THAT(other.text, !ContainsSubstring("/key"));
  REQUIRE_THAT(print_file(Format::nvmectl, std::vector{by_file}, {}, {}).text, ContainsSubstring("file:/key"));
}

TEST_CASE("a secret that is taken away stays nowhere") {
  Contents contents;
  auto connections = read(Format::config_json, config_json).connections;
  REQUIRE(stage_add(contents, connections[0]));
  StoredConnection changed = contents.edits[0].connection;
  changed.parameters.dhchap_secret = "file:/key";
  REQUIRE(stage_edit(contents, changed));
  REQUIRE_THAT(print_edits(contents), !ContainsSubstring("aG9zdHNlY3JldA") && ContainsSubstring("hostsymname"));
}

TEST_CASE("a connection made here can be written in every format and read again") {
  StoredConnection made;
  made.uuid = "0d9bd2f1-7c5d-4f0e-9a53-2f4e6b8f1a11";
  made.parameters.nqn = "nqn.2014-08.org.example:a";
  made.parameters.address = "2001:db8::1";
  made.parameters.service = "4421";
  made.parameters.host_nqn = "nqn.2014-08.org.example:me";
  made.parameters.host_interface = "eth0";
  made.parameters.dhchap_secret = "DHHC-1:00:aG9zdHNlY3JldA==:";
  made.parameters.io_queues = 4;
  made.parameters.ctrl_loss_seconds = -1;
  made.parameters.data_digest = true;
  made.parameters.tls = true;
  for (const Format format : {Format::nvmectl, Format::config_json, Format::fabrics_conf}) {
    const Printed printed =
        print_file(format, std::vector{made}, {}, {.secrets = true, .host_nqn = "nqn.2014-08.org.example:me"});
    INFO(printed.text);
    REQUIRE(read(format, printed.text).connections.at(0).parameters == made.parameters);
  }
  made.parameters.nqn = discovery_nqn;
  const Printed lines = print_file(Format::discovery_conf, std::vector{made}, {}, {.secrets = true, .host_nqn = ""});
  REQUIRE(lines.notes.size() == 1);  // '=' ends words there
  made.parameters.dhchap_secret = "DHHC-1:00:abcd:";
  const Printed without = print_file(Format::discovery_conf, std::vector{made}, {}, {.secrets = true, .host_nqn = ""});
  REQUIRE(read(Format::discovery_conf, without.text).connections.at(0).parameters == made.parameters);
}

TEST_CASE("config.json errors name line and column") {
  const auto in = [](std::string_view text) { return error_of(Format::config_json, text); };
  REQUIRE_THAT(in("{}"), ContainsSubstring("file: line 1, column 1: a list of hosts is expected"));
  REQUIRE_THAT(in("[\n 5]"), ContainsSubstring("line 2, column 2: a host is no object"));
  REQUIRE_THAT(in("[{\"subsystems\": 3}]"), ContainsSubstring("'subsystems' is no list"));
  REQUIRE_THAT(in("[{\"subsystems\": [{\"ports\": [{\"transport\": \"tcp\"}]}]}]"), ContainsSubstring("no 'nqn'"));
  REQUIRE_THAT(in("[{\"subsystems\": [{\"nqn\": \"n\", \"ports\": [{}]}]}]"), ContainsSubstring("no 'transport'"));
  REQUIRE_THAT(
      in("[{\"subsystems\": [{\"nqn\": \"n\", \"ports\": [{\"transport\": \"tcp\",\n\"queue_size\": \"x\"}]}]}]"),
      ContainsSubstring("line 2, column 15: 'queue_size' is not a whole number"));
  REQUIRE_THAT(in("[{\"subsystems\": [{\"nqn\": \"n\", \"ports\": [{\"transport\": {}}]}]}]"),
               ContainsSubstring("'transport' is no plain value"));
  REQUIRE_THAT(in("[,]"), ContainsSubstring("line 1, column 2"));
}

TEST_CASE("discovery.conf in its spellings") {
  const Document document =
      read(Format::discovery_conf,
           "# comment\n\n--transport=tcp --traddr=192.0.2.1 -s 8009 -q nqn.2014-08.org.example:h\n"
           "\t-t rdma -a2001:db8::1 --ctrl-loss-tmo=-1 -p --quiet --raw out\r\n"
           "--transport = fc --traddr=nn-0x10001100aa000001:pn-0x20001100aa000001 --persistent=no");
  REQUIRE(document.connections.size() == 3);
  REQUIRE(document.connections[0].parameters.service == "8009");
  REQUIRE(document.connections[0].parameters.is_discovery());
  REQUIRE(document.connections[1].parameters.address == "2001:db8::1");
  REQUIRE(document.connections[1].parameters.ctrl_loss_seconds == -1);
  REQUIRE(document.connections[1].parameters.persistent);
  REQUIRE_FALSE(document.connections[2].parameters.persistent);
  const std::string printed = again(Format::discovery_conf, document);
  REQUIRE_THAT(printed, ContainsSubstring("--quiet --raw out"));
  REQUIRE_THAT(printed, ContainsSubstring("--transport=tcp --traddr=192.0.2.1 --trsvcid=8009"));
  same_after_round(Format::discovery_conf, printed);
  const auto in = [](std::string_view text) { return error_of(Format::discovery_conf, text); };
  REQUIRE_THAT(in("-t tcp\n  -t"), ContainsSubstring("line 2, column 3: '-t' needs a value"));
  REQUIRE_THAT(in("-t tcp 192.0.2.1"), ContainsSubstring("line 1, column 8: an option"));
  REQUIRE_THAT(in("-a 192.0.2.1"), ContainsSubstring("no --transport"));
  REQUIRE_THAT(in("-t tcp --queue-size=many"), ContainsSubstring("line 1, column 21"));
  std::string words = "-t tcp";
  for (int i = 0; i < 300; ++i) words += " -x";
  REQUIRE_THAT(in(words), ContainsSubstring("more than 256 words"));
}

TEST_CASE("nvme-fabrics.conf becomes connections, inner settings before outer ones") {
  const Document document = read(Format::fabrics_conf, fabrics_conf);
  REQUIRE(document.connections.size() == 3);
  const ConnectParameters& discovery = document.connections[0].parameters;
  REQUIRE(discovery.is_discovery());
  REQUIRE(discovery.keep_alive_seconds == 30U);
  REQUIRE(discovery.host_nqn == "nqn.2014-08.org.example:host");
  const ConnectParameters& first = document.connections[1].parameters;
  REQUIRE(first.tls);
  REQUIRE(first.tls_key.empty());  // a key itself is kept, not used
  REQUIRE_FALSE(first.ctrl_loss_seconds);
  REQUIRE(first.io_queues == 4U);
  REQUIRE(first.host_interface == "eth0");
  REQUIRE(first.dhchap_secret == "DHHC-1:00:aG9zdHNlY3JldA==:");
  REQUIRE(document.connections[2].parameters.keep_alive_seconds == 10U);
  REQUIRE(document.notes.size() == 2);
}

TEST_CASE("nvme-fabrics.conf comes back with the same content") {
  const std::string printed = again(Format::fabrics_conf, read(Format::fabrics_conf, fabrics_conf));
  REQUIRE(printed == R"([Discovery Controller Defaults]
keep-alive-tmo = 30

[I/O Controller Defaults]
ctrl-loss-tmo = 600
nr-io-queues = 0x4
future-knob = 7

[Host]
hostnqn = nqn.2014-08.org.example:host
hostid = 46ba5037-7ce5-41fa-9452-48477bf00080
hostsymname = prod
dhchap-secret = DHHC-1:00:aG9zdHNlY3JldA==:

[Discovery Controller]
controller = transport=tcp;traddr=10.0.0.5;trsvcid=8009

[Subsystem]
nqn = nqn.2014-08.org.example:vol1
tls = YES
tls-key = NVMeTLSkey-1:01:c2VjcmV0:
ctrl-loss-tmo =
controller = transport=tcp;traddr=10.0.0.9;trsvcid=4420;host-iface=eth0
controller = transport=tcp;traddr=10.0.0.10;trsvcid=4420;keep-alive-tmo=10

[Subsystem]
nqn = nqn.2014-08.org.example:pathless

[Some Future]
what = ever = it is

)");
  same_after_round(Format::fabrics_conf, fabrics_conf);
}

TEST_CASE("what is changed afterwards is what nvme-fabrics.conf says") {
  Document document = read(Format::fabrics_conf, fabrics_conf);
  document.connections[1].parameters.dhchap_secret.clear();
  document.connections[1].parameters.io_queues.reset();
  document.connections[2].parameters.service = "4499";
  document.connections[2].parameters.tls = false;
  document.connections[2].parameters.queue_size = 16;
  const Document after = read(Format::fabrics_conf, again(Format::fabrics_conf, document));
  REQUIRE(after.connections.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) REQUIRE(after.connections[i].parameters == document.connections[i].parameters);
}

TEST_CASE("nvme-fabrics.conf errors name line and column") {
  const auto in = [](std::string_view text) { return error_of(Format::fabrics_conf, text); };
  const std::string subsystem = "[Subsystem]\nnqn = nqn.2014-08.org.example:a\n";
  REQUIRE_THAT(in("[Host]\n[Host]\n"), ContainsSubstring("file: line 2, column 1: there is a second [Host]"));
  REQUIRE_THAT(in("a = 1"), ContainsSubstring("line 1, column 1: 'a' stands before any section"));
  REQUIRE_THAT(in("[Host"), ContainsSubstring("']' is missing"));
  REQUIRE_THAT(in("[Host] x"), ContainsSubstring("line 1, column 7"));
  REQUIRE_THAT(in("[Host]\n  junk"), ContainsSubstring("line 2, column 3: 'key = value'"));
  REQUIRE_THAT(in("[Subsystem]\n"), ContainsSubstring("line 1, column 1: the [Subsystem] has no 'nqn'"));
  REQUIRE_THAT(in("[I/O Controller Defaults]\nhostnqn = x\n"),
               ContainsSubstring("line 2, column 1: 'hostnqn' does not"));
  REQUIRE_THAT(in(subsystem + "controller = transport=tcp;traddr=1.2.3.4;tls-key=k\n"),
               ContainsSubstring("line 3, column 43: 'tls-key' does not belong on a controller line"));
  REQUIRE_THAT(in(subsystem + "controller = transport=tcp;traddr=1.2.3.4;bogus=1\n"), ContainsSubstring("'bogus'"));
  REQUIRE_THAT(in(subsystem + "controller = transport=tcp\n"), ContainsSubstring("no traddr"));
  REQUIRE_THAT(in(subsystem + "controller = transport=tcp;traddr=1;traddr=2\n"), ContainsSubstring("stands twice"));
  REQUIRE_THAT(in(subsystem + "tls = maybe\ncontroller = transport=tcp;traddr=1.2.3.4\n"),
               ContainsSubstring("line 3, column 7: 'tls' is neither true nor false"));
  REQUIRE_THAT(in("[Subsystem]\nnqn = nonsense\n"), ContainsSubstring("line 2, column 7"));
  REQUIRE_THAT(in(std::string("[Host]\n\0", 8)), ContainsSubstring("line 2, column 1: there is a NUL"));
}

TEST_CASE("connections of another host go into another file") {
  Document document = read(Format::fabrics_conf, fabrics_conf);
  document.connections[2].parameters.host_nqn = "nqn.2014-08.org.example:somebody";
  const Printed printed = print_file(Format::fabrics_conf, document.connections, document.kept, {});
  REQUIRE(printed.notes.size() == 1);
  REQUIRE_THAT(printed.notes[0], ContainsSubstring("1 connection(s) of another host identity"));
}

TEST_CASE("formats are told apart by what they look like") {
  REQUIRE(guess_format("{\"version\": 1, \"connections\": []}", "x") == Format::nvmectl);
  REQUIRE(guess_format("{\"hosts\": []}", "x") == Format::config_json);
  REQUIRE(guess_format(config_json, "x") == Format::config_json);
  REQUIRE(guess_format("[]", "x.json") == Format::config_json);
  REQUIRE(guess_format(fabrics_conf, "x") == Format::fabrics_conf);
  REQUIRE(guess_format("# x\n\n -t tcp -a 192.0.2.1", "x") == Format::discovery_conf);
  REQUIRE(guess_format("", "/etc/nvme/discovery.conf") == Format::discovery_conf);
  REQUIRE(format_of("config.json").value() == Format::config_json);
  REQUIRE(format_of("yaml").error().kind == ErrorKind::usage);
}
