#include "gateway/forwarder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "base/port_for_test.h"
#include "gateway/peer_for_test.h"

namespace parley::gateway {
namespace {

using delivery::NodeRole;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr NodeStart kSelf{500};

class ForwarderTest : public testing::Test {
 protected:
  void know(const std::vector<std::string>& addresses,
            milliseconds patience = milliseconds{20'000}) {
    std::vector<FixedPeer> fixed;
    for (const std::string& address : addresses)
      fixed.push_back({.role = NodeRole::chat, .address = address});
    peers = std::make_unique<Peers>(fixed, kSelf.value());
    forwarder = std::make_unique<Forwarder>(*peers, seal, kSelf, clock, patience);
  }

  Result<Answer> forward(std::string_view operation, Forwarder::Request request) {
    return await(loop, forwarder->forward(*find_operation(operation), std::move(request)));
  }
  Result<Answer> send(ChatId chat, std::string content, std::string id = "c1",
                      Form form = Form::socket) {
    return forward("message:send", {.caller = caller,
                                    .form = form,
                                    .parameters = "chatId=" + std::to_string(chat.value()),
                                    .payload = R"({"content":")" + content +
                                               R"(","clientMessageId":")" + id + R"("})"});
  }
  // Never to be repeated: it makes a group each time.
  Result<Answer> make_group() {
    return forward("group:create", {.caller = caller,
                                    .form = Form::rest,
                                    .parameters = {},
                                    .payload = R"({"name":"Hiking","members":["bob"]})"});
  }

  static std::string chat_id(const ChatNode& node) {
    return "chatId=" + std::to_string(node.direct.value());
  }
  static Errc refusal(const Result<Answer>& result) {
    EXPECT_FALSE(result);
    return result ? Errc::internal : result.error().code;
  }
  std::uint64_t count(std::atomic<std::uint64_t> Forwarder::Totals::* member) const {
    return forwarder->totals(NodeRole::chat).*member;
  }

  SystemClock clock;
  ClusterSeal seal{kSecret};
  Loop loop{1};
  Caller caller{.user_id = UserId{1},
                .session_id = SessionId{1},
                .connection = 0,
                .address = "10.1.1.1",
                .user_agent = "test"};
  std::unique_ptr<Peers> peers;
  std::unique_ptr<Forwarder> forwarder;
};

using Totals = Forwarder::Totals;

TEST_F(ForwarderTest, HandsTheAnswerOnUnchanged) {
  ChatNode node{clock, 7};
  know({node.address()});
  const auto rest = send(node.direct, "hello", "c1", Form::rest);
  ASSERT_TRUE(rest) << rest.error().detail;
  EXPECT_EQ(rest->status, 201);
  EXPECT_EQ(rest->content_type, "application/json");
  EXPECT_THAT(rest->body, HasSubstr(R"("content":"hello")"));
  // The same again is the same message, and a socket is told less of it.
  const auto socket = send(node.direct, "hello", "c1", Form::socket);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->status, 200);
  EXPECT_THAT(socket->body, HasSubstr(R"("seq":1)"));
  EXPECT_THAT(socket->body, testing::Not(HasSubstr("content")));
  EXPECT_EQ(node.store.chats[node.direct].log.size(), 1u);
  EXPECT_EQ(count(&Totals::answered), 2u);
  // Only the first, which did not know yet who runs there, was sent twice.
  EXPECT_EQ(count(&Totals::repeated), 1u);
  EXPECT_EQ(node.internal.refused(Distrust::misdirected), 1u);
  EXPECT_EQ(forwarder->client().idle(), 1u);  // one connection served all of it
}

TEST_F(ForwarderTest, AnswersWithoutABodyAreOfTheirStatus) {
  ChatNode node{clock, 7};
  know({node.address()});
  ASSERT_TRUE(send(node.direct, "hello"));
  caller.user_id = node.bob;
  const auto read = forward("message:read", {.caller = caller,
                                             .form = Form::rest,
                                             .parameters = chat_id(node),
                                             .payload = R"({"seq":1})"});
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->status, 204);
  EXPECT_EQ(read->body, "");
}

TEST_F(ForwarderTest, HandsRefusalsOnUnchanged) {
  ChatNode node{clock, 7};
  know({node.address()});
  EXPECT_EQ(refusal(send(ChatId{404}, "hello")), Errc::chat_not_found);
  EXPECT_EQ(refusal(send(node.direct, "")), Errc::empty_message);
  const auto strange = forward("message:send", {.caller = caller,
                                                .form = Form::rest,
                                                .parameters = "chatId=1&more=2",
                                                .payload = R"({"content":5})"});
  ASSERT_FALSE(strange);
  EXPECT_EQ(strange.error().code, Errc::malformed_request);
  ASSERT_EQ(strange.error().fields.size(), 3u);
  EXPECT_EQ(strange.error().fields[0].field, "more");
  EXPECT_EQ(strange.error().fields[0].text, "is not known");
  EXPECT_EQ(
      refusal(forward("message:send",
                      {.caller = caller, .form = Form::rest, .parameters = {}, .payload = "{"})),
      Errc::malformed_request);
  EXPECT_EQ(count(&Totals::failed), 0u);
}

TEST_F(ForwarderTest, SaysUnavailableWhenNobodyIsKnown) {
  know({});
  const auto result = send(ChatId{1}, "hello");
  EXPECT_EQ(refusal(result), Errc::unavailable);
  EXPECT_GT(result.error().retry_after.count(), 0);
  EXPECT_EQ(count(&Totals::failed), 1u);
}

TEST_F(ForwarderTest, AsksAnotherWhenTheConnectionNeverOpened) {
  ChatNode node{clock, 7};
  const OwnPort nobody;
  know({"http://127.0.0.1:" + nobody.text(), node.address()});
  // Also what must not be repeated: nothing was sent. Whoever is asked first, it is answered.
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(make_group());
  EXPECT_EQ(node.store.chats.size(), 1u + 4u);
}

TEST_F(ForwarderTest, ComesBackToANodeThatStartsAgain) {
  const OwnPort port;
  auto node = std::make_unique<ChatNode>(clock, 7, kSecret, port.number());
  know({node->address()});
  ASSERT_TRUE(send(node->direct, "hello"));
  node.reset();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(refusal(send(ChatId{1}, "hello")), Errc::unavailable);
  EXPECT_EQ(peers->state(NodeRole::chat).answering, 0u);

  node = std::make_unique<ChatNode>(clock, 8, kSecret, port.number());
  EXPECT_TRUE(eventually([&] { return send(node->direct, "hello").has_value(); }));
  EXPECT_EQ(peers->state(NodeRole::chat).answering, 1u);
}

TEST_F(ForwarderTest, DoesNotWaitLongerThanThereIsTime) {
  NoNode hangs{[](const auto&) { return std::nullopt; }};
  know({hangs.address()}, milliseconds{200});
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(refusal(send(ChatId{1}, "hello")), Errc::unavailable);
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, milliseconds{150});
  EXPECT_LT(took, Forwarder::kPatience - milliseconds{1'000});
}

TEST_F(ForwarderTest, RepeatsWhatMayBeRepeatedAtAnotherNode) {
  ChatNode node{clock, 7};
  NoNode hangs{[](const auto&) { return std::nullopt; }};
  know({hangs.address(), node.address()}, milliseconds{8'000});  // half of it for each
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(send(node.direct, "hello"));
  EXPECT_EQ(node.store.chats[node.direct].log.size(), 1u);
  EXPECT_EQ(hangs.requests(), 1);
}

TEST_F(ForwarderTest, NeverRepeatsWhatMayHaveBeenDone) {
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-Le", "SSH-2.0-garbage\r\n\r\n"}) {
    ChatNode node{clock, 7};
    NoNode breaks{[&](const auto&) { return bytes; }};
    know({breaks.address(), node.address()}, milliseconds{4'000});
    int refused = 0;
    for (int i = 0; i < 2; ++i) refused += !make_group();
    EXPECT_EQ(refused, 1) << bytes;
    EXPECT_EQ(breaks.requests(), 1) << bytes;
    EXPECT_EQ(node.store.chats.size(), 1u + 1u) << bytes;
  }
}

TEST_F(ForwarderTest, BelievesNoAnswerWithoutASignature) {
  for (const std::string_view status :
       {"200 OK", "201 Created", "404 Not Found", "503 Service Unavailable"}) {
    NoNode liar{[&](const auto&) {
      return http_bytes(status, R"({"code":"chat_not_found","message":"No"})",
                        "Parley-Answer: v1 e30.AAAA\r\n");
    }};
    know({liar.address()});
    EXPECT_EQ(refusal(send(ChatId{1}, "hello")), Errc::unavailable) << status;
    EXPECT_EQ(count(&Totals::answered), 0u);
  }
}

TEST_F(ForwarderTest, AnAnswerCountsForItsRequestOnly) {
  // Plays the answer to the first request back to every later one.
  ChatNode node{clock, 7};
  std::optional<std::string> first;
  NoNode parrot{[&](const std::string& request) {
    if (!first && request.find("Parley-Cluster") != request.npos) {
      TestClient client{node.server->port()};
      const auto said = client.ask(request);
      if (said.status == 200) first = said.head + said.body;
      return said.head + said.body;
    }
    return *first;
  }};
  know({parrot.address()});
  ASSERT_TRUE(send(node.direct, "hello", "c1"));
  EXPECT_EQ(refusal(send(node.direct, "goodbye", "c2")), Errc::unavailable);
}

TEST_F(ForwarderTest, LeavesWhoDoesNotAnswerAloneForAWhile) {
  NoNode liar{[](const auto&) { return http_bytes("503 Service Unavailable", ""); }};
  know({liar.address()});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(refusal(send(ChatId{1}, "hello")), Errc::unavailable);
  EXPECT_LT(liar.requests(), 10);
  EXPECT_EQ(peers->state(NodeRole::chat).answering, 0u);
}

TEST_F(ForwarderTest, GivesUpOnANodeWithAnotherSecret) {
  ChatNode node{clock, 7, std::string(32, 'x')};
  know({node.address()});
  EXPECT_EQ(refusal(send(node.direct, "hello")), Errc::unavailable);
  EXPECT_EQ(node.internal.refused(Distrust::forged), 1u);
  EXPECT_EQ(node.store.chats[node.direct].log.size(), 0u);
}

TEST_F(ForwarderTest, AsksAnotherWhenANodeStopsOrHasNoSuchPart) {
  ChatNode node{clock, 7};
  ChatNode stopping{clock, 8};
  stopping.internal.stop();
  know({stopping.address(), node.address()});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(make_group());
  EXPECT_EQ(node.store.chats.size(), 1u + 4u);

  // A role that a node does not have, though somebody says so.
  constexpr NodeStart kOther{501};  // its tickets count from 1 again
  peers = std::make_unique<Peers>(
      std::vector<FixedPeer>{{.role = NodeRole::user, .address = node.address()}}, kOther.value());
  forwarder = std::make_unique<Forwarder>(*peers, seal, kOther, clock);
  EXPECT_EQ(
      refusal(forward("user:profile",
                      {.caller = caller, .form = Form::rest, .parameters = {}, .payload = {}})),
      Errc::unavailable);
  EXPECT_EQ(node.internal.refused(Distrust::elsewhere), 1u);
  EXPECT_EQ(peers->state(NodeRole::user).answering, 1u);
}

TEST_F(ForwarderTest, PassesOnWhoAsksAndTheTrace) {
  std::string seen;
  NoNode node{[&](const std::string& request) {
    seen = request;
    return http_bytes("503 Service Unavailable", "");
  }};
  know({node.address()});
  caller.trace = *read_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_FALSE(send(ChatId{1}, "hello"));
  EXPECT_THAT(seen, StartsWith("POST /internal/v1/operations/message:send HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"));
  EXPECT_THAT(seen, HasSubstr("\r\n\r\nchatId=1{\"content\":\"hello\""));
}

TEST_F(ForwarderTest, BeginRunsHereWhatIsHereAndForwardsTheRest) {
  ChatNode node{clock, 7};
  know({node.address()});
  const std::string text = R"({"content":"hello","clientMessageId":"c9"})";
  const std::vector<json::Text> texts{{"chatId", std::to_string(node.direct.value())}};
  const auto run = [&](const Api& api) {
    auto begun = begin(*find_operation("message:send"), api, caller, json::Input{text}, texts,
                       Form::rest, {});
    return begun ? await(loop, std::move(*begun)) : Result<Answer>{std::unexpected(begun.error())};
  };
  EXPECT_TRUE(run(Api{.forwarder = forwarder.get()}));
  EXPECT_EQ(node.internal.answered(), 1u);
  EXPECT_EQ(refusal(run(Api{})), Errc::unavailable);
}

}  // namespace
}  // namespace parley::gateway
