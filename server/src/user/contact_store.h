#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/contact.h"
#include "model/error.h"
#include "model/privacy.h"

namespace parley::user {

// Names somebody in one of three ways; exactly one is given.
struct Reference {
  std::optional<UserId> user_id;
  std::optional<std::string> username;      // in lower case
  std::optional<std::string> phone_number;  // E.164; finds those who have verified it
};

struct AddedContact {
  Contact contact;
  bool first_time = true;

  const Contact& body() const { return contact; }
};

struct ContactChange {
  std::optional<std::string> name;  // an empty one takes it away
  std::optional<bool> favourite;
};

struct ContactPage {
  std::vector<Contact> contacts;
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(ContactPage, (), (contacts, next_cursor))

struct Suggestion {
  User user;
  std::int64_t common_chats = 0;  // groups
};
BOOST_DESCRIBE_STRUCT(Suggestion, (), (user, common_chats))

// What the hashes of contact sync are made with (user/phone_hash.h).
struct PhoneSalt {
  SaltId id;
  std::string salt;
  Timestamp rotates_at;
};

// What is absent stays.
struct PrivacyChange {
  std::optional<Audience> last_seen;
  std::optional<Audience> online;
  std::optional<Audience> avatar;
  std::optional<Audience> about;
  std::optional<Audience> groups;
  std::optional<bool> read_receipts;
  std::optional<std::vector<UserId>> except_user_ids;  // instead of those there are
};

struct UserPage {
  std::vector<User> users;
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(UserPage, (), (users, next_cursor))

// ContactStore keeps who knows whom and who has blocked whom, and finds people.
//
// Users come out as the one who asks may see them (model/privacy.h). Somebody who is not there,
// was deleted, has blocked the asker or was blocked by them is user_not_found alike. Every call is
// one transaction, and what it reports is on disk. Throws StorageUnavailable when nothing can be
// stored. Safe to call from any loop.
class ContactStore {
 public:
  virtual ~ContactStore() = default;

  // What `viewer` may see of `owner`.
  virtual Task<Sight> sight(UserId viewer, UserId owner) = 0;

  // Refuses with user_not_found.
  virtual Task<Result<User>> find(UserId viewer, Reference who) = 0;

  // At most `limit` people whose username begins with `text` (at least one character), or words of
  // whose display name do: usernames first, in their order. Case and accents do not count.
  // Neither oneself nor anybody suspended, deleted or blocked.
  virtual Task<Result<std::vector<User>>> search(UserId viewer, std::string text,
                                                 std::int64_t limit) = 0;

  // Saves somebody; once more gives them the name, if there is one. Refuses with user_not_found.
  virtual Task<Result<AddedContact>> add(UserId user, Reference who,
                                         std::optional<std::string> name) = 0;

  // Both refuse with contact_not_found.
  virtual Task<Result<Contact>> update(UserId user, UserId contact, ContactChange change) = 0;
  virtual Task<Result<void>> remove(UserId user, UserId contact) = 0;

  // Refuses a cursor it did not make with malformed_request; so do the other lists.
  virtual Task<Result<ContactPage>> list(UserId user, std::optional<std::string> cursor,
                                         std::int64_t limit) = 0;

  // People in the user's groups, and who have the user as a contact, without the user's own
  // contacts; most groups in common first.
  virtual Task<Result<std::vector<Suggestion>>> suggestions(UserId user, std::int64_t limit) = 0;

  // Contact sync knows people by hashes of the phone numbers they have verified. The salt changes
  // every day; the one before is good until then. With an older one, what follows refuses with
  // stale_salt. Who may not be known of has no hash for the asker.
  virtual Task<PhoneSalt> phone_salt() = 0;
  // A piece of that change, which holds nobody up; true when there is more to do.
  virtual Task<bool> rotate_phone_salt() = 0;
  // The hashes that begin with one of `prefixes`.
  virtual Task<Result<std::vector<std::string>>> registered(UserId user, SaltId salt,
                                                            std::vector<std::string> prefixes) = 0;
  // Saves whom the hashes stand for, and yields them as contacts.
  virtual Task<Result<std::vector<Contact>>> add_hashed(UserId user, SaltId salt,
                                                        std::vector<std::string> hashes) = 0;
  // Forgets them again, and yields how many the hashes stand for.
  virtual Task<Result<std::int64_t>> remove_hashed(UserId user, SaltId salt,
                                                   std::vector<std::string> hashes) = 0;

  // Changes take effect with the next thing anybody does. Refuses with user_not_found when an
  // exception is nobody.
  virtual Task<Privacy> privacy(UserId user) = 0;
  virtual Task<Result<Privacy>> set_privacy(UserId user, PrivacyChange change) = 0;

  // Blocking takes effect with the next thing either of them does. Twice is as good as once.
  // Refuses with user_not_found; not because the other has blocked the user.
  virtual Task<Result<void>> block(UserId user, UserId other) = 0;
  virtual Task<void> unblock(UserId user, UserId other) = 0;
  virtual Task<Result<UserPage>> blocked(UserId user, std::optional<std::string> cursor,
                                         std::int64_t limit) = 0;
};

}  // namespace parley::user
