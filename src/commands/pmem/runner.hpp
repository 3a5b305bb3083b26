// Programs of the system: mkfs, mount, blkid, LVM. Never through a shell.
#pragma once

#include <string>
#include <vector>

#include "core/context.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

namespace nvmectl {

struct ProgramResult {
  int code = 0;             ///< exit status; 128 + N when signal N ended it
  std::string out, errors;  ///< at most 1 MiB of each; what is beyond is dropped
};

class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;
  /// Runs words[0], found in PATH or the system's sbin directories, to its end; killed when the deadline passes.
  /// unsupported when it is not installed, naming it; timeout, cancelled, io.
  [[nodiscard]] virtual Result<ProgramResult> run(const std::vector<std::string>& words, const Deadline& deadline) = 0;
};

class PosixRunner : public ProgramRunner {
 public:
  explicit PosixRunner(const Environment& environment) : environment_(environment) {}
  [[nodiscard]] Result<ProgramResult> run(const std::vector<std::string>& words, const Deadline& deadline) override;

 private:
  const Environment& environment_;
};

/// Runs it; an exit status other than 0 is an io error with the program's first line of complaint as its cause.
[[nodiscard]] Result<std::string> run_program(ProgramRunner& runner, const std::vector<std::string>& words,
                                              const Deadline& deadline);

}  // namespace nvmectl
