#include "storage/sql/admin_store.h"

#include <algorithm>
#include <utility>

#include <boost/describe/enum_to_string.hpp>
#include <fmt/format.h>

#include "base/ascii.h"
#include "storage/sql/account_removal.h"
#include "storage/sql/audit_log.h"
#include "storage/sql/list_cursor.h"
#include "storage/sql/pairs.h"
#include "storage/sql/rows.h"
#include "storage/sql/session_store.h"
#include "storage/sql/tidings.h"
#include "storage/sql/user_store.h"

namespace parley::storage {
namespace {

constexpr std::int64_t kLongestPage = 1000;

std::string_view name_of(Role role) { return boost::describe::enum_to_string(role, ""); }

// In the order of their ids, without those that are not there.
std::vector<AccountInfo> find_accounts(Connection& db, const std::vector<UserId>& users,
                                       Timestamp now) {
  std::vector<AccountInfo> accounts;
  auto row = db.query(
      "SELECT p.*, u.suspended_at IS NOT NULL, u.suspended_reason, u.last_seen_at,"
      " (SELECT count(*) FROM sessions WHERE user_id = u.id AND expires_at > ?2)"
      " FROM json_each(?1) w CROSS JOIN users u CROSS JOIN profiles p"
      " WHERE u.id = CAST(w.key AS BIGINT) AND u.deleted_at IS NULL AND p.id = u.id"
      " ORDER BY u.id",
      Pairs{users}.text(), now);
  while (row.next()) {
    AccountInfo& account = accounts.emplace_back();
    account.suspended = row.integer(21) != 0;
    if (!row.null(22)) account.suspended_reason = row.string(22);
    if (!row.null(23)) account.last_seen_at = row.time(23);
    account.session_count = row.integer(24);
    Profile profile = read_profile(row, now);
    account.email = std::move(profile.email);
    account.phone_number = std::move(profile.phone_number);
    account.role = profile.role;
    static_cast<User&>(account) = std::move(profile);
  }
  return accounts;
}

std::optional<AccountInfo> find_account(Connection& db, UserId user, Timestamp now) {
  auto accounts = find_accounts(db, {user}, now);
  if (accounts.empty()) return std::nullopt;
  return std::move(accounts.front());
}

// The role of the user that `actor` wants to change.
Result<Role> subject_of(Connection& db, const Caller& actor, UserId user) {
  auto row = db.query("SELECT role FROM users WHERE id = ?1 AND deleted_at IS NULL", user);
  if (!row.next()) return fail(Errc::user_not_found);
  if (user == actor.user_id) return fail(Errc::forbidden, "somebody else has to do this to you");
  return row.enumerator<Role>(0);
}

// The same for what is not done to admins.
Result<Role> lesser_subject_of(Connection& db, const Caller& actor, UserId user) {
  const auto role = subject_of(db, actor, user);
  if (role && *role == Role::admin && actor.user_id != kOperator)
    return fail(Errc::forbidden, "this is an administrator: take the role away first");
  return role;
}

// Without a word on who did it.
SecurityEvent keep_notice_of(Transaction& transaction, UserId user, SecurityEventKind kind) {
  return keep_notice(transaction, user, {.kind = kind, .address = {}, .user_agent = {}});
}

std::string described(const user::AccountFilter& filter) {
  std::string text;
  if (filter.query) text += fmt::format("q={} ", *filter.query);
  if (filter.role) text += fmt::format("role={} ", name_of(*filter.role));
  if (filter.suspended) text += fmt::format("suspended={} ", *filter.suspended);
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace

Task<Result<user::AccountPage>> SqlAdminStore::list(Caller actor, user::AccountFilter filter,
                                                    std::optional<std::string> cursor,
                                                    std::int64_t limit) {
  const auto after = read_list_cursor(cursor, 'u');
  if (!after) co_return std::unexpected(after.error());
  const auto noted = co_await note_reading(
      database_, actor, Role::moderator,
      {.action = "admin:user-list", .subject = {}, .detail = described(filter)});
  if (!noted) co_return std::unexpected(noted.error());
  if (filter.query) filter.query = lower_ascii(std::move(*filter.query));
  co_return co_await database_.read(
      [&filter, from = after->value_or(0), most = std::clamp<std::int64_t>(limit, 1, kLongestPage),
       now = database_.clock().now()](Connection& db) -> Result<user::AccountPage> {
        const Snapshot snapshot{db};
        std::vector<UserId> found;
        auto row = db.query(
            "SELECT id FROM users WHERE id > ?1 AND deleted_at IS NULL"
            " AND (CAST(?2 AS TEXT) IS NULL OR instr(username, ?2) > 0 OR "
            "instr(lower(display_name), ?2) > 0"
            "      OR email = ?2 OR phone_number = ?2 OR CAST(id AS TEXT) = ?2)"
            " AND (?3 IS NULL OR role = ?3) AND (?4 IS NULL OR CASE WHEN suspended_at IS NULL THEN "
            "0 ELSE 1 END = ?4)"
            " ORDER BY id LIMIT ?5",
            from, filter.query, filter.role, filter.suspended, most + 1);
        while (row.next()) found.push_back(row.id<UserId>(0));

        user::AccountPage page;
        if (std::ssize(found) > most) {
          found.pop_back();
          page.next_cursor = write_list_cursor('u', found.back().value());
        }
        if (!found.empty()) page.users = find_accounts(db, found, now);
        return page;
      });
}

Task<Result<AccountInfo>> SqlAdminStore::get(Caller actor, UserId user) {
  const auto noted = co_await note_reading(database_, actor, Role::moderator,
                                           {.action = "admin:user-get", .subject = user});
  if (!noted) co_return std::unexpected(noted.error());
  co_return co_await database_.read(
      [user, now = database_.clock().now()](Connection& db) -> Result<AccountInfo> {
        auto account = find_account(db, user, now);
        if (!account) return fail(Errc::user_not_found);
        return std::move(*account);
      });
}

Task<Result<AccountInfo>> SqlAdminStore::create(Caller actor, user::NewUser user) {
  co_return co_await database_.write([&](Transaction& transaction) -> Result<AccountInfo> {
    if (auto may = check_role(transaction.db(), actor, Role::admin); !may)
      return std::unexpected(may.error());
    const auto profile = create_user(transaction, user, actor.trace);
    if (!profile) return std::unexpected(profile.error());
    add_audit_entry(transaction, actor,
                    {.action = "admin:user-create",
                     .subject = profile->id,
                     .detail = fmt::format("{}, {}", user.username, name_of(user.role))});
    return *find_account(transaction.db(), profile->id, transaction.clock().now());
  });
}

Task<Result<std::vector<SessionId>>> SqlAdminStore::suspend(Caller actor, UserId user,
                                                            std::string reason) {
  using Answer = Result<std::vector<SessionId>>;
  co_return co_await database_.write([&, user](Transaction& transaction) -> Answer {
    Connection& db = transaction.db();
    if (auto may = check_role(db, actor, Role::moderator); !may)
      return std::unexpected(may.error());
    const auto role = lesser_subject_of(db, actor, user);
    if (!role) return std::unexpected(role.error());
    if (*role == Role::admin)
      if (const auto other = check_other_admin(db, user); !other)
        return std::unexpected(other.error());
    const Timestamp now = transaction.clock().now();
    db.run("UPDATE users SET suspended_at = ?2, suspended_reason = ?3 WHERE id = ?1", user, now,
           reason);
    mail_notice(transaction, user, keep_notice_of(transaction, user, SecurityEventKind::suspended));
    add_audit_entry(transaction, actor,
                    {.action = "admin:suspend", .subject = user, .detail = reason});
    return end_sessions(db, user, SessionId{}, now);
  });
}

Task<Result<void>> SqlAdminStore::unsuspend(Caller actor, UserId user) {
  co_return co_await database_.write([&, user](Transaction& transaction) -> Result<void> {
    Connection& db = transaction.db();
    if (auto may = check_role(db, actor, Role::moderator); !may) return may;
    if (auto role = lesser_subject_of(db, actor, user); !role) return std::unexpected(role.error());
    db.run("UPDATE users SET suspended_at = NULL, suspended_reason = NULL WHERE id = ?1", user);
    add_audit_entry(transaction, actor, {.action = "admin:unsuspend", .subject = user});
    return {};
  });
}

Task<Result<user::RemovedAccount>> SqlAdminStore::remove(Caller actor, UserId user) {
  co_return co_await database_.write(
      [&, user](Transaction& transaction) -> Result<user::RemovedAccount> {
        Connection& db = transaction.db();
        if (auto may = check_role(db, actor, Role::admin); !may)
          return std::unexpected(may.error());
        if (auto role = lesser_subject_of(db, actor, user); !role)
          return std::unexpected(role.error());
        auto removed = remove_account(transaction, user, actor.trace);
        if (removed)
          add_audit_entry(transaction, actor, {.action = "admin:delete", .subject = user});
        return removed;
      });
}

Task<Result<std::vector<SessionId>>> SqlAdminStore::set_password(Caller actor, UserId user,
                                                                 std::string password_hash) {
  using Answer = Result<std::vector<SessionId>>;
  co_return co_await database_.write([&, user](Transaction& transaction) -> Answer {
    Connection& db = transaction.db();
    if (auto may = check_role(db, actor, Role::admin); !may) return std::unexpected(may.error());
    if (auto role = lesser_subject_of(db, actor, user); !role) return std::unexpected(role.error());
    db.run("UPDATE users SET password_hash = ?2 WHERE id = ?1", user, password_hash);
    keep_notice_of(transaction, user, SecurityEventKind::password_reset);
    add_audit_entry(transaction, actor, {.action = "admin:reset-password", .subject = user});
    return end_sessions(db, user, SessionId{}, transaction.clock().now());
  });
}

Task<Result<std::vector<SessionId>>> SqlAdminStore::set_role(Caller actor, UserId user, Role role) {
  using Answer = Result<std::vector<SessionId>>;
  co_return co_await database_.write([&, user, role](Transaction& transaction) -> Answer {
    Connection& db = transaction.db();
    if (auto may = check_role(db, actor, Role::admin); !may) return std::unexpected(may.error());
    const auto old = subject_of(db, actor, user);
    if (!old) return std::unexpected(old.error());
    if (*old == Role::admin && role != Role::admin)
      if (const auto other = check_other_admin(db, user); !other)
        return std::unexpected(other.error());
    add_audit_entry(transaction, actor,
                    {.action = "admin:set-role",
                     .subject = user,
                     .detail = fmt::format("{} to {}", name_of(*old), name_of(role))});
    if (*old == role) return std::vector<SessionId>{};
    db.run("UPDATE users SET role = ?2 WHERE id = ?1", user, role);
    mail_notice(transaction, user,
                keep_notice_of(transaction, user, SecurityEventKind::role_changed));
    return end_sessions(db, user, SessionId{}, transaction.clock().now());
  });
}

Task<Result<user::AuditPage>> SqlAdminStore::audit(Caller actor, user::AuditFilter filter,
                                                   std::optional<std::string> cursor,
                                                   std::int64_t limit) {
  const auto before = read_list_cursor(cursor, 'a');
  if (!before) co_return std::unexpected(before.error());
  const auto noted = co_await note_reading(database_, actor, Role::admin,
                                           {.action = "admin:audit", .subject = filter.subject_id});
  if (!noted) co_return std::unexpected(noted.error());
  constexpr std::uint64_t kNewest = (1ULL << 63) - 1;
  co_return co_await database_.read([&filter, from = before->value_or(kNewest),
                                     most = std::clamp<std::int64_t>(limit, 1, kLongestPage)](
                                        Connection& db) -> Result<user::AuditPage> {
    user::AuditPage page;
    auto row = db.query(
        "SELECT id, at, actor_id, actor_name, action, subject_id, address, detail"
        " FROM audit_log WHERE id < ?1 AND (?2 IS NULL OR actor_id = ?2)"
        " AND (?3 IS NULL OR subject_id = ?3) AND (CAST(?4 AS TEXT) IS NULL OR action = ?4)"
        " ORDER BY id DESC LIMIT ?5",
        from, filter.actor_id, filter.subject_id, filter.action, most + 1);
    while (row.next()) {
      if (std::ssize(page.entries) == most) {
        page.next_cursor = write_list_cursor('a', page.entries.back().id.value());
        break;
      }
      AuditEntry entry{.id = row.id<AuditEntryId>(0),
                       .at = row.time(1),
                       .actor_id = row.id<UserId>(2),
                       .actor_name = row.string(3),
                       .action = row.string(4),
                       .subject_id = {},
                       .address = row.string(6),
                       .detail = {}};
      if (!row.null(5)) entry.subject_id = row.id<UserId>(5);
      if (!row.null(7)) entry.detail = row.string(7);
      page.entries.push_back(std::move(entry));
    }
    return page;
  });
}

}  // namespace parley::storage
