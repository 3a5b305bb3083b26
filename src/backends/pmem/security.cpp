// Passphrases of DIMMs and what they protect: erasing by throwing the key away, or by overwriting.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "backends/pmem/changes.hpp"
#include "backends/pmem/keys.hpp"
#include "backends/pmem/operation.hpp"
#include "core/text.hpp"

namespace nvmectl::pmem_backend {
namespace {

using namespace std::chrono_literals;

struct Subject {
  Dimm dimm;
  DimmKeys keys;
};

Result<Subject> subject_of(const Operation& o, bool inactive) {
  NVMECTL_ASSIGN(Dimm const dimm, o.session.dimm(o.device));
  const Ndctl& nd = o.session.nd();
  o.session.forget_log();
  if (nd.dimm_get_security(dimm) == NDCTL_SECURITY_INVALID)
    return fail(make_error(ErrorKind::unsupported, fmt::format("{} has no security", o.device),
                           "the DIMM's firmware must have it; QEMU's has not")
                    .on(o.device));
  if (nd.dimm_security_is_frozen(dimm))
    return fail(
        make_error(ErrorKind::permission, fmt::format("the security of {} is frozen", o.device), "restart the machine")
            .on(o.device));
  if (inactive) NVMECTL_TRY(check_inactive(o.session, dimm, "its contents may not change under that"));
  const char* const id = nd.dimm_get_unique_id(dimm);
  if (id == nullptr || std::string_view(id).find('/') != std::string_view::npos)
    return fail(ErrorKind::unsupported, fmt::format("{} has no identifier to keep a key for", o.device));
  return Subject{dimm, DimmKeys(std::string(default_key_directory), id)};
}

KeyRole role_of(const Operation& o) {
  return o.flag("master") ? KeyRole::master : KeyRole::user;
}

Result<> done(const Operation& o, int code, std::string_view what) {
  if (code >= 0) return {};
  Error error = o.session.error(code, fmt::format("{} of {} failed", what, o.device));
  if (code == -ENOKEY || code == -EKEYREJECTED || code == -EINVAL) {
    error.kind = ErrorKind::permission;
    error.hint =
        "the DIMM has another passphrase, or its state does not allow this (see security in nvmectl pmem list)";
  }
  return fail(std::move(error).on(o.device));
}

int set_key(const Operation& o, Dimm dimm, KeySerial before, KeySerial after) {
  const Ndctl& nd = o.session.nd();
  return o.flag("master") ? nd.dimm_update_master_passphrase(dimm, before, after)
                          : nd.dimm_update_passphrase(dimm, before, after);
}

// The kernel has a DIMM's labels from before they were erased.
void read_labels_again(const Ndctl& nd, Dimm dimm) {
  if (nd.dimm_is_enabled(dimm) == 0 || nd.dimm_is_active(dimm) != 0) return;
  nd.dimm_disable(dimm);
  nd.dimm_enable(dimm);
}

}  // namespace

Result<> setup_passphrase(const Operation& o) {
  NVMECTL_ASSIGN(const Subject it, subject_of(o, true));
  const std::string kek = o.text("key_handle").value_or("");
  if (kek.empty())
    return fail(ErrorKind::usage, "the key encryption key is missing", "for instance user:nvdimm-master");
  NVMECTL_TRY(check_kek(kek));
  NVMECTL_ASSIGN(const KeySerial key, it.keys.create(role_of(o), kek));
  auto set = done(o, set_key(o, it.dimm, 0, key), "setting the passphrase");
  if (!set) it.keys.remove(role_of(o));
  return set;
}

Result<> update_passphrase(const Operation& o) {
  NVMECTL_ASSIGN(const Subject it, subject_of(o, true));
  const KeyRole role = role_of(o);
  const KeyRole old = role == KeyRole::user ? KeyRole::user_old : KeyRole::master_old;
  std::string kek = o.text("key_handle").value_or("");
  if (kek.empty()) {
    NVMECTL_ASSIGN(kek, it.keys.kek_of(role));
  }
  NVMECTL_TRY(check_kek(kek));
  NVMECTL_TRY(it.keys.load(role));  // before anything is moved: without it nothing can be changed
  NVMECTL_TRY(it.keys.move(role, old));
  Undo undo;
  undo.add([&] {
    it.keys.remove(role);
    static_cast<void>(it.keys.move(old, role));
  });
  NVMECTL_ASSIGN(const KeySerial before, it.keys.load(old));
  NVMECTL_ASSIGN(const KeySerial after, it.keys.create(role, kek));
  NVMECTL_TRY(done(o, set_key(o, it.dimm, before, after), "changing the passphrase"));
  undo.keep();
  it.keys.remove(old);
  return {};
}

Result<> remove_passphrase(const Operation& o) {
  NVMECTL_ASSIGN(const Subject it, subject_of(o, true));
  NVMECTL_ASSIGN(const KeySerial key, it.keys.load(role_of(o)));
  const Ndctl& nd = o.session.nd();
  const int code =
      o.flag("master") ? nd.dimm_disable_master_passphrase(it.dimm, key) : nd.dimm_disable_passphrase(it.dimm, key);
  auto removed = done(o, code, "removing the passphrase");
  if (!removed && code == -EOPNOTSUPP && o.flag("master"))
    removed.error().hint = fmt::format("it can only be changed: nvmectl pmem security update {} --master", o.device);
  if (!removed) return removed;
  it.keys.remove(role_of(o));
  return {};
}

Result<> freeze_security(const Operation& o) {
  NVMECTL_ASSIGN(Dimm const dimm, o.session.dimm(o.device));
  if (o.session.nd().dimm_security_is_frozen(dimm)) return {};
  NVMECTL_ASSIGN(const Subject it, subject_of(o, false));
  const bool open = o.session.nd().dimm_get_security(it.dimm) == NDCTL_SECURITY_DISABLED;
  auto frozen = done(o, o.session.nd().dimm_freeze_security(it.dimm), "freezing the security");
  if (!frozen && open) {
    frozen.error().kind = ErrorKind::unsupported;
    frozen.error().cause = "it has no passphrase, and the DIMM freezes nothing but one";
    frozen.error().hint = fmt::format("nvmectl pmem security setup {} -k user:nvdimm-master", o.device);
  }
  return frozen;
}

Result<> sanitize(const Operation& o) {
  const bool overwrite = o.flag("overwrite");
  if (overwrite && o.flag("master")) return fail(ErrorKind::usage, "overwriting does not take the master passphrase");
  NVMECTL_ASSIGN(const Subject it, subject_of(o, true));
  const Ndctl& nd = o.session.nd();
  if (!overwrite || o.flag("crypto_erase")) {
    KeySerial key = 0;
    if (!o.flag("zero_key")) {
      NVMECTL_ASSIGN(key, it.keys.load(role_of(o)));
    }
    const bool master = o.flag("master") && key != 0;
    NVMECTL_TRY(
        done(o, master ? nd.dimm_master_secure_erase(it.dimm, key) : nd.dimm_secure_erase(it.dimm, key), "erasing"));
    if (key != 0) it.keys.remove(KeyRole::user);  // erasing takes the user's passphrase, too
    read_labels_again(nd, it.dimm);
  }
  if (!overwrite) return {};
  const auto key = it.keys.load(KeyRole::user);  // none when it has no passphrase
  return done(o, nd.dimm_overwrite(it.dimm, key ? *key : 0), "overwriting");
}

Result<> wait_overwrite(const Operation& o) {
  NVMECTL_ASSIGN(Dimm const dimm, o.session.dimm(o.device));
  const Ndctl& nd = o.session.nd();
  if (nd.dimm_get_security(dimm) == NDCTL_SECURITY_INVALID)
    return fail(ErrorKind::unsupported, fmt::format("{} has no security", o.device));
  while (nd.dimm_get_security(dimm) == NDCTL_SECURITY_OVERWRITE) {
    if (o.deadline.passed())
      return fail(ErrorKind::timeout, fmt::format("{} is still being overwritten", o.device),
                  "it goes on; wait longer with --timeout");
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(200ms, o.deadline.left()));
  }
  read_labels_again(nd, dimm);
  return {};
}

Result<> load_keys(const Operation& o) {
  const std::string directory = o.text("path").value_or(std::string(default_key_directory));
  NVMECTL_TRY(load_all_keys(directory, o.text("tpm_handle").value_or("")));
  return {};
}

}  // namespace nvmectl::pmem_backend
