#include "storage/sql/contact_store.h"

#include <algorithm>
#include <utility>

#include "storage/sql/list_cursor.h"
#include "storage/sql/people.h"

// Contacts and blocks.

namespace parley::storage {
namespace {

std::optional<UserId> resolve(Connection& db, const user::Reference& who) {
  if (who.user_id) return who.user_id;
  auto row = who.username ? db.query("SELECT id FROM users WHERE username = ?1", who.username)
                          : db.query(
                                "SELECT id FROM users WHERE phone_number = ?1"
                                " AND phone_verified <> 0",
                                who.phone_number);
  if (!row.next()) return std::nullopt;
  return row.id<UserId>(0);
}

// The chat of the two, when they have one, has to know.
void tell_direct_chat(Transaction& transaction, UserId user, UserId other) {
  const auto [low, high] = std::minmax(user, other);
  ChatId chat;
  {
    auto row = transaction.db().query(
        "SELECT chat_id FROM direct_chats WHERE low_user_id = ?1 AND high_user_id = ?2", low, high);
    if (!row.next()) return;
    chat = row.id<ChatId>(0);
  }
  transaction.wishes_changed(chat);
}

// Somebody the viewer may know of at all.
std::optional<User> find_acquaintance(Connection& db, UserId viewer, const user::Reference& who,
                                      Timestamp now) {
  const auto id = resolve(db, who);
  if (!id) return std::nullopt;
  auto row = db.query(
      "SELECT * FROM people WHERE id = ?1 AND viewer_id = ?2 AND NOT deleted AND NOT blocked", *id,
      viewer);
  if (!row.next()) return std::nullopt;
  return read_person(row, now);
}

}  // namespace

Contact read_contact(const Query& row, Timestamp now) {
  Contact contact{.user = read_person(row, now), .name = {}, .added_at = row.time(25)};
  if (!row.null(23)) contact.name = row.string(23);
  contact.favourite = row.integer(24) != 0;
  return contact;
}

namespace {

std::optional<Contact> find_contact(Connection& db, UserId user, UserId contact, Timestamp now) {
  auto row = db.query(
      "SELECT p.*, c.name, c.favourite, c.added_at FROM contacts c"
      " JOIN people p ON p.id = c.contact_id AND p.viewer_id = c.user_id"
      " WHERE c.user_id = ?1 AND c.contact_id = ?2 AND NOT p.deleted",
      user, contact);
  if (!row.next()) return std::nullopt;
  return read_contact(row, now);
}

}  // namespace

Task<Sight> SqlContactStore::sight(UserId viewer, UserId owner) {
  co_return co_await database_.read_or_throw([viewer, owner](Connection& db) {
    return find_sight(db, {.viewer = viewer, .owner = owner});
  });
}

Task<Result<User>> SqlContactStore::find(UserId viewer, user::Reference who) {
  co_return co_await database_.read(
      [viewer, &who, now = database_.clock().now()](Connection& db) -> Result<User> {
        auto user = find_acquaintance(db, viewer, who, now);
        if (!user) return fail(Errc::user_not_found);
        return std::move(*user);
      });
}

Task<Result<user::AddedContact>> SqlContactStore::add(UserId user, user::Reference who,
                                                      std::optional<std::string> name) {
  co_return co_await database_.write(
      [user, &who, &name](Transaction& transaction) -> Result<user::AddedContact> {
        Connection& db = transaction.db();
        const Timestamp now = transaction.clock().now();
        const auto other = find_acquaintance(db, user, who, now);
        if (!other) return fail(Errc::user_not_found);
        user::AddedContact added;
        added.first_time = !find_contact(db, user, other->id, now);
        db.run(
            "INSERT INTO contacts (user_id, contact_id, name, added_at) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (user_id, contact_id) DO UPDATE"
            " SET name = coalesce(excluded.name, contacts.name)",
            user, other->id, name, now);
        added.contact = find_contact(db, user, other->id, now).value();
        return added;
      });
}

Task<Result<Contact>> SqlContactStore::update(UserId user, UserId contact,
                                              user::ContactChange change) {
  co_return co_await database_.write(
      [user, contact, &change](Transaction& transaction) -> Result<Contact> {
        transaction.db().run(
            "UPDATE contacts SET name = CASE WHEN CAST(?3 AS TEXT) IS NULL THEN name ELSE "
            "nullif(?3, '') END,"
            " favourite = coalesce(?4, favourite) WHERE user_id = ?1 AND contact_id = ?2",
            user, contact, change.name, change.favourite);
        auto found = find_contact(transaction.db(), user, contact, transaction.clock().now());
        if (!found) return fail(Errc::contact_not_found);
        return std::move(*found);
      });
}

Task<Result<void>> SqlContactStore::remove(UserId user, UserId contact) {
  co_return co_await database_.write([user, contact](Transaction& transaction) -> Result<void> {
    transaction.db().run("DELETE FROM contacts WHERE user_id = ?1 AND contact_id = ?2", user,
                         contact);
    if (transaction.db().changes() == 0) return fail(Errc::contact_not_found);
    return {};
  });
}

Task<Result<user::ContactPage>> SqlContactStore::list(UserId user,
                                                      std::optional<std::string> cursor,
                                                      std::int64_t limit) {
  const auto after = read_list_cursor(cursor, 'k');
  if (!after) co_return std::unexpected(after.error());
  co_return co_await database_.read(
      [user, from = after->value_or(0), limit,
       now = database_.clock().now()](Connection& db) -> Result<user::ContactPage> {
        user::ContactPage page;
        auto row = db.query(
            "SELECT p.*, c.name, c.favourite, c.added_at FROM contacts c"
            " JOIN people p ON p.id = c.contact_id AND p.viewer_id = c.user_id"
            " WHERE c.user_id = ?1 AND c.contact_id > ?2 AND NOT p.deleted"
            " ORDER BY c.contact_id LIMIT ?3",
            user, from, limit + 1);
        while (row.next()) {
          if (std::ssize(page.contacts) == limit) {
            page.next_cursor = write_list_cursor('k', page.contacts.back().user.id.value());
            break;
          }
          page.contacts.push_back(read_contact(row, now));
        }
        return page;
      });
}

Task<Result<void>> SqlContactStore::block(UserId user, UserId other) {
  co_return co_await database_.write([user, other](Transaction& transaction) -> Result<void> {
    if (!find_sight(transaction.db(), {.viewer = user, .owner = other}).exists)
      return fail(Errc::user_not_found);
    transaction.db().run("INSERT INTO blocks VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", user,
                         other, transaction.clock().now());
    tell_direct_chat(transaction, user, other);
    return {};
  });
}

Task<void> SqlContactStore::unblock(UserId user, UserId other) {
  co_await database_.write([user, other](Transaction& transaction) {
    transaction.db().run("DELETE FROM blocks WHERE user_id = ?1 AND other_id = ?2", user, other);
    tell_direct_chat(transaction, user, other);
    return true;
  });
}

Task<Result<user::UserPage>> SqlContactStore::blocked(UserId user,
                                                      std::optional<std::string> cursor,
                                                      std::int64_t limit) {
  const auto after = read_list_cursor(cursor, 'b');
  if (!after) co_return std::unexpected(after.error());
  co_return co_await database_.read(
      [user, from = after->value_or(0), limit,
       now = database_.clock().now()](Connection& db) -> Result<user::UserPage> {
        user::UserPage page;
        auto row = db.query(
            "SELECT p.* FROM blocks b JOIN people p ON p.id = b.other_id AND p.viewer_id ="
            " b.user_id WHERE b.user_id = ?1 AND b.other_id > ?2 AND NOT p.deleted"
            " ORDER BY b.other_id LIMIT ?3",
            user, from, limit + 1);
        while (row.next()) {
          if (std::ssize(page.users) == limit) {
            page.next_cursor = write_list_cursor('b', page.users.back().id.value());
            break;
          }
          page.users.push_back(read_person(row, now));
        }
        return page;
      });
}

}  // namespace parley::storage
