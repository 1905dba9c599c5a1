#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "storage/contract/people.h"

// Random conversations, compared with a model small enough to be seen to be right.

namespace parley::storage::contract {

// A chat as plainly as it can be told.
struct ModelChat {
  struct Said {
    UserId sender;
    std::string client_id;
    bool displayable;
  };
  std::vector<Said> log;  // seq - 1
  std::map<UserId, Receipt> receipts;

  Seq last() const { return std::ssize(log); }
  std::int64_t unread(UserId user) const {
    return std::count_if(log.begin() + receipts.at(user).read, log.end(),
                         [](const Said& said) { return said.displayable; });
  }
  std::vector<UserId> authors(UserId mover, Seq after, Seq up_to) const {
    std::vector<UserId> found;
    for (Seq seq = after + 1; seq <= up_to; ++seq) {
      const Said& said = log[static_cast<std::size_t>(seq - 1)];
      if (said.displayable && said.sender != mover && std::ranges::count(found, said.sender) == 0)
        found.push_back(said.sender);
    }
    std::ranges::sort(found);
    return found;
  }
};

template <class E>
class ConversationContract : public Suite<E> {
 public:
  void expect_same(ChatId chat, const ModelChat& model) {
    for (const auto& [user, receipt] : model.receipts) {
      const Chat seen = this->chat_of(user, chat);
      RC_ASSERT(seen.last_seq == model.last());
      RC_ASSERT(seen.delivered_seq == receipt.delivered);
      RC_ASSERT(seen.read_seq == receipt.read);
      RC_ASSERT(seen.unread_count == model.unread(user));
      Seq delivered = model.last(), read = model.last();
      for (const auto& [other, theirs] : model.receipts) {
        if (other == user) continue;
        delivered = std::min(delivered, theirs.delivered);
        read = std::min(read, theirs.read);
      }
      RC_ASSERT(seen.min_delivered_seq == delivered);
      RC_ASSERT(seen.min_read_seq == read);
    }
    const auto entries = this->log(model.receipts.begin()->first, chat);
    RC_ASSERT(std::ssize(entries) == model.last());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      RC_ASSERT(entries[i].seq == static_cast<Seq>(i + 1));
      RC_ASSERT(entries[i].sender_id == model.log[i].sender);
    }
  }

  void act(ChatId chat, ModelChat& model, const std::vector<UserId>& people) {
    const UserId actor = people[*rc::gen::inRange<std::size_t>(0, people.size())];
    Receipt& mine = model.receipts.at(actor);
    if (*rc::gen::inRange(0, 3) == 0) {
      const std::string client_id = std::to_string(*rc::gen::inRange(0, 12));
      const auto sent = this->try_send(actor, chat, client_id, client_id).value();
      const auto earlier = std::ranges::find_if(model.log, [&](const ModelChat::Said& said) {
        return said.sender == actor && said.client_id == client_id;
      });
      RC_ASSERT(sent.first_time == (earlier == model.log.end()));
      RC_ASSERT(sent.message.seq == earlier - model.log.begin() + 1);
      if (!sent.first_time) return;
      model.log.push_back({.sender = actor, .client_id = client_id, .displayable = true});
      mine = {.delivered = model.last(), .read = model.last()};
      return;
    }
    const Receipt wish{.delivered = *rc::gen::inRange<Seq>(-2, model.last() + 3),
                       .read = *rc::gen::inRange<Seq>(-2, model.last() + 3)};
    const Receipt expected = advance(mine, wish, model.last());
    auto moved = this->try_mark(actor, chat, wish).value();
    RC_ASSERT(moved.before == mine);
    RC_ASSERT(moved.after == expected);
    std::ranges::sort(moved.delivered_authors);
    std::ranges::sort(moved.read_authors);
    RC_ASSERT(moved.delivered_authors == model.authors(actor, mine.delivered, expected.delivered));
    RC_ASSERT(moved.read_authors == model.authors(actor, mine.read, expected.read));
    mine = expected;
  }
};
TYPED_TEST_SUITE_P(ConversationContract);

TYPED_TEST_P(ConversationContract, AnyConversationIsKeptAsTheModelSays) {
  const std::vector people{this->user("alice"), this->user("bob"), this->user("carol")};
  EXPECT_TRUE(rc::check("talk, mark, restart", [&] {
    const bool in_group = *rc::gen::arbitrary<bool>();
    std::vector<UserId> here(people.begin(), people.begin() + (in_group ? 3 : 2));
    ModelChat model;
    for (const UserId user : here) model.receipts[user] = {};
    ChatId chat;
    if (in_group) {
      chat = this->group(here[0], here);
      model.log.push_back({.sender = here[0], .client_id = "", .displayable = false});
      model.receipts[here[0]] = {.delivered = 1, .read = 1};
    } else {
      // Two new people: a direct chat cannot be made twice.
      const auto serial = std::to_string(++this->drafts);
      here = {this->user("one" + serial), this->user("two" + serial)};
      model.receipts = {{here[0], {}}, {here[1], {}}};
      chat = this->direct(here[0], here[1]);
    }
    const int steps = *rc::gen::inRange(1, 40);
    for (int step = 0; step < steps; ++step) {
      this->act(chat, model, here);
      if (*rc::gen::inRange(0, 25) == 0) this->engine.reopen();
    }
    this->expect_same(chat, model);
    this->engine.reopen();
    this->expect_same(chat, model);
  }));
}

REGISTER_TYPED_TEST_SUITE_P(ConversationContract, AnyConversationIsKeptAsTheModelSays);

}  // namespace parley::storage::contract
