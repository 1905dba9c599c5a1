#include "app/settings.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "app/options.h"

namespace parley::app {
namespace {

using delivery::NodeRole;

// The settings of these flags, with all that a node with some of the roles needs.
NodeSettings settings(Flags more) {
  Flags flags{{"storage", "postgres://db/parley"},
              {"cluster-secret", std::string(32, 'c')},
              {"token-secret", std::string(32, 't')},
              {"redis", "redis://redis:6379"}};
  flags.merge(more);
  const auto config = Config::read(options(), flags, [](const char*) { return nullptr; });
  EXPECT_TRUE(config);
  return settings_from(config.value());
}

TEST(Settings, ANodeWithOneRoleHasAPortOfItsOwn) {
  const std::map<std::string, std::uint16_t> ports{{"gateway", 8080},
                                                   {"user", 8081},
                                                   {"chat", 8082},
                                                   {"processor", 8083},
                                                   {"notification", 8084}};
  for (const auto& [role, port] : ports) {
    const NodeSettings one = settings({{"roles", role}});
    EXPECT_EQ(one.port, port) << role;
    EXPECT_EQ(one.host, "127.0.0.1");
    EXPECT_EQ(one.roles.text(), role);
    EXPECT_EQ(settings({{"roles", role}, {"listen", "0.0.0.0:8080"}}).port, 8080) << role;
  }
  EXPECT_EQ(settings({{"roles", "user,chat"}}).port, 8080);
  EXPECT_EQ(settings({}).port, 8080);
  EXPECT_TRUE(settings({}).roles.are_all());
}

TEST(Settings, ReadPeers) {
  const auto peers =
      settings({{"peers", "user=http://a:1,chat=http://b:2,chat=http://[::1]:3"}}).cluster.peers;
  ASSERT_EQ(peers.size(), 3u);
  EXPECT_EQ(peers[0].role, NodeRole::user);
  EXPECT_EQ(peers[0].address, "http://a:1");
  EXPECT_EQ(peers[1].role, NodeRole::chat);
  EXPECT_EQ(peers[2].address, "http://[::1]:3");
  EXPECT_THROW(settings({{"peers", "user=a:1"}}), std::invalid_argument);
}

}  // namespace
}  // namespace parley::app
