#include "target/buffers.hpp"

#include <algorithm>
#include <cstring>

namespace nvmectl::target {
namespace {

constexpr std::size_t first_capacity = std::size_t{16} * 1024;
constexpr std::size_t most_cached = std::size_t{32} << 20U;

std::size_t class_of(std::size_t count) {
  std::size_t index = 0;
  while ((BufferPool::smallest << index) < count) ++index;
  return index;
}

}  // namespace

std::span<std::byte> OutputQueue::prepare(std::size_t count) {
  if (capacity_ - end_ < count) {
    const std::size_t pending_bytes = size();
    if (capacity_ >= pending_bytes + count && begin_ >= pending_bytes) {
      std::memcpy(storage_.get(), storage_.get() + begin_, pending_bytes);
    } else {
      const std::size_t wanted = std::max({first_capacity, pending_bytes + count, std::min(capacity_ * 2, count * 4)});
      auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
      if (pending_bytes != 0) std::memcpy(larger.get(), storage_.get() + begin_, pending_bytes);
      storage_ = std::move(larger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = pending_bytes;
  }
  return {storage_.get() + end_, capacity_ - end_};
}

void OutputQueue::consume(std::size_t count) {
  begin_ += count;
  if (begin_ == end_) begin_ = end_ = 0;
}

void OutputQueue::trim() {
  if (!empty()) return;
  storage_.reset();
  capacity_ = begin_ = end_ = 0;
}

BufferPool::Buffer::~Buffer() {
  if (pool_ == nullptr) return;
  const std::size_t bytes = smallest << index_;
  pool_->in_use_ -= bytes;
  if (std::exchange(pool_->refused_, false)) pool_->relief_ = true;
  if (pool_->cached_ + bytes > most_cached) return;
  pool_->cached_ += bytes;
  pool_->free_[index_].push_back(std::move(memory_));
}

BufferPool::Buffer BufferPool::take(std::size_t count) {
  Buffer buffer;
  const std::size_t index = class_of(std::min(count, largest));
  const std::size_t bytes = smallest << index;
  if (in_use_ + bytes > limit_) {
    refused_ = true;
    return buffer;
  }
  if (auto& ready = free_[index]; !ready.empty()) {
    buffer.memory_ = std::move(ready.back());
    ready.pop_back();
    cached_ -= bytes;
  } else {
    buffer.memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  }
  buffer.pool_ = this;
  buffer.index_ = index;
  in_use_ += bytes;
  return buffer;
}

}  // namespace nvmectl::target
