#include "storage/sql/secret_store.h"

#include <algorithm>

#include "base/secret.h"
#include "storage/sql/tidings.h"

namespace parley::storage {
namespace {

using user::SecretStore;

constexpr std::int64_t kForgottenAtOnce = 64;

void forget_expired_codes(Connection& db, Timestamp now) {
  db.run(
      "DELETE FROM one_time_codes WHERE phone_number IN (SELECT phone_number FROM one_time_codes"
      " WHERE expires_at < ?1 LIMIT ?2)",
      now - SecretStore::kCalmAfter, kForgottenAtOnce);
}

std::chrono::seconds wait_after(std::int64_t sent) {
  auto wait = SecretStore::kFirstWait;
  for (std::int64_t i = 1; i < sent && wait < SecretStore::kLongestWait; ++i) wait *= 2;
  return std::min<std::chrono::seconds>(wait, SecretStore::kLongestWait);
}

Result<user::SentCode> keep_code_in(Transaction& transaction, const user::NewCode& code) {
  Connection& db = transaction.db();
  const Timestamp now = transaction.clock().now();
  forget_expired_codes(db, now);
  std::int64_t sent = 0;
  {
    auto row =
        db.query("SELECT sent, resend_at, expires_at FROM one_time_codes WHERE phone_number = ?1",
                 code.phone_number);
    if (row.next()) {
      if (row.time(1) > now) {
        Error error{.code = Errc::rate_limited};
        error.retry_after = std::chrono::ceil<std::chrono::seconds>(row.time(1) - now);
        return std::unexpected(std::move(error));
      }
      if (row.time(2) + SecretStore::kCalmAfter > now) sent = row.integer(0);
    }
  }
  const user::SentCode answer{.expires_at = now + SecretStore::kCodeLifetime,
                              .resend_at = now + wait_after(++sent)};
  db.run(
      "INSERT INTO one_time_codes VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (phone_number)"
      " DO UPDATE SET hash = ?2, expires_at = ?3, tries_left = ?4, sent = ?5, resend_at = ?6",
      code.phone_number, Blob{code.hash}, answer.expires_at, SecretStore::kTries, sent,
      answer.resend_at);
  return answer;
}

// The row stays after the code is used or used up: it still says when the next may be sent.
Result<void> check_code_in(Transaction& transaction, const std::string& phone_number,
                           const std::string& hash, bool use) {
  Connection& db = transaction.db();
  bool right = false;
  {
    auto row = db.query(
        "SELECT hash FROM one_time_codes WHERE phone_number = ?1 AND expires_at > ?2"
        " AND tries_left > 0",
        phone_number, transaction.clock().now());
    if (!row.next()) return fail(Errc::invalid_code);
    right = same_secret(row.text(0), hash);
  }
  if (!right) {
    db.run("UPDATE one_time_codes SET tries_left = tries_left - 1 WHERE phone_number = ?1",
           phone_number);
    return fail(Errc::invalid_code);
  }
  if (use) db.run("UPDATE one_time_codes SET tries_left = 0 WHERE phone_number = ?1", phone_number);
  return {};
}

std::optional<user::Secret> read_secret(Connection& db, const std::string& hash,
                                        user::Purpose purpose, Timestamp now) {
  auto row = db.query(
      "SELECT user_id, data, expires_at FROM one_time_secrets WHERE hash = ?1 AND purpose = ?2"
      " AND expires_at > ?3",
      Blob{hash}, purpose, now);
  if (!row.next()) return std::nullopt;
  user::Secret secret{.hash = hash,
                      .purpose = purpose,
                      .user_id = {},
                      .data = row.string(1),
                      .expires_at = row.time(2)};
  if (!row.null(0)) secret.user_id = row.id<UserId>(0);
  return secret;
}

}  // namespace

void keep_secret(Transaction& transaction, const user::Secret& secret) {
  Connection& db = transaction.db();
  db.run(
      "DELETE FROM one_time_secrets WHERE hash IN (SELECT hash FROM one_time_secrets"
      " WHERE expires_at < ?1 LIMIT ?2)",
      transaction.clock().now(), kForgottenAtOnce);
  const std::optional<UserId> owner = secret.user_id ? std::optional{secret.user_id} : std::nullopt;
  db.run("DELETE FROM one_time_secrets WHERE user_id = ?1 AND purpose = ?2", owner, secret.purpose);
  db.run(
      "INSERT INTO one_time_secrets VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (hash) DO UPDATE"
      " SET purpose = ?2, user_id = ?3, data = ?4, expires_at = ?5",
      Blob{secret.hash}, secret.purpose, owner, secret.data, secret.expires_at);
}

Task<Result<user::SentCode>> SqlSecretStore::keep_code(user::NewCode code, user::Tidings* tidings) {
  co_return co_await database_.write([&code, tidings](Transaction& transaction) {
    auto sent = keep_code_in(transaction, code);
    if (sent) storage::keep(transaction, UserId{}, tidings);
    return sent;
  });
}

Task<Result<void>> SqlSecretStore::check_code(std::string phone_number, std::string hash,
                                              bool use) {
  co_return co_await database_.write([&, use](Transaction& transaction) {
    return check_code_in(transaction, phone_number, hash, use);
  });
}

Task<void> SqlSecretStore::keep(user::Secret secret, user::Tidings* tidings) {
  co_await database_.write([&secret, tidings](Transaction& transaction) {
    keep_secret(transaction, secret);
    storage::keep(transaction, secret.user_id, tidings);
    return true;
  });
}

Task<std::optional<user::Secret>> SqlSecretStore::take(std::string hash, user::Purpose purpose) {
  co_return co_await database_.write([&hash, purpose](Transaction& transaction) {
    auto secret = read_secret(transaction.db(), hash, purpose, transaction.clock().now());
    if (secret) transaction.db().run("DELETE FROM one_time_secrets WHERE hash = ?1", Blob{hash});
    return secret;
  });
}

Task<std::optional<user::Secret>> SqlSecretStore::look(std::string hash, user::Purpose purpose) {
  co_return co_await database_.read_or_throw(
      [&hash, purpose, now = database_.clock().now()](Connection& db) {
        return read_secret(db, hash, purpose, now);
      });
}

}  // namespace parley::storage
