#include "gateway/gate.h"

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "gateway/server_for_test.h"

namespace parley::gateway {
namespace {

class GateTest : public testing::Test {
 protected:
  int status(std::string path) {
    HttpRequest request;
    request.method = "GET";
    request.path = std::move(path);
    return await(gate.answer(std::move(request))).status;
  }

  EchoHandler behind;
  Gate gate{behind};
};

TEST_F(GateTest, LetsEverybodyThroughWhileItIsOpen) {
  EXPECT_EQ(status("/api/v1/chats"), 200);
  EXPECT_TRUE(await(gate.admit({})));
}

TEST_F(GateTest, ServesNobodyButTheOperatorWhenItIsShut) {
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

}  // namespace
}  // namespace parley::gateway
