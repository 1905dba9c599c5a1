#include "user/providers.h"

#include <boost/json/serialize.hpp>

#include "base/log.h"
#include "user/email_address.h"
#include "user/json_object.h"
#include "user/provider_account.h"
#include "user/token.h"
#include "user/username.h"

namespace parley::user {
namespace {

constexpr int kMostUsernames = 20;
constexpr std::size_t kLongestKept = 4096;

// A sign-in under way, as it is kept under its state.
struct UnderWay {
  std::string provider;
  ProviderQuestion question;
};

std::string to_text(const UnderWay& under_way) {
  return boost::json::serialize(boost::json::object{{"provider", under_way.provider},
                                                    {"verifier", under_way.question.verifier},
                                                    {"nonce", under_way.question.nonce}});
}

std::optional<UnderWay> from_text(std::string_view text, std::string state) {
  const auto kept = parse_object(text, kLongestKept);
  if (!kept) return std::nullopt;
  const auto member = [&](std::string_view name) {
    return std::string{text_member(*kept, name).value_or("")};
  };
  return UnderWay{
      .provider = member("provider"),
      .question = {
          .state = std::move(state), .nonce = member("nonce"), .verifier = member("verifier")}};
}

}  // namespace

Providers::Providers(const std::vector<ProviderSettings>& settings, delivery::HttpClient& http,
                     SecretStore& secrets, FactorStore& factors, UserStore& users,
                     Accounts& accounts, Sessions& sessions, const Clock& clock,
                     const std::string& public_url)
    : secrets_(secrets),
      factors_(factors),
      users_(users),
      accounts_(accounts),
      sessions_(sessions),
      clock_(clock) {
  for (const ProviderSettings& one : settings)
    providers_.try_emplace(one.name, one, public_url + "/sign-in/provider", http, clock);
}

Task<Result<SignInMethods>> Providers::methods(Caller, Nothing) {
  SignInMethods methods{.registration = accounts_.registration(),
                        .phone = true,
                        .email = true,
                        .passkeys = true,
                        .providers = {}};
  for (const auto& [name, provider] : providers_) methods.providers.push_back(name);
  co_return methods;
}

Task<Result<ProviderPage>> Providers::begin(Caller, BeginProviderSignIn command) {
  const auto found = providers_.find(command.provider);
  if (found == providers_.end()) co_return fail_field("provider", "there is no such provider");
  const ProviderQuestion question{
      .state = new_refresh_token(), .nonce = new_refresh_token(), .verifier = new_refresh_token()};
  auto url = co_await found->second.sign_in_page(question);
  if (!url) co_return std::unexpected(url.error());
  co_await secrets_.keep({.hash = hash_of_token(question.state),
                          .purpose = Purpose::provider,
                          .user_id = UserId{},
                          .data = to_text({.provider = command.provider, .question = question}),
                          .expires_at = clock_.now() + kTimeout});
  co_return ProviderPage{.url = std::move(*url), .state = question.state};
}

Task<Result<SignedIn>> Providers::complete(Caller caller, CompleteProviderSignIn command) {
  // What can be corrected is refused before the sign-in is used up.
  if (command.username) {
    auto username = checked_username(std::move(*command.username));
    if (!username) co_return std::unexpected(username.error());
    command.username = std::move(*username);
  }
  const auto secret = co_await secrets_.take(hash_of_token(command.state), Purpose::provider);
  if (!secret) {
    log::info("sign-in with a provider refused", {{"why", "the state is unknown"}});
    co_return fail(Errc::invalid_sign_in);
  }
  auto under_way = from_text(secret->data, command.state);
  const auto found = under_way ? providers_.find(under_way->provider) : providers_.end();
  if (found == providers_.end()) {
    log::info("sign-in with a provider refused", {{"why", "the provider is gone"}});
    co_return fail(Errc::invalid_sign_in);
  }
  IdentityProvider& provider = found->second;
  auto identity = co_await provider.redeem(command.code, std::move(under_way->question));
  if (!identity) co_return std::unexpected(identity.error());

  auto device = std::move(command.device);
  const auto user =
      co_await account_of(caller, provider.issuer(), std::move(*identity), std::move(command));
  if (!user) co_return std::unexpected(user.error());
  co_return co_await sessions_.open(std::move(caller), *user, std::move(device));
}

Task<Result<UserId>> Providers::account_of(const Caller& caller, const std::string& issuer,
                                           ProviderIdentity identity,
                                           CompleteProviderSignIn command) {
  if (const auto known = co_await factors_.find_identity(issuer, identity.subject))
    co_return *known;

  UserId user;
  if (const auto email = checked_email(identity.email.value_or(""))) {
    if (const auto owner = co_await users_.owner_of_email(*email)) user = owner->user_id;
  }
  const bool is_new = !user;
  if (is_new) {
    const auto profile = co_await make_account(caller, identity, std::move(command));
    if (!profile) co_return std::unexpected(profile.error());
    user = profile->id;
  }
  const auto added = co_await factors_.add_identity(issuer, identity.subject, user);
  if (!added) co_return std::unexpected(added.error());
  log::info("sign-in provider linked", {{"user", user}, {"new_account", is_new}});
  co_return user;
}

Task<Result<Profile>> Providers::make_account(const Caller& caller,
                                              const ProviderIdentity& identity,
                                              CompleteProviderSignIn command) {
  NewAccount account = account_for(identity);
  account.invite_token = std::move(command.invite_token);
  account.trace = caller.trace;
  if (command.username) {
    account.username = std::move(*command.username);
    co_return co_await accounts_.make(std::move(account));
  }
  for (int tries = 0; tries < kMostUsernames; ++tries) {
    NewAccount next = account;
    next.username = next_username(account.username, tries);
    auto made = co_await accounts_.make(std::move(next));
    if (made || made.error().code != Errc::username_taken) co_return made;
  }
  co_return fail(Errc::username_taken);
}

}  // namespace parley::user
