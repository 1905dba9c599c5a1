#include "user/contacts.h"

#include <utility>

#include "base/ascii.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "user/phone_number.h"

namespace parley::user {
namespace {

constexpr delivery::RatePolicy kPhoneLookups{
    .name = "phone_lookups", .count = 20, .period = std::chrono::hours{1}, .burst = 20};

constexpr std::int64_t kPage = 50;

// Puts the bytes of each in its place, or answers false when one is not `size` bytes in hex digits.
bool read_hashes(std::vector<std::string>& texts, std::size_t size) {
  for (std::string& text : texts) {
    auto bytes = from_hex(text);
    if (!bytes || bytes->size() != size) return false;
    text = std::move(*bytes);
  }
  return true;
}

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
    if (const auto wait =
            co_await limiter_.take(kPhoneLookups, std::to_string(caller.user_id.value()));
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

Task<Result<SaltForContacts>> Contacts::salt(Caller, Nothing) {
  const PhoneSalt salt = co_await store_.phone_salt();
  co_return SaltForContacts{
      .salt_id = salt.id,
      .salt =
          base64url({reinterpret_cast<const unsigned char*>(salt.salt.data()), salt.salt.size()}),
      .rotates_at = salt.rotates_at};
}

Task<Result<MatchedHashes>> Contacts::match(Caller caller, MatchContacts command) {
  if (!read_hashes(command.prefixes, 3)) co_return fail_field("prefixes", "6 hex digits each");
  auto hashes =
      co_await store_.registered(caller.user_id, command.salt_id, std::move(command.prefixes));
  if (!hashes) co_return std::unexpected(hashes.error());
  for (std::string& hash : *hashes) hash = to_hex(hash);
  co_return MatchedHashes{std::move(*hashes)};
}

Task<Result<SyncedContacts>> Contacts::sync(Caller caller, SyncContacts command) {
  if (!read_hashes(command.hashes, 32)) co_return fail_field("hashes", "64 hex digits each");
  if (command.remove.value_or(false)) {
    const auto removed =
        co_await store_.remove_hashed(caller.user_id, command.salt_id, std::move(command.hashes));
    if (!removed) co_return std::unexpected(removed.error());
    co_return SyncedContacts{.contacts = {}, .registered = *removed};
  }
  auto contacts =
      co_await store_.add_hashed(caller.user_id, command.salt_id, std::move(command.hashes));
  if (!contacts) co_return std::unexpected(contacts.error());
  SyncedContacts synced{.contacts = std::move(*contacts)};
  synced.registered = std::ssize(synced.contacts);
  co_return synced;
}

Task<Result<Privacy>> Contacts::privacy(Caller caller, Nothing) {
  co_return co_await store_.privacy(caller.user_id);
}

Task<Result<Privacy>> Contacts::set_privacy(Caller caller, SetPrivacy command) {
  return store_.set_privacy(caller.user_id,
                            {.last_seen = command.last_seen,
                             .online = command.online,
                             .avatar = command.avatar,
                             .about = command.about,
                             .groups = command.groups,
                             .read_receipts = command.read_receipts,
                             .except_user_ids = std::move(command.except_user_ids)});
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
