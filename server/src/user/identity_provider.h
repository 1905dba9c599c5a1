#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/http_client.h"
#include "model/error.h"
#include "user/id_token.h"
#include "user/provider_keys.h"

namespace parley::user {

struct ProviderSettings {
  std::string name;  // as people know it, and clients name it
  std::string issuer;
  std::string client_id;
  std::string client_secret;  // empty: a public client
  std::string scopes = "openid email profile";
};

// What binds the answer of a provider to the question: random, and known to nobody else.
struct ProviderQuestion {
  std::string state;     // comes back beside the code
  std::string nonce;     // comes back in the ID token
  std::string verifier;  // proves that whoever redeems the code asked for it (PKCE)
};

// IdentityProvider speaks to one provider by OpenID Connect: the authorization code flow with PKCE.
// Where it is to be asked and with what keys it signs is read from it, and kept for a while. All
// that goes wrong is logged, without a secret. Safe to call from any loop.
class IdentityProvider {
 public:
  static constexpr std::chrono::hours kKeepFor{1};
  // Tokens with an unknown key make us look for new keys at most this often.
  static constexpr std::chrono::minutes kKeysPause{1};

  // The provider sends people back to `redirect_uri`.
  IdentityProvider(ProviderSettings settings, std::string redirect_uri, delivery::HttpClient& http,
                   const Clock& clock);

  const std::string& issuer() const { return settings_.issuer; }

  // The page of the provider where somebody signs in. Refuses with provider_unavailable.
  Task<Result<std::string>> sign_in_page(ProviderQuestion question);

  // Who signed in there and came back with this code. Refuses with invalid_sign_in, whatever is
  // wrong; with provider_unavailable.
  Task<Result<ProviderIdentity>> redeem(std::string code, ProviderQuestion question);

 private:
  struct Endpoints {
    std::string authorization;
    std::string token;
    std::string keys;
    Timestamp read_at;
  };
  struct Keys {
    ProviderKeys keys;
    Timestamp read_at;
  };
  using EndpointsPtr = std::shared_ptr<const Endpoints>;
  using KeysPtr = std::shared_ptr<const Keys>;

  Task<Result<EndpointsPtr>> endpoints();
  Task<Result<KeysPtr>> keys(std::string url, std::chrono::seconds most_age);
  // The body of a good answer; refuses with provider_unavailable.
  Task<Result<std::string>> read(std::string url, std::string_view what);
  Task<Result<std::string>> id_token(std::string url, std::string code, std::string verifier);
  Task<Result<ProviderIdentity>> verify(std::string token, std::string nonce, std::string keys_url);

  bool may_ask(std::string_view url) const;
  std::unexpected<Error> unavailable(std::string_view what, std::string_view why) const;
  std::unexpected<Error> refuse(std::string_view why) const;

  const ProviderSettings settings_;
  const std::string redirect_uri_;
  delivery::HttpClient& http_;
  const Clock& clock_;
  std::mutex mutex_;  // guards what follows
  EndpointsPtr endpoints_;
  KeysPtr keys_;
};

}  // namespace parley::user
