#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include "commands/host/store.hpp"
#include "support/catch.hpp"

using namespace nvmectl;

namespace {

const HostIdentity first{"nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555",
                         "11111111-2222-4333-8444-555555555555"};
const HostIdentity second{"nqn.2014-08.org.nvmexpress:uuid:aaaaaaaa-2222-4333-8444-555555555555",
                          "aaaaaaaa-2222-4333-8444-555555555555"};
const HostIdentity named{"nqn.2014-08.org.example:host", "bbbbbbbb-2222-4333-8444-555555555555"};

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "nvmectl-host-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  void file(const char* name, std::string_view content) const { std::ofstream(path / name) << content; }
  [[nodiscard]] std::string nvme() const { return (path / "nvme").string(); }
  std::filesystem::path path;
};

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

}  // namespace

TEST_CASE("host store: a pair is written for everybody to read, and read again") {
  const Folder folder;
  REQUIRE(save_host(folder.nvme(), first, soon()));
  CHECK(stored_host(folder.nvme()).identity == first);
  CHECK(stored_host(folder.nvme()).problem.empty());
  for (const char* const name : {"hostnqn", "hostid"}) {
    struct stat about {};
    REQUIRE(::stat((folder.nvme() + "/" + name).c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0644);
  }
  REQUIRE(save_host(folder.nvme(), named, soon()));
  CHECK(stored_host(folder.nvme()).identity == named);
}

TEST_CASE("host store: whatever step is the last, the pair is coherent") {
  for (const HostIdentity& from : {first, named}) {
    for (const HostIdentity& to :
         {second, named, HostIdentity{from.nqn, second.id}, HostIdentity{named.nqn, from.id}}) {
      for (const std::string_view last : {"write", "remove", "rename hostnqn", "rename hostid"}) {
        const Folder folder;
        REQUIRE(save_host(folder.nvme(), from, soon()));
        const auto saved = save_host(folder.nvme(), to, soon(), [&](std::string_view step) -> Result<> {
          if (step == last) return fail(ErrorKind::io, "the lights went out");
          return {};
        });
        const StoredHost left = stored_host(folder.nvme());
        const HostIdentity& host = left.identity;
        const bool one_of_them =
            host == from || host == to || (host.id.empty() && (host.nqn == from.nqn || host.nqn == to.nqn));
        CHECK(one_of_them);
        if (saved) CHECK(host == to);
        for (const auto& entry : std::filesystem::directory_iterator(folder.nvme()))
          CHECK_FALSE(entry.path().string().ends_with(".new"));
        CHECK(save_host(folder.nvme(), to, soon()));
        CHECK(stored_host(folder.nvme()).identity == to);
      }
    }
  }
}

TEST_CASE("host store: files that are no pair say so") {
  const Folder folder;
  folder.file("hostnqn", first.nqn + "\n");
  folder.file("hostid", second.id + "\n");
  CHECK(stored_host(folder.path.string()).problem.find("another UUID") != std::string::npos);
  folder.file("hostid", "11111111-2222-4333-8444-55555555555A\n");
  folder.file("hostnqn", "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-55555555555a\n");
  CHECK(stored_host(folder.path.string()).problem.empty());
  CHECK(stored_host(folder.path.string()).identity.id == "11111111-2222-4333-8444-55555555555a");
  folder.file("hostid", "not a uuid\n");
  CHECK(stored_host(folder.path.string()).problem.find("hostid") != std::string::npos);
  folder.file("hostid", "");
  folder.file("hostnqn", "host\x1b[2J\n");
  CHECK(stored_host(folder.path.string()).problem.find("hostnqn") != std::string::npos);
  CHECK(stored_host(folder.path.string()).identity == HostIdentity{});
}

TEST_CASE("host store: a directory that cannot be") {
  const Folder folder;
  folder.file("file", "");
  const auto into_file = save_host((folder.path / "file").string(), first, soon());
  REQUIRE_FALSE(into_file);
  const auto nowhere = save_host((folder.path / "a/b").string(), first, soon());
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().kind == ErrorKind::not_found);
}

TEST_CASE("host store: coherent is what targets take") {
  CHECK(coherent(first));
  CHECK(coherent(named));
  CHECK_FALSE(coherent({first.nqn, second.id}));
  CHECK(coherent({first.nqn, ""}));
}

TEST_CASE("host store: the environment names the directory") {
  const auto directory = [](std::optional<std::string> value) {
    return host_directory(
        {[value](std::string_view name) { return name == "NVMECTL_HOST_DIR" ? value : std::nullopt; }});
  };
  CHECK(directory(std::nullopt) == "/etc/nvme");
  CHECK(directory("") == "/etc/nvme");
  CHECK(directory("/tmp/x//") == "/tmp/x");
}
