#include "storage/sql/factor_store.h"

#include "storage/sql/tidings.h"

namespace parley::storage {

Task<std::optional<user::Totp>> SqlFactorStore::totp(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) -> std::optional<user::Totp> {
    auto row = db.query("SELECT totp_secret, totp_step FROM users WHERE id = ?1", user);
    if (!row.next() || row.null(0)) return std::nullopt;
    user::Totp totp{.secret = row.string(0), .step = {}};
    if (!row.null(1)) totp.step = row.integer(1);
    return totp;
  });
}

Task<bool> SqlFactorStore::begin_totp(UserId user, std::string secret) {
  co_return co_await database_.write([user, &secret](Transaction& transaction) {
    transaction.db().run("UPDATE users SET totp_secret = ?2 WHERE id = ?1 AND totp_step IS NULL",
                         user, Blob{secret});
    return transaction.db().changes() == 1;
  });
}

Task<bool> SqlFactorStore::confirm_totp(UserId user, std::int64_t step,
                                        std::vector<std::string> recovery_hashes,
                                        user::Tidings* tidings) {
  co_return co_await database_.write(
      [user, step, &recovery_hashes, tidings](Transaction& transaction) {
        Connection& db = transaction.db();
        db.run(
            "UPDATE users SET totp_step = ?2 WHERE id = ?1 AND totp_secret IS NOT NULL"
            " AND (totp_step IS NULL OR totp_step < ?2)",
            user, step);
        if (db.changes() != 1) return false;
        db.run("DELETE FROM recovery_codes WHERE user_id = ?1", user);
        for (const std::string& hash : recovery_hashes)
          db.run("INSERT INTO recovery_codes VALUES (?1, ?2)", user, Blob{hash});
        keep(transaction, user, tidings);
        return true;
      });
}

Task<bool> SqlFactorStore::use_totp_step(UserId user, std::int64_t step) {
  co_return co_await database_.write([user, step](Transaction& transaction) {
    transaction.db().run("UPDATE users SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2", user,
                         step);
    return transaction.db().changes() == 1;
  });
}

Task<bool> SqlFactorStore::use_recovery_code(UserId user, std::string hash) {
  co_return co_await database_.write([user, &hash](Transaction& transaction) {
    transaction.db().run("DELETE FROM recovery_codes WHERE user_id = ?1 AND hash = ?2", user,
                         Blob{hash});
    return transaction.db().changes() == 1;
  });
}

Task<void> SqlFactorStore::remove_totp(UserId user, user::Tidings* tidings) {
  co_await database_.write([user, tidings](Transaction& transaction) {
    transaction.db().run("UPDATE users SET totp_secret = NULL, totp_step = NULL WHERE id = ?1",
                         user);
    transaction.db().run("DELETE FROM recovery_codes WHERE user_id = ?1", user);
    keep(transaction, user, tidings);
    return true;
  });
}

Task<Result<user::Passkey>> SqlFactorStore::add_passkey(user::NewPasskey passkey,
                                                        user::Tidings* tidings) {
  co_return co_await database_.write([&passkey,
                                      tidings](Transaction& transaction) -> Result<user::Passkey> {
    Connection& db = transaction.db();
    {
      auto row = db.query("SELECT count(*) FROM passkeys WHERE user_id = ?1", passkey.user_id);
      if (row.next() && row.integer(0) >= kMostPasskeys)
        return fail(Errc::validation_failed, "you have as many passkeys as you may have");
    }
    {
      auto row =
          db.query("SELECT 1 FROM passkeys WHERE credential_id = ?1", Blob{passkey.credential_id});
      if (row.next()) return fail_field("credentialId", "has been added before");
    }
    user::Passkey added{.id = transaction.next_id<PasskeyKind>(),
                        .name = passkey.name,
                        .created_at = transaction.clock().now(),
                        .last_used_at = {}};
    db.run("INSERT INTO passkeys VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)", added.id,
           passkey.user_id, Blob{passkey.credential_id}, Blob{passkey.public_key},
           passkey.sign_count, added.name, added.created_at);
    keep(transaction, passkey.user_id, tidings);
    return added;
  });
}

Task<std::vector<user::Passkey>> SqlFactorStore::passkeys(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) {
    std::vector<user::Passkey> passkeys;
    auto row = db.query(
        "SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = ?1 ORDER BY id",
        user);
    while (row.next()) {
      user::Passkey& passkey = passkeys.emplace_back();
      passkey.id = row.id<PasskeyId>(0);
      passkey.name = row.string(1);
      passkey.created_at = row.time(2);
      if (!row.null(3)) passkey.last_used_at = row.time(3);
    }
    return passkeys;
  });
}

Task<std::vector<std::string>> SqlFactorStore::credential_ids(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) {
    std::vector<std::string> ids;
    auto row = db.query("SELECT credential_id FROM passkeys WHERE user_id = ?1 ORDER BY id", user);
    while (row.next()) ids.push_back(row.string(0));
    return ids;
  });
}

Task<Result<void>> SqlFactorStore::remove_passkey(UserId user, PasskeyId passkey,
                                                  user::Tidings* tidings) {
  co_return co_await database_.write(
      [user, passkey, tidings](Transaction& transaction) -> Result<void> {
        transaction.db().run("DELETE FROM passkeys WHERE id = ?1 AND user_id = ?2", passkey, user);
        if (transaction.db().changes() == 0) return fail(Errc::passkey_not_found);
        keep(transaction, user, tidings);
        return {};
      });
}

Task<std::optional<user::KeptPasskey>> SqlFactorStore::find_passkey(std::string credential_id) {
  co_return co_await database_.read_or_throw(
      [&credential_id](Connection& db) -> std::optional<user::KeptPasskey> {
        auto row = db.query(
            "SELECT id, user_id, public_key, sign_count FROM passkeys WHERE credential_id = ?1",
            Blob{credential_id});
        if (!row.next()) return std::nullopt;
        return user::KeptPasskey{.id = row.id<PasskeyId>(0),
                                 .user_id = row.id<UserId>(1),
                                 .public_key = row.string(2),
                                 .sign_count = static_cast<std::uint32_t>(row.integer(3))};
      });
}

Task<void> SqlFactorStore::passkey_used(PasskeyId passkey, std::uint32_t sign_count) {
  co_await database_.write([passkey, sign_count](Transaction& transaction) {
    transaction.db().run(
        "UPDATE passkeys SET sign_count = CASE WHEN sign_count > ?2 THEN sign_count ELSE ?2 END, "
        "last_used_at = ?3 WHERE id = ?1",
        passkey, sign_count, transaction.clock().now());
    return true;
  });
}

Task<std::optional<UserId>> SqlFactorStore::find_identity(std::string issuer, std::string subject) {
  co_return co_await database_.read_or_throw([&](Connection& db) -> std::optional<UserId> {
    auto row = db.query("SELECT user_id FROM identities WHERE issuer = ?1 AND subject = ?2", issuer,
                        subject);
    if (!row.next()) return std::nullopt;
    return row.id<UserId>(0);
  });
}

Task<Result<void>> SqlFactorStore::add_identity(std::string issuer, std::string subject,
                                                UserId user) {
  co_return co_await database_.write([&, user](Transaction& transaction) -> Result<void> {
    Connection& db = transaction.db();
    {
      auto row = db.query("SELECT 1 FROM users WHERE id = ?1 AND deleted_at IS NULL", user);
      if (!row.next()) return fail(Errc::user_not_found);
    }
    db.run(
        "INSERT INTO identities VALUES (?1, ?2, ?3, ?4) ON CONFLICT (issuer, subject)"
        " DO UPDATE SET user_id = ?3, created_at = ?4",
        issuer, subject, user, transaction.clock().now());
    return {};
  });
}

}  // namespace parley::storage
