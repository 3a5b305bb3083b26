// Staging alone; see carry_out.hpp.
#include "commands/connections/carry_out.hpp"

namespace nvmectl {
namespace {

using connections::Change;
using connections::Contents;

// What became of those UUIDs: a removed addition is in the older rows only.
Result<> tell(const Contents& before, const Contents& after, const std::vector<std::string>& uuids,
              std::string_view action, bool dry_run, std::vector<ChangeRow>& rows) {
  const auto rows_before = rows_of(before), rows_after = rows_of(after);
  for (const std::string& uuid : uuids) {
    auto row = find_row(rows_after, uuid);
    const bool gone = !row;
    if (gone) row = find_row(rows_before, uuid);
    if (!row) return fail(std::move(row).error());
    const bool unchanged = !gone && (*row)->change == Change::none;
    rows.push_back({std::string(unchanged ? "none" : action),
                    *(*row)->current,
                    unchanged ? "unchanged"
                    : dry_run ? "planned"
                              : "staged",
                    "",
                    {}});
  }
  return {};
}

}  // namespace

Result<std::vector<ChangeRow>> stage_only(Context& context, const connections::Store& store, std::string_view action,
                                          const Stage& stage) {
  std::vector<ChangeRow> rows;
  const bool dry_run = context.options.dry_run;
  const auto change = [&](Contents& contents) -> Result<> {
    const Contents before = contents;
    NVMECTL_ASSIGN(const std::vector<std::string> uuids, stage(contents));
    return tell(before, contents, uuids, action, dry_run, rows);
  };
  if (dry_run) {
    NVMECTL_ASSIGN(Contents contents, load_store(context, store));
    NVMECTL_TRY(change(contents));
    return rows;
  }
  NVMECTL_TRY(store.change(context.deadline(), change));
  if (!rows.empty()) context.messages.note("nothing is connected or disconnected before: nvmectl connection save");
  return rows;
}

}  // namespace nvmectl
