#include "storage/sql/tidings.h"

#include "storage/sql/jobs.h"
#include "storage/sql/rows.h"
#include "storage/sql/secret_store.h"
#include "user/letters.h"
#include "user/session_store.h"

namespace parley::storage {

SecurityEvent keep_notice(Transaction& transaction, UserId user, const user::Notice& notice) {
  SecurityEvent event{.id = transaction.next_id<SecurityEventIdKind>(),
                      .kind = notice.kind,
                      .at = transaction.clock().now(),
                      .address = notice.address,
                      .user_agent = notice.user_agent};
  transaction.db().run("INSERT INTO security_events VALUES (?1, ?2, ?3, ?4, ?5, ?6)", event.id,
                       user, event.kind, event.at, event.address, event.user_agent);
  transaction.db().run(
      "DELETE FROM security_events WHERE user_id = ?1 AND id <= (SELECT id FROM security_events"
      " WHERE user_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      user, user::SessionStore::kMostEvents);
  return event;
}

void mail_notice(Transaction& transaction, UserId user, const SecurityEvent& event) {
  Profile profile;
  {
    auto row =
        transaction.db().query("SELECT * FROM profiles WHERE id = ?1 AND deleted_at IS NULL", user);
    if (!row.next()) return;
    profile = read_profile(row, transaction.clock().now());
  }
  if (profile.email && profile.email_verified)
    add_job(transaction, user::notice_mail(profile, event));
}

void keep(Transaction& transaction, UserId user, user::Tidings* tidings) {
  if (!tidings) return;
  keep_nothing(tidings);
  if (tidings->notice) {
    tidings->kept = keep_notice(transaction, user, *tidings->notice);
    mail_notice(transaction, user, *tidings->kept);
  }
  if (tidings->link) {
    user::Secret link = *tidings->link;
    link.user_id = user;
    keep_secret(transaction, link);
  }
  for (const delivery::NewJob& letter : tidings->letters) add_job(transaction, letter);
}

void keep_nothing(user::Tidings* tidings) {
  if (tidings) tidings->kept.reset();
}

Trace trace_of(const user::Tidings* tidings) { return tidings ? tidings->trace : Trace{}; }

}  // namespace parley::storage
