#include "gateway/client_address.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

struct Seen {
  std::string address;
  bool secure;
};

Seen seen(const std::vector<std::string>& trusted, const std::string& peer, Headers headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  TrustedProxies{trusted}.settle(request, boost::asio::ip::make_address(peer));
  return {.address = request.address, .secure = request.secure};
}

std::string address(const std::vector<std::string>& trusted, const std::string& peer,
                    const std::string& forwarded_for) {
  return seen(trusted, peer, {{"X-Forwarded-For", forwarded_for}}).address;
}

TEST(ClientAddressTest, IsThePeersWhenNobodyIsTrusted) {
  const Seen one =
      seen({}, "192.0.2.1", {{"X-Forwarded-For", "10.0.0.1"}, {"X-Forwarded-Proto", "https"}});
  EXPECT_EQ(one.address, "192.0.2.1");
  EXPECT_FALSE(one.secure);
}

TEST(ClientAddressTest, IsWhatATrustedProxyTells) {
  const Seen one = seen({"192.0.2.1"}, "192.0.2.1",
                        {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "https"}});
  EXPECT_EQ(one.address, "203.0.113.9");
  EXPECT_TRUE(one.secure);
  EXPECT_FALSE(seen({"192.0.2.1"}, "192.0.2.1", {{"X-Forwarded-Proto", "http"}}).secure);
}

TEST(ClientAddressTest, IsTheLastThatIsNoProxyOfOurs) {
  const std::vector<std::string> ours{"10.0.0.0/8"};
  EXPECT_EQ(address(ours, "10.0.0.1", "203.0.113.9, 10.1.1.1, 10.2.2.2"), "203.0.113.9");
  // What the client wrote itself stands before what proxies added.
  EXPECT_EQ(address(ours, "10.0.0.1", "1.1.1.1, 203.0.113.9,10.2.2.2"), "203.0.113.9");
  EXPECT_EQ(address(ours, "10.0.0.1", "10.3.3.3, 10.2.2.2"), "10.3.3.3");
}

TEST(ClientAddressTest, IsTheLastOfSeveralHeaders) {
  // A proxy may add a header of its own behind the one that the client made up.
  EXPECT_EQ(
      seen({"10.0.0.0/8"}, "10.0.0.1",
           {{"X-Forwarded-For", "1.1.1.1"}, {"Host", "h"}, {"x-forwarded-for", "203.0.113.9"}})
          .address,
      "203.0.113.9");
  EXPECT_EQ(seen({"10.0.0.0/8"}, "10.0.0.1",
                 {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "10.2.2.2"}})
                .address,
            "203.0.113.9");
}

TEST(ClientAddressTest, StopsAtWhatIsNoAddress) {
  EXPECT_EQ(address({"10.0.0.1"}, "10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(address({"10.0.0.1"}, "10.0.0.1", "unknown"), "10.0.0.1");
  EXPECT_EQ(address({"10.0.0.0/8"}, "10.0.0.1", "203.0.113.9, rubbish, 10.2.2.2"), "10.2.2.2");
}

TEST(ClientAddressTest, KnowsV6AndV4InV6) {
  EXPECT_EQ(address({"2001:db8::/32"}, "2001:db8::1", "2001:db9::7"), "2001:db9::7");
  EXPECT_EQ(address({"2001:db8::/32"}, "2001:db9::1", "1.1.1.1"), "2001:db9::1");
  EXPECT_EQ(address({"10.0.0.0/8"}, "::ffff:10.0.0.1", "203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(address({}, "::ffff:192.0.2.1", ""), "192.0.2.1");
  EXPECT_EQ(address({"::1"}, "::1", "::ffff:203.0.113.9"), "203.0.113.9");
}

TEST(ClientAddressTest, TrustsExactlyTheNetworkThatIsNamed) {
  EXPECT_EQ(address({"10.1.2.3/16"}, "10.1.255.255", "203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(address({"10.1.2.3/16"}, "10.2.0.0", "203.0.113.9"), "10.2.0.0");
  EXPECT_EQ(address({"10.1.2.3"}, "10.1.2.4", "203.0.113.9"), "10.1.2.4");
  EXPECT_EQ(address({"0.0.0.0/0"}, "10.1.2.4", "203.0.113.9"), "203.0.113.9");
}

TEST(ClientAddressTest, RefusesWhatIsNoNetwork) {
  for (const auto* const wrong :
       {"", "example.org", "10.0.0.0/33", "10.0.0", "::1/129", "10.0.0.1/x"})
    EXPECT_THROW(TrustedProxies({wrong}), std::invalid_argument) << wrong;
}

}  // namespace
}  // namespace parley::gateway
