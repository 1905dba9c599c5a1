#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "storage/contract/concurrency_suite.h"
#include "storage/contract/people.h"
#include "storage/sqlite/failing_vfs_for_test.h"
#include "storage/sqlite/fixture_for_test.h"

// A disk that is full, or broken, refuses, and loses nothing.

namespace parley::storage::contract {
namespace {

struct OnFailingDisk : FailingVfs, SqliteFixture {};

using FullDiskTest = Suite<OnFailingDisk>;
using Failure = FailingVfs::Failure;

// Polls until `done` or a minute has passed.
template <class Done>
bool eventually(const Done& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

Task<void> try_often(chat::MessageStore& messages, UserId sender, ChatId chat, int number,
                     std::vector<std::string>& kept, std::atomic<int>& refused_times) {
  for (int i = 0; i < 40; ++i) {
    const std::string client_id = std::to_string(number) + "-" + std::to_string(i);
    try {
      const auto sent = co_await messages.append(draft(sender, chat, client_id));
      if (sent) kept.push_back(client_id);
    } catch (const StorageUnavailable&) {
      ++refused_times;
    }
  }
}

TEST_F(FullDiskTest, RefusesAndGoesOnWhenThereIsSpaceAgain) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  send(alice, chat, "before", "c1");
  read(bob, chat, 1);
  send(alice, chat, "unread by Bob");

  for (const Failure failure : {Failure::full, Failure::io}) {
    const Seq last = chat_of(alice, chat).last_seq;
    engine.fail_writes(failure);
    EXPECT_THROW(send(alice, chat, "lost", "c2"), StorageUnavailable);
    EXPECT_THROW(deliver(bob, chat, last), StorageUnavailable);
    EXPECT_THROW(user("carol"), StorageUnavailable);
    EXPECT_THROW(group(alice, {bob}), StorageUnavailable);
    EXPECT_TRUE(engine.database->trouble().has_value());
    // What was there can still be read.
    EXPECT_EQ(chat_of(bob, chat).last_seq, last);
    EXPECT_EQ(log(bob, chat).size(), static_cast<std::size_t>(last));

    engine.fail_writes(Failure::none);
    EXPECT_EQ(send(alice, chat, "after", "again " + std::to_string(last)).seq, last + 1);
    EXPECT_FALSE(engine.database->trouble().has_value());
    send(alice, chat, "unread by Bob");
  }
  EXPECT_TRUE(try_send(alice, chat, "not a repeat: it was refused", "c2")->first_time);
  EXPECT_FALSE(try_send(alice, chat, "before", "c1")->first_time);
  engine.reopen();
  const auto entries = log(alice, chat);
  for (std::size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ(entries[i].seq, static_cast<Seq>(i + 1));
}

TEST_F(FullDiskTest, KnowsByItselfWhenThereIsSpaceAgain) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int times = 0; times < 2; ++times) {
    engine.fail_writes(Failure::full);
    EXPECT_THROW(send(alice, chat, "lost"), StorageUnavailable);
    const int refused_writes = engine.refused_writes();
    EXPECT_TRUE(eventually([&] { return engine.refused_writes() > refused_writes; })) << "it tries";
    EXPECT_TRUE(engine.database->trouble().has_value());
    engine.fail_writes(Failure::none);
    EXPECT_TRUE(eventually([&] { return !engine.database->trouble(); }));
  }
}

TEST_F(FullDiskTest, KeepsExactlyWhatItAcknowledgedWhenItFailsAtAnyMoment) {
  engine.close();
  engine.options.dedup_window = 40;  // so that old client ids are on the move as well
  engine.options.fold_after = std::chrono::milliseconds{1};
  engine.SqliteFixture::open();
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  std::vector<std::string> kept;
  std::atomic<int> refused_times = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<std::vector<std::string>> acknowledged(12);
    engine.fail_writes(Failure::full, round * 3);
    const int before = refused_times;
    std::atomic<bool> over = false;
    std::jthread heal{[&] {
      while (refused_times == before && !over)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
      engine.fail_writes(Failure::none);
    }};
    run_everywhere(3, 4, [&](int i) {
      return try_often(engine.messages(), i % 2 ? alice : bob, chat, round * 100 + i,
                       acknowledged[static_cast<std::size_t>(i)], refused_times);
    });
    over = true;
    heal.join();
    for (const auto& some : acknowledged) kept.insert(kept.end(), some.begin(), some.end());
  }
  EXPECT_GT(refused_times, 0);
  engine.reopen();
  auto found = contents(log(alice, chat));
  std::ranges::sort(found);
  std::ranges::sort(kept);
  EXPECT_EQ(found, kept);
  EXPECT_EQ(chat_of(alice, chat).last_seq, std::ssize(kept));
  for (const Message& message : log(alice, chat))
    EXPECT_FALSE(
        try_send(message.sender_id, chat, "again", *message.client_message_id)->first_time);
}

TEST_F(FullDiskTest, AFailedSyncIsNoAcknowledgement) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  engine.fail_syncs(Failure::io);
  EXPECT_THROW(send(alice, chat, "not on disk"), StorageUnavailable);
  EXPECT_EQ(chat_of(bob, chat).last_seq, 0);
  engine.fail_syncs(Failure::none);
  EXPECT_EQ(send(alice, chat, "on disk").seq, 1);
}

TEST_F(FullDiskTest, GroupChangesAreUndoneInMemoryToo) {
  const UserId alice = user("alice"), bob = user("bob"), carol = user("carol");
  const ChatId chat = group(alice, {bob});
  engine.fail_writes(Failure::full);
  EXPECT_THROW(await(engine.chats().remove(alice, chat, bob)), StorageUnavailable);
  EXPECT_THROW(await(engine.chats().add(alice, chat, {carol})), StorageUnavailable);
  EXPECT_THROW(await(engine.chats().set_role(alice, chat, bob, ParticipantRole::admin)),
               StorageUnavailable);
  engine.fail_writes(Failure::none);
  EXPECT_EQ(send(bob, chat, "still here").seq, 2);
  EXPECT_TRUE(refused(try_send(carol, chat, "me?"), Errc::chat_not_found));
  EXPECT_TRUE(refused(await(engine.chats().add(bob, chat, {carol})), Errc::forbidden));
}

}  // namespace
}  // namespace parley::storage::contract
