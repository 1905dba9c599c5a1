#include "senders/push_text.h"

#include <algorithm>
#include <array>
#include <span>

#include <openssl/sha.h>

#include "base/base64url.h"

namespace parley::senders {
namespace {

constexpr std::string_view kEllipsis = "…";

std::string without_controls(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most - kEllipsis.size();
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  while (end > 0 && continues(end)) --end;
  text.resize(end);
  return text.append(kEllipsis);
}

notification::PushHint fitted(notification::PushHint hint) {
  if (hint.title) hint.title = shortened(without_controls(std::move(*hint.title)), kLongestTitle);
  if (hint.body) hint.body = shortened(without_controls(std::move(*hint.body)), kLongestBody);
  hint.badge = std::max<std::int64_t>(hint.badge, 0);
  hint.ttl = std::clamp(hint.ttl, std::chrono::seconds{0}, kLongestTtl);
  return hint;
}

boost::json::object facts_of(const notification::PushHint& hint) {
  boost::json::object facts{{"kind", hint.reason == PushReason::test ? "test" : "message"},
                            {"badge", hint.badge}};
  if (!hint.chat_id.empty()) {
    facts["chatId"] = hint.chat_id;
    facts["seq"] = hint.seq;
  }
  return facts;
}

std::string opaque(std::string_view key, std::size_t size) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  return base64url(digest).substr(0, size);
}

}  // namespace parley::senders
