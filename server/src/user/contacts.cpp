#include "user/contacts.h"

#include <utility>

#include "base/ascii.h"
#include "user/phone_number.h"

namespace parley::user {
namespace {

constexpr delivery::RatePolicy kPhoneLookups{
    .name = "phone_lookups", .count = 20, .period = std::chrono::hours{1}, .burst = 20};

constexpr std::int64_t kPage = 50;

}  // namespace

Task<Result<FoundUsers>> Contacts::search(Caller caller, SearchUsers command) {
  auto users =
      co_await store_.search(caller.user_id, std::move(command.q), command.limit.value_or(20));
  if (!users) co_return std::unexpected(users.error());
  co_return FoundUsers{std::move(*users)};
}

Task<Result<ContactPage>> Contacts::list(Caller caller, ListContacts command) {
  return store_.list(caller.user_id, std::move(command.cursor), command.limit.value_or(kPage));
}

Task<Result<AddedContact>> Contacts::add(Caller caller, AddContact command) {
  if (command.user_id.has_value() + command.username.has_value() +
          command.phone_number.has_value() !=
      1)
    co_return fail_field("userId", "give exactly one of userId, username and phoneNumber");
  if (command.phone_number) {
    if (!is_phone_number(*command.phone_number))
      co_return fail_field("phoneNumber", "must be in E.164 form: + and 7 to 15 digits");
    if (const auto wait = limiter_.take(kPhoneLookups, std::to_string(caller.user_id.value()));
        wait.count() > 0) {
      Error error{.code = Errc::rate_limited};
      error.retry_after = wait;
      co_return std::unexpected(std::move(error));
    }
  }
  Reference who{.user_id = command.user_id,
                .username = std::move(command.username),
                .phone_number = std::move(command.phone_number)};
  if (who.username) who.username = lower_ascii(std::move(*who.username));
  co_return co_await store_.add(caller.user_id, std::move(who), std::move(command.name));
}

Task<Result<Contact>> Contacts::update(Caller caller, UpdateContact command) {
  if (!command.name && !command.favourite) co_return fail_field("name", "give a name or favourite");
  co_return co_await store_.update(
      caller.user_id, command.user_id,
      {.name = std::move(command.name), .favourite = command.favourite});
}

Task<Result<Nothing>> Contacts::remove(Caller caller, OnePerson command) {
  const auto removed = co_await store_.remove(caller.user_id, command.user_id);
  if (!removed) co_return std::unexpected(removed.error());
  co_return Nothing{};
}

Task<Result<Suggestions>> Contacts::suggestions(Caller caller, SuggestContacts command) {
  auto users = co_await store_.suggestions(caller.user_id, command.limit.value_or(20));
  if (!users) co_return std::unexpected(users.error());
  co_return Suggestions{std::move(*users)};
}

Task<Result<UserPage>> Contacts::blocked(Caller caller, ListBlocked command) {
  return store_.blocked(caller.user_id, std::move(command.cursor), command.limit.value_or(kPage));
}

Task<Result<Nothing>> Contacts::block(Caller caller, OnePerson command) {
  if (command.user_id == caller.user_id) co_return fail_field("userId", "is you");
  const auto blocked = co_await store_.block(caller.user_id, command.user_id);
  if (!blocked) co_return std::unexpected(blocked.error());
  co_return Nothing{};
}

Task<Result<Nothing>> Contacts::unblock(Caller caller, OnePerson command) {
  co_await store_.unblock(caller.user_id, command.user_id);
  co_return Nothing{};
}

}  // namespace parley::user
