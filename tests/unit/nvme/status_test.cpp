#include "nvme/status.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"

#ifdef NVMECTL_LIBNVME
#include <libnvme.h>
#endif

using namespace nvmectl;
using namespace nvmectl::nvme;

TEST_CASE("status errors say what failed and why", "[nvme][status]") {
  const Error error = status_error(status::dnr(status::invalid_namespace), "Identify Namespace");
  CHECK(error.kind == ErrorKind::device);
  CHECK(error.message == "Identify Namespace failed");
  CHECK(error.cause == "Invalid Namespace or Format (sct 0, sc 0x0b), do not retry");
  CHECK(error.status_name == "Invalid Namespace or Format");
  CHECK(error.operation == "Identify Namespace");
  CHECK_FALSE(error.hint.empty());
  REQUIRE(error.status);
  CHECK(error.status->do_not_retry);
}

TEST_CASE("codes of type 1 above 80h mean something else for Fabrics", "[nvme][status]") {
  constexpr NvmeStatus code = status::connect_invalid_parameters;
  CHECK(status_name(code) == "Attempted Write to Read Only Range");
  CHECK(status_name(code, StatusScope::fabrics) == "Connect Invalid Parameters");
  CHECK(status_name(status::authentication_required) == "Authentication Required");
  CHECK(status_name(status::invalid_log_page, StatusScope::fabrics) == "Invalid Log Page");
  for (const SymbolName& name : fabrics_status_names()) {
    const NvmeStatus fabrics{sct::command_specific, static_cast<std::uint8_t>(name.code)};
    INFO(name.name);
    if (name.code != 0x85) CHECK_FALSE(status_hint(fabrics, StatusScope::fabrics).empty());
  }
}

TEST_CASE("some statuses have a kind of their own", "[nvme][status]") {
  CHECK(status_error(status::connect_controller_busy, "Connect", StatusScope::fabrics).kind == ErrorKind::busy);
  CHECK(status_error(status::connect_invalid_host, "Connect", StatusScope::fabrics).kind == ErrorKind::permission);
  CHECK(status_error(status::authentication_required, "Identify Controller").kind == ErrorKind::permission);
  CHECK(status_error(status::operation_denied, "Read").kind == ErrorKind::permission);
  CHECK(status_error(status::invalid_protection_information, "Write").kind == ErrorKind::device);
}

TEST_CASE("every status has a name", "[nvme][status]") {
  for (unsigned type = 0; type < 8; ++type) {
    for (unsigned code = 0; code < 256; ++code) {
      const NvmeStatus any{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code)};
      CHECK_FALSE(status_name(any).empty());
      CHECK_FALSE(status_name(any, StatusScope::fabrics).empty());
    }
  }
  CHECK(status_name({7, 1}) == "Vendor specific");
  CHECK(status_name({1, 0xc0}) == "Vendor specific");
  CHECK(status_name({0, 0x7f}) == "Unknown status");
}

TEST_CASE("name tables are sorted without doubles", "[nvme][status]") {
  for (const std::uint8_t type : {sct::generic, sct::command_specific, sct::media, sct::path}) {
    std::uint64_t next = 0;
    for (const SymbolName& name : status_names(type)) {
      CHECK(name.code >= next);
      next = name.code + 1;
    }
  }
}

#ifdef NVMECTL_LIBNVME
TEST_CASE("status codes are libnvme's", "[nvme][status]") {
  CHECK(status::invalid_namespace.code == NVME_SC_INVALID_NS);
  CHECK(status::keep_alive_invalid.code == NVME_SC_KAT_INVALID);
  CHECK(status::lba_out_of_range.code == NVME_SC_LBA_RANGE);
  CHECK(status::invalid_log_page.code == NVME_SC_INVALID_LOG_PAGE);
  CHECK(status::async_event_limit.code == NVME_SC_ASYNC_LIMIT);
  CHECK(status::connect_invalid_parameters.code == NVME_SC_CONNECT_INVALID_PARAM);
  CHECK(status::connect_invalid_host.code == NVME_SC_CONNECT_INVALID_HOST);
  CHECK(status::authentication_required.code == NVME_SC_AUTH_REQUIRED);
  CHECK(status::compare_failure.code == NVME_SC_COMPARE_FAILED);
  CHECK(status_name({sct::path, NVME_SC_ANA_TRANSITION}) == "Asymmetric Access Transition");
  CHECK(status_name({sct::command_specific, NVME_SC_ZNS_FULL}) == "Zone Is Full");
}

TEST_CASE("status names are those in libnvme's texts", "[nvme][status]") {
  // libnvme's text is "Name: explanation" for most codes; the others are not comparable.
  std::size_t compared = 0;
  for (const std::uint8_t type : {sct::generic, sct::command_specific, sct::media, sct::path}) {
    for (const SymbolName& name : status_names(type)) {
      const NvmeStatus code{type, static_cast<std::uint8_t>(name.code)};
      const char* text = nvme_status_to_string(code.to_wire(), false);
      const std::string theirs = text != nullptr ? text : "";
      const std::size_t colon = theirs.find(':');
      if (colon == std::string::npos) continue;
      INFO("type " << int{type} << " code " << name.code);
      CHECK(theirs.substr(0, colon) == name.name);
      ++compared;
    }
  }
  CHECK(compared > 90);
  for (const SymbolName& name : fabrics_status_names()) {
    const NvmeStatus code{sct::command_specific, static_cast<std::uint8_t>(name.code)};
    const std::string theirs = nvme_status_to_string(code.to_wire(), true);
    INFO(name.name);
    CHECK(theirs.substr(0, theirs.find(':')) == name.name);
  }
}
#endif
