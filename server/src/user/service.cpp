#include "user/service.h"

#include <array>

#include "base/ascii.h"

namespace parley::user {

Service::Service(UserStore& users, Accounts& accounts, Passwords& passwords, PasswordGuard& guard,
                 SecondFactor& second_factor, Sessions& sessions, Notices& notices,
                 delivery::Router& router)
    : users_(users),
      accounts_(accounts),
      passwords_(passwords),
      guard_(guard),
      second_factor_(second_factor),
      sessions_(sessions),
      notices_(notices),
      router_(router) {}

Task<Result<Registered>> Service::register_user(Caller caller, Register command) {
  const auto made = co_await accounts_.make({.username = std::move(command.username),
                                             .display_name = std::move(command.display_name),
                                             .email = std::move(command.email),
                                             .phone_number = std::move(command.phone_number),
                                             .language = std::move(command.language),
                                             .invite_token = std::move(command.invite_token),
                                             .password = std::move(command.password),
                                             .trace = caller.trace});
  if (!made) co_return std::unexpected(made.error());
  auto signed_in = co_await sessions_.open(std::move(caller), made->id, std::move(command.device));
  if (!signed_in) co_return std::unexpected(signed_in.error());
  co_return Registered{std::move(*signed_in)};
}

Task<Result<SignedIn>> Service::sign_in(Caller caller, SignIn command) {
  const auto user =
      co_await guard_.identify(caller, std::move(command.username), std::move(command.password));
  if (!user) co_return std::unexpected(user.error());
  const auto passed = co_await second_factor_.check(*user, std::move(command.second_factor_code));
  if (!passed) co_return std::unexpected(passed.error());
  co_return co_await sessions_.open(std::move(caller), *user, std::move(command.device));
}

Task<Result<Nothing>> Service::set_password(Caller caller, SetPassword command) {
  const auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  const auto confirmed =
      co_await guard_.confirm(caller, std::move(command.current_password), "currentPassword");
  if (!confirmed) co_return std::unexpected(confirmed.error());
  const std::array<std::string, 3> about{profile->username, profile->display_name,
                                         profile->email.value_or("")};
  if (const auto strong = check_password(command.new_password, "newPassword", about); !strong)
    co_return std::unexpected(strong.error());
  auto hash = co_await passwords_.hash(std::move(command.new_password));
  if (!hash) co_return std::unexpected(hash.error());
  Tidings tidings = Notices::tidings_of(SecurityEventKind::password_changed, caller);
  co_await users_.set_password(caller.user_id, std::move(*hash), &tidings);
  co_await sessions_.end_all(caller.user_id, caller.session_id);
  notices_.announce(caller.user_id, std::move(tidings), caller);
  co_return Nothing{};
}

Task<Result<Nothing>> Service::delete_account(Caller caller, DeleteAccount command) {
  const auto confirmed = co_await guard_.confirm(caller, std::move(command.password), "password");
  if (!confirmed) co_return std::unexpected(confirmed.error());
  Tidings tidings;
  tidings.trace = caller.trace;
  auto removed = co_await users_.remove(caller.user_id, &tidings);
  if (!removed) co_return std::unexpected(removed.error());
  sessions_.ended(caller.user_id, removed->sessions);
  for (auto& departure : removed->departures)
    router_.deliver(std::move(departure.event), std::move(departure.recipients));
  co_return Nothing{};
}

Task<Result<Profile>> Service::profile(Caller caller, Nothing) {
  auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  co_return std::move(*profile);
}

Task<Result<Profile>> Service::update(Caller caller, UpdateProfile command) {
  if (command.status_until && !command.status_text)
    co_return fail_field("statusUntil", "goes with a `statusText`");
  Tidings tidings;
  tidings.trace = caller.trace;
  auto profile = co_await users_.update(caller.user_id,
                                        {.display_name = std::move(command.display_name),
                                         .about = std::move(command.about),
                                         .first_name = std::move(command.first_name),
                                         .last_name = std::move(command.last_name),
                                         .status_text = std::move(command.status_text),
                                         .status_until = command.status_until,
                                         .language = std::move(command.language),
                                         .public_key = std::move(command.public_key),
                                         .identity_key = std::move(command.identity_key)},
                                        &tidings);
  if (profile) router_.deliver(*profile, {caller.user_id}, caller.connection);
  co_return profile;
}

Task<Result<User>> Service::find(Caller caller, FindUser command) {
  auto user =
      co_await users_.find_by_name(caller.user_id, lower_ascii(std::move(command.username)));
  if (!user) co_return fail(Errc::user_not_found);
  co_return std::move(*user);
}

Task<Result<PublicKey>> Service::public_key(Caller caller, FindUser command) {
  const auto found = co_await find(std::move(caller), std::move(command));
  if (!found) co_return std::unexpected(found.error());
  const auto profile = co_await users_.find(found->id);
  if (!profile) co_return fail(Errc::user_not_found);
  co_return PublicKey{.user_id = profile->id,
                      .username = profile->username,
                      .public_key = profile->public_key,
                      .identity_key = profile->identity_key};
}

}  // namespace parley::user
