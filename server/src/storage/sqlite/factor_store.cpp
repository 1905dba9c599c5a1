#include "storage/sqlite/factor_store.h"

namespace parley::storage {

Task<std::optional<user::Totp>> SqliteFactorStore::totp(UserId user) {
  co_return co_await database_.readers().read_or_throw(
      [user](Connection& db) -> std::optional<user::Totp> {
        auto row = db.query("SELECT totp_secret, totp_step FROM users WHERE id = ?1", user);
        if (!row.next() || row.null(0)) return std::nullopt;
        user::Totp totp{.secret = row.string(0), .step = {}};
        if (!row.null(1)) totp.step = row.integer(1);
        return totp;
      });
}

Task<bool> SqliteFactorStore::begin_totp(UserId user, std::string secret) {
  co_return co_await database_.writer().run([user, &secret](ChatLog& log) {
    log.db().run("UPDATE users SET totp_secret = ?2 WHERE id = ?1 AND totp_step IS NULL", user,
                 Blob{secret});
    return log.db().changes() == 1;
  });
}

Task<bool> SqliteFactorStore::confirm_totp(UserId user, std::int64_t step,
                                           std::vector<std::string> recovery_hashes) {
  co_return co_await database_.writer().run([user, step, &recovery_hashes](ChatLog& log) {
    Connection& db = log.db();
    db.run(
        "UPDATE users SET totp_step = ?2 WHERE id = ?1 AND totp_secret IS NOT NULL"
        " AND (totp_step IS NULL OR totp_step < ?2)",
        user, step);
    if (db.changes() != 1) return false;
    db.run("DELETE FROM recovery_codes WHERE user_id = ?1", user);
    for (const std::string& hash : recovery_hashes)
      db.run("INSERT INTO recovery_codes VALUES (?1, ?2)", user, Blob{hash});
    return true;
  });
}

Task<bool> SqliteFactorStore::use_totp_step(UserId user, std::int64_t step) {
  co_return co_await database_.writer().run([user, step](ChatLog& log) {
    log.db().run("UPDATE users SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2", user, step);
    return log.db().changes() == 1;
  });
}

Task<bool> SqliteFactorStore::use_recovery_code(UserId user, std::string hash) {
  co_return co_await database_.writer().run([user, &hash](ChatLog& log) {
    log.db().run("DELETE FROM recovery_codes WHERE user_id = ?1 AND hash = ?2", user, Blob{hash});
    return log.db().changes() == 1;
  });
}

Task<void> SqliteFactorStore::remove_totp(UserId user) {
  co_await database_.writer().run([user](ChatLog& log) {
    log.db().run("UPDATE users SET totp_secret = NULL, totp_step = NULL WHERE id = ?1", user);
    log.db().run("DELETE FROM recovery_codes WHERE user_id = ?1", user);
    return true;
  });
}

Task<Result<user::Passkey>> SqliteFactorStore::add_passkey(user::NewPasskey passkey) {
  co_return co_await database_.writer().run([&passkey](ChatLog& log) -> Result<user::Passkey> {
    Connection& db = log.db();
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
    user::Passkey added{.id = log.next_id<PasskeyKind>(),
                        .name = passkey.name,
                        .created_at = log.clock().now(),
                        .last_used_at = {}};
    db.run("INSERT INTO passkeys VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)", added.id,
           passkey.user_id, Blob{passkey.credential_id}, Blob{passkey.public_key},
           passkey.sign_count, added.name, added.created_at);
    return added;
  });
}

Task<std::vector<user::Passkey>> SqliteFactorStore::passkeys(UserId user) {
  co_return co_await database_.readers().read_or_throw([user](Connection& db) {
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

Task<std::vector<std::string>> SqliteFactorStore::credential_ids(UserId user) {
  co_return co_await database_.readers().read_or_throw([user](Connection& db) {
    std::vector<std::string> ids;
    auto row = db.query("SELECT credential_id FROM passkeys WHERE user_id = ?1 ORDER BY id", user);
    while (row.next()) ids.push_back(row.string(0));
    return ids;
  });
}

Task<Result<void>> SqliteFactorStore::remove_passkey(UserId user, PasskeyId passkey) {
  co_return co_await database_.writer().run([user, passkey](ChatLog& log) -> Result<void> {
    log.db().run("DELETE FROM passkeys WHERE id = ?1 AND user_id = ?2", passkey, user);
    if (log.db().changes() == 0) return fail(Errc::passkey_not_found);
    return {};
  });
}

Task<std::optional<user::KeptPasskey>> SqliteFactorStore::find_passkey(std::string credential_id) {
  co_return co_await database_.readers().read_or_throw(
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

Task<void> SqliteFactorStore::passkey_used(PasskeyId passkey, std::uint32_t sign_count) {
  co_await database_.writer().run([passkey, sign_count](ChatLog& log) {
    log.db().run(
        "UPDATE passkeys SET sign_count = max(sign_count, ?2), last_used_at = ?3 WHERE id = ?1",
        passkey, sign_count, log.clock().now());
    return true;
  });
}

Task<std::optional<UserId>> SqliteFactorStore::find_identity(std::string issuer,
                                                             std::string subject) {
  co_return co_await database_.readers().read_or_throw(
      [&](Connection& db) -> std::optional<UserId> {
        auto row = db.query("SELECT user_id FROM identities WHERE issuer = ?1 AND subject = ?2",
                            issuer, subject);
        if (!row.next()) return std::nullopt;
        return row.id<UserId>(0);
      });
}

Task<Result<void>> SqliteFactorStore::add_identity(std::string issuer, std::string subject,
                                                   UserId user) {
  co_return co_await database_.writer().run([&, user](ChatLog& log) -> Result<void> {
    Connection& db = log.db();
    {
      auto row = db.query("SELECT 1 FROM users WHERE id = ?1 AND deleted_at IS NULL", user);
      if (!row.next()) return fail(Errc::user_not_found);
    }
    db.run("INSERT OR REPLACE INTO identities VALUES (?1, ?2, ?3, ?4)", issuer, subject, user,
           log.clock().now());
    return {};
  });
}

}  // namespace parley::storage
