#include <csignal>
#include <map>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/contract/concurrency_suite.h"
#include "storage/contract/people.h"
#include "storage/sqlite/fixture_for_test.h"

// A process that dies at any moment has kept what it acknowledged.

namespace parley::storage::contract {
namespace {

struct Acknowledged {
  std::uint64_t id;
  Seq seq;
  int sender;
  int number;
  Seq marked;  // by the other, after it
};

// Sends and marks for ever, and tells the pipe about every acknowledgement.
Task<void> talk(SqliteFixture& engine, UserId me, UserId peer, ChatId chat, int sender, int start,
                int pipe) {
  for (int number = start;; ++number) {
    const auto sent = co_await engine.messages().append(
        draft(me, chat, std::to_string(sender) + "-" + std::to_string(number)));
    const Seq seq = sent->message.seq;
    const auto moved = co_await engine.messages().mark(
        {.chat_id = chat, .user_id = peer, .receipt = {.delivered = seq, .read = seq}});
    const Acknowledged said{.id = sent->message.id.value(),
                            .seq = seq,
                            .sender = sender,
                            .number = number,
                            .marked = moved->after.read};
    if (::write(pipe, &said, sizeof said) != sizeof said) ::_exit(1);
  }
}

[[noreturn]] void live_and_die(const std::filesystem::path& directory, std::vector<UserId> people,
                               std::vector<ChatId> chats, int round, int pipe) {
  SqliteFixture engine{SqliteFixture::Existing{directory}};
  Loop loop{1};
  for (int i = 0; i < 8; ++i) {
    const auto at = static_cast<std::size_t>(i);
    boost::asio::co_spawn(
        loop,
        talk(engine, people[at], people[(at + 4) % 8], chats[at % 4], i, round * 1'000'000, pipe),
        [](const std::exception_ptr&) { ::_exit(2); });
  }
  loop.run();
  ::_exit(3);
}

TEST(CrashTest, WhatWasAcknowledgedIsThereAfterKill) {
  TemporaryDirectory directory;
  std::vector<UserId> people;
  std::vector<ChatId> chats;
  {
    SqliteFixture engine{SqliteFixture::Existing{directory.path()}};
    for (int i = 0; i < 8; ++i)
      people.push_back(await(engine.users().create({.username = "user" + std::to_string(i),
                                                    .display_name = "U",
                                                    .email = {},
                                                    .phone_number = {},
                                                    .password_hash = "x"}))
                           ->id);
    for (std::size_t i = 0; i < 4; ++i)
      chats.push_back(await(engine.chats().open_direct(people[i], people[i + 4]))->chat.id);
  }

  std::map<std::pair<int, int>, Acknowledged> acknowledged;
  for (int round = 0; round < 6; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) live_and_die(directory.path(), people, chats, round, pipe[1]);
    ::close(pipe[1]);
    Acknowledged said{};
    for (int count = 0; ::read(pipe[0], &said, sizeof said) == sizeof said; ++count) {
      acknowledged[{said.sender, said.number}] = said;
      if (count == 200 + round * 331) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself, with " << WEXITSTATUS(status);
  }
  ASSERT_GT(acknowledged.size(), 1000u);

  SqliteFixture engine{SqliteFixture::Existing{directory.path()}};
  for (std::size_t i = 0; i < 4; ++i) {
    std::map<std::string, Message> kept;
    Seq last = 0;
    for (bool more = true; more;) {
      const auto page =
          await(engine.messages().history(people[i], after(chats[i], last, 100))).value();
      for (const Message& message : page.messages) {
        EXPECT_EQ(message.seq, ++last) << "no gaps";
        EXPECT_TRUE(kept.emplace(*message.content, message).second) << "none doubled";
      }
      more = page.has_more;
    }
    const Chat mine = await(engine.chats().get(people[i], chats[i])).value();
    const Chat theirs = await(engine.chats().get(people[i + 4], chats[i])).value();
    EXPECT_EQ(mine.last_seq, last);
    EXPECT_EQ(mine.last_message->seq, last);
    EXPECT_EQ(mine.unread_count, last - mine.read_seq);
    for (const auto& [key, said] : acknowledged) {
      if (said.sender % 4 != static_cast<int>(i)) continue;
      const auto it = kept.find(std::to_string(said.sender) + "-" + std::to_string(said.number));
      ASSERT_NE(it, kept.end()) << "lost";
      EXPECT_EQ(it->second.seq, said.seq);
      EXPECT_EQ(it->second.id.value(), said.id);
      EXPECT_GE((said.sender < 4 ? theirs : mine).read_seq, said.marked);
    }
  }
}

// The files as they are while the server runs are what a crash of the machine leaves at best.
TEST(CrashTest, ACopyOfTheRunningFilesIsComplete) {
  SqliteFixture engine;
  const auto person = [&](const std::string& name) {
    return await(engine.users().create({.username = name,
                                        .display_name = name,
                                        .email = {},
                                        .phone_number = {},
                                        .password_hash = "x"}))
        ->id;
  };
  const UserId alice = person("alice"), bob = person("bob");
  const ChatId chat = await(engine.chats().open_direct(alice, bob))->chat.id;
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(await(engine.messages().append(draft(alice, chat, std::to_string(i)))).has_value());
  await(engine.messages().mark(
      {.chat_id = chat, .user_id = bob, .receipt = {.delivered = 40, .read = 30}}));

  TemporaryDirectory other;
  for (const auto* name : {"parley.db", "parley.db-wal"})
    std::filesystem::copy_file(engine.options.directory / name, other.path() / name);
  SqliteFixture revived{SqliteFixture::Existing{other.path()}};
  const Chat seen = await(revived.chats().get(bob, chat)).value();
  EXPECT_EQ(seen.last_seq, 50);
  EXPECT_EQ(seen.delivered_seq, 40);
  EXPECT_EQ(seen.read_seq, 30);
  EXPECT_EQ(seen.unread_count, 20);
  EXPECT_EQ(seen.last_message->content, "49");
  EXPECT_FALSE(await(revived.messages().append(draft(alice, chat, "7")))->first_time);
  EXPECT_EQ(await(revived.messages().append(draft(alice, chat, "new")))->message.seq, 51);
}

}  // namespace
}  // namespace parley::storage::contract
