#pragma once

#include <gtest/gtest.h>

#include "storage/contract/people.h"

// What Housekeeping promises, as tests.

namespace parley::storage::contract {

template <class E>
class HousekeepingContract : public Suite<E> {
 public:
  void SetUp() override {
    anna = this->user("anna");
    bob = this->user("bob");
    chat = this->direct(anna, bob);
  }
  std::int64_t cut(std::chrono::hours before, std::chrono::hours undelivered) {
    const Timestamp now = this->engine.clock().now();
    std::int64_t entries = 0;
    std::uint64_t from = 0;
    do {
      const auto done =
          await(this->engine.housekeeping().cut_logs(now - before, now - undelivered, from));
      entries += done.entries;
      from = done.next;
    } while (from != 0);
    return entries;
  }
  void say(int messages, UserId who) {
    for (int i = 0; i < messages; ++i) this->send(who, chat, "text");
  }

  UserId anna, bob;
  ChatId chat;
};
TYPED_TEST_SUITE_P(HousekeepingContract);

using namespace std::chrono_literals;

TYPED_TEST_P(HousekeepingContract, WhatIsOldAndWasGotGoesAndTheRestStays) {
  this->say(5, this->anna);
  this->read(this->bob, this->chat, 5);
  this->engine.clock().advance(std::chrono::days{10});
  this->say(3, this->anna);
  EXPECT_EQ(this->cut(24h, 1000h), 5);
  EXPECT_EQ(this->cut(24h, 1000h), 0);
  const Chat seen = this->chat_of(this->bob, this->chat);
  EXPECT_EQ(seen.first_seq, 6);
  EXPECT_EQ(seen.last_seq, 8);
  EXPECT_EQ(seen.unread_count, 3);
  EXPECT_EQ(seqs(this->log(this->bob, this->chat)), (std::vector<Seq>{6, 7, 8}));
  this->engine.reopen();
  this->say(1, this->bob);
  EXPECT_EQ(seqs(this->log(this->bob, this->chat)), (std::vector<Seq>{6, 7, 8, 9}));
}

TYPED_TEST_P(HousekeepingContract, WhatSomebodyHasNotGotStaysLonger) {
  this->say(5, this->anna);
  this->deliver(this->bob, this->chat, 2);
  this->engine.clock().advance(std::chrono::days{10});
  this->say(1, this->anna);
  EXPECT_EQ(this->cut(24h, 1000h), 2);
  EXPECT_EQ(this->chat_of(this->bob, this->chat).first_seq, 3);
  EXPECT_EQ(this->chat_of(this->bob, this->chat).unread_count, 4);  // four are left to be read
  EXPECT_EQ(this->cut(24h, 100h), 3);
  EXPECT_EQ(this->chat_of(this->bob, this->chat).first_seq, 6);
  EXPECT_EQ(this->chat_of(this->bob, this->chat).unread_count, 1);
}

TYPED_TEST_P(HousekeepingContract, TheNewestEntryOfAChatStays) {
  this->say(4, this->anna);
  this->read(this->bob, this->chat, 4);
  this->engine.clock().advance(std::chrono::days{400});
  EXPECT_EQ(this->cut(24h, 48h), 3);
  const Chat seen = this->chat_of(this->bob, this->chat);
  EXPECT_EQ(seen.first_seq, 4);
  ASSERT_TRUE(seen.last_message);
  EXPECT_EQ(seen.last_message->seq, 4);
  EXPECT_EQ(seen.unread_count, 0);
}

TYPED_TEST_P(HousekeepingContract, WhatExpiredIsRemovedAndWhatIsInUseIsNot) {
  const Timestamp now = this->engine.clock().now();
  const auto open = [&](const std::string& hash, std::chrono::hours good) {
    user::NewSession session;
    session.user_id = this->anna;
    session.refresh_hash = hash;
    session.address = "192.0.2.1";
    session.expires_at = now + good;
    return await(this->engine.sessions().open(std::move(session))).value().id;
  };
  open("short", 1h);
  const SessionId kept = open("long", 48h);
  this->engine.clock().advance(2h);
  EXPECT_EQ(await(this->engine.housekeeping().remove_expired()), 1);
  EXPECT_EQ(await(this->engine.housekeeping().remove_expired()), 0);
  const auto sessions = await(this->engine.sessions().list(this->anna));
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions[0].id, kept);
}

REGISTER_TYPED_TEST_SUITE_P(HousekeepingContract, WhatIsOldAndWasGotGoesAndTheRestStays,
                            WhatSomebodyHasNotGotStaysLonger, TheNewestEntryOfAChatStays,
                            WhatExpiredIsRemovedAndWhatIsInUseIsNot);

}  // namespace parley::storage::contract
