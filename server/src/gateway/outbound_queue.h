#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/announcement.h"

namespace parley::gateway {

// Frames on their way to one client, oldest first. An empty queue holds no memory.
class OutboundQueue {
 public:
  void push(delivery::Frame frame) {
    bytes_ += frame->size();
    frames_.push_back(std::move(frame));
  }

  bool empty() const { return first_ == frames_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return frames_.size() - first_; }
  std::size_t places() const { return frames_.capacity(); }  // memory, for tests

  // What waits of the first frame.
  std::string_view front() const { return std::string_view{*frames_[first_]}.substr(written_); }
  // Appends what waits to `out`, until it has `most` bytes.
  void copy_to(std::string& out, std::size_t most) const;
  // The payloads of all that waits, as one JSON array in one frame.
  void batch();
  // Takes away what was written.
  void drop(std::size_t bytes);
  // Takes away every frame of which nothing was written yet.
  void drop_unwritten();
  void clear();

 private:
  std::vector<delivery::Frame> frames_;
  std::size_t first_ = 0;    // the first that was not written whole
  std::size_t written_ = 0;  // of that one
  std::size_t bytes_ = 0;
};

}  // namespace parley::gateway
