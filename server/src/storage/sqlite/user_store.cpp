#include "storage/sqlite/user_store.h"

#include <utility>

#include "storage/sqlite/rows.h"

// Accounts.

namespace parley::storage {
namespace {

std::optional<Profile> find_profile(Connection& db, UserId user, Timestamp now) {
  auto row = db.query("SELECT * FROM profiles WHERE id = ?1", user);
  if (!row.next()) return std::nullopt;
  return read_profile(row, now);
}

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

Task<Result<Profile>> SqliteUserStore::create(user::NewUser user) {
  co_return co_await database_.writer().run([&user](ChatLog& log) -> Result<Profile> {
    Connection& db = log.db();
    {
      auto row = db.query("SELECT 1 FROM users WHERE username = ?1", user.username);
      if (row.next()) return fail(Errc::username_taken);
    }
    {
      auto row = db.query("SELECT 1 FROM users WHERE email = ?1", user.email);
      if (row.next()) return fail(Errc::email_taken);
    }
    {
      auto row = db.query("SELECT 1 FROM users WHERE phone_number = ?1", user.phone_number);
      if (row.next()) return fail(Errc::phone_taken);
    }
    Profile profile;
    profile.id = log.next_id<UserKind>();
    profile.username = user.username;
    profile.display_name = user.display_name;
    profile.created_at = log.clock().now();
    profile.email = user.email;
    profile.phone_number = user.phone_number;
    db.run(
        "INSERT INTO users (id, username, display_name, email, phone_number, password_hash,"
        " created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        profile.id, user.username, user.display_name, user.email, user.phone_number,
        user.password_hash, profile.created_at);
    return profile;
  });
}

Task<std::optional<user::Credentials>> SqliteUserStore::credentials(std::string name) {
  name = lower_case(std::move(name));
  co_return co_await database_.readers().read_or_throw(
      [&name](Connection& db) -> std::optional<user::Credentials> {
        // A username has neither an @ nor a plus sign.
        auto row =
            name.contains('@')
                ? db.query("SELECT id, password_hash FROM users WHERE email = ?1", name)
            : name.starts_with('+')
                ? db.query("SELECT id, password_hash FROM users WHERE phone_number = ?1", name)
                : db.query("SELECT id, password_hash FROM users WHERE username = ?1", name);
        if (!row.next()) return std::nullopt;
        return user::Credentials{.user_id = row.id<UserId>(0), .password_hash = row.string(1)};
      });
}

Task<std::optional<Profile>> SqliteUserStore::find(UserId user) {
  co_return co_await database_.readers().read_or_throw(
      [user, now = database_.clock().now()](Connection& db) {
        return find_profile(db, user, now);
      });
}

Task<std::optional<User>> SqliteUserStore::find_by_name(std::string username) {
  username = lower_case(std::move(username));
  co_return co_await database_.readers().read_or_throw(
      [&username, now = database_.clock().now()](Connection& db) -> std::optional<User> {
        auto row = db.query("SELECT * FROM profiles WHERE username = ?1", username);
        if (!row.next()) return std::nullopt;
        return read_user(row, now);
      });
}

Task<Result<Profile>> SqliteUserStore::update(UserId user, user::ProfileChange change) {
  co_return co_await database_.writer().run([user, &change](ChatLog& log) -> Result<Profile> {
    log.db().run(
        "UPDATE users SET display_name = coalesce(?2, display_name), about = coalesce(?3, about)"
        " WHERE id = ?1",
        user, change.display_name, change.about);
    auto profile = find_profile(log.db(), user, log.clock().now());
    if (!profile) return fail(Errc::user_not_found);
    return std::move(*profile);
  });
}

}  // namespace parley::storage
