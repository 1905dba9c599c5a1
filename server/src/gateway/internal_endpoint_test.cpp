#include "gateway/internal_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "gateway/peer_for_test.h"

namespace parley::gateway {
namespace {

using testing::HasSubstr;

constexpr NodeStart kSelf{7};

class InternalEndpointTest : public testing::Test {
 protected:
  Ticket ticket() {
    Ticket made;
    made.user_id = UserId{1};
    made.session_id = SessionId{1};
    made.parameters = std::ssize(chat_text);
    made.within_ms = 5'000;
    made.at = clock.now();
    made.from = NodeStart{70};
    made.number = TicketNumber{++number};
    made.to = kSelf;
    return made;
  }

  TestClient::Response post(std::string_view operation, const std::string& header,
                            std::string_view body) {
    TestClient client{node.server->port()};
    return client.ask("POST /internal/v1/operations/" + std::string{operation} +
                      " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                      "\r\n" + (header.empty() ? "" : "Parley-Cluster: " + header + "\r\n") +
                      "\r\n" + std::string{body});
  }
  TestClient::Response send(const Ticket& signed_ticket) {
    return post("message:send", node.seal.sign(signed_ticket, "message:send", body_text),
                body_text);
  }
  void expect_refused(const TestClient::Response& response, int status, std::string_view word) {
    EXPECT_EQ(response.status, status);
    EXPECT_THAT(response.head, HasSubstr("Parley-Refused: " + std::string{word} + "\r\n"));
    EXPECT_EQ(node.store.chats[node.direct].log.size(), 0u);
    EXPECT_EQ(node.internal.answered(), 0u);
  }

  ManualClock clock{Timestamp{std::chrono::hours{1'000}}};
  ChatNode node{clock, kSelf.value()};
  const std::string chat_text = "chatId=" + std::to_string(node.direct.value());
  const std::string body_text = chat_text + R"({"content":"hello","clientMessageId":"c1"})";
  std::uint64_t number = 0;
};

TEST_F(InternalEndpointTest, AnswersAGoodTicketUnderASignature) {
  const std::string header = node.seal.sign(ticket(), "message:send", body_text);
  const auto response = post("message:send", header, body_text);
  EXPECT_EQ(response.status, 200);
  const auto at = response.head.find("Parley-Answer: ") + 15;
  const auto note = node.seal.check_answer(
      response.head.substr(at, response.head.find("\r\n", at) - at), header, response.body);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->status, 201);
  EXPECT_FALSE(note->refused);
  EXPECT_EQ(node.internal.answered(), 1u);
}

TEST_F(InternalEndpointTest, RefusesWhatIsNotSigned) {
  expect_refused(post("message:send", "", body_text), 403, "unsigned_request");
  expect_refused(post("message:send", "v1 garbage", body_text), 403, "forged");
  expect_refused(post("message:send", "v1 .", body_text), 403, "forged");
  const std::string header = node.seal.sign(ticket(), "message:send", body_text);
  expect_refused(post("message:send", header, body_text + " "), 403, "forged");
  expect_refused(post("message:read", header, body_text), 403, "forged");
  EXPECT_EQ(node.internal.refused(Distrust::forged), 4u);
  EXPECT_EQ(node.internal.refused(Distrust::unsigned_request), 1u);
}

TEST_F(InternalEndpointTest, TakesATicketOnce) {
  const Ticket once = ticket();
  ASSERT_EQ(send(once).status, 200);
  const auto again = send(once);
  EXPECT_EQ(again.status, 403);
  EXPECT_THAT(again.head, HasSubstr("Parley-Refused: replayed\r\n"));
  EXPECT_EQ(node.internal.answered(), 1u);
}

TEST_F(InternalEndpointTest, RefusesWhatWasMeantForAnother) {
  Ticket other = ticket();
  other.to = NodeStart{8};
  const auto response = send(other);
  expect_refused(response, 421, "misdirected");
  EXPECT_THAT(response.head, HasSubstr("Parley-Node: 7\r\n"));
}

TEST_F(InternalEndpointTest, TakesClocksThatDifferByTenMinutes) {
  for (const auto off : {std::chrono::minutes{-11}, std::chrono::minutes{11}}) {
    Ticket wrong = ticket();
    wrong.at += off;
    expect_refused(send(wrong), 403, "expired");
  }
  Ticket late = ticket();
  late.within_ms = 0;
  expect_refused(send(late), 403, "expired");
  for (const auto off : {std::chrono::minutes{-9}, std::chrono::minutes{9}}) {
    Ticket right = ticket();
    right.at += off;
    EXPECT_EQ(send(right).status, 200);
  }
}

TEST_F(InternalEndpointTest, RefusesWhatIsTooLong) {
  const std::string body = chat_text + std::string(4'097, ' ');
  expect_refused(post("message:send", node.seal.sign(ticket(), "message:send", body), body), 413,
                 "too_long");
  Ticket long_query = ticket();
  const std::string query(InternalEndpoint::kMostParameters + 1, 'a');
  long_query.parameters = std::ssize(query);
  expect_refused(post("message:send", node.seal.sign(long_query, "message:send", query), query),
                 413, "too_long");
  // Not even read.
  const std::string huge(node.internal.longest_body() + 1, 'a');
  EXPECT_EQ(post("message:send", "v1 a.b", huge).status, 413);
}

TEST_F(InternalEndpointTest, RefusesParametersThatAreNotThere) {
  for (const std::int64_t length : {std::int64_t{-1}, std::ssize(body_text) + 1}) {
    Ticket wrong = ticket();
    wrong.parameters = length;
    expect_refused(send(wrong), 403, "forged");
  }
}

TEST_F(InternalEndpointTest, AnswersOnlyForPartsThatAreHere) {
  for (const std::string_view operation : {"user:profile", "presence:watch", "no:such", ""}) {
    Ticket made = ticket();
    made.parameters = 0;
    expect_refused(post(operation, node.seal.sign(made, operation, ""), ""), 404, "elsewhere");
  }
}

TEST_F(InternalEndpointTest, HasOneMethodAndOneFolder) {
  TestClient client{node.server->port()};
  EXPECT_EQ(client.get("/internal/v1/operations/message:send").status, 405);
  EXPECT_EQ(client.get("/internal/v1").status, 404);
  EXPECT_EQ(client.get("/internal/v2/operations/message:send").status, 404);
}

TEST_F(InternalEndpointTest, WithoutASecretNothingIsTaken) {
  ChatNode open{clock, kSelf.value(), ""};
  TestClient client{open.server->port()};
  const auto response = client.ask(
      "POST /internal/v1/operations/message:send HTTP/1.1\r\nHost: h\r\n"
      "Content-Length: 2\r\nParley-Cluster: v1 e30.AAAA\r\n\r\n{}");
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("cluster-secret"));
  EXPECT_EQ(open.internal.refused(Distrust::no_secret), 1u);
  EXPECT_EQ(open.internal.longest_body(), InternalEndpoint::kMostUnread);
}

// A node without the role gateway.
TEST_F(InternalEndpointTest, ANodeWithoutGatewayServesNothingElse) {
  TestClient client{node.server->port()};
  EXPECT_EQ(client.get("/ready").status, 200);
  EXPECT_EQ(client.get("/health/messaging").status, 200);
  EXPECT_EQ(client.get("/health/nobody").status, 404);
  for (const std::string_view path : {"/", "/index.html", "/api/v1/chats", "/api/openapi.json"})
    EXPECT_EQ(client.get(path).status, 404) << path;
  EXPECT_EQ(client.ask("POST /ready HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").status, 405);
  EXPECT_EQ(
      client.ask("POST /api/v1/chats HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").status,
      404);
  TestClient socket{node.server->port()};
  EXPECT_EQ(socket.ask(TestClient::handshake()).status, 404);
}

class PartHealthTest : public testing::Test {
 protected:
  HttpResponse ask(PartHealth& health, std::string_view path) {
    return await(loop, health.answer(path));
  }

  SystemClock clock;
  Loop loop{1};
  PeerClient client;
};

TEST_F(PartHealthTest, CountsTheNodesThatAreReady) {
  ChatNode one{clock, 1};
  ChatNode two{clock, 2};
  NoNode hangs{[](const auto&) { return std::nullopt; }};
  using delivery::NodeRole;
  Peers peers{{{NodeRole::chat, one.address()}, {NodeRole::chat, two.address()}}, 3};
  PartHealth health{delivery::NodeRoles::read("gateway"), [] { return true; }, peers, client};

  auto said = ask(health, "/health/messaging");
  EXPECT_EQ(said.status, 200);
  EXPECT_EQ(said.body, R"({"status":"ok","nodes":2,"ready":2})");
  // Of this node itself, and of a role that nobody has.
  EXPECT_EQ(ask(health, "/health/realtime").body, R"({"status":"ok","nodes":1,"ready":1})");
  said = ask(health, "/health/users");
  EXPECT_EQ(said.status, 503);
  EXPECT_EQ(said.body, R"({"status":"down","nodes":0,"ready":0})");
  EXPECT_EQ(ask(health, "/health/auth").status, 503);

  // What was found is good for a second.
  two.ready = false;
  EXPECT_EQ(ask(health, "/health/messaging").body, R"({"status":"ok","nodes":2,"ready":2})");
  EXPECT_TRUE(eventually([&] {
    said = ask(health, "/health/messaging");
    return said.body == R"({"status":"degraded","nodes":2,"ready":1})";
  }));
  EXPECT_EQ(said.status, 200);

  Peers hanging{{{NodeRole::chat, hangs.address()}, {NodeRole::chat, one.address()}}, 3};
  PartHealth other{delivery::NodeRoles::read("gateway"), [] { return true; }, hanging, client};
  EXPECT_EQ(ask(other, "/health/messaging").body, R"({"status":"degraded","nodes":2,"ready":1})");
}

}  // namespace
}  // namespace parley::gateway
