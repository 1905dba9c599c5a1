#include "gateway/event_codec.h"

#include <boost/mp11/algorithm.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gateway/json_write.h"
#include "gateway/websocket.h"
#include "gateway/websocket_frame.h"

namespace parley::gateway {
namespace {

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

std::string text_of(const Event& event) { return WebSocket::encode(event); }

// One of each, with everything in it.
std::vector<Event> one_of_each() {
  Message message{.id = MessageId{1},
                  .chat_id = ChatId{2},
                  .seq = 3,
                  .kind = EntryKind::membership,
                  .sender_id = UserId{4},
                  .created_at = kNow,
                  .client_message_id = "c1",
                  .type = MessageType::text,
                  .content = "grüße \"x\" \\ \n",
                  .edited_at = kNow,
                  .deleted_at = kNow,
                  .membership = Membership{.action = MembershipAction::role,
                                           .user_ids = {UserId{5}, UserId{6}},
                                           .role = ParticipantRole::admin,
                                           .permissions = Permissions{.add_members = true}},
                  .settings = Settings{.name = "n", .description = ""}};
  Profile profile;
  profile.id = UserId{9};
  profile.username = "alice";
  profile.avatar_id = MediaId{8};
  profile.email = "a@example.org";
  profile.role = Role::moderator;
  return {message,
          MessageDelivered{ChatId{1}, UserId{2}, 3, kNow},
          MessageRead{ChatId{1}, UserId{2}, 3, kNow},
          UserTyping{ChatId{1}, UserId{2}, true},
          UserOnline{UserId{1}, PresenceState::busy, kNow},
          UserOffline{UserId{1}, kNow},
          MemberAdded{
              ChatId{1}, 2, MessageId{3}, UserId{4}, {UserId{5}}, MembershipAction::added, kNow},
          MemberRemoved{ChatId{1}, 2, MessageId{3}, UserId{4}, {}, MembershipAction::left, kNow},
          ChatUpdated{.chat_id = ChatId{1},
                      .seq = 2,
                      .id = MessageId{3},
                      .actor_id = UserId{4},
                      .name = "n",
                      .description = {},
                      .user_ids = std::vector{UserId{1}},
                      .role = ParticipantRole::member,
                      .permissions = Permissions{},
                      .at = kNow},
          profile,
          SecurityEvent{SecurityEventId{1}, SecurityEventKind::new_device, kNow, "::1", "agent"},
          Ready{UserId{1}, SessionId{2}, kNow, kNow},
          AuthExpiring{60},
          Resync{}};
}

TEST(JsonEventCodec, WritesWhatSocketsAreSent) {
  const JsonEventCodec codec;
  for (const Event& event : one_of_each())
    EXPECT_EQ(codec.json_of(*codec.encode(event)), text_of(event));
}

TEST(JsonEventCodec, AFrameCrossesToAnotherNodeByteForByte) {
  const JsonEventCodec codec;
  for (const Event& event : one_of_each()) {
    const auto frame = codec.encode(event);
    const auto there = codec.frame_of(info(event).name, codec.json_of(*frame));
    ASSERT_TRUE(there) << info(event).name;
    EXPECT_EQ(*there, *frame);
  }
}

TEST(JsonEventCodec, EveryEventIsReadAgain) {
  const JsonEventCodec codec;
  const auto events = one_of_each();
  ASSERT_EQ(events.size(), kEvents.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].index(), i);
    const auto again = codec.decode(*codec.encode(events[i]));
    ASSERT_TRUE(again) << kEvents[i].name;
    EXPECT_EQ(text_of(*again), text_of(events[i]));
  }
  const auto sparse = codec.decode(*codec.encode(Message{}));
  ASSERT_TRUE(sparse);
  EXPECT_FALSE(std::get<Message>(*sparse).content);
  const auto nobody = codec.decode(*codec.encode(Profile{}));
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(std::get<Profile>(*nobody).avatar_id);
}

// As in a rolling upgrade.
TEST(JsonEventCodec, MembersOfANewerNodeAreLeftOut) {
  const JsonEventCodec codec;
  const auto frame = codec.frame_of(
      "user:online", R"({"event":"user:online","data":{"mood":{"a":[1]},"userId":"7"}})");
  ASSERT_TRUE(frame);
  const auto event = codec.decode(*frame);
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<UserOnline>(*event).user_id, UserId{7});
  EXPECT_FALSE(std::get<UserOnline>(*event).state) << "an older node does not say it";
}

TEST(JsonEventCodec, WhatIsNoSuchEventIsRefused) {
  const JsonEventCodec codec;
  const std::string good = text_of(UserOnline{UserId{7}, {}, {}});
  EXPECT_TRUE(codec.frame_of("user:online", good));
  EXPECT_FALSE(codec.frame_of("user:offline", good));
  EXPECT_FALSE(codec.frame_of("user:online", ""));
  EXPECT_FALSE(codec.frame_of("user:online", good.substr(0, good.size() - 1)));
  EXPECT_FALSE(codec.frame_of("user:online", good + "x"));
  EXPECT_FALSE(
      codec.frame_of("user:online", "{\"event\":\"user:online\",\"data\":{\"userId\":\"\xff\"}}"));
}

TEST(JsonEventCodec, WhatCannotBeReadYieldsNothing) {
  const JsonEventCodec codec;
  const auto decode = [&](std::string_view json) {
    std::string frame;
    append_frame(frame, Opcode::text, json);
    return codec.decode(frame);
  };
  EXPECT_TRUE(decode(R"({"event":"user:online","data":{"userId":"7"}})"));
  EXPECT_FALSE(decode(R"({"event":"user:online","data":{}})")) << "a member is missing";
  EXPECT_FALSE(decode(R"({"event":"user:online","data":{"userId":7}})"));
  EXPECT_FALSE(decode(R"({"event":"user:online","data":{"userId":"7","userId":"8"}})"));
  EXPECT_FALSE(decode(R"({"event":"user:dancing","data":{}})")) << "a newer node's";
  EXPECT_FALSE(decode(R"({"event":"user:online","data":{"userId":"7"}} x)"));
  EXPECT_FALSE(decode(R"({"event":"user:online","data":{"userId":"7")"));
  EXPECT_FALSE(decode("[]"));
  EXPECT_FALSE(decode(""));
}

RC_GTEST_PROP(JsonEventCodec, SurvivesSpoiltEvents, ()) {
  const JsonEventCodec codec;
  const auto events = one_of_each();
  std::string json = text_of(events[*rc::gen::inRange<std::size_t>(0, events.size())]);
  for (int i = *rc::gen::inRange(1, 6); i-- > 0 && !json.empty();) {
    const auto at = *rc::gen::inRange<std::size_t>(0, json.size());
    if (*rc::gen::arbitrary<bool>()) {
      json[at] = *rc::gen::arbitrary<char>();
    } else {
      json.resize(at);
    }
  }
  std::string frame;
  append_frame(frame, Opcode::text, json);
  // What is read can be written, and be read again.
  if (const auto event = codec.decode(frame)) RC_ASSERT(codec.decode(*codec.encode(*event)));
}

}  // namespace
}  // namespace parley::gateway
