// Memory for data in transit: what a connection has to send, and buffers for commands whose data is on its way.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace nvmectl::target {

/// Bytes to be sent, in one piece. Room is handed out uninitialised, so that a store reads straight into it.
class OutputQueue {
 public:
  /// At least `count` writable bytes behind what is pending; commit() makes the first of them pending. Valid until the
  /// next call of a non-const function.
  [[nodiscard]] std::span<std::byte> prepare(std::size_t count);
  void commit(std::size_t count) { end_ += count; }
  [[nodiscard]] std::span<const std::byte> pending() const { return {storage_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  void consume(std::size_t count);
  /// Gives the memory back when nothing is pending.
  void trim();

 private:
  std::unique_ptr<std::byte[]> storage_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

/// Buffers of 16 KiB to 1 MiB that all connections share. The total is bounded: a connection that gets none waits.
class BufferPool {
 public:
  static constexpr std::size_t smallest = std::size_t{16} * 1024, classes = 7;
  static constexpr std::size_t largest = smallest << (classes - 1);  // 1 MiB

  /// Goes back to the pool when destroyed.
  class Buffer {
   public:
    Buffer() = default;
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
      swap(other);
      return *this;
    }
    ~Buffer();
    [[nodiscard]] std::byte* data() const { return memory_.get(); }
    [[nodiscard]] explicit operator bool() const { return memory_ != nullptr; }

   private:
    friend class BufferPool;
    void swap(Buffer& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(memory_, other.memory_);
      std::swap(index_, other.index_);
    }
    BufferPool* pool_ = nullptr;
    std::unique_ptr<std::byte[]> memory_;
    std::size_t index_ = 0;
  };

  explicit BufferPool(std::size_t limit) : limit_(limit) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  /// A buffer of at least `count` bytes (at most `largest`), uninitialised; an empty one when the limit is reached.
  [[nodiscard]] Buffer take(std::size_t count);
  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  /// True once after a buffer came back while somebody had been refused one.
  [[nodiscard]] bool take_relief() { return std::exchange(relief_, false); }

 private:
  std::array<std::vector<std::unique_ptr<std::byte[]>>, classes> free_;
  std::size_t limit_, in_use_ = 0, cached_ = 0;
  bool refused_ = false, relief_ = false;
};

}  // namespace nvmectl::target
