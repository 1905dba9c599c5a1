#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "storage/contract/people.h"

// What every store promises to many callers at once, as tests.

namespace parley::storage::contract {

// Runs `make(number)` as coroutines on loops of several threads, all at once, to their ends.
template <class Make>
void run_everywhere(int threads, int coroutines_each, const Make& make) {
  std::vector<std::jthread> running;
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&make, thread, coroutines_each] {
      const BorrowedLoop loop;
      for (int i = 0; i < coroutines_each; ++i)
        boost::asio::co_spawn(*loop, make(thread * coroutines_each + i),
                              [](const std::exception_ptr& failure) {
                                if (failure) std::rethrow_exception(failure);
                              });
      loop->run();
    });
  }
}

inline chat::Draft draft(UserId sender, ChatId chat, std::string client_id) {
  return {.chat_id = chat,
          .sender_id = sender,
          .type = MessageType::text,
          .content = client_id,
          .client_message_id = client_id};
}

template <class E>
class ConcurrencyContract : public Suite<E> {
 public:
  struct Sent {
    Seq seq;
    MessageId id;
  };

  // Each sends in order, and every draft twice.
  static Task<void> send_twice(chat::MessageStore& messages, UserId sender, ChatId chat, int count,
                               std::vector<Sent>& sent, std::atomic<int>& wrong) {
    for (int i = 0; i < count; ++i) {
      const auto first = co_await messages.append(draft(sender, chat, std::to_string(i)));
      const auto again = co_await messages.append(draft(sender, chat, std::to_string(i)));
      if (!first || !again || !first->first_time || again->first_time ||
          again->message.id != first->message.id)
        ++wrong;
      sent.push_back({.seq = first->message.seq, .id = first->message.id});
    }
  }

  static Task<void> send_same(chat::MessageStore& messages, UserId sender, ChatId chat,
                              std::atomic<int>& first_times, std::atomic<std::uint64_t>& id) {
    const auto sent = co_await messages.append(draft(sender, chat, "the same"));
    if (sent->first_time) ++first_times;
    std::uint64_t none = 0;
    if (!id.compare_exchange_strong(none, sent->message.id.value()) &&
        none != sent->message.id.value())
      first_times += 100;
  }

  // What was acknowledged is what a reader sees, at once.
  static Task<void> send_and_look(E& engine, UserId sender, UserId peer, ChatId chat, int count,
                                  std::atomic<int>& lagging) {
    for (int i = 0; i < count; ++i) {
      const auto sent = co_await engine.messages().append(
          draft(sender, chat, std::to_string(sender.value() + static_cast<unsigned>(i))));
      const Seq seq = sent->message.seq;
      const auto page = co_await engine.messages().history(peer, newest(chat, 100));
      if (!page || page->to_seq < seq) ++lagging;
      const auto list = co_await engine.chats().list(peer, {}, 50);
      for (const Chat& seen : list->chats) {
        if (seen.id != chat) continue;
        if (seen.last_seq < seq || !seen.last_message || seen.last_message->seq < seq) ++lagging;
      }
      co_await engine.messages().mark(
          {.chat_id = chat, .user_id = peer, .receipt = {.delivered = seq, .read = seq}});
      const auto view = co_await engine.chats().get(sender, chat);
      if (view->min_read_seq < seq) ++lagging;
      const auto changed = co_await engine.messages().sync(peer, {}, 200);
      for (const auto& seen : changed->chats)
        if (seen.id == chat && (seen.last_seq < seq || seen.read_seq < seq)) ++lagging;
    }
  }

  // Sends to the chats in turn.
  static Task<void> send_often(chat::MessageStore& messages, UserId sender,
                               std::vector<ChatId> chats, int rounds, std::atomic<int>& finished) {
    for (int i = 0; i < rounds; ++i)
      for (const ChatId chat : chats)
        co_await messages.append(draft(sender, chat, std::to_string(i)));
    ++finished;
  }

  // Follows what happens until `finished`, and then to the end.
  static Task<void> follow(chat::MessageStore& messages, UserId user, std::atomic<int>& finished,
                           int senders, std::map<ChatId, Seq>& known) {
    std::optional<std::string> cursor;
    for (bool last_round = false;;) {
      const auto page = co_await messages.sync(user, cursor, 50);
      for (const auto& seen : page->chats) known[seen.id] = seen.last_seq;
      cursor = page->cursor;
      if (page->has_more || !page->chats.empty()) continue;
      if (last_round) co_return;
      last_round = finished == senders;
    }
  }

  static Task<void> open_same(chat::ChatStore& chats, UserId one, UserId other,
                              std::atomic<int>& first_times) {
    const auto opened = co_await chats.open_direct(one, other);
    if (opened->first_time) ++first_times;
  }
};
TYPED_TEST_SUITE_P(ConcurrencyContract);

TYPED_TEST_P(ConcurrencyContract, SeqsOfAChatHaveNoGapsUnderConcurrentSenders) {
  constexpr int kSenders = 12, kEach = 25;
  std::vector<UserId> senders;
  for (int i = 0; i < kSenders; ++i) senders.push_back(this->user("sender" + std::to_string(i)));
  const ChatId chat = this->group(senders[0], senders);
  std::vector<std::vector<typename TestFixture::Sent>> sent(kSenders);
  std::atomic<int> wrong = 0;
  run_everywhere(3, kSenders / 3, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    return TestFixture::send_twice(this->engine.messages(), senders[at], chat, kEach, sent[at],
                                   wrong);
  });
  EXPECT_EQ(wrong, 0);

  std::vector<Seq> all;
  std::map<Seq, MessageId> by_seq;
  for (const auto& mine : sent) {
    EXPECT_TRUE(std::ranges::is_sorted(mine, {}, &TestFixture::Sent::seq)) << "a sender's order";
    for (const auto& one : mine) {
      all.push_back(one.seq);
      by_seq[one.seq] = one.id;
    }
  }
  std::ranges::sort(all);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kSenders * kEach));
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<Seq>(i + 2));
  MessageId before{};
  for (const auto& [seq, id] : by_seq) {
    EXPECT_GT(id, before) << "ids go up with seqs";
    before = id;
  }
  this->engine.reopen();
  const auto kept = this->log(senders[1], chat);
  EXPECT_EQ(kept.size(), static_cast<std::size_t>(kSenders * kEach + 1));
  EXPECT_EQ(this->chat_of(senders[1], chat).last_seq, kSenders * kEach + 1);
}

TYPED_TEST_P(ConcurrencyContract, OneOfManyEqualDraftsIsTheFirst) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  std::atomic<int> first_times = 0;
  std::atomic<std::uint64_t> id = 0;
  run_everywhere(3, 10, [&](int) {
    return TestFixture::send_same(this->engine.messages(), alice, chat, first_times, id);
  });
  EXPECT_EQ(first_times, 1);
  EXPECT_EQ(this->chat_of(bob, chat).last_seq, 1);
}

TYPED_TEST_P(ConcurrencyContract, ReadsNeverLagBehindWhatWasReported) {
  std::vector<UserId> people;
  for (int i = 0; i < 12; ++i) people.push_back(this->user("person" + std::to_string(i)));
  std::vector<ChatId> chats;
  for (std::size_t i = 0; i < 6; ++i) chats.push_back(this->direct(people[i], people[i + 6]));
  std::atomic<int> lagging = 0;
  run_everywhere(3, 2, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    return TestFixture::send_and_look(this->engine, people[at], people[at + 6], chats[at], 60,
                                      lagging);
  });
  EXPECT_EQ(lagging, 0);
}

TYPED_TEST_P(ConcurrencyContract, SyncSkipsNothingWhileOthersSend) {
  constexpr int kPeers = 4, kChats = 40, kRounds = 12;
  const UserId me = this->user("me");
  std::vector<UserId> peers;
  std::vector<std::vector<ChatId>> chats(kPeers);
  for (auto& theirs : chats) {
    peers.push_back(this->user("peer" + std::to_string(peers.size())));
    for (int i = 0; i < kChats; ++i) theirs.push_back(this->group(peers.back(), {me}));
  }
  std::atomic<int> finished = 0;
  std::map<ChatId, Seq> known;
  run_everywhere(5, 1, [&](int i) {
    if (i == kPeers)
      return TestFixture::follow(this->engine.messages(), me, finished, kPeers, known);
    const auto at = static_cast<std::size_t>(i);
    return TestFixture::send_often(this->engine.messages(), peers[at], chats[at], kRounds,
                                   finished);
  });
  for (const auto& theirs : chats)
    for (const ChatId chat : theirs) EXPECT_EQ(known[chat], kRounds + 1);
}

TYPED_TEST_P(ConcurrencyContract, ADirectChatIsMadeOnce) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  std::atomic<int> first_times = 0;
  run_everywhere(3, 5, [&](int i) {
    return TestFixture::open_same(this->engine.chats(), i % 2 ? alice : bob, i % 2 ? bob : alice,
                                  first_times);
  });
  EXPECT_EQ(first_times, 1);
  EXPECT_EQ(await(this->engine.chats().list(alice, {}, 10)).value().chats.size(), 1u);
}

REGISTER_TYPED_TEST_SUITE_P(ConcurrencyContract, SeqsOfAChatHaveNoGapsUnderConcurrentSenders,
                            OneOfManyEqualDraftsIsTheFirst, ReadsNeverLagBehindWhatWasReported,
                            SyncSkipsNothingWhileOthersSend, ADirectChatIsMadeOnce);

}  // namespace parley::storage::contract
