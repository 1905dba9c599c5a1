#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/node_board.h"

namespace parley::broker {

// What every adapter of delivery::NodeBoard promises. A Subject has `delivery::NodeBoard& board()`
// with nobody on it, and `void advance(std::chrono::milliseconds)`, after which that time has
// passed for the board; and `static bool installed()` when what it needs may be missing.
template <class Subject>
class NodeBoardContract : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (requires { Subject::installed(); })
      if (!Subject::installed()) GTEST_SKIP() << "what this needs is not installed";
  }

  using Entry = delivery::NodeEntry;

  static Entry node(unsigned id, std::uint64_t incarnation = 1) {
    return {.id = static_cast<delivery::NodeId>(id),
            .incarnation = incarnation,
            .address = "http://10.0.0." + std::to_string(id) + ":8080",
            .roles = "gateway,chat"};
  }

  bool renew(const Entry& entry) { return await(subject.board().renew(entry)); }
  void leave(const Entry& entry) { await(subject.board().leave(entry)); }
  // Who is alive, as "id/incarnation".
  std::vector<std::string> alive() {
    std::vector<std::string> names;
    for (const Entry& entry : await(subject.board().nodes()))
      names.push_back(std::to_string(static_cast<unsigned>(entry.id)) + "/" +
                      std::to_string(entry.incarnation));
    return names;
  }
  using Names = std::vector<std::string>;

  Subject subject;
};

TYPED_TEST_SUITE_P(NodeBoardContract);

TYPED_TEST_P(NodeBoardContract, IsEmptyAtFirst) { EXPECT_TRUE(this->alive().empty()); }

TYPED_TEST_P(NodeBoardContract, ShowsEverybodyInTheOrderOfIds) {
  EXPECT_TRUE(this->renew(this->node(10)));
  EXPECT_TRUE(this->renew(this->node(9)));
  EXPECT_TRUE(this->renew(this->node(1023)));
  EXPECT_TRUE(this->renew(this->node(0)));
  EXPECT_EQ(this->alive(), (typename TestFixture::Names{"0/1", "9/1", "10/1", "1023/1"}));
}

TYPED_TEST_P(NodeBoardContract, KeepsWhatANodeSaysOfItself) {
  auto said = this->node(7, ~0ull);
  said.address = "http://[2001:db8::1]:8080/\"quoted\"\\";
  ASSERT_TRUE(this->renew(said));
  auto all = await(this->subject.board().nodes());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].id, said.id);
  EXPECT_EQ(all[0].incarnation, ~0ull);
  EXPECT_EQ(all[0].address, said.address);
  EXPECT_EQ(all[0].roles, "gateway,chat");

  said.roles = "chat";
  ASSERT_TRUE(this->renew(said));
  all = await(this->subject.board().nodes());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].roles, "chat");
}

TYPED_TEST_P(NodeBoardContract, ANodeThatDoesNotRenewIsGone) {
  ASSERT_TRUE(this->renew(this->node(1)));
  ASSERT_TRUE(this->renew(this->node(2)));
  // Where time passes by itself as well, it may do so for half a lease each.
  this->subject.advance(delivery::NodeBoard::kLease / 2);
  ASSERT_TRUE(this->renew(this->node(2)));
  EXPECT_EQ(this->alive().size(), 2u);
  this->subject.advance(delivery::NodeBoard::kLease / 2 + std::chrono::milliseconds{100});
  EXPECT_EQ(this->alive(), (typename TestFixture::Names{"2/1"}));
  this->subject.advance(delivery::NodeBoard::kLease);
  EXPECT_TRUE(this->alive().empty());
}

TYPED_TEST_P(NodeBoardContract, OneIdIsHeldByOneIncarnation) {
  ASSERT_TRUE(this->renew(this->node(1, 111)));
  EXPECT_FALSE(this->renew(this->node(1, 222)));
  EXPECT_FALSE(this->renew(this->node(1, 112)));
  EXPECT_EQ(this->alive(), (typename TestFixture::Names{"1/111"}));
  EXPECT_TRUE(this->renew(this->node(1, 111)));
}

TYPED_TEST_P(NodeBoardContract, ALeaseThatRanOutMayBeTaken) {
  ASSERT_TRUE(this->renew(this->node(1, 111)));
  this->subject.advance(delivery::NodeBoard::kLease + std::chrono::seconds{1});
  EXPECT_TRUE(this->renew(this->node(1, 222)));
  EXPECT_FALSE(this->renew(this->node(1, 111)));  // it comes back from a long sleep
  EXPECT_EQ(this->alive(), (typename TestFixture::Names{"1/222"}));
}

TYPED_TEST_P(NodeBoardContract, WhoeverLeavesIsGoneAtOnce) {
  ASSERT_TRUE(this->renew(this->node(1, 111)));
  this->leave(this->node(1, 111));
  EXPECT_TRUE(this->alive().empty());
  EXPECT_TRUE(this->renew(this->node(1, 222)));
}

TYPED_TEST_P(NodeBoardContract, NobodyGivesAwayTheLeaseOfAnother) {
  ASSERT_TRUE(this->renew(this->node(1, 111)));
  this->leave(this->node(1, 222));
  this->leave(this->node(2, 111));
  EXPECT_EQ(this->alive(), (typename TestFixture::Names{"1/111"}));
}

TYPED_TEST_P(NodeBoardContract, ComesFreeAfterYears) {
  ASSERT_TRUE(this->renew(this->node(1, 111)));
  this->subject.advance(std::chrono::hours{24});
  ASSERT_TRUE(this->renew(this->node(2, 1)));
  EXPECT_EQ(this->alive(), (typename TestFixture::Names{"2/1"}));
  ASSERT_TRUE(this->renew(this->node(1, 222)));
  EXPECT_EQ(this->alive(), (typename TestFixture::Names{"1/222", "2/1"}));
}

REGISTER_TYPED_TEST_SUITE_P(NodeBoardContract, IsEmptyAtFirst, ShowsEverybodyInTheOrderOfIds,
                            KeepsWhatANodeSaysOfItself, ANodeThatDoesNotRenewIsGone,
                            OneIdIsHeldByOneIncarnation, ALeaseThatRanOutMayBeTaken,
                            WhoeverLeavesIsGoneAtOnce, NobodyGivesAwayTheLeaseOfAnother,
                            ComesFreeAfterYears);

}  // namespace parley::broker
