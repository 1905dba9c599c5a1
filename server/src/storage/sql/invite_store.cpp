#include "storage/sql/invite_store.h"

#include <utility>

#include <fmt/format.h>

#include "storage/sql/audit_log.h"

namespace parley::storage {

Task<Result<Invite>> SqlInviteStore::create(Caller actor, user::NewInvite invite) {
  co_return co_await database_.write([&](Transaction& transaction) -> Result<Invite> {
    if (auto may = check_role(transaction.db(), actor, Role::admin); !may)
      return std::unexpected(may.error());
    const Invite made{.id = transaction.next_id<InviteKind>(),
                      .uses = invite.uses,
                      .used = 0,
                      .expires_at = invite.expires_at,
                      .created_at = transaction.clock().now()};
    transaction.db().run("INSERT INTO invites VALUES (?1, ?2, ?3, 0, ?4, ?5)", made.id,
                         Blob{invite.hash}, made.uses, made.created_at, made.expires_at);
    add_audit_entry(transaction, actor,
                    {.action = "admin:invite-create",
                     .detail = fmt::format("invite {}: {} uses", made.id.value(), made.uses)});
    return made;
  });
}

Task<Result<std::vector<Invite>>> SqlInviteStore::list(Caller actor) {
  const auto noted =
      co_await note_reading(database_, actor, Role::admin, {.action = "admin:invite-list"});
  if (!noted) co_return std::unexpected(noted.error());
  co_return co_await database_.read([](Connection& db) -> Result<std::vector<Invite>> {
    std::vector<Invite> invites;
    auto row = db.query(
        "SELECT id, uses, used, expires_at, created_at FROM invites ORDER BY id DESC LIMIT 1000");
    while (row.next()) {
      invites.push_back({.id = row.id<InviteId>(0),
                         .uses = row.integer(1),
                         .used = row.integer(2),
                         .expires_at = row.time(3),
                         .created_at = row.time(4)});
    }
    return invites;
  });
}

Task<Result<void>> SqlInviteStore::remove(Caller actor, InviteId invite) {
  co_return co_await database_.write([&, invite](Transaction& transaction) -> Result<void> {
    if (auto may = check_role(transaction.db(), actor, Role::admin); !may) return may;
    transaction.db().run("DELETE FROM invites WHERE id = ?1", invite);
    if (transaction.db().changes() == 0) return fail(Errc::invite_not_found);
    add_audit_entry(
        transaction, actor,
        {.action = "admin:invite-remove", .detail = fmt::format("invite {}", invite.value())});
    return {};
  });
}

}  // namespace parley::storage
