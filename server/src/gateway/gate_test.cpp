#include "gateway/gate.h"

#include <gmock/gmock.h>

#include "base/await_for_test.h"
#include "gateway/server_for_test.h"

namespace parley::gateway {
namespace {

using testing::HasSubstr;

std::optional<HttpResponse> start_pages(std::string_view path) {
  if (path != "/ready") return {};
  return HttpResponse{.status = 503, .body = "the store is missing", .headers = {}};
}

class GateTest : public testing::Test {
 protected:
  int status(std::string path) {
    HttpRequest request;
    request.method = "GET";
    request.path = std::move(path);
    return await(gate.answer(std::move(request))).status;
  }

  EchoHandler behind;
  Gate gate{start_pages};
};

TEST_F(GateTest, LetsEverybodyThroughWhileItIsOpen) {
  gate.lead_to(behind);
  EXPECT_EQ(status("/api/v1/chats"), 200);
  EXPECT_TRUE(await(gate.admit({})));
  EXPECT_FALSE(gate.owns("/index.html"));
}

TEST_F(GateTest, ServesNobodyButTheOperatorWhenItIsShut) {
  gate.lead_to(behind);
  gate.set_open(false);
  EXPECT_EQ(status("/api/v1/chats"), 503);
  EXPECT_EQ(status("/internal/v1/operation"), 503);
  for (const auto* const page : {"/health", "/ready", "/metrics"}) EXPECT_EQ(status(page), 200);
  const auto admission = await(gate.admit({}));
  ASSERT_FALSE(admission);
  EXPECT_EQ(admission.error().status, 503);

  gate.set_open(true);
  EXPECT_EQ(status("/api/v1/chats"), 200);
  EXPECT_TRUE(await(gate.admit({})));
}

TEST_F(GateTest, WithNothingBehindItSaysWhatIsMissingAndWhenToComeBack) {
  HttpRequest request;
  request.path = "/ready";
  EXPECT_EQ(await(gate.answer(request)).body, "the store is missing");
  request.path = "/api/v1/chats";
  const HttpResponse refusal = await(gate.answer(request));
  EXPECT_EQ(refusal.status, 503);
  EXPECT_THAT(refusal.body, HasSubstr(R"("code":"unavailable")"));
  EXPECT_THAT(refusal.headers, testing::Contains(testing::Pair("Retry-After", "5")));
  const auto admission = await(gate.admit(request));
  ASSERT_FALSE(admission);
  EXPECT_EQ(admission.error().status, 503);
  EXPECT_TRUE(gate.owns("/index.html"));

  gate.lead_to(behind);
  EXPECT_EQ(status("/api/v1/chats"), 200);
  EXPECT_EQ(status("/ready"), 200);
}

// A server, its threads and a handler that comes when people are there already.
TEST(GateOfAServer, IsLedSomewhereWhileItServes) {
  EchoHandler behind;
  Gate gate{start_pages};
  const SystemClock clock;
  delivery::Router router;
  NetworkOptions options;
  options.threads = 2;
  Server server{options, gate, router, clock};
  server.start();
  TestClient early{server.port()};
  EXPECT_EQ(early.get("/ready").status, 503);
  EXPECT_EQ(early.get("/").status, 503);
  TestClient socket{server.port()};
  const auto refusal = socket.ask(TestClient::handshake());
  EXPECT_EQ(refusal.status, 503);
  EXPECT_THAT(refusal.head, HasSubstr("Retry-After: 5"));

  gate.lead_to(behind);
  EXPECT_EQ(early.get("/api/here").body, "GET /api/here ");
  TestClient another{server.port()};
  EXPECT_TRUE(another.upgrade());
  server.stop(std::chrono::milliseconds{100});
}

}  // namespace
}  // namespace parley::gateway
