// pmem fill: namespaces until no more fits, what ndctl calls --continue.
#include <fmt/format.h>

#include <array>

#include "commands/pmem/area.hpp"
#include "commands/pmem/create.hpp"
#include "commands/pmem/rows.hpp"
#include "commands/pmem/session.hpp"
#include "commands/pmem/wish.hpp"

namespace nvmectl {
namespace {

constexpr std::size_t most_made = 4096;  // more than label areas have slots

struct Options : PmemFilterOptions, PmemShapeOptions, PmemSizeOptions {
  std::string name;
  bool wipe = false;
};
constexpr std::array own{
    filled_option<&Options::name>(
        {.name = "name", .letter = 'n', .metavar = "NAME", .doc = "NAME-1, NAME-2 and so on"}),
    option<&Options::wipe>({.name = "wipe", .doc = "Overwrite what older file systems left there"}),
};
constexpr auto arguments =
    joined(own, pmem_size_arguments<Options>(), pmem_shape_arguments<Options>(), pmem_where_arguments<Options>());
constexpr std::array examples{
    Example{"pmem fill", "one namespace in each region, or in each hole"},
    Example{"pmem fill -s 64M -m sector -n log -r region0", "log-1, log-2 … until the region is full"},
};

std::string free_name(const PmemTopology& topology, const std::string& stem, std::size_t& number) {
  if (stem.empty()) return "";
  std::string name;
  do name = fmt::format("{}-{}", stem, ++number);
  while (!pmem::with_name(topology, name).empty());
  return name;
}

class Filling {
 public:
  Filling(Context& context, PmemManager& manager, pmem::CreateOptions options, std::string stem)
      : context_(context), manager_(manager), options_(std::move(options)), stem_(std::move(stem)) {}

  Result<> run() {
    NVMECTL_ASSIGN(topology_, pmem_scan(context_, manager_));
    const Deadline deadline = pmem_deadline(context_, std::chrono::minutes(10));
    Result<> made;
    while (made && rows_.items.size() < most_made) {
      options_.wish.name = free_name(topology_, stem_, number_);
      made = context_.options.dry_run ? plan_one() : make_one(deadline);
    }
    // That nothing fits any more is what it was to come to.
    const bool full = made || (made.error().kind == ErrorKind::no_space && !rows_.items.empty());
    if (!full && rows_.items.empty()) return made;
    std::vector<Error> errors;
    if (!full) errors.push_back(made.error());
    const std::size_t count = rows_.items.size();
    NVMECTL_TRY(context_.out.document(std::move(rows_), errors));
    if (full) return {};
    return fail(make_error(ErrorKind::partial, fmt::format("{} were made, then one failed", count), made.error().hint)
                    .with_cause(made.error().message));
  }

 private:
  Result<> plan_one() {
    NVMECTL_ASSIGN(const pmem::Plan plan, pmem::plan_create(topology_, options_.wish));
    if (!plan.feasible()) return fail(pmem::refusal_of(topology_, plan, options_.wish));
    take_room(topology_, planned_namespace(topology_, plan, options_.wish));
    rows_.items.emplace_back(pmem_created_record(topology_, topology_.namespaces.size() - 1, {"planned"}));
    return {};
  }

  Result<> make_one(const Deadline& deadline) {
    NVMECTL_ASSIGN(const pmem::Created made, pmem::create(manager_, options_, deadline));
    NVMECTL_ASSIGN(const std::size_t index, pmem::find_namespace(made.after, made.device));
    rows_.items.emplace_back(pmem_created_record(made.after, index, {"created"}));
    return {};
  }

  Context& context_;
  PmemManager& manager_;
  pmem::CreateOptions options_;
  std::string stem_;
  std::size_t number_ = 0;
  PmemTopology topology_;
  List rows_;
};

Result<> run(const Options& options, Context& context) {
  pmem::CreateOptions create;
  NVMECTL_ASSIGN(create.wish, wish_of(options));
  NVMECTL_TRY(add_size(create.wish, options));
  create.wish.name = options.name;
  create.wish.where = options.filter();
  create.wipe = options.wipe;
  NVMECTL_TRY(pmem::check_wish(create.wish));
  NVMECTL_ASSIGN(PmemManager * manager, pmem_manager(context));
  return Filling(context, *manager, std::move(create), options.name).run();
}

}  // namespace

constinit const CommandSpec pmem_fill_command = command<Options, run>(
    {.area = "pmem",
     .name = "fill",
     .summary = "Create namespaces until no more fits",
     .description = "Of --size, or each as large as fits. When not even one fits, it is the error that create gives.",
     .group = Group::pmem,
     .effect = Effect::changes_state,
     .arguments = arguments,
     .examples = examples,
     .output = {.schema = &pmem_created_schema, .list = true}});

}  // namespace nvmectl
