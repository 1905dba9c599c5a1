#include "storage/sql/phone_hashes.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "user/phone_hash.h"
#include "user/secret.h"

namespace parley::storage {
namespace {

constexpr auto kSaltLife = std::chrono::days{1};
constexpr std::int64_t kPiece = 512;  // numbers; some 3 ms

struct Salt {
  SaltId id;
  std::string bytes;
  Timestamp made_at;
  bool complete = false;
  UserId up_to;
};

std::vector<Salt> all_salts(Connection& db) {
  std::vector<Salt> salts;
  auto row =
      db.query("SELECT id, salt, made_at, complete, up_to FROM phone_salts ORDER BY id DESC");
  while (row.next())
    salts.push_back({.id = row.id<SaltId>(0),
                     .bytes = row.string(1),
                     .made_at = row.time(2),
                     .complete = row.integer(3) != 0,
                     .up_to = row.id<UserId>(4)});
  return salts;
}

void insert_hash(Connection& db, const Salt& salt, UserId user, const std::string& number) {
  db.run(
      "INSERT INTO phone_hashes VALUES (?1, ?2, ?3) ON CONFLICT (salt_id, hash) DO UPDATE"
      " SET user_id = ?3",
      salt.id, Blob{user::phone_hash(salt.bytes, number)}, user);
}

void make_salt(Transaction& transaction) {
  const auto bytes = user::random_bytes<16>();
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  transaction.db().run("INSERT INTO phone_salts (id, salt, made_at) VALUES (?1, ?2, ?3)",
                       transaction.next_id<SaltKind>(), Blob{text}, transaction.clock().now());
}

void hash_piece(Connection& db, const Salt& salt) {
  std::vector<std::pair<UserId, std::string>> numbers;
  {
    auto row = db.query(
        "SELECT id, phone_number FROM users WHERE phone_verified = 1 AND id > ?1"
        " ORDER BY id LIMIT ?2",
        salt.up_to, kPiece);
    while (row.next()) numbers.emplace_back(row.id<UserId>(0), row.string(1));
  }
  for (const auto& [user, number] : numbers)
    if (!number.empty()) insert_hash(db, salt, user, number);
  const bool complete = std::ssize(numbers) < kPiece;
  const UserId up_to = numbers.empty() ? salt.up_to : numbers.back().first;
  db.run("UPDATE phone_salts SET up_to = ?2, complete = ?3 WHERE id = ?1", salt.id, up_to,
         complete);
}

void remove_piece(Connection& db, const Salt& salt) {
  db.run(
      "DELETE FROM phone_hashes WHERE salt_id = ?1 AND hash IN"
      " (SELECT hash FROM phone_hashes WHERE salt_id = ?1 LIMIT ?2)",
      salt.id, kPiece);
  if (db.changes() == 0) db.run("DELETE FROM phone_salts WHERE id = ?1", salt.id);
}

}  // namespace

void phone_changed(Connection& db, UserId user) {
  db.run("DELETE FROM phone_hashes WHERE user_id = ?1", user);
  std::string number;
  {
    auto row = db.query(
        "SELECT phone_number FROM users WHERE id = ?1 AND phone_verified = 1"
        " AND phone_number IS NOT NULL AND deleted_at IS NULL",
        user);
    if (!row.next()) return;
    number = row.string(0);
  }
  for (const Salt& salt : all_salts(db)) insert_hash(db, salt, user, number);
}

bool rotate_phone_salt(Transaction& transaction) {
  const auto salts = all_salts(transaction.db());
  if (salts.empty() ||
      (salts[0].complete && transaction.clock().now() >= salts[0].made_at + kSaltLife)) {
    make_salt(transaction);
  } else if (!salts[0].complete) {
    hash_piece(transaction.db(), salts[0]);
  } else if (salts.size() > 2) {
    remove_piece(transaction.db(), salts.back());
  } else {
    return false;
  }
  return true;
}

}  // namespace parley::storage
