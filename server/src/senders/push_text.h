#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "notification/push_sender.h"

namespace parley::senders {

// Of a preview, in bytes. With these every service's limit of 4 KiB is kept, whatever is escaped.
inline constexpr std::size_t kLongestTitle = 192;
inline constexpr std::size_t kLongestBody = 1024;
// No service keeps a push for longer.
inline constexpr std::chrono::seconds kLongestTtl = std::chrono::days{28};

// The hint with what can be shown cut to that length, and control characters made spaces.
notification::PushHint fitted(notification::PushHint hint);

// UTF-8 cut to at most `most` bytes, between two characters; "…" stands where something is missing.
std::string shortened(std::string text, std::size_t most);

// What the app behind the push reads: kind, badge and, for a chat, chatId and seq.
boost::json::object facts_of(const notification::PushHint& hint);

// `size` characters of base64url that tell nothing of `key` but stay the same for it; size <= 43.
std::string opaque(std::string_view key, std::size_t size);

}  // namespace parley::senders
