#include "gateway/outbound_queue.h"

#include <memory>

#include "gateway/websocket_frame.h"

namespace parley::gateway {

void OutboundQueue::copy_to(std::string& out, std::size_t most) const {
  std::size_t skip = written_;
  for (std::size_t i = first_; i < frames_.size(); ++i) {
    if (out.size() >= most) return;
    out.append(*frames_[i], skip, most - out.size());
    skip = 0;
  }
}

void OutboundQueue::batch() {
  // Only whole text frames can be put together; a frame half written stays before them.
  // What was put together before, and could not be written, stays as it is.
  std::size_t begin = first_ + (written_ > 0 ? 1 : 0);
  while (begin < frames_.size() && payload_of(*frames_[begin]).starts_with('[')) ++begin;
  if (frames_.size() < begin + 2) return;
  std::string array = "[";
  for (std::size_t i = begin; i < frames_.size(); ++i) {
    if (static_cast<Opcode>((*frames_[i])[0] & 0x0F) != Opcode::text) return;
    if (i != begin) array += ',';
    array += payload_of(*frames_[i]);
  }
  array += ']';
  for (std::size_t i = begin; i < frames_.size(); ++i) bytes_ -= frames_[i]->size();
  std::string frame;
  append_frame(frame, Opcode::text, array);
  frames_.resize(begin);
  push(std::make_shared<const std::string>(std::move(frame)));
}

void OutboundQueue::drop(std::size_t bytes) {
  bytes_ -= bytes;
  written_ += bytes;
  while (first_ < frames_.size() && written_ >= frames_[first_]->size()) {
    written_ -= frames_[first_]->size();
    frames_[first_++].reset();
  }
  if (empty()) return clear();
  // A queue that is never quite empty must not keep the places of all that went through it.
  constexpr std::size_t kMostGone = 64;
  if (first_ > kMostGone && first_ > size()) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void OutboundQueue::drop_unwritten() {
  for (std::size_t i = first_ + (written_ > 0 ? 1 : 0); i < frames_.size(); ++i)
    bytes_ -= frames_[i]->size();
  frames_.resize(first_ + (written_ > 0 ? 1 : 0));
  if (empty()) clear();
}

void OutboundQueue::clear() {
  // A busy connection keeps a small vector; an idle one keeps nothing.
  constexpr std::size_t kKept = 8;
  frames_.clear();
  if (frames_.capacity() > kKept) frames_.shrink_to_fit();
  first_ = written_ = bytes_ = 0;
}

}  // namespace parley::gateway
