#include "broker/rabbitmq/address.h"

#include <gtest/gtest.h>

namespace parley::broker {
namespace {

using Host = Host;

TEST(RabbitAddress, IsReadFromAUrl) {
  const auto address = parse_rabbit_url("amqp://app:s%40cr%3At@mq.example:5673/chat");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->hosts, (std::vector{Host{"mq.example", 5673}}));
  EXPECT_EQ(address->user, "app");
  EXPECT_EQ(address->password, "s@cr:t");
  EXPECT_EQ(address->vhost, "chat");
  EXPECT_FALSE(address->tls);
}

TEST(RabbitAddress, HasDefaults) {
  const auto address = parse_rabbit_url("amqp://localhost");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->hosts, (std::vector{Host{"localhost", 5672}}));
  EXPECT_EQ(address->user, "guest");
  EXPECT_EQ(address->vhost, "/");
  EXPECT_EQ(parse_rabbit_url("amqp://a:b@h/")->vhost, "/");
  EXPECT_EQ(parse_rabbit_url("amqp://a:b@h/%2F")->vhost, "/");
}

TEST(RabbitAddress, MayNameTheNodesOfACluster) {
  const auto address = parse_rabbit_url("amqps://a:b@one,two:7,[2001:db8::1]:8,[::1]/v");
  ASSERT_TRUE(address) << address.error();
  EXPECT_TRUE(address->tls);
  EXPECT_EQ(address->hosts, (std::vector{Host{"one", 5671}, Host{"two", 7}, Host{"2001:db8::1", 8},
                                         Host{"::1", 5671}}));
  EXPECT_EQ(address->hosts[1].text(), "two:7");
  EXPECT_EQ(address->hosts[2].text(), "[2001:db8::1]:8");
}

TEST(RabbitAddress, APasswordMayHoldAnAtSign) {
  const auto address = parse_rabbit_url("amqp://a:b@c@h");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->password, "b@c");
  EXPECT_EQ(address->hosts, (std::vector{Host{"h", 5672}}));
}

class WrongUrl : public testing::TestWithParam<const char*> {};

TEST_P(WrongUrl, IsRefusedWithoutRepeatingIt) {
  const auto address = parse_rabbit_url(GetParam());
  ASSERT_FALSE(address);
  EXPECT_TRUE(address.error().starts_with("the URL of RabbitMQ ")) << address.error();
  EXPECT_EQ(address.error().find("secret"), std::string::npos) << address.error();
}

INSTANTIATE_TEST_SUITE_P(
    RabbitAddress, WrongUrl,
    testing::Values("", "secret", "http://a:secret@h", "amqp://", "amqp://a:secret@",
                    "amqp://a:secret@h:", "amqp://a:secret@h:0", "amqp://a:secret@h:65536",
                    "amqp://a:secret@h:5x", "amqp://a:secret@h:+5", "amqp://:secret@h",
                    "amqp://a:secret%@h", "amqp://a:secret%zz@h", "amqp://a:secret%00@h",
                    "amqp://a:secret@h/v/w", "amqp://a:secret@h/v?x=1", "amqp://a:secret@h,",
                    "amqp://a:secret@,h", "amqp://a:secret@h h", "amqp://a:secret@[::1",
                    "amqp://a:secret@[::1]5", "amqp://a:secret@[x]", "amqp://a:secret@h/%2"));

}  // namespace
}  // namespace parley::broker
