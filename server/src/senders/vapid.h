#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "senders/private_key.h"

namespace parley::senders {

// A new key for Vapid, as read_vapid_key() takes it: 32 bytes in base64url. Whoever keeps it in a
// file or a database keeps it for good: browsers subscribe to one key, and another cannot reach
// their subscriptions.
std::string new_vapid_key();

// A private key of P-256: in PEM, or its 32 bytes in base64url as web-push tools write them.
std::optional<PrivateKey> read_vapid_key(std::string_view text);

// Vapid proves to push services that we are the server a browser subscribed to (RFC 8292).
// Safe to call from any thread.
class Vapid {
 public:
  // A token is good for this long, and used for a little less.
  static constexpr std::chrono::hours kValidity{12};
  static constexpr std::chrono::hours kUse{11};
  static constexpr std::size_t kMostOrigins = 256;

  // `contact` tells a push service whom to ask about us: mailto:… or https://…
  Vapid(PrivateKey key, std::string contact, const Clock& clock);

  // What a browser subscribes with (applicationServerKey): the public point in base64url.
  const std::string& public_key() const { return public_key_; }

  // The Authorization header for a push service, named as scheme://host[:port].
  std::string authorization(const std::string& origin);

 private:
  struct Token {
    std::string text;
    Timestamp made;
  };

  const PrivateKey key_;
  const std::string contact_;
  const std::string public_key_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Token> tokens_;
};

}  // namespace parley::senders
