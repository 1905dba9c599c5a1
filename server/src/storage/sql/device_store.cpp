#include "storage/sql/device_store.h"

#include <utility>

#include "model/chat.h"
#include "model/message.h"

namespace parley::storage {
namespace {

using notification::DeviceStore;
using notification::KeptDevice;

// From a row of id, user_id, service, token, p256dh, auth, sandbox.
KeptDevice read_kept(const Query& row) {
  return {.id = row.id<DeviceId>(0),
          .user_id = row.id<UserId>(1),
          .address = {.service = row.enumerator<PushService>(2),
                      .token = row.string(3),
                      .p256dh = row.string(4),
                      .auth = row.string(5),
                      .sandbox = row.integer(6) != 0}};
}

std::optional<DeviceId> id_of(Connection& db, const notification::DeviceAddress& address) {
  auto row = db.query("SELECT id FROM devices WHERE service = ?1 AND token = ?2", address.service,
                      address.token);
  if (!row.next()) return std::nullopt;
  return row.id<DeviceId>(0);
}

NotificationSettings read_settings(Connection& db, UserId user) {
  auto row = db.query(
      "SELECT preview, email_digest, quiet_until FROM notification_settings WHERE user_id = ?1",
      user);
  NotificationSettings settings;
  if (!row.next()) return settings;
  settings.preview = row.integer(0) != 0;
  settings.email_digest = row.integer(1) != 0;
  if (!row.null(2)) settings.quiet_until = row.time(2);
  return settings;
}

std::int64_t unread_of(Connection& db, UserId user) {
  auto row = db.query(
      "SELECT CAST(coalesce(sum(c.message_count - coalesce((SELECT m.message_count"
      " - CASE WHEN m.seq = p.read_seq OR m.kind <> 0 THEN 0 ELSE 1 END FROM messages m"
      " WHERE m.chat_id = c.id AND m.seq >= p.read_seq AND m.seq >= c.first_seq"
      " ORDER BY m.seq LIMIT 1), 0)), 0) AS BIGINT)"
      " FROM participants p JOIN chats c ON c.id = p.chat_id"
      " WHERE p.user_id = ?1 AND p.role <> ?2 AND c.last_seq > p.read_seq",
      user, ParticipantRole::left);
  row.next();
  return row.integer(0);
}

// Whether the user is still to be woken for `up_to`: not while they are busy.
bool is_wanted(Connection& db, UserId user, ChatId chat, Seq up_to, Timestamp now) {
  auto row = db.query(
      "SELECT 1 FROM participants p JOIN users u ON u.id = p.user_id"
      " WHERE p.chat_id = ?1 AND p.user_id = ?2 AND p.role <> ?3 AND p.delivered_seq < ?4"
      " AND p.read_seq < ?4 AND (p.muted_until IS NULL OR p.muted_until <= ?5)"
      " AND (u.busy_until IS NULL OR u.busy_until <= ?5)",
      chat, user, ParticipantRole::left, up_to, now);
  return row.next();
}

void read_newest(Connection& db, ChatId chat, Seq up_to, notification::PushContext& context) {
  auto row = db.query(
      "SELECT u.display_name, c.type, c.name, m.content FROM messages m"
      " JOIN chats c ON c.id = m.chat_id JOIN users u ON u.id = m.sender_id"
      " WHERE m.chat_id = ?1 AND m.seq <= ?2 AND m.kind = ?3 AND m.deleted_at IS NULL"
      " ORDER BY m.seq DESC LIMIT 1",
      chat, up_to, EntryKind::message);
  if (!row.next()) return;
  context.sender_name = row.string(0);
  if (row.enumerator<ChatType>(1) == ChatType::group) context.chat_name = row.string(2);
  context.content = row.string(3);
}

}  // namespace

Task<Device> SqlDeviceStore::add(notification::NewDevice device) {
  co_return co_await database_.write([&device](Transaction& transaction) {
    Connection& db = transaction.db();
    const Timestamp now = transaction.clock().now();
    const notification::DeviceAddress& address = device.address;
    Device added{.id = id_of(db, address).value_or(DeviceId{}),
                 .service = address.service,
                 .name = device.name,
                 .platform = device.platform,
                 .registered_at = now,
                 .last_push_at = {},
                 .current = true};
    if (!added.id) added.id = transaction.next_id<DeviceKind>();
    {
      // What the client did not say, its sign-in did.
      auto row = db.query("SELECT device, platform FROM sessions WHERE id = ?1", device.session_id);
      if (row.next()) {
        if (added.name.empty()) added.name = row.string(0);
        if (added.platform.empty()) added.platform = row.string(1);
      }
    }
    db.run(
        "INSERT INTO devices VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, NULL)"
        " ON CONFLICT (id) DO UPDATE SET user_id = ?2, session_id = ?3, p256dh = ?6, auth = ?7,"
        " sandbox = ?8, name = ?9, platform = ?10, registered_at = ?11, last_push_at = NULL",
        added.id, device.user_id, device.session_id, address.service, address.token,
        address.p256dh.empty() ? std::nullopt : std::optional{Blob{address.p256dh}},
        address.auth.empty() ? std::nullopt : std::optional{Blob{address.auth}}, address.sandbox,
        added.name, added.platform, now);
    db.run(
        "DELETE FROM devices WHERE user_id = ?1 AND id NOT IN (SELECT id FROM devices"
        " WHERE user_id = ?1 ORDER BY registered_at DESC, id DESC LIMIT ?2)",
        device.user_id, DeviceStore::kMostDevices);
    return added;
  });
}

Task<std::vector<Device>> SqlDeviceStore::list(UserId user, SessionId asking) {
  co_return co_await database_.read_or_throw([user, asking](Connection& db) {
    std::vector<Device> devices;
    auto row = db.query(
        "SELECT id, service, name, platform, registered_at, last_push_at, session_id FROM devices"
        " WHERE user_id = ?1 ORDER BY id",
        user);
    while (row.next()) {
      devices.push_back({.id = row.id<DeviceId>(0),
                         .service = row.enumerator<PushService>(1),
                         .name = row.string(2),
                         .platform = row.string(3),
                         .registered_at = row.time(4),
                         .last_push_at = row.null(5) ? std::nullopt : std::optional{row.time(5)},
                         .current = row.id<SessionId>(6) == asking});
    }
    return devices;
  });
}

Task<Result<void>> SqlDeviceStore::remove(UserId user, DeviceId device) {
  co_return co_await database_.write([user, device](Transaction& transaction) -> Result<void> {
    transaction.db().run("DELETE FROM devices WHERE id = ?1 AND user_id = ?2", device, user);
    if (transaction.db().changes() == 0) return fail(Errc::device_not_found);
    return {};
  });
}

Task<std::vector<KeptDevice>> SqlDeviceStore::of(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) {
    std::vector<KeptDevice> devices;
    auto row = db.query(
        "SELECT id, user_id, service, token, p256dh, auth, sandbox FROM devices"
        " WHERE user_id = ?1 ORDER BY id",
        user);
    while (row.next()) devices.push_back(read_kept(row));
    return devices;
  });
}

Task<std::optional<KeptDevice>> SqlDeviceStore::find(DeviceId device) {
  co_return co_await database_.read_or_throw([device](Connection& db) -> std::optional<KeptDevice> {
    auto row = db.query(
        "SELECT id, user_id, service, token, p256dh, auth, sandbox FROM devices WHERE id = ?1",
        device);
    if (!row.next()) return std::nullopt;
    return read_kept(row);
  });
}

Task<notification::PushContext> SqlDeviceStore::context(UserId user, ChatId chat, Seq up_to) {
  co_return co_await database_.read_or_throw(
      [user, chat, up_to, now = database_.clock().now()](Connection& db) {
        const Snapshot snapshot{db};
        notification::PushContext context;
        context.settings = read_settings(db, user);
        context.badge = unread_of(db, user);
        context.wanted = is_wanted(db, user, chat, up_to, now) &&
                         !(context.settings.quiet_until && *context.settings.quiet_until > now);
        if (context.settings.preview) read_newest(db, chat, up_to, context);
        return context;
      });
}

Task<void> SqlDeviceStore::record(notification::NewPushRecord push) {
  co_await database_.write([&push](Transaction& transaction) {
    Connection& db = transaction.db();
    const Timestamp now = transaction.clock().now();
    db.run("INSERT INTO push_log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
           transaction.next_id<PushKind>(), push.user_id, push.device_id, push.service, push.reason,
           push.outcome, push.chat_id, push.why, now);
    db.run(
        "DELETE FROM push_log WHERE user_id = ?1 AND id <= (SELECT id FROM push_log"
        " WHERE user_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        push.user_id, DeviceStore::kRecordsKept);
    if (push.outcome == PushOutcome::sent)
      db.run("UPDATE devices SET last_push_at = ?2 WHERE id = ?1", push.device_id, now);
    if (push.outcome == PushOutcome::gone)
      db.run("DELETE FROM devices WHERE id = ?1", push.device_id);
    return true;
  });
}

Task<std::vector<PushRecord>> SqlDeviceStore::records(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) {
    std::vector<PushRecord> records;
    auto row = db.query(
        "SELECT id, device_id, service, reason, outcome, chat_id, why, at FROM push_log"
        " WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2",
        user, DeviceStore::kRecordsKept);
    while (row.next()) {
      PushRecord record{.id = row.id<PushId>(0),
                        .device_id = row.id<DeviceId>(1),
                        .service = row.enumerator<PushService>(2),
                        .reason = row.enumerator<PushReason>(3),
                        .outcome = row.enumerator<PushOutcome>(4),
                        .chat_id = {},
                        .why = {},
                        .at = row.time(7)};
      if (!row.null(5)) record.chat_id = row.id<ChatId>(5);
      if (!row.null(6)) record.why = row.string(6);
      records.push_back(std::move(record));
    }
    return records;
  });
}

Task<NotificationSettings> SqlDeviceStore::settings(UserId user) {
  co_return co_await database_.read_or_throw(
      [user](Connection& db) { return read_settings(db, user); });
}

Task<NotificationSettings> SqlDeviceStore::set_settings(UserId user,
                                                        NotificationSettings settings) {
  co_return co_await database_.write([user, &settings](Transaction& transaction) {
    transaction.db().run(
        "INSERT INTO notification_settings VALUES (?1, ?2, ?3, ?4, NULL) ON CONFLICT (user_id)"
        " DO UPDATE SET preview = ?2, email_digest = ?3, quiet_until = ?4",
        user, settings.preview, settings.email_digest, settings.quiet_until);
    return settings;
  });
}

Task<std::int64_t> SqlDeviceStore::prune(Timestamp before) {
  co_return co_await database_.write([before](Transaction& transaction) {
    transaction.db().run(
        "DELETE FROM devices WHERE registered_at < ?1 AND coalesce(last_push_at, 0) < ?1", before);
    return transaction.db().changes();
  });
}

}  // namespace parley::storage
