#include "nvme/auth/crypto.hpp"

#include <array>
#include <cerrno>
#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string>
#include <sys/random.h>

namespace nvmectl::nvme {
namespace {

struct Library {
  decltype(&::EVP_sha256) sha256 = nullptr;
  decltype(&::EVP_sha384) sha384 = nullptr;
  decltype(&::EVP_sha512) sha512 = nullptr;
  decltype(&::HMAC) hmac = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

// Never unloaded: OpenSSL does not support that, and the process is about to end. A second load costs nothing.
Result<Library> load() {
  Library it;
  void* const library = ::dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr && find(library, "EVP_sha256", it.sha256) && find(library, "EVP_sha384", it.sha384) &&
      find(library, "EVP_sha512", it.sha512) && find(library, "HMAC", it.hmac))
    return it;
  const char* const why = ::dlerror();
  return fail(make_error(ErrorKind::unsupported, "keys cannot be derived without OpenSSL's library libcrypto.so.3",
                         "install it (Debian: apt install libssl3)")
                  .with_cause(why != nullptr ? why : "it lacks a function"));
}

const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::string_view to_string(KeyHash hash) {
  constexpr std::array<std::string_view, 4> names{"none", "SHA-256", "SHA-384", "SHA-512"};
  return names.at(static_cast<std::size_t>(hash));
}

Result<Bytes> hmac(KeyHash hash, std::span<const std::byte> key, std::span<const std::byte> data) {
  NVMECTL_ASSIGN(const Library library, load());
  const EVP_MD* const digest = hash == KeyHash::sha256   ? library.sha256()
                               : hash == KeyHash::sha384 ? library.sha384()
                                                         : library.sha512();
  // A null key means to OpenSSL "the one of before".
  static constexpr std::byte nothing{};
  if (key.empty()) key = std::span(&nothing, 1).first(0);
  Bytes out(digest_size(hash));
  unsigned int size = 0;
  const bool done = library.hmac(digest, key.data(), static_cast<int>(key.size()), raw(data), data.size(),
                                 reinterpret_cast<unsigned char*>(out.data()), &size) != nullptr;
  if (!done || size != out.size())
    return fail(ErrorKind::unsupported, "OpenSSL refuses to make an HMAC with " + std::string(to_string(hash)),
                "its configuration (FIPS mode?) may forbid it");
  return out;
}

Result<Bytes> hkdf_extract(KeyHash hash, std::span<const std::byte> input) {
  return hmac(hash, Bytes(digest_size(hash)), input);
}

Result<Bytes> hkdf_expand(KeyHash hash, std::span<const std::byte> key, std::span<const std::byte> info,
                          std::size_t length) {
  if (length > 255 * digest_size(hash)) return fail(ErrorKind::internal, "more bytes asked of HKDF than it gives");
  Bytes out, block;
  for (unsigned counter = 1; out.size() < length; ++counter) {
    block.insert(block.end(), info.begin(), info.end());
    block.push_back(static_cast<std::byte>(counter));
    NVMECTL_ASSIGN(block, hmac(hash, key, block));
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(length);
  return out;
}

Result<Bytes> random_bytes(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t done = 0; done < count;) {
    const ssize_t got = ::getrandom(bytes.data() + done, count - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(os_error(errno, "the operating system gives no random bytes"));
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace nvmectl::nvme
