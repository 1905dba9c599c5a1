#pragma once

#include <expected>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "delivery/http_client.h"
#include "notification/push_sender.h"
#include "senders/private_key.h"

namespace parley::senders {

// An account of Google's that is no person's: what its JSON file holds.
struct ServiceAccount {
  std::string project;
  std::string email;
  std::string key_id;
  PrivateKey key;
  std::string token_url;
};

// Or a sentence that says what is wrong with the file; it repeats nothing of it.
std::expected<ServiceAccount, std::string> read_service_account(std::string_view json);

// AccessToken keeps the token that the account's requests carry, and fetches another in time
// (RFC 7523). Safe to call from any loop. Callers who find none at the same moment each fetch one;
// all of those are good.
class AccessToken {
 public:
  // A token is given up this long before its end, or at half of its time when that is later.
  static constexpr std::chrono::minutes kReserve{5};

  // Keeps a reference to each but the strings.
  AccessToken(delivery::HttpClient& http, const ServiceAccount& account, std::string scope,
              const Clock& clock);

  // Or why there is none: refused when the account is, postponed when nobody answers.
  Task<std::expected<std::string, notification::PushSending>> get();

  // Fetches another next time, unless that has been done already.
  void forget(const std::string& token);

 private:
  std::string assertion(Timestamp now) const;
  std::expected<std::string, notification::PushSending> keep(const delivery::OutboundAnswer& answer,
                                                             Timestamp asked);

  delivery::HttpClient& http_;
  const ServiceAccount& account_;
  const std::string scope_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string token_;
  Timestamp until_{};
};

}  // namespace parley::senders
