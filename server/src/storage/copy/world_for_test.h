#pragma once

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "base/await_for_test.h"
#include "chat/chat_store.h"
#include "storage/copy/shown_for_test.h"
#include "storage/sql/kept_values.h"
#include "storage/sql/personal_data.h"
#include "storage/sqlite/fixture_for_test.h"
#include "user/phone_hash.h"

// A store in which every table has rows, made through the ports; and what the ports answer about
// it, so that two stores can be compared by those who know nothing of tables.

namespace parley::storage {

struct CopyWorld {
  UserId alice, bob, carol, gone, mod;
  ChatId direct, group, old;
  std::vector<UserId> people() const { return {alice, bob, carol, gone, mod}; }
  std::vector<ChatId> chats() const { return {direct, group, old}; }
};

inline Caller copy_operator() {
  Caller caller;
  caller.user_id = kOperator;
  caller.address = "192.0.2.7";
  return caller;
}

inline std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

template <class Engine>
MessageId say(Engine& engine, UserId who, ChatId chat, std::string content, std::string client_id) {
  return await(engine.messages().append({.chat_id = chat,
                                         .sender_id = who,
                                         .type = MessageType::text,
                                         .content = std::move(content),
                                         .client_message_id = std::move(client_id)}))
      .value()
      .message.id;
}

template <class Engine>
void seed_accounts(Engine& engine, CopyWorld& world) {
  const auto make = [&](const std::string& name, const std::string& shown_name) {
    return await(engine.users().create({.username = name,
                                        .display_name = shown_name,
                                        .email = name + "@example.org",
                                        .email_verified = true,
                                        .phone_number = std::nullopt,
                                        .password_hash = "hash of " + name}))
        .value()
        .id;
  };
  world.alice = make("alice", "Alïce 🧗🏽‍♀️ Ångström");
  world.bob = make("bob", "\tBob \\N \"quoted\"\n{}");
  world.carol = make("carol", "كارول \U0010FFFF");
  world.gone = make("gone", "Gone");
  world.mod = make("mod", "Mod");
  await(engine.users().update(world.alice, {.about = "",
                                            .first_name = "A",
                                            .status_text = "⛰",
                                            .status_until = Timestamp::max(),
                                            .language = "de",
                                            .public_key = "pk",
                                            .identity_key = "ik"}))
      .value();
  await(engine.users().set_avatar(world.alice, all_bytes())).value();
  await(engine.users().set_phone(world.bob, "+4915112345678")).value();
  await(engine.last_seen().set_last_seen(world.bob, kTestStart));
  await(engine.busy_times().set_busy_until(world.bob, Timestamp::max()));
  EXPECT_TRUE(await(engine.factors().begin_totp(world.bob, all_bytes())));
  EXPECT_TRUE(await(engine.factors().confirm_totp(
      world.bob, std::numeric_limits<std::int64_t>::max(), {std::string(32, '\0'), "b"})));
  await(engine.factors().add_passkey({.user_id = world.bob,
                                      .name = "Bob's key",
                                      .credential_id = std::string{"\0cred\xff", 6},
                                      .public_key = all_bytes(),
                                      .sign_count = std::numeric_limits<std::uint32_t>::max()}))
      .value();
  await(engine.factors().add_identity("https://id.example.org", "bob", world.bob)).value();
  await(engine.admin().set_role(copy_operator(), world.mod, Role::moderator)).value();
  await(engine.admin().suspend(copy_operator(), world.carol, "shouts")).value();
  await(engine.admin().unsuspend(copy_operator(), world.carol)).value();
  await(engine.invites().create(copy_operator(), {.hash = std::string(32, 'i'),
                                                  .uses = 3,
                                                  .expires_at = kTestStart + std::chrono::days{9}}))
      .value();
}

template <class Engine>
void seed_sessions(Engine& engine, const CopyWorld& world) {
  const auto open = [&](UserId user, char hash) {
    return await(engine.sessions().open({.user_id = user,
                                         .refresh_hash = std::string(32, hash),
                                         .address = "2001:db8::1",
                                         .user_agent = "Mozilla/5.0",
                                         .device = "A phone",
                                         .platform = "Android",
                                         .fingerprint = std::string{"\0\xff", 2},
                                         .network = "2001:db8::",
                                         .browser = true,
                                         .expires_at = Timestamp::max()}))
        .value()
        .id;
  };
  const SessionId phone = open(world.alice, 'a');
  const SessionId ended = open(world.alice, '\0');
  await(engine.sessions().rotate(std::string(32, 'a'), std::string(32, 'r'), Timestamp::max(),
                                 "192.0.2.1"))
      .value();
  await(engine.sessions().end(world.alice, ended)).value();
  user::Tidings tidings{
      .notice =
          user::Notice{.kind = SecurityEventKind::many_failures, .address = "", .user_agent = ""}};
  await(engine.sessions().tell(world.alice, &tidings));
  await(engine.secrets().keep_code({.phone_number = "+4915112345678", .hash = all_bytes()}))
      .value();
  await(engine.secrets().keep({.hash = std::string(32, 's'),
                               .purpose = user::Purpose::verify_email,
                               .user_id = world.alice,
                               .data = "alice@example.org",
                               .expires_at = kTestStart + std::chrono::days{900}}));
  const Device device =
      await(engine.devices().add({.user_id = world.alice,
                                  .session_id = phone,
                                  .address = {.service = PushService::web,
                                              .token = "https://push.example.org/1",
                                              .p256dh = all_bytes(),
                                              .auth = std::string(16, '\0')},
                                  .name = "Alice's phone",
                                  .platform = "Android"}));
  await(engine.devices().record({.user_id = world.alice,
                                 .device_id = device.id,
                                 .outcome = PushOutcome::refused,
                                 .why = "410"}));
  await(engine.devices().set_settings(world.alice,
                                      {.preview = true, .quiet_until = Timestamp::max()}));
}

template <class Engine>
void seed_contacts(Engine& engine, const CopyWorld& world) {
  await(engine.contacts().add(world.alice,
                              {.user_id = world.bob, .username = {}, .phone_number = {}}, "Bobby"))
      .value();
  await(engine.contacts().block(world.bob, world.carol)).value();
  await(engine.contacts().set_privacy(world.alice, {.last_seen = Audience::contacts,
                                                    .online = {},
                                                    .avatar = {},
                                                    .about = {},
                                                    .groups = {},
                                                    .read_receipts = false,
                                                    .except_user_ids = std::vector{world.carol}}))
      .value();
  // The number is hashed once there is a salt.
  const auto salt = await(engine.contacts().phone_salt());
  await(engine.contacts().rotate_phone_salt());
  EXPECT_FALSE(salt.salt.empty());
}

// In four months that are over, so that there are partitions for them.
template <class Engine>
void seed_old_chat(Engine& engine, CopyWorld& world) {
  world.old = await(engine.chats().open_direct(world.alice, world.gone)).value().chat.id;
  for (int i = 0; i < 4; ++i) {
    say(engine, world.alice, world.old, "old " + std::to_string(i), "o" + std::to_string(i));
    engine.clock().advance(std::chrono::days{30});
  }
}

template <class Engine>
void seed_chats(Engine& engine, CopyWorld& world) {
  world.direct = await(engine.chats().open_direct(world.alice, world.bob)).value().chat.id;
  world.group =
      await(engine.chats().create_group({.creator = world.alice,
                                         .name = "Klettern 🧗",
                                         .description = "",
                                         .members = {world.alice, world.bob, world.carol}}))
          .value()
          .entry.chat_id;
  for (int i = 0; i < 40; ++i)
    say(engine, i % 2 == 0 ? world.alice : world.bob, world.direct,
        "message " + std::to_string(i) + std::string{"\0\r\n\\.\t", 6} + "🙂",
        "d" + std::to_string(i));
  say(engine, world.carol, world.group, std::string(64 * 1024, 'x'), "long");
  const MessageId reported = say(engine, world.carol, world.group, "rude", std::string(128, 'c'));
  await(engine.reports().create({.reporter_id = world.bob,
                                 .user_id = {},
                                 .chat_id = world.group,
                                 .message_id = reported,
                                 .reason = ReportReason::abuse,
                                 .comment = "look"}))
      .value();
  // Movements that only the log of watermarks knows when the copy begins.
  await(
      engine.messages().mark(
          {.chat_id = world.direct, .user_id = world.bob, .receipt = {.delivered = 39, .read = 7}}))
      .value();
  await(engine.chats().remove(world.alice, world.group, world.carol)).value();
  await(engine.away().notify({.chat_id = world.direct, .up_to = 40}));
  await(engine.users().remove(world.gone)).value();
}

template <class Engine>
CopyWorld seed_world(Engine& engine) {
  engine.publish({.users = true, .messages = delivery::MessageEvents::all});
  CopyWorld world;
  engine.clock().set(kTestStart - std::chrono::days{125});
  seed_accounts(engine, world);
  seed_old_chat(engine, world);
  engine.clock().set(kTestStart);
  seed_sessions(engine, world);
  seed_contacts(engine, world);
  seed_chats(engine, world);
  await(engine.jobs().add(
      {.kind = "mail", .payload = "{\"to\":\"…\"}", .due = kTestStart, .key = "k"}));
  const auto taken = await(engine.jobs().take({"mail"}, 1, std::chrono::seconds{60}));
  await(engine.jobs().failed(taken.at(0).id, std::nullopt, "550 no such user"));
  await(engine.status().tell({{.user = world.bob, .state = PresenceState::online}}));
  EXPECT_TRUE(await(engine.leases().hold("housekeeping", 7, std::chrono::seconds{30})));
  await(keep_value(*engine.database, "web_push_key", "the key of this installation"));
  return world;
}

// What people are told by the ports. What only one engine knows (cursors, epochs) is not in it.
template <class Engine>
std::vector<std::string> observe(Engine& engine, const CopyWorld& world) {
  std::vector<std::string> told;
  const auto tell = [&](const auto& what) { told.push_back(shown(what)); };
  for (const UserId user : world.people()) {
    const Caller caller = copy_operator();
    tell(await(engine.users().find(user)));
    tell(await(engine.users().credentials_of(user)).value_or(user::Credentials{}).password_hash);
    tell(await(engine.users().avatar(user)).value_or(user::Avatar{}).bytes);
    tell(await(engine.sessions().list(user)));
    tell(await(engine.sessions().events(user, {}, 100)));
    tell(await(engine.factors().totp(user)).value_or(user::Totp{}).step);
    tell(await(engine.factors().passkeys(user)));
    tell(await(engine.factors().credential_ids(user)));
    tell(await(engine.contacts().list(user, {}, 100)));
    tell(await(engine.contacts().blocked(user, {}, 100)));
    tell(await(engine.contacts().privacy(user)));
    tell(await(engine.contacts().search(user, "al", 20)));
    tell(await(engine.devices().list(user, SessionId{})));
    tell(await(engine.devices().records(user)));
    tell(await(engine.devices().settings(user)));
    tell(await(engine.last_seen().last_seen(user)));
    tell(await(engine.admin().get(caller, user)));
    const auto page = await(engine.chats().list(user, {}, 100));
    tell(page ? page->chats : std::vector<Chat>{});
    for (const ChatId chat : world.chats()) {
      tell(await(engine.chats().get(user, chat)));
      tell(await(engine.chats().participants(user, chat, {}, 100)));
      tell(await(engine.messages().history(
          user, {.chat_id = chat, .before = {}, .after = 0, .around = {}, .limit = 100})));
    }
    if (const auto files = await(SqlPersonalData{*engine.database}.collect(user)))
      for (const user::DataFile& file : *files) tell(file.name + file.bytes);
  }
  tell(await(engine.factors().find_identity("https://id.example.org", "bob")));
  tell(await(engine.reports().list(copy_operator(), {}, {}, 100)));
  tell(await(engine.invites().list(copy_operator())));
  tell(await(engine.jobs().counts()).dead);
  for (const auto& event : await(engine.outbox().take(1000))) tell(event.routing_key + event.body);
  return told;
}

}  // namespace parley::storage
