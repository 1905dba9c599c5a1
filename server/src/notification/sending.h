#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace parley::notification {

// What came of handing something to a mail server or a provider.
struct Sending {
  enum class Outcome : std::uint8_t {
    sent,       // it is theirs now
    try_later,  // they cannot take it at the moment, or cannot be reached
    refused,    // they will never take it
  };
  Outcome outcome = Outcome::sent;
  std::string why{};                    // for the operator; holds nothing of the message
  std::chrono::seconds retry_after{0};  // when they say so
};

}  // namespace parley::notification
