// What it takes to connect to an NVMe over Fabrics controller, described once: the table of parameters feeds the
// options of `connect`, the kernel's connect string, the store of connections and nvme-cli's file formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/deadline.hpp"
#include "core/model.hpp"
#include "core/result.hpp"
#include "core/value.hpp"

namespace nvmectl {

class Device;

/// Everything that a connection may be asked to be. Empty strings and empty optionals are "not given": the kernel's
/// own default then holds. NVM Express Base Specification 2.0d, section 3.3.2.2 and 6 (Connect command).
struct ConnectParameters {
  std::string transport = "tcp";  ///< tcp, rdma, fc, loop
  std::string nqn;                ///< of the subsystem; the discovery NQN for a discovery controller
  std::string address;            ///< TRADDR: IPv4, IPv6 (with %iface) or host name; nn-0x…:pn-0x… for FC
  std::string service;            ///< TRSVCID: the port; "" = 4420, or 8009 for discovery over TCP
  std::string host_address;       ///< local address to connect from; FC: the local port
  std::string host_interface;     ///< local network interface (TCP)
  std::string host_nqn, host_id;  ///< "" = this machine's
  /// DH-HMAC-CHAP: "DHHC-1:…", or where it is: file:PATH, file:PATH#NAME (environment file), env:NAME,
  /// keyring:DESCRIPTION, "-" (standard input). Never printed.
  std::string dhchap_secret, dhchap_ctrl_secret;
  std::string keyring;           ///< kernel keyring for TLS: name or serial number
  std::string tls_key;           ///< serial number of the key in the kernel's keyring
  std::string tls_key_identity;  ///< its description there
  std::optional<std::uint32_t> io_queues, write_queues, poll_queues, queue_size;
  std::optional<std::uint32_t> keep_alive_seconds, reconnect_delay_seconds;
  std::optional<std::int32_t> ctrl_loss_seconds;     ///< -1: never give up
  std::optional<std::int32_t> fast_io_fail_seconds;  ///< -1: off
  std::optional<std::int32_t> tos;                   ///< type of service; -1: none
  bool duplicate_connect = false, disable_sqflow = false, header_digest = false, data_digest = false;
  bool tls = false, concat = false;
  bool persistent = false;  ///< a discovery controller's connection that is to stay
  friend bool operator==(const ConnectParameters&, const ConnectParameters&) = default;

  [[nodiscard]] bool is_discovery() const;
  /// The port that is used when none is given; "" for transports without ports.
  [[nodiscard]] std::string effective_service() const;
  /// "tcp 192.0.2.7:4420 nqn.2014-08.org.example:a": for people. No secrets.
  [[nodiscard]] std::string shown() const;
  /// Something was asked for that protects the connection (authentication, TLS).
  [[nodiscard]] bool wants_security() const;
};

/// One parameter, whatever it is called where.
struct Parameter {
  enum class Type : std::uint8_t { text, secret, number, signed_number, flag };
  std::string_view key;              ///< in nvmectl's JSON: "host_nqn"
  std::string_view option;           ///< nvme-cli's long option: "hostnqn"
  char letter = 0;                   ///< nvme-cli 2.x's letter, 0 = none
  std::string_view kernel = {};      ///< in the connect string; "" when the kernel is not told
  std::string_view config_key = {};  ///< in nvme-cli's config.json and nvme-fabrics.conf; "" when it has none
  std::string_view metavar = {};     ///< "" for flags
  std::string_view doc = {};
  std::string_view default_text = {};
  Type type = Type::text;
  std::string_view alias = {};  ///< a second long spelling
  /// Fail closed: without the kernel's support the connection must not be made.
  bool security = false;
  /// From text; usage error with `what` in its sentence.
  Result<> (*set)(ConnectParameters& to, std::string_view text, std::string_view what) = nullptr;
  /// The value as text, empty when not given (flags: "true").
  std::optional<std::string> (*get)(const ConnectParameters& from) = nullptr;
  /// Back to "not given".
  void (*clear)(ConnectParameters& in) = nullptr;
};

/// All of them, in the order in which they are shown.
[[nodiscard]] std::span<const Parameter> connect_parameters();
/// By JSON key; null when there is none.
[[nodiscard]] const Parameter* find_parameter(std::string_view key);
/// As a Value of the parameter's type: null when not given (flags: false), secrets masked.
[[nodiscard]] Value parameter_value(const Parameter& parameter, const ConnectParameters& of);
/// "DHHC-1:01:…" without the key in it; where the secret is, is no secret.
[[nodiscard]] std::string masked_secret(std::string_view secret);

/// Before anything is stored or sent: transport, NQN (at most 223 bytes), address and its family, port from 1 to 65535,
/// host NQN and identifier, secrets' form, and that no value can smuggle a second option into the connect string. Usage
/// error naming the parameter. `needs_nqn` false: a discovery controller's NQN may be left out.
[[nodiscard]] Result<> check_parameters(const ConnectParameters& parameters, bool needs_nqn = true);

/// True when both lead to the same controller: transport, address, service, NQN and host NQN where both name one.
/// Addresses are compared by their bytes, so that ::1 and 0:0:0:0:0:0:0:1 are one.
[[nodiscard]] bool same_controller(const ConnectParameters& a, const ConnectParameters& b);

/// "traddr=192.0.2.7,trsvcid=4420,src_addr=…", the kernel's address attribute, taken apart into address, service,
/// host_address and host_interface.
void take_kernel_address(ConnectParameters& to, std::string_view attribute);

/// A controller that the kernel holds, with what few attributes tell.
struct FabricsController {
  std::string name;              ///< "nvme3"
  std::string state;             ///< "live", "connecting" …
  std::string type;              ///< "io", "discovery", "admin", "" when not reported
  ConnectParameters parameters;  ///< transport, nqn, address, service, host_nqn, host_id, host_address
};

/// Who uses a namespace of a controller.
struct Use {
  std::string device;    ///< "nvme0n1p2"
  std::string how;       ///< "mounted at /srv", "used as swap", "held by dm-0"
  std::string nqn = {};  ///< of the device's subsystem
};

/// What came of connecting.
struct Connection {
  std::string controller;             ///< "nvme3"
  bool already = false;               ///< it was there before
  std::optional<bool> authenticated;  ///< empty: the kernel does not tell (no right to read its log)
  std::optional<bool> tls;            ///< empty: the kernel does not tell
  std::vector<std::string> kernel_log;
};

/// How a batch of connections is made or removed.
struct BatchOptions {
  Deadline deadline;         ///< over the whole batch
  std::size_t workers = 16;  ///< at most so many at a time
};

/// Connections that the operating system makes and keeps.
class FabricsInitiator {
 public:
  virtual ~FabricsInitiator() = default;
  /// The names of the options that connecting supports; empty optional where it cannot be told (Linux before 5.17).
  /// Errors say why connecting is impossible here: not installed, not loaded, no permission.
  [[nodiscard]] virtual Result<std::optional<std::vector<std::string>>> supported_options() = 0;
  /// What would be written to the kernel, secrets masked.
  [[nodiscard]] virtual Result<std::string> connect_string(const ConnectParameters& parameters) = 0;
  /// Connects to all of them; `done` is called for each as it ends, in any order, from this thread. A connection
  /// that comes about after the deadline is removed again. Errors of single connections go to `done`.
  virtual void connect(std::span<const ConnectParameters> targets, const BatchOptions& options,
                       const std::function<void(std::size_t index, Result<Connection> outcome)>& done) = 0;
  /// Removes the controllers of these names; not_found when one is no fabrics controller.
  virtual void disconnect(std::span<const std::string> controllers, const BatchOptions& options,
                          const std::function<void(std::size_t index, Result<> outcome)>& done) = 0;
  /// Every fabrics controller of this machine, in natural order.
  [[nodiscard]] virtual Result<std::vector<FabricsController>> controllers() = 0;
  /// Who uses the namespaces behind a controller that no other controller leads to as well.
  [[nodiscard]] virtual Result<std::vector<Use>> uses(std::span<const std::string> controllers) = 0;
  /// The namespaces that the controller leads to just now: name, device path, NSID and size only.
  [[nodiscard]] virtual Result<std::vector<Namespace>> namespaces(const std::string& controller) = 0;
  /// Returns when the controller is live and its active namespaces that can be accessed have their block devices.
  [[nodiscard]] virtual Result<> wait_ready(const std::string& controller, const Deadline& deadline) = 0;
  /// A connection for this command alone, which ends with the Device; for discovery controllers.
  [[nodiscard]] virtual Result<std::unique_ptr<Device>> open(const ConnectParameters& target,
                                                             const Deadline& deadline) = 0;
};

}  // namespace nvmectl
