#include "senders/url.h"

#include <gtest/gtest.h>

namespace parley::senders {
namespace {

TEST(Url, HasAnOriginWithoutTheUsualPort) {
  EXPECT_EQ(read_url("https://Push.Example/a?b#c").value().origin(), "https://push.example");
  EXPECT_EQ(read_url("HTTPS://push.example:443").value().origin(), "https://push.example");
  EXPECT_EQ(read_url("https://push.example:80/").value().origin(), "https://push.example:80");
  EXPECT_EQ(read_url("http://push.example:80/").value().origin(), "http://push.example");
  EXPECT_EQ(read_url("https://[2606:4700::1]:8443/a").value().origin(),
            "https://[2606:4700::1]:8443");
  EXPECT_EQ(read_url("https://2130706433/").value().origin(), "https://127.0.0.1");
}

TEST(Url, TellsWhetherAUserStandsInIt) {
  EXPECT_FALSE(read_url("https://a.example/x@y").value().has_user);
  EXPECT_TRUE(read_url("https://me@a.example/").value().has_user);
  EXPECT_TRUE(read_url("https://:it@a.example/").value().has_user);
  EXPECT_EQ(read_url("https://a.example@b.example/").value().host, "b.example");
}

TEST(Url, IsNoTextThatIsNone) {
  for (const auto* odd : {"", "no url", "https://", "http://a\r\nb/", "http://a b/",
                          "https://a.example:99999/", "https://a.example:x/", "odd://a.example/"})
    EXPECT_FALSE(read_url(odd)) << odd;
}

}  // namespace
}  // namespace parley::senders
