#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "base/clock.h"
#include "chat/away.h"
#include "chat/chat_store.h"
#include "chat/message_store.h"
#include "delivery/busy_times.h"
#include "delivery/housekeeping.h"
#include "delivery/jobs.h"
#include "delivery/last_seen.h"
#include "delivery/leases.h"
#include "delivery/outbox.h"
#include "delivery/status_log.h"
#include "notification/device_store.h"
#include "notification/digest_store.h"
#include "user/admin_store.h"
#include "user/contact_store.h"
#include "user/factor_store.h"
#include "user/invite_store.h"
#include "user/report_store.h"
#include "user/secret_store.h"
#include "user/session_store.h"
#include "user/user_store.h"

// What the contract suites have in common: the engine under test, and people who chat.

namespace parley::storage::contract {

// The stores of one engine, fresh when made. reopen() is a restart: what was reported is there
// afterwards, in new store objects. max_group() is what participants are limited to,
// statements_read() and statements_written() how many statements reads and changes have taken so
// far.
template <class E>
concept Engine = std::default_initializable<E> && requires(E engine) {
  { engine.clock() } -> std::same_as<ManualClock&>;
  { engine.messages() } -> std::same_as<chat::MessageStore&>;
  { engine.chats() } -> std::same_as<chat::ChatStore&>;
  { engine.users() } -> std::same_as<user::UserStore&>;
  { engine.sessions() } -> std::same_as<user::SessionStore&>;
  { engine.secrets() } -> std::same_as<user::SecretStore&>;
  { engine.factors() } -> std::same_as<user::FactorStore&>;
  { engine.contacts() } -> std::same_as<user::ContactStore&>;
  { engine.jobs() } -> std::same_as<delivery::Jobs&>;
  { engine.leases() } -> std::same_as<delivery::Leases&>;
  { engine.outbox() } -> std::same_as<delivery::Outbox&>;
  { engine.status() } -> std::same_as<delivery::StatusLog&>;
  { engine.devices() } -> std::same_as<notification::DeviceStore&>;
  { engine.digests() } -> std::same_as<notification::DigestStore&>;
  { engine.last_seen() } -> std::same_as<delivery::LastSeen&>;
  { engine.busy_times() } -> std::same_as<delivery::BusyTimes&>;
  { engine.away() } -> std::same_as<chat::AwayStore&>;
  { engine.housekeeping() } -> std::same_as<delivery::Housekeeping&>;
  { engine.admin() } -> std::same_as<user::AdminStore&>;
  { engine.reports() } -> std::same_as<user::ReportStore&>;
  { engine.invites() } -> std::same_as<user::InviteStore&>;
  { engine.max_group() } -> std::same_as<std::size_t>;
  { engine.statements_read() } -> std::same_as<std::uint64_t>;
  { engine.statements_written() } -> std::same_as<std::uint64_t>;
  engine.reopen();
  engine.publish(delivery::PublishedKinds{});
};

inline chat::HistoryQuery newest(ChatId chat, std::int64_t limit = 50) {
  chat::HistoryQuery query;
  query.chat_id = chat;
  query.limit = limit;
  return query;
}
inline chat::HistoryQuery before(ChatId chat, Seq seq, std::int64_t limit = 50) {
  chat::HistoryQuery query = newest(chat, limit);
  query.before = seq;
  return query;
}
inline chat::HistoryQuery after(ChatId chat, Seq seq, std::int64_t limit = 50) {
  chat::HistoryQuery query = newest(chat, limit);
  query.after = seq;
  return query;
}
inline chat::HistoryQuery around(ChatId chat, Seq seq, std::int64_t limit = 50) {
  chat::HistoryQuery query = newest(chat, limit);
  query.around = seq;
  return query;
}

template <class T>
testing::AssertionResult refused(const Result<T>& answer, Errc code) {
  if (answer) return testing::AssertionFailure() << "was not refused";
  if (answer.error().code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "was refused with " << info(answer.error().code).name;
}

// The base of every suite: verbs that wait for their end, and fail the test when refused.
template <Engine E>
class Suite : public testing::Test {
 public:
  UserId user(const std::string& name) {
    return await(engine.users().create({.username = name,
                                        .display_name = "The " + name,
                                        .password_hash = "hash of " + name}))
        .value()
        .id;
  }

  ChatId direct(UserId one, UserId other) {
    return await(engine.chats().open_direct(one, other)).value().chat.id;
  }

  ChatId group(UserId creator, std::vector<UserId> members) {
    return await(
               engine.chats().create_group(
                   {.creator = creator, .name = "Climbers", .description = "", .members = members}))
        .value()
        .entry.chat_id;
  }

  Result<chat::Accepted> try_send(UserId sender, ChatId chat, const std::string& content,
                                  std::string client_id = {}) {
    if (client_id.empty()) client_id = "auto-" + std::to_string(++drafts);
    return await(engine.messages().append({.chat_id = chat,
                                           .sender_id = sender,
                                           .type = MessageType::text,
                                           .content = content,
                                           .client_message_id = client_id}));
  }

  Message send(UserId sender, ChatId chat, const std::string& content, std::string client_id = {}) {
    return try_send(sender, chat, content, std::move(client_id)).value().message;
  }

  Result<chat::Moved> try_mark(UserId who, ChatId chat, Receipt receipt) {
    return await(engine.messages().mark({.chat_id = chat, .user_id = who, .receipt = receipt}));
  }
  chat::Moved read(UserId who, ChatId chat, Seq seq) {
    return try_mark(who, chat, {.delivered = 0, .read = seq}).value();
  }
  chat::Moved deliver(UserId who, ChatId chat, Seq seq) {
    return try_mark(who, chat, {.delivered = seq, .read = 0}).value();
  }

  Result<chat::HistoryPage> try_history(UserId reader, chat::HistoryQuery query) {
    return await(engine.messages().history(reader, query));
  }
  chat::HistoryPage history(UserId reader, chat::HistoryQuery query) {
    return try_history(reader, query).value();
  }
  // Every entry of the log.
  std::vector<Message> log(UserId reader, ChatId chat) {
    std::vector<Message> all;
    for (Seq seen = 0;;) {
      auto page = history(reader, after(chat, seen, 100));
      for (Message& message : page.messages) all.push_back(std::move(message));
      if (!page.has_more) return all;
      seen = page.to_seq;
    }
  }

  Chat chat_of(UserId reader, ChatId chat) {
    return await(engine.chats().get(reader, chat)).value();
  }

  E engine;
  int drafts = 0;
};

inline std::vector<std::string> contents(const std::vector<Message>& messages) {
  std::vector<std::string> texts;
  for (const Message& message : messages) texts.push_back(message.content.value_or("-"));
  return texts;
}

inline std::vector<Seq> seqs(const std::vector<Message>& messages) {
  std::vector<Seq> all;
  for (const Message& message : messages) all.push_back(message.seq);
  return all;
}

}  // namespace parley::storage::contract
