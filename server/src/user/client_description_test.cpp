#include "user/client_description.h"

#include <gtest/gtest.h>

namespace parley::user {
namespace {

TEST(ClientDescriptionTest, NamesBrowsersAndPlatforms) {
  const auto chrome = describe_client(
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
      "Chrome/130.0.0.0 Safari/537.36");
  EXPECT_EQ(chrome.device, "Chrome on Windows");
  EXPECT_EQ(chrome.platform, "Windows");
  EXPECT_EQ(
      describe_client("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0")
          .device,
      "Firefox on Linux");
  EXPECT_EQ(describe_client("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) "
                            "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1")
                .device,
            "Safari on iPhone");
  EXPECT_EQ(describe_client("curl/8.0").device, "curl");
}

TEST(ClientDescriptionTest, DoesNotInventWhatItCannotTell) {
  EXPECT_EQ(describe_client("").device, "Unknown device");
  EXPECT_EQ(describe_client("").platform, "");
  EXPECT_EQ(describe_client(std::string(200'000, 'x')).device, "Unknown device");
}

TEST(ClientDescriptionTest, AnUpdateOfAClientIsNoNewDevice) {
  const auto of = [](std::string_view agent) { return fingerprint_of(describe_client(agent)); };
  EXPECT_EQ(of("(Windows) Firefox/131"), of("(Windows) Firefox/132"));
  EXPECT_NE(of("(Windows) Firefox/131"), of("(Linux) Firefox/131"));
  EXPECT_EQ(of("").size(), 32U);
}

TEST(ClientDescriptionTest, NeighboursShareANetwork) {
  EXPECT_EQ(network_of("192.0.2.7"), "192.0.2");
  EXPECT_EQ(network_of("192.0.2.200"), network_of("192.0.2.7"));
  EXPECT_NE(network_of("192.0.3.7"), network_of("192.0.2.7"));
  EXPECT_EQ(network_of("2001:db8:1::1"), network_of("2001:db8:1:2::9"));
  EXPECT_NE(network_of("2001:db8:1::1"), network_of("2001:db8:2::1"));
  EXPECT_EQ(network_of("nonsense"), "");
}

}  // namespace
}  // namespace parley::user
