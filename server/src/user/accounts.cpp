#include "user/accounts.h"

#include <vector>

#include "user/email_address.h"
#include "user/phone_number.h"
#include "user/username.h"

namespace parley::user {

Task<Result<Profile>> Accounts::make(NewAccount account) {
  if (account.email) {
    auto email = checked_email(std::move(*account.email));
    if (!email) co_return std::unexpected(email.error());
    account.email = std::move(*email);
  }
  if (const auto may = rules_.may_register(account.email, account.invite_token); !may)
    co_return std::unexpected(may.error());
  auto username = checked_username(std::move(account.username));
  if (!username) co_return std::unexpected(username.error());
  if (account.phone_number && !is_phone_number(*account.phone_number))
    co_return fail_field("phoneNumber", "must be in E.164 form: + and 7 to 15 digits");

  std::string hash;
  if (account.password) {
    const std::vector<std::string> about{*username, account.display_name.value_or(""),
                                         account.email.value_or("")};
    if (const auto strong = check_password(*account.password, "password", about); !strong)
      co_return std::unexpected(strong.error());
    auto made = co_await passwords_.hash(std::move(*account.password));
    if (!made) co_return std::unexpected(made.error());
    hash = std::move(*made);
  }
  NewUser user{.username = *username,
               .display_name = account.display_name.value_or(*username),
               .email = std::move(account.email),
               .email_verified = account.email_verified,
               .phone_number = std::move(account.phone_number),
               .phone_verified = account.phone_verified,
               .language = std::move(account.language),
               .password_hash = std::move(hash),
               .role = Role::user,
               .invite_hash = rules_.invite_hash(account.invite_token)};
  Tidings tidings;
  tidings.trace = account.trace;
  if (user.email && !user.email_verified) {
    Profile profile;
    profile.display_name = user.display_name;
    profile.email = user.email;
    profile.language = user.language;
    emails_.add_verification(tidings, profile);
  }
  co_return co_await users_.create(std::move(user), &tidings);
}

}  // namespace parley::user
