#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "core/text.hpp"
#include "target/store.hpp"

namespace nvmectl::target {
namespace {

constexpr std::uint64_t chunk_bytes = 64 * 1024;
constexpr std::uint64_t chunks_per_leaf = 1024;
constexpr std::uint64_t leaf_bytes = chunk_bytes * chunks_per_leaf;

struct Free {
  void operator()(std::byte* memory) const { std::free(memory); }
};
using Chunk = std::unique_ptr<std::byte, Free>;
struct Leaf {
  std::array<Chunk, chunks_per_leaf> chunks;
  std::size_t used = 0;
};

// Two levels: a directory of leaves (8 bytes for each 64 MiB) and leaves of chunks, both made by the first write.
class RamStore final : public BlockStore {
 public:
  explicit RamStore(std::uint64_t bytes) : size_(bytes), leaves_((bytes + leaf_bytes - 1) / leaf_bytes) {}

  std::uint64_t size() const override { return size_; }
  std::uint64_t allocated() const override { return std::min(size_, chunks_ * chunk_bytes); }

  StoreStatus read(std::uint64_t offset, std::span<std::byte> data) override {
    while (!data.empty()) {
      const Piece piece = piece_at(offset, data.size());
      const Chunk* chunk = find(offset);
      if (chunk != nullptr) std::memcpy(data.data(), chunk->get() + piece.start, piece.length);
      else std::memset(data.data(), 0, piece.length);
      data = data.subspan(piece.length);
      offset += piece.length;
    }
    return StoreStatus::ok;
  }

  StoreStatus write(std::uint64_t offset, std::span<const std::byte> data) override {
    while (!data.empty()) {
      const Piece piece = piece_at(offset, data.size());
      std::byte* chunk = make(offset);
      if (chunk == nullptr) return StoreStatus::no_space;
      std::memcpy(chunk + piece.start, data.data(), piece.length);
      data = data.subspan(piece.length);
      offset += piece.length;
    }
    return StoreStatus::ok;
  }

  StoreStatus zero(std::uint64_t offset, std::uint64_t length, bool deallocate) override {
    while (length != 0) {
      auto& leaf = leaves_[offset / leaf_bytes];
      if (leaf == nullptr) {
        const std::uint64_t skipped = std::min(length, leaf_bytes - offset % leaf_bytes);
        offset += skipped;
        length -= skipped;
        continue;
      }
      const Piece piece = piece_at(offset, length);
      // The last chunk of the store may be shorter than a chunk.
      const bool whole = piece.start == 0 && (piece.length == chunk_bytes || offset + piece.length == size_);
      zero_piece(leaf, offset, piece, whole && deallocate);
      offset += piece.length;
      length -= piece.length;
    }
    return StoreStatus::ok;
  }

  void deallocate(std::uint64_t offset, std::uint64_t length) override {
    static_cast<void>(zero(offset, length, true));
  }

 private:
  struct Piece {
    std::size_t start, length;  // within one chunk
  };
  static Piece piece_at(std::uint64_t offset, std::uint64_t left) {
    const std::uint64_t start = offset % chunk_bytes;
    return {static_cast<std::size_t>(start), static_cast<std::size_t>(std::min(left, chunk_bytes - start))};
  }

  const Chunk* find(std::uint64_t offset) const {
    const auto& leaf = leaves_[offset / leaf_bytes];
    if (leaf == nullptr) return nullptr;
    const Chunk& chunk = leaf->chunks[offset / chunk_bytes % chunks_per_leaf];
    return chunk == nullptr ? nullptr : &chunk;
  }

  std::byte* make(std::uint64_t offset) {
    auto& leaf = leaves_[offset / leaf_bytes];
    if (leaf == nullptr) leaf.reset(new (std::nothrow) Leaf);
    if (leaf == nullptr) return nullptr;
    Chunk& chunk = leaf->chunks[offset / chunk_bytes % chunks_per_leaf];
    if (chunk == nullptr) {
      chunk.reset(static_cast<std::byte*>(std::calloc(1, chunk_bytes)));
      if (chunk == nullptr) return nullptr;
      ++leaf->used;
      ++chunks_;
    }
    return chunk.get();
  }

  void zero_piece(std::unique_ptr<Leaf>& leaf, std::uint64_t offset, Piece piece, bool give_back) {
    Chunk& chunk = leaf->chunks[offset / chunk_bytes % chunks_per_leaf];
    if (chunk == nullptr) return;
    if (!give_back) {
      std::memset(chunk.get() + piece.start, 0, piece.length);
      return;
    }
    chunk.reset();
    --chunks_;
    if (--leaf->used == 0) leaf.reset();
  }

  std::uint64_t size_;
  std::uint64_t chunks_ = 0;
  std::vector<std::unique_ptr<Leaf>> leaves_;
};

}  // namespace

Result<std::unique_ptr<BlockStore>> make_ram_store(std::uint64_t bytes) {
  if (bytes == 0 || bytes > max_ram_store_bytes)
    return fail(ErrorKind::usage, fmt::format("a namespace in memory cannot have {} bytes", bytes),
                fmt::format("give a size of at most {}, such as 64MiB", format_iec(max_ram_store_bytes)));
  return std::make_unique<RamStore>(bytes);
}

}  // namespace nvmectl::target
