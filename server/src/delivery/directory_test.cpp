#include "delivery/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::delivery {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr UserId kAlice{1};
constexpr UserId kBob{2};

class DirectoryTest : public testing::Test {
 protected:
  bool add(UserId user, std::size_t slot) { return directory.add(user, slot, others); }
  bool remove(UserId user, std::size_t slot) { return directory.remove(user, slot, others); }

  Directory directory;
  Directory::Places others = 0;
};

TEST_F(DirectoryTest, KnowsOnWhichNodesSomebodyIs) {
  EXPECT_EQ(directory.places_of(kAlice), 0u);
  EXPECT_TRUE(add(kAlice, 0));
  EXPECT_EQ(others, 0u);
  EXPECT_TRUE(add(kAlice, 63));
  EXPECT_EQ(others, 1u);
  EXPECT_FALSE(add(kAlice, 63)) << "is there already";
  EXPECT_EQ(directory.places_of(kAlice), 1u | 1ULL << 63);
  EXPECT_EQ(directory.size(), 1u);

  EXPECT_TRUE(remove(kAlice, 0));
  EXPECT_EQ(others, 1ULL << 63);
  EXPECT_FALSE(remove(kAlice, 0));
  EXPECT_TRUE(remove(kAlice, 63));
  EXPECT_EQ(others, 0u);
  EXPECT_EQ(directory.size(), 0u);
  EXPECT_FALSE(remove(kBob, 1));
}

TEST_F(DirectoryTest, ListsWhoIsOnANode) {
  add(kAlice, 1);
  add(kBob, 1);
  add(kBob, 2);
  EXPECT_THAT(directory.users_of(1), UnorderedElementsAre(kAlice, kBob));
  EXPECT_THAT(directory.users_of(2), UnorderedElementsAre(kBob));
  EXPECT_THAT(directory.users_of(3), IsEmpty());
}

TEST_F(DirectoryTest, KnowsWhereNobodyIsAtTheirConnections) {
  EXPECT_FALSE(directory.set_attended(kAlice, 1, false)) << "is not there";
  add(kAlice, 1);
  add(kAlice, 2);
  EXPECT_FALSE(directory.set_attended(kAlice, 1, true)) << "is so already";
  EXPECT_TRUE(directory.set_attended(kAlice, 1, false));
  EXPECT_FALSE(directory.set_attended(kAlice, 1, false));
  EXPECT_TRUE(directory.set_attended(kAlice, 2, false));
  EXPECT_EQ(directory.unattended_of(kAlice), 6u);
  EXPECT_EQ(directory.places_of(kAlice), 6u);
  EXPECT_THAT(directory.unattended_users_of(1), UnorderedElementsAre(kAlice));
  EXPECT_TRUE(directory.set_attended(kAlice, 2, true));
  EXPECT_EQ(directory.unattended_of(kAlice), 2u);
  // Whoever comes anew is there.
  remove(kAlice, 1);
  add(kAlice, 1);
  EXPECT_EQ(directory.unattended_of(kAlice), 0u);
  EXPECT_THAT(directory.unattended_users_of(1), IsEmpty());
}

TEST_F(DirectoryTest, HasRoomForSixtyFourNodes) {
  for (std::uint16_t node = 0; node < 64; ++node)
    EXPECT_EQ(directory.take_slot(NodeId{node}), node);
  EXPECT_EQ(directory.take_slot(NodeId{900}), std::nullopt);
  directory.free_slot(17);
  EXPECT_EQ(directory.take_slot(NodeId{900}), 17u);
  EXPECT_EQ(directory.node_of(17), NodeId{900});
}

TEST_F(DirectoryTest, RemembersForAWhileToWhomSomethingWasSent) {
  EXPECT_EQ(directory.places_for(kAlice), 0u);
  EXPECT_EQ(directory.places_of(kBob), 0u);
  EXPECT_TRUE(directory.was_sent_to(kAlice));
  EXPECT_FALSE(directory.was_sent_to(kBob)) << "only looked up";
  directory.forget_recent();
  EXPECT_TRUE(directory.was_sent_to(kAlice));
  directory.forget_recent();
  EXPECT_FALSE(directory.was_sent_to(kAlice));
}

// Memory is bounded: whoever may be among those it did not note counts as one of them.
TEST_F(DirectoryTest, WhenItCannotRememberAllItSaysEverybody) {
  for (std::uint64_t user = 1; user <= 70 * Directory::kMostRecent; ++user)
    directory.places_for(UserId{user});
  EXPECT_TRUE(directory.was_sent_to(UserId{1ULL << 60}));
  directory.forget_recent();
  directory.forget_recent();
  EXPECT_FALSE(directory.was_sent_to(UserId{1}));
}

}  // namespace
}  // namespace parley::delivery
