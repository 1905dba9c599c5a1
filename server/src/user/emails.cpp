#include "user/emails.h"

#include <utility>

#include <fmt/format.h>

#include "user/email_address.h"
#include "user/letters.h"

namespace parley::user {

Emails::Emails(SecretStore& secrets, UserStore& users, Passwords& passwords, PasswordGuard& guard,
               Sessions& sessions, Notices& notices, delivery::Router& router, const Clock& clock,
               std::string public_url, RegistrationRules rules)
    : secrets_(secrets),
      users_(users),
      passwords_(passwords),
      guard_(guard),
      sessions_(sessions),
      notices_(notices),
      router_(router),
      clock_(clock),
      public_url_(std::move(public_url)),
      rules_(std::move(rules)) {}

std::string Emails::make_link(std::string_view page, Secret& secret) const {
  const std::string token = new_refresh_token();
  secret.hash = hash_of_token(token);
  // Behind a '#', so that it is not sent to servers, and not logged by them, when it is opened.
  return fmt::format("{}/{}#{}", public_url_, page, token);
}

void Emails::add_verification(Tidings& tidings, const Profile& user) const {
  tidings.link = {.hash = {},
                  .purpose = Purpose::verify_email,
                  .user_id = user.id,
                  .data = user.email.value_or(""),
                  .expires_at = clock_.now() + kVerifyLifetime};
  const std::string link = make_link("verify-email", *tidings.link);
  tidings.letters.push_back(mail_to(user, "verify_email", {{"link", link}}));
}

Task<Result<Nothing>> Emails::send_again(Caller caller, Nothing) {
  const auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  if (!profile->email || profile->email_verified)
    co_return fail(Errc::validation_failed, "there is no address that is to be verified");
  Tidings tidings;
  add_verification(tidings, *profile);
  Secret link = *std::exchange(tidings.link, std::nullopt);
  co_await secrets_.keep(std::move(link), &tidings);
  co_return Nothing{};
}

Task<Result<Nothing>> Emails::verify(Caller, LinkToken command) {
  const auto secret = co_await secrets_.take(hash_of_token(command.token), Purpose::verify_email);
  if (!secret || !co_await users_.verify_email(secret->user_id, secret->data))
    co_return fail(Errc::invalid_link);
  if (auto profile = co_await users_.find(secret->user_id))
    router_.deliver(std::move(*profile), {secret->user_id});
  co_return Nothing{};
}

Task<Result<Nothing>> Emails::forgot_password(Caller, ForgotPassword command) {
  const auto email = checked_email(std::move(command.email));
  if (!email) co_return std::unexpected(email.error());
  const auto owner = co_await users_.owner_of_email(*email);
  const Profile addressee =
      (co_await users_.find(owner ? owner->user_id : UserId{})).value_or(Profile{});
  // Nobody is sent a mail, and all the rest is done for them as well: it takes as long.
  Secret secret{.hash = {},
                .purpose = Purpose::reset_password,
                .user_id = addressee.id,
                .data = {},
                .expires_at = clock_.now() + kResetLifetime};
  const std::string link = make_link("reset-password", secret);
  Tidings tidings;
  tidings.letters.push_back(mail_to(addressee, "reset_password", {{"link", link}}));
  co_await secrets_.keep(std::move(secret), &tidings);
  co_return Nothing{};
}

Task<Result<Nothing>> Emails::reset_password(Caller caller, ResetPassword command) {
  // The link is used up by the first password that may be chosen, not by a weak one.
  const std::string hash = hash_of_token(command.token);
  const auto secret = co_await secrets_.look(hash, Purpose::reset_password);
  const auto profile = secret ? co_await users_.find(secret->user_id) : std::nullopt;
  if (!profile) co_return fail(Errc::invalid_link);
  const std::array<std::string, 3> about{profile->username, profile->display_name,
                                         profile->email.value_or("")};
  if (const auto strong = check_password(command.password, "password", about); !strong)
    co_return std::unexpected(strong.error());
  auto password_hash = co_await passwords_.hash(std::move(command.password));
  if (!password_hash) co_return std::unexpected(password_hash.error());
  if (!co_await secrets_.take(hash, Purpose::reset_password)) co_return fail(Errc::invalid_link);

  Tidings tidings = Notices::tidings_of(SecurityEventKind::password_reset, caller);
  co_await users_.set_password(profile->id, std::move(*password_hash), &tidings);
  co_await sessions_.end_all(profile->id, SessionId{});
  notices_.announce(profile->id, std::move(tidings), caller);
  co_return Nothing{};
}

Task<Result<Profile>> Emails::set(Caller caller, SetEmail command) {
  auto email = checked_email(std::move(command.email));
  if (!email) co_return std::unexpected(email.error());
  if (!rules_.email_domains.empty() && !rules_.allows_email(*email))
    co_return fail(Errc::email_not_allowed);
  const auto confirmed = co_await guard_.confirm(caller, std::move(command.password), "password");
  if (!confirmed) co_return std::unexpected(confirmed.error());
  auto before = co_await users_.find(caller.user_id);
  if (!before) co_return fail(Errc::user_not_found);
  Tidings tidings = Notices::tidings_of(SecurityEventKind::email_changed, caller);
  if (before->email != *email || !before->email_verified) {
    before->email = *email;
    add_verification(tidings, *before);
  }
  auto profile = co_await users_.set_email(caller.user_id, std::move(*email), &tidings);
  if (!profile) co_return profile;
  notices_.announce(caller.user_id, std::move(tidings), caller);
  router_.deliver(*profile, {caller.user_id}, caller.connection);
  co_return profile;
}

}  // namespace parley::user
