#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"

namespace parley::delivery {

// Cache keeps copies of small values for a while, for those who would ask the store again. It may
// forget any of them at any time, and when it cannot be reached every value is missed: nobody may
// depend on what it keeps. Never throws. What it is given lives until the task is done. Safe to
// call from any loop.
class Cache {
 public:
  // What is larger is not kept.
  static constexpr std::size_t kLargestValue = 64 << 10;

  virtual ~Cache() = default;

  virtual Task<std::optional<std::string>> get(std::string_view key) = 0;
  virtual Task<void> set(std::string_view key, std::string value,
                         std::chrono::milliseconds keep) = 0;
  // False when it may still be there until its time is over.
  virtual Task<bool> erase(std::string_view key) = 0;
};

}  // namespace parley::delivery
