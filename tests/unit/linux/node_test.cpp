#include "backends/linux/node.hpp"

#include "support/catch.hpp"

using nvmectl::linux_backend::NodeName;
using Kind = NodeName::Kind;

TEST_CASE("device names are taken apart", "[linux]") {
  REQUIRE(NodeName::parse("nvme12")->kind == Kind::controller);
  REQUIRE(NodeName::parse("nvme12")->instance == 12);
  REQUIRE(NodeName::parse("nvme0n1")->kind == Kind::block);
  REQUIRE(NodeName::parse("nvme0n1")->generic_name() == "ng0n1");
  const auto partition = NodeName::parse("nvme3n2p14");
  REQUIRE(partition->kind == Kind::partition);
  REQUIRE(partition->block_name() == "nvme3n2");
  const auto path = NodeName::parse("nvme3c7n2");
  REQUIRE(path->kind == Kind::path);
  REQUIRE(path->path_controller == 7U);
  REQUIRE(path->block_name() == "nvme3n2");
  REQUIRE(NodeName::parse("ng1n2")->kind == Kind::generic);
  REQUIRE(NodeName::parse("ng1n2")->block_name() == "nvme1n2");
  REQUIRE(NodeName::parse("ng1c0n2")->kind == Kind::hidden_generic);
}

TEST_CASE("other names are not", "[linux]") {
  for (const char* name : {"", "nvme", "nvmen1", "nvme0n", "nvme0n1p", "nvme0n1x", "nvme01", "nvme-subsys0", "ng0",
                           "nvme99999999999", "nvme0c1", "nvme0c1n1p1", "ng0n1p1", "nvme-fabrics", "sda", "nvme0 "})
    CHECK_FALSE(NodeName::parse(name));
}
