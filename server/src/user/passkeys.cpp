#include "user/passkeys.h"

#include <algorithm>

#include "base/base64url.h"
#include "user/client_description.h"
#include "user/cose_key.h"

namespace parley::user {
namespace {

constexpr std::string_view kUserVerification = "required";

std::string encoded(std::string_view bytes) {
  return base64url({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

// What an authenticator knows a user by: it must not tell who that is, so it is no name.
std::string handle_of(UserId user) {
  return hash_of_token("passkey user " + std::to_string(user.value()));
}

std::string host_of(std::string_view url) {
  url.remove_prefix(url.find("//") + 2);
  const bool has_brackets = url.starts_with('[');
  return std::string{url.substr(0, has_brackets ? url.find(']') + 1 : url.find(':'))};
}

std::int64_t milliseconds(std::chrono::milliseconds time) { return time.count(); }

}  // namespace

Passkeys::Passkeys(FactorStore& factors, SecretStore& secrets, UserStore& users, Sessions& sessions,
                   Notices& notices, const Clock& clock, const std::string& public_url)
    : factors_(factors),
      secrets_(secrets),
      users_(users),
      sessions_(sessions),
      notices_(notices),
      clock_(clock),
      party_{.id = host_of(public_url), .origins = {public_url}} {}

Task<std::string> Passkeys::give_challenge(Purpose purpose, UserId user) {
  const std::string challenge = new_challenge();
  co_await secrets_.keep({.hash = hash_of_token(challenge),
                          .purpose = purpose,
                          .user_id = user,
                          .data = {},
                          .expires_at = clock_.now() + kTimeout});
  co_return challenge;
}

Task<std::optional<std::string>> Passkeys::take_challenge(const std::string& client_data,
                                                          Purpose purpose, UserId user) {
  auto challenge = challenge_of(client_data);
  if (!challenge) co_return std::nullopt;
  const auto secret = co_await secrets_.take(hash_of_token(*challenge), purpose);
  if (!secret || secret->user_id != user) co_return std::nullopt;
  co_return challenge;
}

Task<Result<PasskeySignInOptions>> Passkeys::sign_in_options(Caller, Nothing) {
  const std::string challenge = co_await give_challenge(Purpose::passkey_sign_in, UserId{});
  co_return PasskeySignInOptions{.challenge = encoded(challenge),
                                 .rp_id = party_.id,
                                 .timeout = milliseconds(kTimeout),
                                 .user_verification = std::string{kUserVerification}};
}

Task<Result<SignedIn>> Passkeys::sign_in(Caller caller, PasskeySignIn command) {
  const auto client_data = from_base64url(command.client_data_json);
  const auto authenticator_data = from_base64url(command.authenticator_data);
  const auto signature = from_base64url(command.signature);
  const auto credential_id = from_base64url(command.credential_id);
  if (!client_data || !authenticator_data || !signature || !credential_id)
    co_return fail(Errc::invalid_passkey, "its members are base64url");
  const auto challenge = co_await take_challenge(*client_data, Purpose::passkey_sign_in, UserId{});
  const auto passkey = co_await factors_.find_passkey(*credential_id);
  if (!challenge || !passkey) co_return fail(Errc::invalid_passkey);
  if (command.user_handle && command.user_handle != encoded(handle_of(passkey->user_id)))
    co_return fail(Errc::invalid_passkey);

  const auto count = verify_assertion(party_, *challenge, passkey->public_key, passkey->sign_count,
                                      {.client_data_json = *client_data,
                                       .authenticator_data = *authenticator_data,
                                       .signature = *signature});
  if (!count) co_return std::unexpected(count.error());
  co_await factors_.passkey_used(passkey->id, *count);
  co_return co_await sessions_.open(std::move(caller), passkey->user_id, std::move(command.device));
}

Task<Result<PasskeyOptions>> Passkeys::options(Caller caller, Nothing) {
  const auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  const std::string challenge = co_await give_challenge(Purpose::passkey_adding, caller.user_id);
  PasskeyOptions options{.challenge = encoded(challenge),
                         .rp_id = party_.id,
                         .rp_name = "Parley",
                         .user_handle = encoded(handle_of(caller.user_id)),
                         .user_name = profile->username,
                         .display_name = profile->display_name,
                         .timeout = milliseconds(kTimeout),
                         .user_verification = std::string{kUserVerification},
                         .algorithms = {kSignatureAlgorithms.begin(), kSignatureAlgorithms.end()},
                         .exclude_credential_ids = {}};
  for (const std::string& id : co_await factors_.credential_ids(caller.user_id))
    options.exclude_credential_ids.push_back(encoded(id));
  co_return options;
}

Task<Result<AddedPasskey>> Passkeys::add(Caller caller, AddPasskey command) {
  const auto client_data = from_base64url(command.client_data_json);
  const auto attestation = from_base64url(command.attestation_object);
  if (!client_data || !attestation)
    co_return fail(Errc::invalid_passkey, "its members are base64url");
  const auto challenge =
      co_await take_challenge(*client_data, Purpose::passkey_adding, caller.user_id);
  if (!challenge) co_return fail(Errc::invalid_passkey);
  auto registered = verify_registration(party_, *challenge, *client_data, *attestation);
  if (!registered) co_return std::unexpected(registered.error());
  if (encoded(registered->credential_id) != command.credential_id)
    co_return fail(Errc::invalid_passkey, "the credential id is another one");

  Tidings tidings = Notices::tidings_of(SecurityEventKind::passkey_added, caller);
  auto added = co_await factors_.add_passkey(
      {.user_id = caller.user_id,
       .name = std::move(command.name).value_or(describe_client(caller.user_agent).device),
       .credential_id = std::move(registered->credential_id),
       .public_key = std::move(registered->public_key),
       .sign_count = registered->sign_count},
      &tidings);
  if (!added) co_return std::unexpected(added.error());
  notices_.announce(caller.user_id, std::move(tidings), caller);
  co_return AddedPasskey{.passkey = std::move(*added)};
}

Task<Result<PasskeyList>> Passkeys::list(Caller caller, Nothing) {
  co_return PasskeyList{.passkeys = co_await factors_.passkeys(caller.user_id)};
}

Task<Result<Nothing>> Passkeys::remove(Caller caller, OnePasskey command) {
  Tidings tidings = Notices::tidings_of(SecurityEventKind::passkey_removed, caller);
  const auto removed =
      co_await factors_.remove_passkey(caller.user_id, command.passkey_id, &tidings);
  if (!removed) co_return std::unexpected(removed.error());
  notices_.announce(caller.user_id, std::move(tidings), caller);
  co_return Nothing{};
}

}  // namespace parley::user
