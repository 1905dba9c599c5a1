#include "storage/sql/user_store.h"

#include <utility>

#include "base/ascii.h"
#include "delivery/published_events.h"
#include "storage/sql/account_removal.h"
#include "storage/sql/outbox.h"
#include "storage/sql/people.h"
#include "storage/sql/phone_hashes.h"
#include "storage/sql/rows.h"
#include "storage/sql/tidings.h"
#include "user/username.h"

// Accounts.

namespace parley::storage {
namespace {

std::optional<Profile> find_profile(Connection& db, UserId user, Timestamp now) {
  auto row = db.query("SELECT * FROM profiles WHERE id = ?1 AND deleted_at IS NULL", user);
  if (!row.next()) return std::nullopt;
  return read_profile(row, now);
}

Result<Profile> found_profile(Transaction& transaction, UserId user) {
  auto profile = find_profile(transaction.db(), user, transaction.clock().now());
  if (!profile) return fail(Errc::user_not_found);
  return std::move(*profile);
}

// Whether a row keeps others from having what `query` looks for.
bool any(Query row) { return row.next(); }

// An address or number that is only claimed gives way to who has verified it.
void take_email_from_claimants(Connection& db, const std::string& email, UserId owner) {
  db.run("UPDATE users SET email = NULL WHERE email = ?1 AND email_verified = 0 AND id <> ?2",
         email, owner);
}
void take_phone_from_claimants(Connection& db, const std::string& phone_number, UserId owner) {
  db.run(
      "UPDATE users SET phone_number = NULL WHERE phone_number = ?1 AND phone_verified = 0"
      " AND id <> ?2",
      phone_number, owner);
}

Result<void> check_unique(Connection& db, const user::NewUser& user, const std::string& skeleton) {
  if (any(db.query("SELECT 1 FROM users WHERE username = ?1", user.username)))
    return fail(Errc::username_taken);
  if (any(db.query("SELECT 1 FROM users WHERE username_skeleton = ?1 AND username_skeleton <> ''",
                   skeleton)))
    return fail(Errc::username_taken, "it looks like the name of somebody else");
  if (any(db.query("SELECT 1 FROM users WHERE email = ?1 AND email_verified >= ?2", user.email,
                   user.email_verified)))
    return fail(Errc::email_taken);
  if (any(db.query("SELECT 1 FROM users WHERE phone_number = ?1 AND phone_verified >= ?2",
                   user.phone_number, user.phone_verified)))
    return fail(Errc::phone_taken);
  return {};
}

using Fields = std::vector<std::string_view>;

// By the names they have in the API.
Fields changed_fields(const user::ProfileChange& change) {
  Fields fields;
  const auto add = [&fields](bool changed, std::string_view name) {
    if (changed) fields.push_back(name);
  };
  add(change.display_name.has_value(), "displayName");
  add(change.about.has_value(), "about");
  add(change.first_name.has_value(), "firstName");
  add(change.last_name.has_value(), "lastName");
  add(change.status_text.has_value(), "statusText");
  add(change.language.has_value(), "language");
  add(change.public_key.has_value(), "publicKey");
  add(change.identity_key.has_value(), "identityKey");
  return fields;
}

// The account as a change of `fields` has left it, which is told.
Result<Profile> changed_profile(Transaction& transaction, UserId user, Fields fields,
                                const user::Tidings* tidings) {
  auto profile = found_profile(transaction, user);
  if (profile && transaction.publishes().users && !fields.empty())
    add_event(transaction,
              delivery::user_updated(transaction.next_id<delivery::PublishedEventKind>(), user,
                                     std::move(fields), transaction.clock().now()),
              trace_of(tidings));
  return profile;
}

// Whether the invite was good for one account more.
bool use_up(Transaction& transaction, const std::string& invite_hash) {
  transaction.db().run(
      "UPDATE invites SET used = used + 1 WHERE hash = ?1 AND used < uses AND expires_at > ?2",
      Blob{invite_hash}, transaction.clock().now());
  return transaction.db().changes() == 1;
}

std::optional<user::Credentials> read_credentials(Query row) {
  if (!row.next()) return std::nullopt;
  return user::Credentials{.user_id = row.id<UserId>(0),
                           .password_hash = row.string(1),
                           .second_factor = row.integer(2) != 0};
}

}  // namespace

Result<Profile> create_user(Transaction& transaction, const user::NewUser& user, Trace trace) {
  Connection& db = transaction.db();
  const std::string skeleton = user::username_skeleton(user.username);
  if (auto unique = check_unique(db, user, skeleton); !unique)
    return std::unexpected(unique.error());
  if (user.invite_hash && !use_up(transaction, *user.invite_hash))
    return fail(Errc::invite_required);
  const auto id = transaction.next_id<UserKind>();
  if (user.email) take_email_from_claimants(db, *user.email, id);
  if (user.phone_number) take_phone_from_claimants(db, *user.phone_number, id);
  db.run(
      "INSERT INTO users (id, username, username_skeleton, display_name, email, email_verified,"
      " phone_number, phone_verified, language, password_hash, created_at, role)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      id, user.username, skeleton, user.display_name, user.email, user.email_verified,
      user.phone_number, user.phone_verified, user.language, user.password_hash,
      transaction.clock().now(), user.role);
  if (user.phone_verified) phone_changed(db, id);
  if (transaction.publishes().users)
    add_event(transaction,
              delivery::user_created(transaction.next_id<delivery::PublishedEventKind>(), id,
                                     transaction.clock().now()),
              trace);
  return found_profile(transaction, id);
}

Task<Result<Profile>> SqlUserStore::create(user::NewUser user, user::Tidings* tidings) {
  const auto make = [&user, tidings](Transaction& transaction) {
    auto profile = create_user(transaction, user, trace_of(tidings));
    if (profile) keep(transaction, profile->id, tidings);
    return profile;
  };
  // What must not be there twice has a key of its own, and whoever comes second starts over and
  // finds the first. A verified number is hashed with every salt besides, and salts come and go.
  if (user.phone_verified) co_return co_await database_.write(make);
  co_return co_await database_.write_rows(make);
}

Task<std::optional<user::Credentials>> SqlUserStore::credentials(std::string name) {
  name = lower_ascii(std::move(name));
  co_return co_await database_.read_or_throw([&name](Connection& db) {
    // A username has neither an @ nor a plus sign.
    if (name.contains('@'))
      return read_credentials(db.query(
          "SELECT id, password_hash, totp_step IS NOT NULL FROM users WHERE email = ?1", name));
    if (name.starts_with('+'))
      return read_credentials(
          db.query("SELECT id, password_hash, totp_step IS NOT NULL FROM users"
                   " WHERE phone_number = ?1",
                   name));
    return read_credentials(db.query(
        "SELECT id, password_hash, totp_step IS NOT NULL FROM users WHERE username = ?1", name));
  });
}

Task<std::optional<user::Credentials>> SqlUserStore::credentials_of(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) {
    return read_credentials(
        db.query("SELECT id, password_hash, totp_step IS NOT NULL FROM users WHERE id = ?1", user));
  });
}

Task<std::optional<user::Credentials>> SqlUserStore::owner_of_email(std::string email) {
  co_return co_await database_.read_or_throw([&email](Connection& db) {
    return read_credentials(
        db.query("SELECT id, password_hash, totp_step IS NOT NULL FROM users"
                 " WHERE email = ?1 AND email_verified = 1",
                 email));
  });
}

Task<std::optional<user::Credentials>> SqlUserStore::owner_of_phone(std::string phone_number) {
  co_return co_await database_.read_or_throw([&phone_number](Connection& db) {
    return read_credentials(
        db.query("SELECT id, password_hash, totp_step IS NOT NULL FROM users"
                 " WHERE phone_number = ?1 AND phone_verified <> 0",
                 phone_number));
  });
}

Task<std::optional<Profile>> SqlUserStore::find(UserId user) {
  co_return co_await database_.read_or_throw([user, now = database_.clock().now()](Connection& db) {
    return find_profile(db, user, now);
  });
}

Task<std::optional<User>> SqlUserStore::find_by_name(UserId viewer, std::string username) {
  username = lower_ascii(std::move(username));
  co_return co_await database_.read_or_throw(
      [viewer, &username, now = database_.clock().now()](Connection& db) -> std::optional<User> {
        auto row = db.query(
            "SELECT * FROM people WHERE username = ?1 AND viewer_id = ?2 AND NOT deleted"
            " AND NOT blocked",
            username, viewer);
        if (!row.next()) return std::nullopt;
        return read_person(row, now);
      });
}

Task<Result<Profile>> SqlUserStore::update(UserId user, user::ProfileChange change,
                                           user::Tidings* tidings) {
  co_return co_await database_.write([user, &change, tidings](Transaction& transaction) {
    transaction.db().run(
        "UPDATE users SET display_name = coalesce(?2, display_name), about = coalesce(?3, about),"
        " first_name = nullif(coalesce(?4, first_name), ''),"
        " last_name = nullif(coalesce(?5, last_name), ''),"
        " status_text = nullif(coalesce(?6, status_text), ''),"
        " status_until = CASE WHEN ?6 IS NULL THEN status_until ELSE ?7 END,"
        " language = nullif(coalesce(?8, language), ''),"
        " public_key = nullif(coalesce(?9, public_key), ''),"
        " identity_key = nullif(coalesce(?10, identity_key), '') WHERE id = ?1",
        user, change.display_name, change.about, change.first_name, change.last_name,
        change.status_text, change.status_until, change.language, change.public_key,
        change.identity_key);
    auto profile = changed_profile(transaction, user, changed_fields(change), tidings);
    if (profile) keep(transaction, user, tidings);
    return profile;
  });
}

Task<void> SqlUserStore::set_password(UserId user, std::string password_hash,
                                      user::Tidings* tidings) {
  co_await database_.write([user, &password_hash, tidings](Transaction& transaction) {
    transaction.db().run("UPDATE users SET password_hash = ?2 WHERE id = ?1", user, password_hash);
    keep(transaction, user, tidings);
    return true;
  });
}

Task<Result<Profile>> SqlUserStore::set_email(UserId user, std::string email,
                                              user::Tidings* tidings) {
  co_return co_await database_.write([user, &email,
                                      tidings](Transaction& transaction) -> Result<Profile> {
    Connection& db = transaction.db();
    if (any(db.query("SELECT 1 FROM users WHERE email = ?1 AND id <> ?2", email, user)))
      return fail(Errc::email_taken);
    if (auto there = found_profile(transaction, user); !there) return there;
    keep(transaction, user, tidings);  // while the old address is theirs
    db.run(
        "UPDATE users SET email = ?2, email_verified = 0 WHERE id = ?1 AND email IS DISTINCT FROM "
        "?2",
        user, email);
    return changed_profile(transaction, user, db.changes() == 1 ? Fields{"email"} : Fields{},
                           tidings);
  });
}

Task<bool> SqlUserStore::verify_email(UserId user, std::string email) {
  co_return co_await database_.write([user, &email](Transaction& transaction) {
    transaction.db().run("UPDATE users SET email_verified = 1 WHERE id = ?1 AND email = ?2", user,
                         email);
    return transaction.db().changes() == 1;
  });
}

Task<Result<Profile>> SqlUserStore::set_phone(UserId user, std::string phone_number,
                                              user::Tidings* tidings) {
  co_return co_await database_.write(
      [user, &phone_number, tidings](Transaction& transaction) -> Result<Profile> {
        Connection& db = transaction.db();
        if (any(db.query("SELECT 1 FROM users WHERE phone_number = ?1 AND phone_verified <> 0"
                         " AND id <> ?2",
                         phone_number, user)))
          return fail(Errc::phone_taken);
        take_phone_from_claimants(db, phone_number, user);
        db.run("UPDATE users SET phone_number = ?2, phone_verified = 1 WHERE id = ?1", user,
               phone_number);
        phone_changed(db, user);
        auto profile = changed_profile(transaction, user, {"phoneNumber"}, tidings);
        if (profile) keep(transaction, user, tidings);
        return profile;
      });
}

Task<Result<Profile>> SqlUserStore::set_avatar(UserId user, std::optional<std::string> bytes,
                                               user::Tidings* tidings) {
  co_return co_await database_.write([user, &bytes, tidings](Transaction& transaction) {
    Connection& db = transaction.db();
    std::optional<MediaId> id;
    db.run("DELETE FROM avatars WHERE user_id = ?1", user);
    if (bytes) {
      id = transaction.next_id<MediaKind>();
      db.run("INSERT INTO avatars VALUES (?1, ?2, ?3, ?4)", user, *id, Blob{*bytes},
             transaction.clock().now());
    }
    db.run("UPDATE users SET avatar_id = ?2 WHERE id = ?1", user, id);
    auto profile = changed_profile(transaction, user, {"avatarId"}, tidings);
    if (profile) keep(transaction, user, tidings);
    return profile;
  });
}

Task<Result<user::RemovedAccount>> SqlUserStore::remove(UserId user, user::Tidings* tidings) {
  co_return co_await database_.write([user, tidings](Transaction& transaction) {
    auto removed = remove_account(transaction, user, trace_of(tidings));
    if (removed) keep(transaction, user, tidings);
    return removed;
  });
}

Task<std::optional<user::Avatar>> SqlUserStore::avatar(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) -> std::optional<user::Avatar> {
    auto row = db.query("SELECT avatar_id, bytes FROM avatars WHERE user_id = ?1", user);
    if (!row.next()) return std::nullopt;
    return user::Avatar{.id = row.id<MediaId>(0), .bytes = row.string(1)};
  });
}

}  // namespace parley::storage
