#include "storage/postgres/chat_batch.h"

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

// What becomes of operations that share a transaction, without a database.

namespace parley::storage {
namespace {

using Users = std::vector<UserId>;

constexpr UserId kAlice{1}, kBob{2}, kCarol{3};
constexpr ChatId kDirect{10}, kGroup{11};

// A store that is rows in memory: what a transaction reads and writes.
class MemoryRows {
 public:
  MemoryRows() {
    chats_[kDirect] = {
        .type = ChatType::direct, .users = {kAlice, kBob}, .receipts = {}, .log = {}};
    chats_[kGroup] = {
        .type = ChatType::group, .users = {kAlice, kBob, kCarol}, .receipts = {}, .log = {}};
    append_membership(kGroup);
  }

  void append_membership(ChatId chat) { chats_[chat].log.push_back({}); }
  void join(ChatId chat, UserId user) {
    chats_[chat].users.push_back(user);
    append_membership(chat);
  }

  void read_locked(ChatBatch& batch) {
    for (ChatBatch::Chat& chat : batch.chats()) {
      const auto it = chats_.find(chat.id);
      if (it == chats_.end()) continue;
      chat.there = true;
      chat.type = it->second.type;
      chat.head.last_seq = chat.locked_seq = std::ssize(it->second.log);
      chat.head.message_count = std::ranges::count_if(
          it->second.log, [](const Message& entry) { return bool{entry.sender_id}; });
    }
    for (ChatBatch::Person& person : batch.people()) {
      const Chat& chat = chats_[person.chat];
      if (std::ranges::find(chat.users, person.user) == chat.users.end()) continue;
      person.there = person.may_send = true;
      if (const auto it = chat.receipts.find(person.user); it != chat.receipts.end())
        person.receipt = it->second;
      if (chat.type == ChatType::direct) person.peer = person.user == kAlice ? kBob : kAlice;
    }
    for (std::size_t i = 0; i < batch.drafts().size(); ++i) {
      const chat::Draft& draft = batch.drafts()[i]->draft;
      for (const Message& entry : chats_[draft.chat_id].log)
        if (entry.sender_id == draft.sender_id &&
            entry.client_message_id == draft.client_message_id)
          batch.repeats(i, entry);
    }
  }

  void commit(ChatBatch& batch) {
    for (ChatBatch::Chat& chat : batch.chats()) {
      if (chat.wants_recipients()) chat.read_recipients = chats_[chat.id].users;
      if (!chat.wants_senders()) continue;
      ++senders_read;
      SenderRun& run = chat.read_senders.emplace();
      run.first = *chat.senders_after + 1;
      for (Seq seq = run.first; seq <= chat.locked_seq; ++seq)
        run.add(seq, chats_[chat.id].log[static_cast<std::size_t>(seq - 1)].sender_id);
    }
    for (const ChatBatch::Entry& entry : batch.entries()) {
      Message message;
      message.id = entry.id;
      message.seq = entry.seq;
      message.sender_id = entry.draft->sender_id;
      message.client_message_id = entry.draft->client_message_id;
      message.content = entry.draft->content;
      auto& log = chats_[entry.draft->chat_id].log;
      EXPECT_EQ(entry.seq, std::ssize(log) + 1);
      EXPECT_TRUE(log.empty() || log.back().id < entry.id);
      log.push_back(message);
    }
    for (const ChatBatch::Person& person : batch.people())
      if (person.moved) chats_[person.chat].receipts[person.user] = person.receipt;
    batch.answer();
  }

  int senders_read = 0;

 private:
  struct Chat {
    ChatType type = ChatType::direct;
    Users users;
    std::map<UserId, Receipt> receipts;
    std::vector<Message> log;
  };
  std::map<ChatId, Chat> chats_;
};

class World {
 public:
  AppendOp& append(UserId sender, ChatId chat, std::string client_id, std::string content = "x") {
    return appends_.emplace_back(chat::Draft{.chat_id = chat,
                                             .sender_id = sender,
                                             .type = MessageType::text,
                                             .content = std::move(content),
                                             .client_message_id = std::move(client_id)});
  }
  MarkOp& mark(UserId user, ChatId chat, Receipt receipt) {
    return marks_.emplace_back(chat::Mark{.chat_id = chat, .user_id = user, .receipt = receipt});
  }

  ChatBatch decided(const std::vector<ChatOp*>& ops) {
    ChatBatch batch{ops, known, ids, clock, false};
    rows.read_locked(batch);
    batch.decide();
    return batch;
  }
  void together(const std::vector<ChatOp*>& ops) {
    ChatBatch batch = decided(ops);
    rows.commit(batch);
  }

  ManualClock clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  IdSource ids{clock, 1};
  KnownGroups known{1'000};
  MemoryRows rows;

 private:
  std::deque<AppendOp> appends_;
  std::deque<MarkOp> marks_;
};

TEST(ChatBatchTest, WhatArrivedFirstHappensFirst) {
  World world;
  MarkOp& early = world.mark(kBob, kGroup, {.delivered = 99, .read = 0});
  AppendOp& draft = world.append(kAlice, kGroup, "a");
  MarkOp& late = world.mark(kBob, kGroup, {.delivered = 99, .read = 99});
  world.together({&early, &draft, &late});
  EXPECT_EQ(early.result->after, (Receipt{1, 0}));
  EXPECT_TRUE(early.result->delivered_authors.empty()) << "the first entry is no message";
  EXPECT_EQ(draft.result->message.seq, 2);
  EXPECT_EQ(late.result->before, (Receipt{1, 0}));
  EXPECT_EQ(late.result->after, (Receipt{2, 2}));
  EXPECT_EQ(late.result->delivered_authors, Users{kAlice});
  EXPECT_EQ(late.result->read_authors, Users{kAlice});
}

TEST(ChatBatchTest, EqualDraftsInOneBatchAreOneMessage) {
  World world;
  AppendOp &first = world.append(kAlice, kDirect, "same", "words"),
           &again = world.append(kAlice, kDirect, "same", "other words"),
           &of_bob = world.append(kBob, kDirect, "same");
  world.together({&first, &again, &of_bob});
  EXPECT_TRUE(first.result->first_time);
  EXPECT_FALSE(again.result->first_time);
  EXPECT_EQ(again.result->message.id, first.result->message.id);
  EXPECT_EQ(again.result->message.content, "words");
  EXPECT_EQ(again.result->recipients, (Users{kAlice, kBob}));
  EXPECT_TRUE(of_bob.result->first_time);
  EXPECT_EQ(of_bob.result->message.seq, 2);
}

TEST(ChatBatchTest, WhoTriesAgainAfterACommitNobodyHeardOfIsStillTheFirst) {
  World world;
  AppendOp &mine = world.append(kAlice, kDirect, "c", "words"),
           &resent = world.append(kAlice, kDirect, "c", "words");
  ChatBatch unheard = world.decided({&mine});
  unheard.remember_outcome();
  world.rows.commit(unheard);
  mine.result = fail(Errc::internal);
  mine.draft.client_message_id = "c";  // which the answer took along

  world.together({&mine, &resent});
  EXPECT_TRUE(mine.result->first_time);
  EXPECT_EQ(mine.result->message.seq, 1);
  EXPECT_EQ(mine.result->message.content, "words");
  EXPECT_FALSE(resent.result->first_time) << "it was not of that transaction";
}

TEST(ChatBatchTest, AMarkThatTriesAgainAfterACommitNobodyHeardOfStillTellsItsAuthors) {
  World world;
  world.together({&world.append(kAlice, kGroup, "1"), &world.append(kCarol, kGroup, "2"),
                  &world.append(kAlice, kDirect, "3")});
  MarkOp &got = world.mark(kBob, kGroup, {.delivered = 3, .read = 0}),
         &read = world.mark(kBob, kGroup, {.delivered = 0, .read = 2}),
         &direct = world.mark(kBob, kDirect, {.delivered = 1, .read = 1}),
         &nothing = world.mark(kBob, kDirect, {.delivered = 1, .read = 1}),
         &other = world.mark(kBob, kGroup, {.delivered = 3, .read = 2});
  const std::vector<ChatOp*> ops{&got, &read, &direct, &nothing};
  for (int times = 0; times < 2; ++times) {
    ChatBatch unheard = world.decided(ops);
    unheard.remember_outcome();
    world.rows.commit(unheard);
    for (MarkOp* op : {&got, &read, &direct, &nothing}) op->result = fail(Errc::internal);
    world.clock.advance(std::chrono::seconds{1});
  }

  ChatBatch again = world.decided({&got, &read, &direct, &nothing, &other});
  EXPECT_FALSE(again.changes_anything()) << "it is kept already";
  world.rows.commit(again);
  EXPECT_EQ(got.result->before, (Receipt{0, 0}));
  EXPECT_EQ(got.result->after, (Receipt{3, 0}));
  EXPECT_EQ(got.result->delivered_authors, (Users{kAlice, kCarol}));
  EXPECT_TRUE(got.result->read_authors.empty());
  EXPECT_EQ(got.result->at, world.clock.now() - std::chrono::seconds{2}) << "when it was made";
  EXPECT_EQ(read.result->before, (Receipt{3, 0}));
  EXPECT_EQ(read.result->after, (Receipt{3, 2}));
  EXPECT_TRUE(read.result->delivered_authors.empty());
  EXPECT_EQ(read.result->read_authors, Users{kAlice});
  EXPECT_EQ(direct.result->delivered_authors, Users{kAlice});
  EXPECT_EQ(direct.result->read_authors, Users{kAlice});
  EXPECT_EQ(nothing.result->after, nothing.result->before) << "it moved nothing the first time";
  EXPECT_EQ(other.result->after, other.result->before) << "it was not of that transaction";
}

TEST(ChatBatchTest, AMarkWhoseTransactionFailedIsMadeAnew) {
  World world;
  world.together({&world.append(kAlice, kDirect, "1"), &world.append(kAlice, kDirect, "2")});
  MarkOp &mark = world.mark(kBob, kDirect, {.delivered = 2, .read = 0}),
         &between = world.mark(kBob, kDirect, {.delivered = 1, .read = 1});
  {
    ChatBatch failed = world.decided({&mark});
    failed.remember_outcome();
  }
  world.together({&between});  // another device, meanwhile
  world.together({&mark});
  EXPECT_EQ(mark.result->before, (Receipt{1, 1}));
  EXPECT_EQ(mark.result->after, (Receipt{2, 1}));
  EXPECT_EQ(mark.result->delivered_authors, Users{kAlice});
  EXPECT_TRUE(mark.result->read_authors.empty());
}

TEST(ChatBatchTest, ATransactionThatFailedIsForgotten) {
  World world;
  AppendOp& draft = world.append(kAlice, kGroup, "c");
  {
    ChatBatch failed = world.decided({&draft});
    failed.remember_outcome();
  }
  EXPECT_EQ(draft.draft.client_message_id, "c");
  world.together({&draft});
  EXPECT_TRUE(draft.result->first_time);
  EXPECT_EQ(draft.result->message.seq, 2);
}

TEST(ChatBatchTest, RecipientsOfAGroupAreReadOnceUntilItChanges) {
  World world;
  AppendOp &first = world.append(kAlice, kGroup, "1"), &second = world.append(kAlice, kGroup, "2"),
           &third = world.append(kAlice, kGroup, "3");
  ChatBatch asking = world.decided({&first});
  EXPECT_TRUE(asking.chats()[0].wants_recipients());
  world.rows.commit(asking);
  ChatBatch knowing = world.decided({&second});
  EXPECT_FALSE(knowing.chats()[0].wants_recipients());
  world.rows.commit(knowing);
  EXPECT_EQ(second.result->recipients, (Users{kAlice, kBob, kCarol}));

  world.rows.join(kGroup, UserId{4});
  world.together({&third});
  EXPECT_EQ(third.result->recipients, (Users{kAlice, kBob, kCarol, UserId{4}}));
}

TEST(ChatBatchTest, SendersAreReadOnlyWhereTheyAreNotKnown) {
  World world;
  for (int i = 0; i < 100; ++i)
    world.together({&world.append(i % 2 ? kAlice : kBob, kGroup, std::to_string(i))});
  EXPECT_EQ(world.rows.senders_read, 0);
  world.together({&world.mark(kCarol, kGroup, {.delivered = 50, .read = 0})});
  EXPECT_EQ(world.rows.senders_read, 1) << "so far back nobody remembers";
  MarkOp& near = world.mark(kCarol, kGroup, {.delivered = 101, .read = 0});
  world.together({&near});
  EXPECT_EQ(world.rows.senders_read, 1);
  EXPECT_EQ(near.result->delivered_authors, (Users{kAlice, kBob}));

  world.rows.append_membership(kGroup);  // by another node
  MarkOp& gap = world.mark(kCarol, kGroup, {.delivered = 102, .read = 0});
  world.together({&gap});
  EXPECT_EQ(world.rows.senders_read, 2);
  EXPECT_TRUE(gap.result->delivered_authors.empty());
}

TEST(ChatBatchTest, StrangersAndUnknownChatsChangeNothing) {
  World world;
  AppendOp &stranger = world.append(UserId{9}, kGroup, "a"),
           &nowhere = world.append(kAlice, ChatId{99}, "a");
  MarkOp& mark = world.mark(UserId{9}, kDirect, {1, 1});
  ChatBatch batch = world.decided({&stranger, &nowhere, &mark});
  EXPECT_FALSE(batch.changes_anything());
  world.rows.commit(batch);
  EXPECT_EQ(stranger.result.error().code, Errc::chat_not_found);
  EXPECT_EQ(nowhere.result.error().code, Errc::chat_not_found);
  EXPECT_EQ(mark.result.error().code, Errc::chat_not_found);
}

TEST(KnownGroupsTest, ThoseUsedLeastAreForgotten) {
  KnownGroups known{100};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    known.get(ChatId{i}).recipients = Users(20, kAlice);
    known.trim();
    known.get(ChatId{1});
    known.trim();
  }
  EXPECT_EQ(known.size(), 2u);
  EXPECT_EQ(known.get(ChatId{1}).recipients.size(), 20u);
  EXPECT_TRUE(known.get(ChatId{2}).recipients.empty());
  known.get(ChatId{3}).recipients = Users(500, kAlice);
  known.trim();
  EXPECT_EQ(known.get(ChatId{3}).recipients.size(), 500u) << "the last one always stays";
}

TEST(SenderRunTest, AGapBeginsAnew) {
  SenderRun run;
  run.add(1, kAlice);
  run.add(2, kBob);
  EXPECT_TRUE(run.covers(0, 2));
  EXPECT_FALSE(run.covers(0, 3));
  run.add(5, kCarol);
  EXPECT_FALSE(run.covers(0, 5));
  EXPECT_TRUE(run.covers(4, 5));
  EXPECT_TRUE(run.covers(3, 3)) << "of nothing there is nothing to know";
  EXPECT_EQ(run.at(2), UserId{});
  run.add(6, kAlice);
  run.keep_newest(1);
  EXPECT_EQ(run.at(6), kAlice);
  EXPECT_EQ(run.at(5), UserId{});
}

// What an operation tells its caller, without ids.
std::string told(const ChatOp& op) {
  const auto list = [](const Users& users) {
    std::string text;
    for (const UserId user : users) text += std::to_string(user.value()) + ",";
    return text;
  };
  if (op.kind() == ChatOp::Kind::append) {
    const auto& accepted = *static_cast<const AppendOp&>(op).result;
    return std::to_string(accepted.message.seq) + *accepted.message.content +
           (accepted.first_time ? " first " : " again ") + list(accepted.recipients);
  }
  const auto& moved = *static_cast<const MarkOp&>(op).result;
  return std::to_string(moved.before.delivered) + "/" + std::to_string(moved.before.read) + " " +
         std::to_string(moved.after.delivered) + "/" + std::to_string(moved.after.read) + " " +
         list(moved.delivered_authors) + " " + list(moved.read_authors);
}

RC_GTEST_PROP(ChatBatchTest, OneBatchDoesWhatManyDo, ()) {
  World alone, together;
  const int batches = *rc::gen::inRange(1, 6);
  for (int batch = 0; batch < batches; ++batch) {
    std::vector<ChatOp*> ops, same_ops;
    const int count = *rc::gen::inRange(1, 20);
    for (int i = 0; i < count; ++i) {
      const ChatId chat = *rc::gen::element(kDirect, kGroup);
      const UserId user = chat == kDirect ? *rc::gen::element(kAlice, kBob)
                                          : *rc::gen::element(kAlice, kBob, kCarol);
      if (*rc::gen::arbitrary<bool>()) {
        const std::string id = std::to_string(*rc::gen::inRange(0, 8));
        const std::string content = "-" + std::to_string(i);
        ops.push_back(&alone.append(user, chat, id, content));
        same_ops.push_back(&together.append(user, chat, id, content));
      } else {
        const Receipt wish{*rc::gen::inRange<Seq>(-1, 25), *rc::gen::inRange<Seq>(-1, 25)};
        ops.push_back(&alone.mark(user, chat, wish));
        same_ops.push_back(&together.mark(user, chat, wish));
      }
    }
    for (ChatOp* op : ops) alone.together({op});
    together.together(same_ops);
    for (std::size_t i = 0; i < ops.size(); ++i) RC_ASSERT(told(*ops[i]) == told(*same_ops[i]));
  }
}

}  // namespace
}  // namespace parley::storage
