#include "backends/tcp/association.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "core/text.hpp"
#include "nvme/commands.hpp"
#include "nvme/facts.hpp"

namespace nvmectl::tcp {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t least_entries = 32;  // the smallest admin queue that a controller must allow (ASQSZ)
constexpr std::size_t transfer_cap = 1024U * 1024U;
constexpr std::uint32_t admin_in_capsule = 8192;  // TCP Transport Specification 1.0, section 3.3.2.1
constexpr milliseconds shutdown_time{1000};

// MPS 0 (4 KiB: no host pages cross this transport), AMS round robin, entries of 64 and 16 bytes.
constexpr std::uint32_t configuration_with(std::uint32_t command_sets) {
  return nvme::cc::enable | (command_sets << nvme::cc::css_shift) | (6U << nvme::cc::iosqes_shift) |
         (4U << nvme::cc::iocqes_shift);
}

Request get_status_request() {
  return {.command = nvme::property_get_command(nvme::property::csts, false), .operation = "Property Get CSTS"};
}

}  // namespace

Result<std::unique_ptr<Association>> Association::open(AssociationOptions options, const Deadline& deadline) {
  std::unique_ptr<Association> association(new Association(std::move(options)));
  NVMECTL_TRY(association->connect_admin(deadline));
  NVMECTL_TRY(association->enable(deadline));
  NVMECTL_TRY(association->identify(deadline));
  association->start_keep_alive();
  if (association->options_.io) NVMECTL_TRY(association->open_io(deadline));
  return association;
}

Association::~Association() {
  shut_down();
}

ConnectCall Association::call_for(std::uint16_t queue, std::uint16_t entries) const {
  ConnectCall call;
  call.queue = queue;
  call.entries = entries;
  // A KATO other than 0 would ask a discovery controller for a persistent connection.
  if (queue == 0 && !options_.discovery) call.keep_alive_ms = static_cast<std::uint32_t>(options_.keep_alive.count());
  if (queue != 0) call.controller = facts_.controller_id;
  call.subsystem_nqn = options_.subsystem_nqn;
  call.host = options_.host;
  return call;
}

Result<> Association::open_admin(const Deadline& deadline) {
  NVMECTL_ASSIGN(auto stream, options_.connect(deadline));
  QueueOptions queue;
  queue.header_digest = options_.header_digest;
  queue.data_digest = options_.data_digest;
  queue.slots = static_cast<std::uint16_t>(options_.admin_entries - 1);
  queue.in_capsule_bytes = admin_in_capsule;
  NVMECTL_ASSIGN(admin_, Connection::open(std::move(stream), queue, deadline));
  return {};
}

Result<Completion> Association::connect_queue(Connection& connection, const ConnectCall& call,
                                              const Deadline& deadline) {
  nvme::ConnectData fields;
  fields.controller_id = call.controller;
  fields.subsystem_nqn = call.subsystem_nqn;
  fields.host_nqn = call.host.nqn;
  NVMECTL_ASSIGN(const Bytes id, parse_uuid(call.host.id));
  std::copy(id.begin(), id.end(), fields.host_id.begin());
  NVMECTL_ASSIGN(const Bytes data, nvme::encode_connect_data(fields));
  const Command command = nvme::connect_command({.queue_id = call.queue,
                                                 .queue_size_zero_based = static_cast<std::uint16_t>(call.entries - 1),
                                                 .keep_alive_ms = call.keep_alive_ms});
  return connection.submit({.command = command, .out = data, .operation = "Connect"}, deadline);
}

Result<> Association::connect_admin(const Deadline& deadline) {
  NVMECTL_TRY(open_admin(deadline));
  ConnectCall call = call_for(0, options_.admin_entries);
  NVMECTL_ASSIGN(Completion completion, connect_queue(*admin_, call, deadline));
  if (refused_queue_size(completion) && options_.admin_entries > least_entries) {
    // A new connection: what a controller does with one whose Connect it refused is its own affair.
    options_.admin_entries = call.entries = least_entries;
    NVMECTL_TRY(open_admin(deadline));
    NVMECTL_ASSIGN(completion, connect_queue(*admin_, call, deadline));
  }
  Result<> accepted;
  if (!completion.ok()) {
    accepted = fail(connect_error(completion, call, options_.where));
  } else if (wants_authentication(completion)) {
    accepted = fail(make_error(ErrorKind::permission, fmt::format("{} wants this host to authenticate", options_.where),
                               "in-band authentication is not supported over tcp:// yet; connect with the kernel")
                        .on(options_.where)
                        .during("Connect"));
  }
  if (!accepted) {
    admin_.reset();  // there is no controller to shut down
    return accepted;
  }
  facts_.controller_id = static_cast<std::uint16_t>(completion.result & 0xffffU);
  return {};
}

Result<std::vector<Completion>> Association::must_succeed(std::span<const Request> requests, const Deadline& deadline) {
  NVMECTL_ASSIGN(std::vector<Completion> completions, admin_->submit_all(requests, deadline));
  for (std::size_t i = 0; i < requests.size(); ++i)
    if (!completions[i].ok()) return fail(needed_command_failed(completions[i], requests[i], options_.where));
  return completions;
}

// What a discovery controller is told does not depend on its capabilities: all in one round trip.
Result<> Association::enable(const Deadline& deadline) {
  std::vector<Request> requests{
      {.command = nvme::property_get_command(nvme::property::cap, true), .operation = "Property Get CAP"},
      {.command = nvme::property_get_command(nvme::property::vs, false), .operation = "Property Get VS"}};
  configuration_ = configuration_with(0);
  if (options_.discovery) {
    requests.push_back({.command = nvme::property_set_command(nvme::property::cc, configuration_, false),
                        .operation = "Property Set CC"});
    requests.push_back(get_status_request());
  }
  NVMECTL_ASSIGN(const std::vector<Completion> completions, must_succeed(requests, deadline));
  facts_.capabilities = completions[0].result;
  facts_.version = static_cast<std::uint32_t>(completions[1].result);
  if (!options_.discovery) return enable_known(deadline);
  return wait_ready(static_cast<std::uint32_t>(completions[3].result), deadline);
}

Result<> Association::enable_known(const Deadline& deadline) {
  // Bit 6: more command sets than NVM, such as zoned namespaces, which are hidden unless all are selected.
  if ((nvme::cap::command_sets(facts_.capabilities) & 0x40U) != 0)
    configuration_ = configuration_with(nvme::cc::css_all_supported);
  const std::array requests{Request{.command = nvme::property_set_command(nvme::property::cc, configuration_, false),
                                    .operation = "Property Set CC"},
                            get_status_request()};
  NVMECTL_ASSIGN(const std::vector<Completion> completions, must_succeed(requests, deadline));
  return wait_ready(static_cast<std::uint32_t>(completions[1].result), deadline);
}

Result<> Association::wait_ready(std::uint32_t status, const Deadline& deadline) {
  // One unit of CAP.TO more than stated, as the Linux kernel waits: some controllers state 0.
  const milliseconds allowed(nvme::cap::ready_timeout_ms(facts_.capabilities) + 500);
  const Deadline ready_by = deadline.at_most(allowed);
  for (milliseconds pause(1);; pause = std::min(pause * 2, milliseconds(50))) {
    if ((status & nvme::csts::fatal) != 0)
      return fail(make_error(ErrorKind::device,
                             fmt::format("the controller at {} reports a fatal error", options_.where),
                             "the target's log may say more; restart the controller")
                      .with_cause("CSTS.CFS is set")
                      .on(options_.where)
                      .during("enable the controller"));
    ready_ = (status & nvme::csts::ready) != 0;
    if (ready_) return {};
    if (ready_by.passed())
      return fail(make_error(ErrorKind::timeout, fmt::format("the controller at {} does not get ready", options_.where),
                             "it may still be starting; try again, or allow more time with --timeout")
                      .with_cause(deadline.passed()
                                      ? "the time allowed has passed"
                                      : fmt::format("{} ms have passed, the controller's own limit", allowed.count()))
                      .on(options_.where)
                      .during("enable the controller"));
    std::this_thread::sleep_for(std::min(pause, ready_by.left()));
    const Request request = get_status_request();
    const auto completions = must_succeed(std::span(&request, 1), deadline);
    if (!completions) {
      Error error = completions.error();
      error.context.insert(error.context.begin(), "while waiting for the controller to get ready");
      return fail(std::move(error));
    }
    status = static_cast<std::uint32_t>((*completions)[0].result);
  }
}

Result<> Association::identify(const Deadline& deadline) {
  std::vector<std::byte> page(nvme::identify_bytes);
  std::vector<Request> requests{{.command = nvme::identify_command({.cns = nvme::cns::controller}),
                                 .in = page,
                                 .operation = "Identify Controller"}};
  // One I/O queue pair: counts are 0's based. Its answer, how many there may be, is at least that.
  if (options_.io)
    requests.push_back({.command = nvme::set_features_command(nvme::fid::number_of_queues, 0),
                        .operation = "Set Features Number of Queues"});
  NVMECTL_TRY(must_succeed(requests, deadline));
  const nvme::ControllerFacts known = nvme::controller_facts(page);
  facts_.max_transfer_bytes = std::min(
      transfer_cap, nvme::max_transfer_bytes(known.mdts, nvme::cap::min_page_bytes(facts_.capabilities), transfer_cap));
  facts_.max_commands = known.max_outstanding;
  facts_.keep_alive_100ms = known.keep_alive_100ms;
  const std::uint64_t capsule = std::uint64_t{known.io_capsule_16b} * 16;
  if (known.in_capsule_offset_16b == 0 && capsule > sqe_bytes)
    facts_.in_capsule_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(capsule - sqe_bytes, transfer_cap));
  return {};
}

Result<> Association::open_io(const Deadline& deadline) {
  std::uint32_t entries = std::min<std::uint32_t>(128, nvme::cap::max_queue_entries(facts_.capabilities));
  if (facts_.max_commands != 0) entries = std::min<std::uint32_t>(entries, facts_.max_commands);
  entries = std::max<std::uint32_t>(entries, 2);
  NVMECTL_ASSIGN(auto stream, options_.connect(deadline));
  QueueOptions queue;
  queue.header_digest = options_.header_digest;
  queue.data_digest = options_.data_digest;
  queue.slots = static_cast<std::uint16_t>(entries - 1);
  queue.in_capsule_bytes = facts_.in_capsule_bytes;
  NVMECTL_ASSIGN(io_, Connection::open(std::move(stream), queue, deadline));
  const ConnectCall call = call_for(1, static_cast<std::uint16_t>(entries));
  NVMECTL_ASSIGN(const Completion completion, connect_queue(*io_, call, deadline));
  if (!completion.ok()) return fail(connect_error(completion, call, options_.where));
  if (options_.keep_alive.count() > 0 && facts_.keep_alive_100ms != 0)
    io_->every(options_.keep_alive / 2, [this](const Deadline& until) -> Result<> {
      const Request request{.command = nvme::keep_alive_command(), .operation = "Keep Alive"};
      NVMECTL_TRY(admin_->submit(request, until));
      return {};
    });
  return {};
}

void Association::start_keep_alive() {
  if (options_.discovery || options_.keep_alive.count() == 0 || facts_.keep_alive_100ms == 0) return;
  admin_->every(options_.keep_alive / 2, [this](const Deadline&) -> Result<> {
    admin_->submit_background(nvme::keep_alive_command());
    return {};
  });
}

Result<std::vector<Completion>> Association::submit_admin_all(std::span<const Request> requests,
                                                              const Deadline& deadline) {
  return admin_->submit_all(requests, deadline);
}

Result<std::vector<Completion>> Association::submit_io_all(std::span<const Request> requests,
                                                           const Deadline& deadline) {
  if (!io_) return fail(ErrorKind::internal, "the device was opened without an I/O queue");
  return io_->submit_all(requests, deadline);
}

std::size_t Association::round_trips() const {
  return (admin_ ? admin_->waits() : 0) + (io_ ? io_->waits() : 0);
}

void Association::shut_down() {
  io_.reset();
  const std::unique_ptr<Connection> admin = std::move(admin_);
  // Only what got ready needs the notification; what failed cannot take it, and the deadline may have passed.
  if (!admin || !admin->usable() || !ready_) return;
  admin->every({}, {});
  const Deadline deadline = Deadline::in(shutdown_time);
  const std::array requests{
      Request{.command = nvme::property_set_command(nvme::property::cc, configuration_ | nvme::cc::shn_normal, false),
              .operation = "Property Set CC"},
      get_status_request()};
  auto completions = admin->submit_all(requests, deadline);
  for (milliseconds pause(1); !options_.discovery && completions && completions->back().ok() && !deadline.passed();
       pause = std::min(pause * 2, milliseconds(50))) {
    const auto status = static_cast<std::uint32_t>(completions->back().result);
    if ((status & nvme::csts::shst_mask) == nvme::csts::shst_complete) return;
    std::this_thread::sleep_for(std::min(pause, deadline.left()));
    completions = admin->submit_all(std::span(requests).last(1), deadline);
  }
}

}  // namespace nvmectl::tcp
