#include <algorithm>
#include <span>
#include <utility>

#include "storage/sql/contact_store.h"
#include "storage/sql/pairs.h"
#include "storage/sql/people.h"
#include "storage/sql/phone_hashes.h"

// Contact sync: who of an address book is here, by hashes of phone numbers.

namespace parley::storage {
namespace {

constexpr std::size_t kPiece = 512;  // contacts added in one transaction; some 3 ms
constexpr std::size_t kHashBytes = 32;

std::optional<user::PhoneSalt> current_salt(Connection& db) {
  auto row = db.query(
      "SELECT id, salt, made_at FROM phone_salts WHERE complete = 1 ORDER BY id DESC LIMIT 1");
  if (!row.next()) return std::nullopt;
  return user::PhoneSalt{.id = row.id<SaltId>(0),
                         .salt = row.string(1),
                         .rotates_at = row.time(2) + std::chrono::days{1}};
}

// The newest and the one before it.
bool is_good(Connection& db, SaltId salt) {
  auto row = db.query(
      "SELECT 1 FROM (SELECT id FROM phone_salts WHERE complete = 1 ORDER BY id DESC LIMIT 2) AS "
      "good"
      " WHERE id = ?1",
      salt);
  return row.next();
}

// Side by side in the index, and none twice.
void put_in_order(std::vector<std::string>& bytes) {
  std::ranges::sort(bytes);
  const auto [first, last] = std::ranges::unique(bytes);
  bytes.erase(first, last);
}

// Hashes, or what they begin with, as two arguments of a statement: all of them in a row, filled up
// to 32 bytes each, and where each begins, counted from 1.
struct Packed {
  Packed(const std::vector<std::string>& hashes, char filler) {
    bytes.reserve(hashes.size() * kHashBytes);
    for (const std::string& hash : hashes) {
      const std::size_t before = bytes.size();
      places.add(Place{before + 1});
      bytes += hash;
      bytes.resize(before + kHashBytes, filler);
    }
  }

  std::string bytes;
  Pairs places;

 private:
  using Place = Id<struct PlaceKind>;
};

// Somebody a hash stands for, and whether they are a contact already.
struct Match {
  Contact contact;
  bool is_new = true;
};

// Whom the hashes stand for, without whom the user may not know of.
std::vector<Match> find_owners(Connection& db, UserId user, SaltId salt,
                               const std::vector<std::string>& hashes, Timestamp now) {
  std::vector<Match> found;
  const Packed asked{hashes, '\0'};
  auto row = db.query(
      "SELECT p.*, c.name, c.favourite, coalesce(c.added_at, ?4), c.added_at IS NULL"
      " FROM json_each(?5) w CROSS JOIN phone_hashes h"
      " JOIN people p ON p.id = h.user_id AND p.viewer_id = ?3"
      " LEFT JOIN contacts c ON c.user_id = ?3 AND c.contact_id = h.user_id"
      " WHERE h.salt_id = ?1 AND h.hash = substr(?2, CAST(w.key AS INTEGER), 32)"
      " AND h.user_id <> ?3"
      " AND NOT p.blocked AND NOT p.deleted",
      salt, Blob{asked.bytes}, user, now, asked.places.text());
  while (row.next())
    found.push_back({.contact = read_contact(row, now), .is_new = row.integer(26) != 0});
  std::ranges::sort(found, {}, [](const Match& match) { return match.contact.user.id; });
  return found;
}

Task<Result<std::vector<Match>>> find_by_hashes(Database& database, UserId user, SaltId salt,
                                                const std::vector<std::string>& hashes) {
  co_return co_await database.read([user, salt, &hashes, now = database.clock().now()](
                                       Connection& db) -> Result<std::vector<Match>> {
    const Snapshot snapshot{db};
    if (!is_good(db, salt)) return fail(Errc::stale_salt);
    return find_owners(db, user, salt, hashes, now);
  });
}

}  // namespace

Task<user::PhoneSalt> SqlContactStore::phone_salt() {
  for (;;) {
    const auto salt =
        co_await database_.read_or_throw([](Connection& db) { return current_salt(db); });
    if (salt) co_return *salt;
    co_await rotate_phone_salt();
  }
}

Task<bool> SqlContactStore::rotate_phone_salt() {
  return database_.write(
      [](Transaction& transaction) { return storage::rotate_phone_salt(transaction); });
}

Task<Result<std::vector<std::string>>> SqlContactStore::registered(
    UserId user, SaltId salt, std::vector<std::string> prefixes) {
  put_in_order(prefixes);
  co_return co_await database_.read(
      [user, salt, &prefixes](Connection& db) -> Result<std::vector<std::string>> {
        const Snapshot snapshot{db};
        if (!is_good(db, salt)) return fail(Errc::stale_salt);
        const Packed first{prefixes, '\0'}, last{prefixes, '\xff'};
        std::vector<std::string> hashes;
        auto row = db.query(
            "SELECT h.hash FROM json_each(?5) w CROSS JOIN phone_hashes h WHERE h.salt_id = ?1"
            " AND h.hash BETWEEN substr(?2, CAST(w.key AS INTEGER), 32)"
            " AND substr(?3, CAST(w.key AS INTEGER), 32) AND h.user_id <> ?4"
            " AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = ?4 AND other_id = h.user_id)"
            " AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = h.user_id AND other_id = ?4)",
            salt, Blob{first.bytes}, Blob{last.bytes}, user, first.places.text());
        while (row.next()) hashes.push_back(row.string(0));
        return hashes;
      });
}

Task<Result<std::vector<Contact>>> SqlContactStore::add_hashed(UserId user, SaltId salt,
                                                               std::vector<std::string> hashes) {
  put_in_order(hashes);
  const Timestamp now = database_.clock().now();
  auto owners = co_await find_by_hashes(database_, user, salt, hashes);
  if (!owners) co_return std::unexpected(owners.error());
  std::vector<UserId> newcomers;
  std::vector<Contact> contacts;
  contacts.reserve(owners->size());
  for (Match& match : *owners) {
    if (match.is_new) newcomers.push_back(match.contact.user.id);
    contacts.push_back(std::move(match.contact));
  }
  const std::span<const UserId> all = newcomers;
  for (std::size_t from = 0; from < all.size(); from += kPiece) {
    co_await database_.write(
        [user, now,
         piece = all.subspan(from, std::min(kPiece, all.size() - from))](Transaction& transaction) {
          transaction.db().run(
              "INSERT INTO contacts (user_id, contact_id, added_at)"
              " SELECT ?1, CAST(w.key AS BIGINT), ?3 FROM json_each(?2) w WHERE 1 = 1"
              " ON CONFLICT DO NOTHING",
              user, Pairs{piece}.text(), now);
          return true;
        });
  }
  co_return contacts;
}

Task<Result<std::int64_t>> SqlContactStore::remove_hashed(UserId user, SaltId salt,
                                                          std::vector<std::string> hashes) {
  put_in_order(hashes);
  const auto owners = co_await find_by_hashes(database_, user, salt, hashes);
  if (!owners) co_return std::unexpected(owners.error());
  const std::span<const Match> all = *owners;
  for (std::size_t from = 0; from < all.size(); from += kPiece) {
    co_await database_.write([user, piece = all.subspan(from, std::min(kPiece, all.size() - from))](
                                 Transaction& transaction) {
      Pairs removed;
      for (const Match& match : piece) removed.add(match.contact.user.id);
      transaction.db().run(
          "DELETE FROM contacts WHERE user_id = ?1 AND contact_id IN"
          " (SELECT CAST(w.key AS BIGINT) FROM json_each(?2) w)",
          user, removed.text());
      return true;
    });
  }
  co_return std::ssize(*owners);
}

}  // namespace parley::storage
