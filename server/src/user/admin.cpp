#include "user/admin.h"

#include <utility>

#include "user/email_address.h"
#include "user/generated_password.h"
#include "user/phone_number.h"
#include "user/username.h"

namespace parley::user {
namespace {

constexpr std::int64_t kPage = 50;

// What of the command is to be checked before anything is stored, as it is kept.
Result<NewUser> checked(CreateAccount command) {
  auto username = checked_username(std::move(command.username));
  if (!username) return std::unexpected(username.error());
  if (command.email) {
    auto email = checked_email(std::move(*command.email));
    if (!email) return std::unexpected(email.error());
    command.email = std::move(*email);
  }
  if (command.phone_number && !is_phone_number(*command.phone_number))
    return fail_field("phoneNumber", "must be in E.164 form: + and 7 to 15 digits");
  NewUser user;
  user.display_name = command.display_name.value_or(*username);
  user.username = std::move(*username);
  user.email = std::move(command.email);
  user.phone_number = std::move(command.phone_number);
  user.role = command.role.value_or(Role::user);
  return user;
}

}  // namespace

Task<Result<AccountPage>> Admin::list(Caller caller, ListAccounts command) {
  AccountFilter filter{
      .query = std::move(command.q), .role = command.role, .suspended = command.suspended};
  co_return co_await store_.list(std::move(caller), std::move(filter), std::move(command.cursor),
                                 command.limit.value_or(kPage));
}

Task<Result<AccountInfo>> Admin::get(Caller caller, OneAccount command) {
  co_return co_await store_.get(std::move(caller), command.user_id);
}

Task<Result<std::string>> Admin::hash_of(std::string password) {
  if (const auto strong = check_password(password); !strong)
    co_return std::unexpected(strong.error());
  co_return co_await passwords_.hash(std::move(password));
}

Task<Result<CreatedAccount>> Admin::create(Caller caller, CreateAccount command) {
  std::optional<std::string> password = std::exchange(command.password, std::nullopt);
  auto user = checked(std::move(command));
  if (!user) co_return std::unexpected(user.error());
  if (password) {
    auto hash = co_await hash_of(std::move(*password));
    if (!hash) co_return std::unexpected(hash.error());
    user->password_hash = std::move(*hash);
  }
  auto account = co_await store_.create(std::move(caller), std::move(*user));
  if (!account) co_return std::unexpected(account.error());
  co_return CreatedAccount{std::move(*account)};
}

Task<Result<Nothing>> Admin::suspend(Caller caller, Suspend command) {
  const auto ended =
      co_await store_.suspend(std::move(caller), command.user_id, std::move(command.reason));
  if (!ended) co_return std::unexpected(ended.error());
  sessions_.ended(command.user_id, *ended);
  co_return Nothing{};
}

Task<Result<Nothing>> Admin::unsuspend(Caller caller, OneAccount command) {
  const auto done = co_await store_.unsuspend(std::move(caller), command.user_id);
  if (!done) co_return std::unexpected(done.error());
  co_return Nothing{};
}

Task<Result<Nothing>> Admin::remove(Caller caller, OneAccount command) {
  auto removed = co_await store_.remove(std::move(caller), command.user_id);
  if (!removed) co_return std::unexpected(removed.error());
  sessions_.ended(command.user_id, removed->sessions);
  announce(router_, std::move(*removed));
  co_return Nothing{};
}

Task<Result<GivenPassword>> Admin::reset_password(Caller caller, ResetPasswordOf command) {
  GivenPassword given;
  if (!command.password) given.password = command.password = generated_password();
  auto hash = co_await hash_of(std::move(*command.password));
  if (!hash) co_return std::unexpected(hash.error());
  const auto ended =
      co_await store_.set_password(std::move(caller), command.user_id, std::move(*hash));
  if (!ended) co_return std::unexpected(ended.error());
  sessions_.ended(command.user_id, *ended);
  co_return given;
}

Task<Result<Nothing>> Admin::set_role(Caller caller, SetAccountRole command) {
  const auto ended = co_await store_.set_role(std::move(caller), command.user_id, command.role);
  if (!ended) co_return std::unexpected(ended.error());
  sessions_.ended(command.user_id, *ended);
  co_return Nothing{};
}

Task<Result<AuditPage>> Admin::audit(Caller caller, ListAudit command) {
  AuditFilter filter{.actor_id = command.actor_id,
                     .subject_id = command.subject_id,
                     .action = std::move(command.action)};
  co_return co_await store_.audit(std::move(caller), std::move(filter), std::move(command.cursor),
                                  command.limit.value_or(kPage));
}

}  // namespace parley::user
