#include "delivery/node_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley::delivery {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kIncarnation = 0xFEDCBA9876543210ULL;

// One of each kind.
std::vector<NodeMessage> one_of_each() {
  const auto message = [](auto body) {
    return NodeMessage{.incarnation = kIncarnation, .body = std::move(body)};
  };
  return {message(Heartbeat{.number = 1,
                            .count = 2,
                            .digest = 3,
                            .answer = true,
                            .tells = true,
                            .sent = {{NodeId{7}, 70}, {NodeId{1023}, ~0ULL}}}),
          message(Moves{.number = 9,
                        .arrived = {UserId{1}, UserId{~0ULL}},
                        .left = {UserId{2}},
                        .left_one = {},
                        .unattended = {UserId{1}, UserId{3}},
                        .attended = {UserId{4}}}),
          message(Ask{}),
          message(Snapshot{.number = 4,
                           .serial = 5,
                           .part = 0,
                           .parts = 2,
                           .users = {UserId{8}},
                           .unattended = {UserId{8}}}),
          message(Carried{.event = "message:receive",
                          .except = 77,
                          .recipients = {UserId{1}, UserId{2}},
                          .json = "{\"event\":…}"}),
          message(SignedOut{.user_id = UserId{1}, .session_id = SessionId{2}, .until = -3}),
          message(Missed{{UserId{4}}}),
          message(Goodbye{}),
          message(BusyChanged{.user_id = UserId{5}, .until = 1'795'000'000'000})};
}

// As the release before wrote them, which knew nothing of who is away.
std::string written_before(const Moves& moves) {
  Moves old = moves;
  old.unattended.clear();
  old.attended.clear();
  const std::string bytes = write({.incarnation = kIncarnation, .body = old});
  return bytes.substr(0, bytes.size() - 8);  // the lengths of two empty lists
}
std::string written_before(const Snapshot& snapshot) {
  Snapshot old = snapshot;
  old.unattended.clear();
  const std::string bytes = write({.incarnation = kIncarnation, .body = old});
  return bytes.substr(0, bytes.size() - 4);
}

TEST(NodeMessage, EveryKindIsReadAsItWasWritten) {
  for (const NodeMessage& message : one_of_each()) {
    const std::string bytes = write(message);
    const auto again = read_node_message(bytes);
    ASSERT_TRUE(again) << message.body.index();
    EXPECT_EQ(again->incarnation, kIncarnation);
    EXPECT_EQ(again->body.index(), message.body.index());
    EXPECT_EQ(write(*again), bytes);
  }
  const std::string bytes = write(one_of_each()[0]);
  const auto heartbeat = std::get<Heartbeat>(read_node_message(bytes)->body);
  EXPECT_TRUE(heartbeat.answer);
  EXPECT_THAT(heartbeat.sent,
              ElementsAre(Heartbeat::Sent{NodeId{7}, 70}, Heartbeat::Sent{NodeId{1023}, ~0ULL}));
  const std::string carried = write(one_of_each()[4]);
  const auto event = std::get<Carried>(read_node_message(carried)->body);
  EXPECT_EQ(event.event, "message:receive");
  EXPECT_EQ(event.json, "{\"event\":…}");
}

TEST(NodeMessage, WhatIsCutShortIsRefused) {
  for (const NodeMessage& message : one_of_each()) {
    const std::string bytes = write(message);
    std::size_t as_before = 0;
    if (const auto* const moves = std::get_if<Moves>(&message.body))
      as_before = written_before(*moves).size();
    if (const auto* const snapshot = std::get_if<Snapshot>(&message.body))
      as_before = written_before(*snapshot).size();
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(read_node_message(std::string_view{bytes}.substr(0, size)).has_value(),
                size != 0 && size == as_before)
          << size;
  }
}

TEST(NodeMessage, WhatTheReleaseBeforeWroteIsRead) {
  const auto moves = std::get<Moves>(one_of_each()[1].body);
  const std::string old_moves = written_before(moves);
  const auto read_moves = read_node_message(old_moves);
  ASSERT_TRUE(read_moves);
  EXPECT_EQ(std::get<Moves>(read_moves->body).arrived, moves.arrived);
  EXPECT_THAT(std::get<Moves>(read_moves->body).unattended, testing::IsEmpty());
  EXPECT_THAT(std::get<Moves>(read_moves->body).attended, testing::IsEmpty());
  const std::string old_snapshot = written_before(std::get<Snapshot>(one_of_each()[3].body));
  const auto read_snapshot = read_node_message(old_snapshot);
  ASSERT_TRUE(read_snapshot);
  EXPECT_THAT(std::get<Snapshot>(read_snapshot->body).users, ElementsAre(UserId{8}));
  EXPECT_THAT(std::get<Snapshot>(read_snapshot->body).unattended, testing::IsEmpty());
}

// The release before reads the beginning and passes over what follows: it must be what it was.
TEST(NodeMessage, WhatTheReleaseBeforeReadsStandsFirst) {
  const auto moves = std::get<Moves>(one_of_each()[1].body);
  EXPECT_TRUE(write(one_of_each()[1]).starts_with(written_before(moves)));
  const auto snapshot = std::get<Snapshot>(one_of_each()[3].body);
  EXPECT_TRUE(write(one_of_each()[3]).starts_with(written_before(snapshot)));
}

TEST(NodeMessage, WhatFollowsIsOfANewerRelease) {
  for (const NodeMessage& message : one_of_each()) {
    const std::string bytes = write(message) + "more";
    const auto again = read_node_message(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(write(*again) + "more", bytes);
  }
}

TEST(NodeMessage, AKindThatIsNotKnownIsPassedOver) {
  std::string bytes = write(one_of_each()[0]);
  bytes[3] = 99;
  const auto message = read_node_message(bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(std::holds_alternative<Unknown>(message->body));
}

TEST(NodeMessage, AnotherVersionIsRefused) {
  std::string bytes = write(one_of_each()[0]);
  bytes[2] = 2;
  const auto message = read_node_message(bytes);
  ASSERT_FALSE(message);
  EXPECT_STREQ(message.error(), "of another version");
}

// Whoever says "four thousand million users" does not make us ask for the memory.
TEST(NodeMessage, ALengthThatCannotBeIsRefused) {
  std::string bytes = write({.incarnation = 1, .body = Missed{{UserId{1}}}});
  const std::size_t length = bytes.size() - 12;
  for (std::size_t i = 0; i < 4; ++i) bytes[length + i] = static_cast<char>(0xFF);
  EXPECT_FALSE(read_node_message(bytes));
}

TEST(NodeMessage, ANodeThatCannotBeIsRefused) {
  std::string bytes = write({.incarnation = 1, .body = Heartbeat{.sent = {{NodeId{1023}, 1}}}});
  bytes[bytes.size() - 9] = 4;  // 1024 and more
  EXPECT_FALSE(read_node_message(bytes));
}

RC_GTEST_PROP(NodeMessage, SurvivesJunk, ()) {
  std::string bytes = write(one_of_each()[*rc::gen::inRange<std::size_t>(0, one_of_each().size())]);
  for (int i = *rc::gen::inRange(1, 8); i-- > 0 && !bytes.empty();) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    if (*rc::gen::arbitrary<bool>()) {
      bytes[at] = *rc::gen::arbitrary<char>();
    } else {
      bytes.insert(at, *rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
    }
  }
  // What is taken means something: it is written and read to the same.
  if (const auto message = read_node_message(bytes)) {
    const std::string again = write(*message);
    const auto twice = read_node_message(again);
    RC_ASSERT(twice.has_value());
    RC_ASSERT(write(*twice) == again);
  }
}

TEST(DigestOf, TellsSetsApart) {
  EXPECT_NE(digest_of(UserId{1}) ^ digest_of(UserId{2}), digest_of(UserId{3}));
  EXPECT_NE(digest_of(UserId{0}), 0u);
}

}  // namespace
}  // namespace parley::delivery
