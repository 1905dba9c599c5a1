#include "senders/public_address.h"

#include <gtest/gtest.h>

namespace parley::senders {
namespace {

TEST(PublicAddress, IsWhatTheInternetCanReach) {
  for (const auto* address :
       {"1.1.1.1",         "8.8.8.8",     "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",  "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255",  "172.32.0.0",
        "192.0.1.0",       "192.0.3.0",   "192.167.255.255", "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",  "223.255.255.255", "2606:4700:4700::1111",
        "2001:200::1",     "2a00::",      "3ffe::1",         "::ffff:1.1.1.1",
        "64:ff9b::8.8.8.8"})
    EXPECT_TRUE(is_public_address(address)) << address;
}

TEST(PublicAddress, IsNoneOfThisMachineOrAPrivateNetwork) {
  for (const auto* address : {"0.0.0.0",
                              "0.255.255.255",
                              "10.0.0.0",
                              "10.255.255.255",
                              "127.0.0.1",
                              "127.255.255.255",
                              "172.16.0.0",
                              "172.31.255.255",
                              "192.168.0.0",
                              "192.168.255.255",
                              "100.64.0.0",
                              "100.127.255.255",
                              "::",
                              "::1",
                              "fc00::",
                              "fdff::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",
                              "::127.0.0.1",
                              "64:ff9b::10.0.0.1",
                              "64:ff9b::127.0.0.1",
                              "64:ff9b:1::1"})
    EXPECT_FALSE(is_public_address(address)) << address;
}

TEST(PublicAddress, IsNoneOfALinkAGroupOrAReservedRange) {
  for (const auto* address :
       {"169.254.0.0", "169.254.169.254", "169.254.255.255", "192.0.0.1",       "192.0.2.1",
        "192.88.99.1", "198.18.0.0",      "198.19.255.255",  "198.51.100.1",    "203.0.113.1",
        "224.0.0.1",   "239.255.255.255", "240.0.0.0",       "255.255.255.255", "fe80::1",
        "fec0::1",     "ff02::1",         "100::1",          "2001::1",         "2001:1ff::1",
        "2001:db8::1", "2002:7f00:1::",   "3fff::1",         "4000::1"})
    EXPECT_FALSE(is_public_address(address)) << address;
}

TEST(PublicAddress, IsNothingThatIsNoAddress) {
  for (const auto* odd : {"", "localhost", "1.2.3", "1.2.3.4.5", "0x7f.1", "[::1]", "1.1.1.1:80"})
    EXPECT_FALSE(is_public_address(odd)) << odd;
}

}  // namespace
}  // namespace parley::senders
