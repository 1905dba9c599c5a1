#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "user/accounts.h"
#include "user/factor_store.h"
#include "user/identity_provider.h"
#include "user/secret_store.h"
#include "user/sessions.h"

namespace parley::user {

// By what ways people come in here.
struct SignInMethods {
  Registration registration = Registration::open;
  bool phone = false;
  bool email = false;
  bool passkeys = false;
  std::vector<std::string> providers;  // for auth:oidc-begin
};
BOOST_DESCRIBE_STRUCT(SignInMethods, (), (registration, phone, email, passkeys, providers))

struct BeginProviderSignIn {
  std::string provider;

  static constexpr std::array kLimits{Limit{"provider", Limit::Of::bytes, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(BeginProviderSignIn, (), (provider))

// Where to send somebody. The client keeps `state`, and goes on only if the same comes back: else
// somebody might sign it in as another.
struct ProviderPage {
  std::string url;
  std::string state;
};
BOOST_DESCRIBE_STRUCT(ProviderPage, (), (url, state))

// What the provider sent back with them; the rest is for who is new here.
struct CompleteProviderSignIn {
  std::string code;
  std::string state;
  std::optional<std::string> username{};
  std::optional<std::string> invite_token{};
  std::optional<std::string> device{};

  static constexpr std::array kLimits{Limit{"code", Limit::Of::bytes, 1, 4096},
                                      Limit{"state", Limit::Of::bytes, 1, 128},
                                      Limit{"username", Limit::Of::characters, 3, 32},
                                      Limit{"inviteToken", Limit::Of::bytes, 1, 128},
                                      Limit{"device", Limit::Of::characters, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(CompleteProviderSignIn, (), (code, state, username, invite_token, device))

// Providers lets people in whom another server has signed in (OpenID Connect). Who they are there
// is kept; an e-mail address that both sides have verified makes a stranger the owner of an account
// that is here already. How well somebody proves who they are is the provider's business: no
// second factor is asked for here.
class Providers {
 public:
  static constexpr std::chrono::minutes kTimeout{10};

  Providers(const std::vector<ProviderSettings>& settings, delivery::HttpClient& http,
            SecretStore& secrets, FactorStore& factors, UserStore& users, Accounts& accounts,
            Sessions& sessions, const Clock& clock, const std::string& public_url);

  Task<Result<SignInMethods>> methods(Caller caller, Nothing command);

  // Begins a sign-in that is to be completed within kTimeout. Refuses with validation_failed when
  // there is no such provider, provider_unavailable.
  Task<Result<ProviderPage>> begin(Caller caller, BeginProviderSignIn command);

  // Completes it, once. Refuses with invalid_sign_in, whatever is wrong with what came back; with
  // provider_unavailable, account_suspended; and like Accounts::make() when somebody is new. A
  // username that somebody else has is refused if it was asked for, and else made another.
  Task<Result<SignedIn>> complete(Caller caller, CompleteProviderSignIn command);

 private:
  // Who somebody from a provider is here; an account is made when they are nobody yet.
  Task<Result<UserId>> account_of(const Caller& caller, const std::string& issuer,
                                  ProviderIdentity identity, CompleteProviderSignIn command);
  Task<Result<Profile>> make_account(const Caller& caller, const ProviderIdentity& identity,
                                     CompleteProviderSignIn command);

  SecretStore& secrets_;
  FactorStore& factors_;
  UserStore& users_;
  Accounts& accounts_;
  Sessions& sessions_;
  const Clock& clock_;
  std::map<std::string, IdentityProvider, std::less<>> providers_;
};

}  // namespace parley::user
