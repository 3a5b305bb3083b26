// What connect-all is to connect to: from discovery controllers, discovery.conf, the stored connections.
#pragma once

#include <string>
#include <vector>

#include "commands/fabrics/outcome.hpp"
#include "core/context.hpp"

namespace nvmectl {

/// Collects rows; what could not be asked or read is a row that has failed. Each controller appears once.
class Gatherer {
 public:
  Gatherer(Context& context, const Deadline& deadline, bool referrals)
      : context_(context), deadline_(deadline), referrals_(referrals) {}

  /// Every subsystem that a discovery controller names. Other options of `where` are for all of them.
  void add_discovery(ConnectParameters where, const std::string& device = {});
  /// The log of a discovery controller that the kernel is connected to.
  [[nodiscard]] Result<> add_device(FabricsInitiator& initiator, const std::string& device,
                                    const ConnectParameters& like);
  /// The discovery controllers of a discovery.conf. False when the file does not exist and need not.
  [[nodiscard]] Result<bool> add_conf(const std::string& path, bool required);
  /// The stored connections. False when there are none.
  [[nodiscard]] Result<bool> add_stored();

  [[nodiscard]] std::vector<ConnectRow>& rows() { return rows_; }

 private:
  void add(ConnectParameters target);
  void add_failed(ConnectParameters target, Error error);

  Context& context_;
  Deadline deadline_;
  bool referrals_;
  std::vector<ConnectRow> rows_;
  std::vector<std::string> keys_;  // sorted
};

}  // namespace nvmectl
