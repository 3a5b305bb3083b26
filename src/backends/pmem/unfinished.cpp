#include "backends/pmem/manager.hpp"

namespace nvmectl::pmem_backend {
namespace {
tl::unexpected<Error> missing() {
  return fail(ErrorKind::unsupported, "this is not built yet");
}
}  // namespace
Result<Bytes> Manager::read_labels(const std::string&, const Deadline&) {
  return missing();
}
Result<> Manager::write_labels(const std::string&, std::span<const std::byte>, const Deadline&) {
  return missing();
}
Result<std::uint64_t> Manager::init_labels(const std::string&, std::string_view, const Deadline&) {
  return missing();
}
Result<> Manager::zero_labels(const std::string&, const Deadline&) {
  return missing();
}
Result<std::uint64_t> Manager::check_labels(const std::string&, const Deadline&) {
  return missing();
}
Result<std::uint64_t> Manager::clear_errors(const std::string&, const Deadline&) {
  return missing();
}
Result<> Manager::start_scrub(const std::string&, const Deadline&) {
  return missing();
}
Result<> Manager::wait_scrub(const std::string&, const Deadline&) {
  return missing();
}
Result<> Manager::operate(const std::string&, const std::string&, std::span<const std::pair<std::string, std::string>>,
                          const PmemProgress&, const Deadline&) {
  return missing();
}
Result<std::vector<BadBlocks>> Manager::injected_errors(const std::string&, const Deadline&) {
  return missing();
}
Result<Bytes> Manager::read_infoblock(const std::string&, const Deadline&) {
  return missing();
}
Result<> Manager::write_infoblock(const std::string&, std::span<const std::byte>, const Deadline&) {
  return missing();
}
Result<std::vector<PmemFinding>> Manager::check_namespace(const std::string&, bool, const Deadline&) {
  return missing();
}
Result<> Manager::listen(std::span<const std::string>, const Deadline&,
                         const std::function<Result<bool>(const PmemEvent&)>&) {
  return missing();
}
Result<std::string> Manager::create_dax(std::uint32_t, std::uint64_t, std::uint64_t, const Deadline&) {
  return missing();
}
Result<> Manager::destroy_dax(const std::string&, const Deadline&) {
  return missing();
}
Result<> Manager::reconfigure_dax(const std::string&, bool, bool, bool, const Deadline&) {
  return missing();
}
Result<> Manager::set_dax_online(const std::string&, bool, bool, const Deadline&) {
  return missing();
}
}  // namespace nvmectl::pmem_backend
