#pragma once

#include <algorithm>

#include <rapidcheck.h>

#include "storage/contract/people.h"

// What every MessageStore promises about reading the log, as tests.

namespace parley::storage::contract {

template <class E>
class HistoryContract : public Suite<E> {
 public:
  // A group whose log is: 1 created, 2 a, 3 b, 4 settings, 5 c, 6 settings, 7 d.
  void SetUp() override {
    alice = this->user("alice");
    bob = this->user("bob");
    chat = this->group(alice, {bob});
    this->send(alice, chat, "a");
    this->send(bob, chat, "b");
    rename("one");
    this->send(alice, chat, "c");
    rename("two");
    this->send(bob, chat, "d");
  }

  void rename(const std::string& name) {
    Settings settings;
    settings.name = name;
    ASSERT_TRUE(await(this->engine.chats().update(alice, chat, settings)).has_value());
  }

  void expect_page(const chat::HistoryPage& page, const std::vector<Seq>& shown, Seq from, Seq to,
                   bool has_more) {
    EXPECT_EQ(seqs(page.messages), shown);
    EXPECT_EQ(page.from_seq, from);
    EXPECT_EQ(page.to_seq, to);
    EXPECT_EQ(page.has_more, has_more);
  }

  UserId alice, bob;
  ChatId chat;
};
TYPED_TEST_SUITE_P(HistoryContract);

TYPED_TEST_P(HistoryContract, TheNewestPageShowsMessagesOnly) {
  this->expect_page(this->history(this->bob, newest(this->chat)), {2, 3, 5, 7}, 1, 7, false);
  this->expect_page(this->history(this->bob, newest(this->chat, 2)), {5, 7}, 4, 7, true);
}

TYPED_TEST_P(HistoryContract, BeforeGoesBackFromASeq) {
  this->expect_page(this->history(this->bob, before(this->chat, 7, 2)), {3, 5}, 3, 6, true);
  this->expect_page(this->history(this->bob, before(this->chat, 3, 2)), {2}, 1, 2, false);
  this->expect_page(this->history(this->bob, before(this->chat, 2)), {}, 1, 1, false);
  this->expect_page(this->history(this->bob, before(this->chat, 1)), {}, 1, 0, false);
  this->expect_page(this->history(this->bob, before(this->chat, 999, 1)), {7}, 6, 7, true);
}

TYPED_TEST_P(HistoryContract, AfterShowsEveryKindOfEntry) {
  const auto page = this->history(this->bob, after(this->chat, 0, 4));
  this->expect_page(page, {1, 2, 3, 4}, 1, 4, true);
  EXPECT_EQ(page.messages[0].kind, EntryKind::membership);
  EXPECT_EQ(page.messages[0].membership->action, MembershipAction::created);
  EXPECT_FALSE(page.messages[0].content);
  EXPECT_FALSE(page.messages[0].client_message_id);
  EXPECT_EQ(page.messages[3].kind, EntryKind::settings);
  EXPECT_EQ(page.messages[3].settings->name, "one");
  EXPECT_FALSE(page.messages[3].settings->description);
  this->expect_page(this->history(this->bob, after(this->chat, 4)), {5, 6, 7}, 5, 7, false);
  this->expect_page(this->history(this->bob, after(this->chat, 7)), {}, 8, 7, false);
}

TYPED_TEST_P(HistoryContract, AroundShowsBothSides) {
  this->expect_page(this->history(this->bob, around(this->chat, 3, 2)), {3, 5}, 3, 6, true);
  this->expect_page(this->history(this->bob, around(this->chat, 4, 50)), {2, 3, 5, 7}, 1, 7, false);
  this->expect_page(this->history(this->bob, around(this->chat, 7, 2)), {5, 7}, 4, 7, true);
  this->expect_page(this->history(this->bob, around(this->chat, 1, 2)), {2, 3}, 1, 4, true);
}

TYPED_TEST_P(HistoryContract, AnEmptyChatHasAnEmptyPage) {
  const ChatId empty = this->direct(this->alice, this->bob);
  this->expect_page(this->history(this->bob, newest(empty)), {}, 1, 0, false);
  this->expect_page(this->history(this->bob, after(empty, 0)), {}, 1, 0, false);
  this->expect_page(this->history(this->bob, around(empty, 1)), {}, 1, 0, false);
}

TYPED_TEST_P(HistoryContract, SeqsFromOutsideTheLogAreItsEnds) {
  constexpr Seq kFar = std::numeric_limits<Seq>::max();
  this->expect_page(this->history(this->bob, after(this->chat, kFar)), {}, 8, 7, false);
  this->expect_page(this->history(this->bob, after(this->chat, -kFar, 1)), {1}, 1, 1, true);
  this->expect_page(this->history(this->bob, before(this->chat, kFar, 1)), {7}, 6, 7, true);
  this->expect_page(this->history(this->bob, before(this->chat, -kFar)), {}, 1, 0, false);
  this->expect_page(this->history(this->bob, around(this->chat, kFar, 1)), {7}, 6, 7, true);
}

TYPED_TEST_P(HistoryContract, PagesInEitherDirectionCoverTheLogWithoutGapOrOverlap) {
  std::vector<Seq> messages{2, 3, 5, 7};
  for (int i = 8; i < 60; ++i) {
    if (i % 7 == 0) {
      this->rename("name " + std::to_string(i));
    } else {
      this->send(i % 2 ? this->alice : this->bob, this->chat, std::to_string(i));
      messages.push_back(i);
    }
  }
  EXPECT_TRUE(rc::check("walk back and forth", [&] {
    std::vector<Seq> shown;
    Seq upper = 60;
    for (bool more = true; more;) {
      const auto limit = *rc::gen::inRange<std::int64_t>(1, 12);
      const auto page = this->history(this->bob, before(this->chat, upper, limit));
      RC_ASSERT(page.to_seq == upper - 1);
      RC_ASSERT(page.from_seq <= page.to_seq);
      for (auto it = page.messages.rbegin(); it != page.messages.rend(); ++it)
        shown.push_back(it->seq);
      upper = page.from_seq;
      more = page.has_more;
    }
    RC_ASSERT(upper == 1);
    std::ranges::reverse(shown);
    RC_ASSERT(shown == messages);

    Seq seen = 0;
    for (bool more = true; more;) {
      const auto limit = *rc::gen::inRange<std::int64_t>(1, 12);
      const auto page = this->history(this->alice, after(this->chat, seen, limit));
      for (const Message& entry : page.messages) RC_ASSERT(entry.seq == ++seen);
      RC_ASSERT(page.to_seq == seen);
      more = page.has_more;
    }
    RC_ASSERT(seen == 59);
  }));
}

REGISTER_TYPED_TEST_SUITE_P(HistoryContract, TheNewestPageShowsMessagesOnly, BeforeGoesBackFromASeq,
                            AfterShowsEveryKindOfEntry, AroundShowsBothSides,
                            AnEmptyChatHasAnEmptyPage, SeqsFromOutsideTheLogAreItsEnds,
                            PagesInEitherDirectionCoverTheLogWithoutGapOrOverlap);

}  // namespace parley::storage::contract
