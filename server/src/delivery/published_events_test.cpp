#include "delivery/published_events.h"

#include <gtest/gtest.h>

namespace parley::delivery {
namespace {

constexpr PublishedEventId kId{1};
constexpr UserId kAnn{11};
constexpr ChatId kChat{9'007'199'254'740'993};
constexpr Timestamp kAt{std::chrono::milliseconds{1'795'000'000'007}};

TEST(PublishedEvents, TellOfAMessageByItsIds) {
  Message message;
  message.id = MessageId{5};
  message.chat_id = kChat;
  message.seq = 7;
  message.sender_id = kAnn;
  message.created_at = kAt;
  message.type = MessageType::text;
  message.content = "a secret";
  const PublishedEvent event = message_sent(kId, message, {UserId{12}, UserId{13}});
  EXPECT_EQ(event.exchange, EventExchange::message);
  EXPECT_EQ(event.routing_key, "message.sent");
  EXPECT_EQ(event.schema, "parley.message.sent");
  EXPECT_EQ(event.time, kAt);
  EXPECT_EQ(event.body, R"({"messageId":"5","chatId":"9007199254740993","seq":7,"senderId":"11",)"
                        R"("type":"text","awayUserIds":["12","13"]})");
}

TEST(PublishedEvents, TellOfWatermarks) {
  EXPECT_EQ(message_read(kId, kChat, kAnn, 7, kAt).body,
            R"({"chatId":"9007199254740993","userId":"11","seq":7})");
  EXPECT_EQ(message_read(kId, kChat, kAnn, 7, kAt).routing_key, "message.read");
  EXPECT_EQ(message_delivered(kId, kChat, kAnn, 7, kAt).routing_key, "message.delivered");
}

TEST(PublishedEvents, TellOfUsers) {
  EXPECT_EQ(user_created(kId, kAnn, kAt).body, R"({"userId":"11"})");
  EXPECT_EQ(user_created(kId, kAnn, kAt).exchange, EventExchange::user);
  EXPECT_EQ(user_deleted(kId, kAnn, kAt).routing_key, "user.deleted");
  EXPECT_EQ(user_updated(kId, kAnn, {"displayName", "about"}, kAt).body,
            R"({"userId":"11","fields":["displayName","about"]})");
  EXPECT_EQ(user_status_changed(kId, kAnn, PresenceState::busy, {}, kAt).body,
            R"({"userId":"11","online":true,"state":"busy"})");
  EXPECT_EQ(
      user_status_changed(kId, kAnn, PresenceState::offline, kAt, kAt).body,
      R"({"userId":"11","online":false,"state":"offline","lastSeenAt":"2026-11-18T11:06:40.007Z"})");
}

TEST(PublishedEvents, TravelInAnEnvelope) {
  PublishedEvent event = user_created(kId, kAnn, kAt);
  EXPECT_EQ(envelope_of(event),
            R"({"id":"1","event":"user.created","schema":"parley.user.created","version":1,)"
            R"("time":"2026-11-18T11:06:40.007Z","data":{"userId":"11"}})");
  event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_NE(envelope_of(event).find(R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-)"),
            std::string::npos);
}

TEST(PublishedEvents, LeaveOutATraceparentThatIsNone) {
  for (const std::string& bad :
       {std::string{"\"},{\""}, std::string(55, 'a'), std::string(55, '-'), std::string{"00-1"},
        std::string{"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"}}) {
    PublishedEvent event = user_created(kId, kAnn, kAt);
    event.traceparent = bad;
    EXPECT_EQ(envelope_of(event).find("traceparent"), std::string::npos) << bad;
  }
}

TEST(PublishedEvents, AModeIsOneOfThree) {
  EXPECT_EQ(message_events("all"), MessageEvents::all);
  EXPECT_EQ(message_events("away"), MessageEvents::away);
  EXPECT_EQ(message_events("none"), MessageEvents::none);
  EXPECT_FALSE(message_events(""));
  EXPECT_FALSE(message_events("All"));
}

}  // namespace
}  // namespace parley::delivery
