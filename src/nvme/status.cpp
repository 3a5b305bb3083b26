#include "nvme/status.hpp"

#include <fmt/format.h>

#include <utility>

namespace nvmectl::nvme {
namespace {

// NVM Express Base Specification 2.0d, section 3.3.3.2.1, 2.1 where newer; codes 80h and up of the I/O command sets
// from the NVM Command Set Specification 1.0d and the Zoned Namespace Command Set Specification 1.1d.
constexpr SymbolName generic_names[] = {
    {0x00, "Successful Completion"},
    {0x01, "Invalid Command Opcode"},
    {0x02, "Invalid Field in Command"},
    {0x03, "Command ID Conflict"},
    {0x04, "Data Transfer Error"},
    {0x05, "Commands Aborted due to Power Loss Notification"},
    {0x06, "Internal Error"},
    {0x07, "Command Abort Requested"},
    {0x08, "Command Aborted due to SQ Deletion"},
    {0x09, "Command Aborted due to Failed Fused Command"},
    {0x0a, "Command Aborted due to Missing Fused Command"},
    {0x0b, "Invalid Namespace or Format"},
    {0x0c, "Command Sequence Error"},
    {0x0d, "Invalid SGL Segment Descriptor"},
    {0x0e, "Invalid Number of SGL Descriptors"},
    {0x0f, "Data SGL Length Invalid"},
    {0x10, "Metadata SGL Length Invalid"},
    {0x11, "SGL Descriptor Type Invalid"},
    {0x12, "Invalid Use of Controller Memory Buffer"},
    {0x13, "PRP Offset Invalid"},
    {0x14, "Atomic Write Unit Exceeded"},
    {0x15, "Operation Denied"},
    {0x16, "SGL Offset Invalid"},
    {0x18, "Host Identifier Inconsistent Format"},
    {0x19, "Keep Alive Timer Expired"},
    {0x1a, "Keep Alive Timeout Invalid"},
    {0x1b, "Command Aborted due to Preempt and Abort"},
    {0x1c, "Sanitize Failed"},
    {0x1d, "Sanitize In Progress"},
    {0x1e, "SGL Data Block Granularity Invalid"},
    {0x1f, "Command Not Supported for Queue in CMB"},
    {0x20, "Namespace is Write Protected"},
    {0x21, "Command Interrupted"},
    {0x22, "Transient Transport Error"},
    {0x23, "Command Prohibited by Command and Feature Lockdown"},
    {0x24, "Admin Command Media Not Ready"},
    {0x25, "Invalid Key Tag"},
    {0x26, "Host Dispersed Namespace Support Not Enabled"},
    {0x27, "Host Identifier Not Initialized"},
    {0x28, "Incorrect Key"},
    {0x29, "FDP Disabled"},
    {0x2a, "Invalid Placement Handle List"},
    {0x80, "LBA Out of Range"},
    {0x81, "Capacity Exceeded"},
    {0x82, "Namespace Not Ready"},
    {0x83, "Reservation Conflict"},
    {0x84, "Format In Progress"},
    {0x85, "Invalid Value Size"},
    {0x86, "Invalid Key Size"},
    {0x87, "KV Key Does Not Exist"},
    {0x88, "Unrecovered Error"},
    {0x89, "Key Exists"},
};

constexpr SymbolName specific_names[] = {
    {0x00, "Completion Queue Invalid"},
    {0x01, "Invalid Queue Identifier"},
    {0x02, "Invalid Queue Size"},
    {0x03, "Abort Command Limit Exceeded"},
    {0x05, "Asynchronous Event Request Limit Exceeded"},
    {0x06, "Invalid Firmware Slot"},
    {0x07, "Invalid Firmware Image"},
    {0x08, "Invalid Interrupt Vector"},
    {0x09, "Invalid Log Page"},
    {0x0a, "Invalid Format"},
    {0x0b, "Firmware Activation Requires Conventional Reset"},
    {0x0c, "Invalid Queue Deletion"},
    {0x0d, "Feature Identifier Not Saveable"},
    {0x0e, "Feature Not Changeable"},
    {0x0f, "Feature Not Namespace Specific"},
    {0x10, "Firmware Activation Requires NVM Subsystem Reset"},
    {0x11, "Firmware Activation Requires Controller Level Reset"},
    {0x12, "Firmware Activation Requires Maximum Time Violation"},
    {0x13, "Firmware Activation Prohibited"},
    {0x14, "Overlapping Range"},
    {0x15, "Namespace Insufficient Capacity"},
    {0x16, "Namespace Identifier Unavailable"},
    {0x18, "Namespace Already Attached"},
    {0x19, "Namespace Is Private"},
    {0x1a, "Namespace Not Attached"},
    {0x1b, "Thin Provisioning Not Supported"},
    {0x1c, "Controller List Invalid"},
    {0x1d, "Device Self-test In Progress"},
    {0x1e, "Boot Partition Write Prohibited"},
    {0x1f, "Invalid Controller Identifier"},
    {0x20, "Invalid Secondary Controller State"},
    {0x21, "Invalid Number of Controller Resources"},
    {0x22, "Invalid Resource Identifier"},
    {0x23, "Sanitize Prohibited While Persistent Memory Region is Enabled"},
    {0x24, "ANA Group Identifier Invalid"},
    {0x25, "ANA Attach Failed"},
    {0x26, "Insufficient Capacity"},
    {0x27, "Namespace Attachment Limit Exceeded"},
    {0x28, "Prohibition of Command Execution Not Supported"},
    {0x29, "I/O Command Set Not Supported"},
    {0x2a, "I/O Command Set Not Enabled"},
    {0x2b, "I/O Command Set Combination Rejected"},
    {0x2c, "Invalid I/O Command Set"},
    {0x2d, "Identifier Unavailable"},
    {0x2e, "Namespace Is Dispersed"},
    {0x2f, "Invalid Discovery Information"},
    {0x30, "Zoning Data Structure Locked"},
    {0x31, "Zoning Data Structure Not Found"},
    {0x32, "Insufficient Discovery Resources"},
    {0x33, "Requested Function Disabled"},
    {0x34, "ZoneGroup Originator Invalid"},
    {0x35, "Invalid Host"},
    {0x36, "Invalid NVM Subsystem"},
    {0x37, "Invalid Controller Data Queue"},
    {0x38, "Not Enough Resources"},
    {0x39, "Controller Suspended"},
    {0x3a, "Controller Not Suspended"},
    {0x3b, "Controller Data Queue Full"},
    {0x80, "Conflicting Attributes"},
    {0x81, "Invalid Protection Information"},
    {0x82, "Attempted Write to Read Only Range"},
    {0x83, "Command Size Limit Exceeded"},
    {0x84, "Invalid Command ID"},
    {0x85, "Incompatible Namespace or Format"},
    {0x86, "Fast Copy Not Possible"},
    {0x87, "Overlapping I/O Range"},
    {0x88, "Namespace Not Reachable"},
    {0x89, "Insufficient Resources"},
    {0xb6, "Invalid Zone Operation Request"},
    {0xb7, "ZRWA Resources Unavailable"},
    {0xb8, "Zoned Boundary Error"},
    {0xb9, "Zone Is Full"},
    {0xba, "Zone Is Read Only"},
    {0xbb, "Zone Is Offline"},
    {0xbc, "Zone Invalid Write"},
    {0xbd, "Too Many Active Zones"},
    {0xbe, "Too Many Open Zones"},
    {0xbf, "Invalid Zone State Transition"},
};

// Section 6: Connect, Disconnect, Authentication; 90h and 91h come with any command.
constexpr SymbolName fabrics_names[] = {
    {0x80, "Incompatible Format"},       {0x81, "Controller Busy"},         {0x82, "Connect Invalid Parameters"},
    {0x83, "Connect Restart Discovery"}, {0x84, "Connect Invalid Host"},    {0x85, "Invalid Queue Type"},
    {0x90, "Discover Restart"},          {0x91, "Authentication Required"},
};

constexpr SymbolName media_names[] = {
    {0x80, "Write Fault"},
    {0x81, "Unrecovered Read Error"},
    {0x82, "End-to-end Guard Check Error"},
    {0x83, "End-to-end Application Tag Check Error"},
    {0x84, "End-to-end Reference Tag Check Error"},
    {0x85, "Compare Failure"},
    {0x86, "Access Denied"},
    {0x87, "Deallocated or Unwritten Logical Block"},
    {0x88, "End-to-End Storage Tag Check Error"},
};

constexpr SymbolName path_names[] = {
    {0x00, "Internal Path Error"},
    {0x01, "Asymmetric Access Persistent Loss"},
    {0x02, "Asymmetric Access Inaccessible"},
    {0x03, "Asymmetric Access Transition"},
    {0x60, "Controller Pathing Error"},
    {0x70, "Host Pathing Error"},
    {0x71, "Command Aborted By Host"},
};

constexpr std::uint64_t key(std::uint8_t type, std::uint8_t code) {
  return static_cast<std::uint64_t>(type << 8U | code);
}

constexpr SymbolName hints[] = {
    {key(0, 0x01), "the controller does not know this command; id-ctrl shows the optional ones it has (oacs, oncs)"},
    {key(0, 0x02), "the controller does not support an option of this command, or a value is out of its range"},
    {key(0, 0x06), "see error-log for details; a reset or newer firmware may be needed"},
    {key(0, 0x0b), "list-ns shows the namespaces that exist"},
    {key(0, 0x0c), "an earlier step of the sequence is missing, such as authentication or enabling the controller"},
    {key(0, 0x15), "the controller demands rights that this host does not have"},
    {key(0, 0x19), "the controller gave this host up; connect again"},
    {key(0, 0x1c), "the sanitize operation has to be repeated or recovered with sanitize exit failure mode"},
    {key(0, 0x1d), "wait until the sanitize operation is over"},
    {key(0, 0x20), "the namespace is write protected; see the feature namespace write protection"},
    {key(0, 0x21), "try again"},
    {key(0, 0x22), "try again"},
    {key(0, 0x24), "try again when the media is ready"},
    {key(0, 0x80), "id-ns shows the size of the namespace in blocks (nsze)"},
    {key(0, 0x82), "try again when the namespace is ready"},
    {key(0, 0x83), "another host holds a reservation on the namespace"},
    {key(0, 0x84), "wait until the format operation is over"},
    {key(1, 0x06), "fw-log shows the slots"},
    {key(1, 0x07), "the image is not for this controller"},
    {key(1, 0x09), "the controller does not have this log page; get-log 0 shows those it has"},
    {key(1, 0x0a), "id-ns shows the LBA formats of the namespace"},
    {key(1, 0x0d), "the feature cannot be saved; leave out saving"},
    {key(1, 0x0e), "the feature cannot be changed on this controller"},
    {key(1, 0x0f), "the feature belongs to the controller; leave out the namespace"},
    {key(1, 0x2c), "the namespace belongs to another I/O command set"},
    {key(1, 0x90), "the discovery log changed while it was read; try again"},
    {key(1, 0x91), "the controller demands in-band authentication (DH-HMAC-CHAP) and this connection has none"},
    {key(2, 0x81), "the data at this place is lost or damaged; see smart-log"},
    {key(2, 0x85), "the data differs from what was given"},
    {key(3, 0x01), "use another path to this namespace"},
    {key(3, 0x02), "use another path to this namespace"},
    {key(3, 0x03), "the path is changing its state; try again"},
};

constexpr SymbolName fabrics_hints[] = {
    {0x80, "the target speaks another record format of NVMe over Fabrics than this host"},
    {0x81, "the controller already serves a host; wait, or connect to another controller of the subsystem"},
    {0x82, "check the subsystem NQN (discover lists those that the target offers), the host NQN and the host id"},
    {0x83, "the subsystem is not available at this address any more; run discover again"},
    {0x84, "the target does not allow this host NQN; have it added to the subsystem (show-hostnqn prints it)"},
    {0x90, "the discovery log changed while it was read; try again"},
    {0x91, "the controller demands in-band authentication (DH-HMAC-CHAP) and this connection has none"},
};

bool fabrics_code(NvmeStatus status, StatusScope scope) {
  // Discover Restart and Authentication Required are not used by any I/O command set.
  return status.type == sct::command_specific &&
         (scope == StatusScope::fabrics || status.code == 0x90 || status.code == 0x91);
}

ErrorKind kind_of(NvmeStatus status, StatusScope scope) {
  if (status.type == sct::generic && status.code == status::operation_denied.code) return ErrorKind::permission;
  if (!fabrics_code(status, scope)) return ErrorKind::device;
  if (status.code == status::connect_controller_busy.code) return ErrorKind::busy;
  if (status.code == status::connect_invalid_host.code || status.code == status::authentication_required.code) {
    return ErrorKind::permission;
  }
  return ErrorKind::device;
}

}  // namespace

std::span<const SymbolName> status_names(std::uint8_t type) {
  switch (type) {
    case sct::generic: return generic_names;
    case sct::command_specific: return specific_names;
    case sct::media: return media_names;
    case sct::path: return path_names;
    default: return {};
  }
}

std::span<const SymbolName> fabrics_status_names() {
  return fabrics_names;
}

std::string_view status_name(NvmeStatus status, StatusScope scope) {
  if (fabrics_code(status, scope)) {
    if (const auto name = name_of(fabrics_names, status.code); !name.empty()) return name;
  }
  if (const auto name = name_of(status_names(status.type), status.code); !name.empty()) return name;
  return status.type == sct::vendor || status.code >= 0xc0 ? "Vendor specific" : "Unknown status";
}

std::string_view status_hint(NvmeStatus status, StatusScope scope) {
  if (fabrics_code(status, scope)) {
    if (const auto hint = name_of(fabrics_hints, status.code); !hint.empty()) return hint;
  }
  return name_of(hints, key(status.type, status.code));
}

Error status_error(NvmeStatus status, std::string operation, StatusScope scope) {
  Error error =
      make_error(kind_of(status, scope), fmt::format("{} failed", operation), std::string(status_hint(status, scope)));
  error.status_name = status_name(status, scope);
  error.cause = fmt::format("{} (sct {:x}, sc 0x{:02x}){}{}", error.status_name, status.type, status.code,
                            status.do_not_retry ? ", do not retry" : "", status.more ? ", more in the error log" : "");
  error.status = status;
  error.operation = std::move(operation);
  return error;
}

}  // namespace nvmectl::nvme
