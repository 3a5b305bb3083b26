// Stored connections as the kernel has them: which controllers belong to each, and what they lead to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connections/contents.hpp"
#include "connections/index.hpp"
#include "core/context.hpp"

namespace nvmectl {

class Live {
 public:
  /// Where the kernel's connections cannot be seen there are none, and error() says why.
  explicit Live(const Context& context);
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// The controllers that this connection leads to. A host name fits every address of its port and NQN.
  [[nodiscard]] std::vector<const FabricsController*> of(const ConnectParameters& parameters) const;
  /// Those at exactly this address.
  [[nodiscard]] std::vector<const FabricsController*> exactly(const ConnectParameters& parameters) const;
  /// "connected", "connecting" or "disconnected".
  [[nodiscard]] static std::string_view status(const std::vector<const FabricsController*>& controllers);
  /// "/dev/nvme0n1" …, of all of them, each once.
  [[nodiscard]] std::vector<std::string> devices(const std::vector<const FabricsController*>& controllers) const;

  /// Null when this build or machine has none.
  [[nodiscard]] FabricsInitiator* initiator() const { return initiator_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  [[nodiscard]] std::vector<const FabricsController*> at(const std::vector<std::size_t>& numbers) const;
  FabricsInitiator* initiator_ = nullptr;
  std::optional<Error> error_;
  std::vector<FabricsController> controllers_;
  connections::ControllerIndex index_;
};

}  // namespace nvmectl
