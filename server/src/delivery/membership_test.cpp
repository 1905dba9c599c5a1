#include "delivery/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/bus_for_test.h"

namespace parley::delivery {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class MembershipTest : public testing::Test {
 protected:
  static NodeEntry entry(std::uint64_t incarnation) {
    return {.id = NodeId{7}, .incarnation = incarnation, .address = {}, .roles = {}};
  }
  static std::string why_not(Task<void> join) {
    try {
      await(std::move(join));
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
    return "";
  }

  TestBoard board;
  Membership mine{board, entry(1)};
};

TEST_F(MembershipTest, JoinsAtOnceWhenTheIdIsFree) {
  await(mine.join());
  EXPECT_EQ(board.entries.at(NodeId{7}).incarnation, 1u);
}

// As after a crash: the lease of the predecessor has to run out first.
TEST_F(MembershipTest, WaitsForTheLeaseOfAPredecessor) {
  class RunsOut final : public NodeBoard {
   public:
    Task<bool> renew(NodeEntry) override { co_return ++tries > 3; }
    Task<void> leave(NodeEntry) override { co_return; }
    Task<std::vector<NodeEntry>> nodes() override { co_return std::vector<NodeEntry>{}; }
    int tries = 0;
  } runs_out;
  Membership patient{runs_out, entry(2)};
  await(patient.join(1ms, 20s));
  EXPECT_EQ(runs_out.tries, 4);
}

TEST_F(MembershipTest, RefusesToRunBesideANodeWithItsId) {
  board.entries.emplace(NodeId{7}, entry(2));
  EXPECT_THAT(why_not(mine.join(1ms, 20ms)), HasSubstr("another node runs with node-id 7"));
  EXPECT_EQ(board.entries.at(NodeId{7}).incarnation, 2u);
}

TEST_F(MembershipTest, RefusesToStartWithoutTheBoard) {
  board.reachable = false;
  EXPECT_THAT(why_not(mine.join(1ms, 20ms)), HasSubstr("cannot be reached"));
}

TEST_F(MembershipTest, SeesWhoIsThere) {
  await(mine.join());
  board.entries.emplace(NodeId{9},
                        NodeEntry{.id = NodeId{9}, .incarnation = 5, .address = "a", .roles = "b"});
  const auto look = await(mine.look());
  ASSERT_TRUE(look);
  EXPECT_TRUE(look->ours);
  EXPECT_TRUE(look->certain);
  EXPECT_EQ(look->nodes.size(), 2u);
}

TEST_F(MembershipTest, IsUncertainForALeaseAfterMessagesWereLost) {
  await(mine.join());
  mine.doubt();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(await(mine.look())->certain) << i;
  EXPECT_TRUE(await(mine.look())->certain);
  board.reachable = false;
  EXPECT_FALSE(await(mine.look()));
  EXPECT_THAT(mine.trouble().value_or(""), HasSubstr("cannot be reached"));
  board.reachable = true;
  EXPECT_FALSE(await(mine.look())->certain);
  EXPECT_EQ(mine.trouble(), std::nullopt);
}

TEST_F(MembershipTest, NoticesThatItsIdWasTaken) {
  await(mine.join());
  board.entries[NodeId{7}].incarnation = 2;
  EXPECT_FALSE(await(mine.look())->ours);
  EXPECT_THAT(mine.trouble().value_or(""), HasSubstr("give each node its own"));
  await(mine.leave());
  EXPECT_TRUE(board.entries.contains(NodeId{7})) << "it is another's";
}

TEST_F(MembershipTest, LeavingFailsQuietly) {
  await(mine.join());
  board.reachable = false;
  EXPECT_NO_THROW(await(mine.leave()));
}

}  // namespace
}  // namespace parley::delivery
