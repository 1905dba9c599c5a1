#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "delivery/leases.h"

namespace parley::delivery {

// Leases without an end of their own: `holders` says whose each is.
class FakeLeases final : public Leases {
 public:
  Task<bool> hold(std::string name, std::uint64_t holder, std::chrono::seconds how_long) override {
    const auto [lease, is_free] = holders.try_emplace(name, holder);
    const bool held = is_free || lease->second == holder;
    if (held && how_long == std::chrono::seconds::zero()) holders.erase(name);
    co_return held;
  }
  Task<bool> is_held(std::string name) override { co_return holders.contains(name); }

  std::map<std::string, std::uint64_t> holders;
};

}  // namespace parley::delivery
