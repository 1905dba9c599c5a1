#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "delivery/rate_limiter.h"
#include "model/contact.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/session.h"
#include "user/contact_store.h"
#include "user/service.h"

namespace parley::user {

struct SearchUsers {
  std::string q;
  std::optional<std::int64_t> limit;

  static constexpr std::array kLimits{Limit{"q", Limit::Of::characters, 2, 32},
                                      Limit{"limit", Limit::Of::value, 1, 20}};
};
BOOST_DESCRIBE_STRUCT(SearchUsers, (), (q, limit))

struct FoundUsers {
  std::vector<User> users;
};
BOOST_DESCRIBE_STRUCT(FoundUsers, (), (users))

struct ListContacts {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListContacts, (), (limit, cursor))

// Names somebody in exactly one way.
struct AddContact {
  std::optional<UserId> user_id;
  std::optional<std::string> username;
  std::optional<std::string> phone_number;
  std::optional<std::string> name;

  static constexpr std::array kLimits{Limit{"name", Limit::Of::characters, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(AddContact, (), (user_id, username, phone_number, name))

struct UpdateContact {
  UserId user_id;
  std::optional<std::string> name;  // an empty one takes it away
  std::optional<bool> favourite;

  static constexpr std::array kLimits{Limit{"name", Limit::Of::characters, 0, 64}};
};
BOOST_DESCRIBE_STRUCT(UpdateContact, (), (user_id, name, favourite))

struct OnePerson {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(OnePerson, (), (user_id))

struct SuggestContacts {
  std::optional<std::int64_t> limit;

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 50}};
};
BOOST_DESCRIBE_STRUCT(SuggestContacts, (), (limit))

struct Suggestions {
  std::vector<Suggestion> users;
};
BOOST_DESCRIBE_STRUCT(Suggestions, (), (users))

struct ListBlocked {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListBlocked, (), (limit, cursor))

struct SaltForContacts {
  SaltId salt_id;
  std::string salt;  // base64url
  std::int64_t prefix_bytes = 3;
  Timestamp rotates_at;
};
BOOST_DESCRIBE_STRUCT(SaltForContacts, (), (salt_id, salt, prefix_bytes, rotates_at))

struct MatchContacts {
  SaltId salt_id;
  std::vector<std::string> prefixes;  // of hashes: 6 hex digits each

  static constexpr std::array kLimits{Limit{"prefixes", Limit::Of::items, 0, 5000}};
};
BOOST_DESCRIBE_STRUCT(MatchContacts, (), (salt_id, prefixes))

struct MatchedHashes {
  std::vector<std::string> hashes;  // 64 hex digits each
};
BOOST_DESCRIBE_STRUCT(MatchedHashes, (), (hashes))

struct SyncContacts {
  SaltId salt_id;
  std::vector<std::string> hashes;  // 64 hex digits each
  std::optional<bool> remove;       // forget them instead

  static constexpr std::array kLimits{Limit{"hashes", Limit::Of::items, 0, 5000}};
};
BOOST_DESCRIBE_STRUCT(SyncContacts, (), (salt_id, hashes, remove))

struct SyncedContacts {
  std::vector<Contact> contacts;  // none when they were removed
  std::int64_t registered = 0;    // of the hashes
};
BOOST_DESCRIBE_STRUCT(SyncedContacts, (), (contacts, registered))

struct SetPrivacy {
  std::optional<Audience> last_seen;
  std::optional<Audience> online;
  std::optional<Audience> avatar;
  std::optional<Audience> about;
  std::optional<Audience> groups;
  std::optional<bool> read_receipts;
  std::optional<std::vector<UserId>> except_user_ids;

  static constexpr std::array kLimits{Limit{"exceptUserIds", Limit::Of::items, 0, 256}};
};
BOOST_DESCRIBE_STRUCT(SetPrivacy, (),
                      (last_seen, online, avatar, about, groups, read_receipts, except_user_ids))

// What people do with the people they know: finding, saving and blocking them. Whoever may not be
// known of (ContactStore) is user_not_found.
class Contacts {
 public:
  Contacts(ContactStore& store, delivery::RateLimiter& limiter)
      : store_(store), limiter_(limiter) {}

  Task<Result<FoundUsers>> search(Caller caller, SearchUsers command);

  Task<Result<ContactPage>> list(Caller caller, ListContacts command);
  // Phone numbers are looked up 20 times an hour (rate_limited), so that nobody tries them all.
  Task<Result<AddedContact>> add(Caller caller, AddContact command);
  Task<Result<Contact>> update(Caller caller, UpdateContact command);
  Task<Result<Nothing>> remove(Caller caller, OnePerson command);
  Task<Result<Suggestions>> suggestions(Caller caller, SuggestContacts command);

  // Contact sync (docs/privacy.md): the salt, whose numbers begin so, and saving those people. The
  // latter two refuse with stale_salt.
  Task<Result<SaltForContacts>> salt(Caller caller, Nothing command);
  Task<Result<MatchedHashes>> match(Caller caller, MatchContacts command);
  Task<Result<SyncedContacts>> sync(Caller caller, SyncContacts command);

  Task<Result<Privacy>> privacy(Caller caller, Nothing command);
  Task<Result<Privacy>> set_privacy(Caller caller, SetPrivacy command);

  Task<Result<UserPage>> blocked(Caller caller, ListBlocked command);
  Task<Result<Nothing>> block(Caller caller, OnePerson command);
  Task<Result<Nothing>> unblock(Caller caller, OnePerson command);

 private:
  ContactStore& store_;
  delivery::RateLimiter& limiter_;
};

}  // namespace parley::user
