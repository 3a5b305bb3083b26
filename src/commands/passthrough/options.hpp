// The options of both passthrough commands, with nvme-cli 2.x's names and letters.
#pragma once

#include <array>
#include <string>

#include "commands/command_spec.hpp"
#include "commands/payload.hpp"
#include "nvme/opcodes.hpp"

namespace nvmectl::passthrough {

struct Options {
  DeviceRef device;
  std::uint8_t opcode = 0, flags = 0, prefill = 0;
  std::optional<std::uint32_t> nsid;
  std::uint32_t cdw2 = 0, cdw3 = 0, cdw10 = 0, cdw11 = 0, cdw12 = 0, cdw13 = 0, cdw14 = 0, cdw15 = 0;
  std::uint32_t data_length = 0, metadata_length = 0;
  std::string input_file, output_file;
  std::string encoding = "hex";
  bool read = false, write = false, decode = false, show_command = false;

  [[nodiscard]] Command command() const;
};
/// What the opcode does to the world decides whether it is confirmed.
struct AdminOptions : Options {
  [[nodiscard]] Effect effect() const;
};
struct IoOptions : Options {
  [[nodiscard]] Effect effect() const;
};

/// From --read and --write, else from the opcode; usage error when both are given or data has no direction.
[[nodiscard]] Result<nvme::DataDirection> direction_of(const Options& options);
/// --data-len bytes of --input-file (all of it without --data-len), or of the prefill byte without a file. A file that
/// is shorter than --data-len is a usage error.
[[nodiscard]] Result<Bytes> input_data(const Options& options);
/// One line: opcode, dwords and lengths.
[[nodiscard]] std::string describe(const Command& command, std::uint64_t out_bytes, std::uint64_t in_bytes);

/// Most data of one command; more than any transport carries.
inline constexpr std::uint32_t max_data_bytes = 64U << 20U;

template <class O>
[[nodiscard]] constexpr auto arguments() {
  return std::array{
      device_argument<&O::device>(),
      option<&O::opcode>({.name = "opcode", .letter = 'O', .metavar = "N", .doc = "Opcode", .required = true}),
      option<&O::nsid>({.name = "namespace-id",
                        .letter = 'n',
                        .metavar = "NSID",
                        .doc = "Namespace; default: the one that DEVICE names, for I/O"}),
      option<&O::data_length>(
          {.name = "data-len", .letter = 'l', .metavar = "BYTES", .doc = "Length of the data", .default_text = "0"}),
      option<&O::metadata_length>({.name = "metadata-len",
                                   .letter = 'm',
                                   .metavar = "BYTES",
                                   .doc = "Length of separate metadata",
                                   .default_text = "0"}),
      option<&O::flags>(
          {.name = "flags", .letter = 'f', .metavar = "N", .doc = "Bits 15:8 of dword 0", .default_text = "0"}),
      option<&O::cdw2>({.name = "cdw2", .letter = '2', .metavar = "N", .doc = "Dword 2"}),
      option<&O::cdw3>({.name = "cdw3", .letter = '3', .metavar = "N", .doc = "Dword 3"}),
      option<&O::cdw10>({.name = "cdw10", .letter = '4', .metavar = "N", .doc = "Dword 10"}),
      option<&O::cdw11>({.name = "cdw11", .letter = '5', .metavar = "N", .doc = "Dword 11"}),
      option<&O::cdw12>({.name = "cdw12", .letter = '6', .metavar = "N", .doc = "Dword 12"}),
      option<&O::cdw13>({.name = "cdw13", .letter = '7', .metavar = "N", .doc = "Dword 13"}),
      option<&O::cdw14>({.name = "cdw14", .letter = '8', .metavar = "N", .doc = "Dword 14"}),
      option<&O::cdw15>({.name = "cdw15", .letter = '9', .metavar = "N", .doc = "Dword 15"}),
      option<&O::input_file>({.name = "input-file",
                              .letter = 'i',
                              .metavar = "FILE",
                              .doc = "Data to send; - is standard input",
                              .complete = Complete::file}),
      option<&O::output_file>(
          {.name = "output-file", .metavar = "FILE", .doc = "Where received data goes", .complete = Complete::file}),
      option<&O::prefill>({.name = "prefill",
                           .letter = 'p',
                           .metavar = "N",
                           .doc = "Fill the buffers with this byte first",
                           .default_text = "0"}),
      option<&O::read>({.name = "read", .letter = 'r', .doc = "Data comes from the device"}),
      option<&O::write>({.name = "write", .letter = 'w', .doc = "Data goes to the device"}),
      option<&O::show_command>({.name = "show-command", .letter = 's', .doc = "Say on standard error what is sent"}),
      option<&O::decode>({.name = "decode", .letter = 'd', .doc = "Take known structures apart"}),
      option<&O::encoding>({.name = "encoding",
                            .metavar = "E",
                            .doc = "Of bytes in JSON: hex or base64",
                            .default_text = "hex",
                            .complete = Complete::choice,
                            .choices = encodings}),
  };
}

}  // namespace nvmectl::passthrough
