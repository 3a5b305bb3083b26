// The options that every command has, described once like any other argument.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "commands/command_spec.hpp"

namespace nvmectl::cli {

/// Common options as written; resolved into CommonOptions and output::Options by the application.
struct CommonValues {
  std::string output = "table";
  bool json = false;
  bool raw_binary = false;
  std::vector<std::string> fields;
  bool no_headers = false;
  bool bytes = false;
  std::string color = "auto";
  bool verbose = false;
  bool quiet = false;
  std::string timeout;
  std::string backend;
  std::string sysroot;
  bool help = false;
  bool dry_run = false;
  bool yes = false;
  std::string host_nqn, host_id;
  bool header_digest = false;
  bool data_digest = false;
};

/// The common options that `spec` has: all, the safety options if it changes something, the connection options if it
/// opens a device. With null those of every command.
[[nodiscard]] std::vector<const Argument*> common_arguments(const CommandSpec* spec);

}  // namespace nvmectl::cli
