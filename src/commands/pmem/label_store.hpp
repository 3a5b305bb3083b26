// Where copies of label areas are kept before they are overwritten.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/pmem.hpp"

namespace nvmectl {

inline constexpr std::array<std::string_view, 2> label_versions{"1.1", "1.2"};

class LabelStore {
 public:
  LabelStore(Context& context, PmemManager& manager);
  /// Reads the DIMM's labels and keeps them in a new file DIMM-ID-TIME.labels; says where by a note.
  [[nodiscard]] Result<> save(const PmemDimm& dimm, const Deadline& deadline);
  /// The same, to a file of that name; "" = a new one of the store. Which.
  [[nodiscard]] Result<std::string> save_to(const PmemDimm& dimm, const std::string& path, const Deadline& deadline);
  /// $NVMECTL_STATE_DIR/labels, else /var/lib/nvmectl/labels.
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  Context& context_;
  PmemManager& manager_;
  std::string directory_;
};

}  // namespace nvmectl
