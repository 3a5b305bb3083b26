#include "cli/exit_code.hpp"

#include <array>

namespace nvmectl::cli {

std::span<const ExitCode> exit_codes() {
  static constexpr std::array codes{
      ExitCode{0, "Success"},
      ExitCode{1, "Failed for a reason without a code of its own"},
      ExitCode{2, "The command line or an input file is wrong"},
      ExitCode{3, "The device, subsystem or namespace was not found"},
      ExitCode{4, "No permission"},
      ExitCode{5, "Not supported by this host, kernel or device"},
      ExitCode{6, "Some of several operations failed"},
      ExitCode{7, "The deadline passed"},
      ExitCode{8, "Not confirmed"},
      ExitCode{9, "The device answered with an error status"},
      ExitCode{10, "In use by somebody else"},
      ExitCode{11, "The peer refused, the connection was lost, or the peer broke the protocol"},
      ExitCode{12, "A driver or service is installed but not running"},
      ExitCode{13, "What is free does not suffice"},
      ExitCode{14, "There is one of that name already, and it is another"},
      ExitCode{20, "smart-log --check, doctor: a warning"},
      ExitCode{21, "smart-log --check: a critical warning"},
      ExitCode{130, "Interrupted"},
  };
  return codes;
}

int exit_code(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage: return 2;
    case ErrorKind::not_found: return 3;
    case ErrorKind::permission: return 4;
    case ErrorKind::unsupported: return 5;
    case ErrorKind::partial: return 6;
    case ErrorKind::timeout: return 7;
    case ErrorKind::not_confirmed: return 8;
    case ErrorKind::device: return 9;
    case ErrorKind::not_running: return 12;
    case ErrorKind::busy: return 10;
    case ErrorKind::no_space: return 13;
    case ErrorKind::exists: return 14;
    case ErrorKind::refused:
    case ErrorKind::transport:
    case ErrorKind::protocol: return 11;
    case ErrorKind::cancelled: return 130;
    case ErrorKind::health_warning: return 20;
    case ErrorKind::health_critical: return 21;
    case ErrorKind::io:
    case ErrorKind::internal: return 1;
  }
  return 1;
}

std::string_view default_hint(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage: return "nvmectl help COMMAND shows how it is used";
    case ErrorKind::not_found: return "nvmectl list -v shows what is there";
    case ErrorKind::permission: return "try again as root";
    case ErrorKind::unsupported: return "nvmectl backends and nvmectl id-ctrl show what is supported";
    case ErrorKind::not_running: return "nvmectl doctor --fix can start it";
    case ErrorKind::busy: return "try again when it is free";
    case ErrorKind::timeout: return "the peer may be busy or gone; allow more time with --timeout";
    case ErrorKind::refused: case ErrorKind::transport: return "check address and port, and that the target is running";
    case ErrorKind::protocol: return "the peer breaks the NVMe specification: report it to its maker";
    case ErrorKind::device: return "nvmectl error-log DEVICE may tell more";
    case ErrorKind::internal: return "this is a defect of nvmectl: please report it";
    case ErrorKind::no_space: case ErrorKind::exists: case ErrorKind::partial: case ErrorKind::cancelled: case ErrorKind::not_confirmed: case ErrorKind::io:
    case ErrorKind::health_warning: case ErrorKind::health_critical: return "";
  }
  return "";
}

}  // namespace nvmectl::cli
