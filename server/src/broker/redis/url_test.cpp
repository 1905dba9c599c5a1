#include "broker/redis/url.h"

#include <gtest/gtest.h>

namespace parley::broker::redis {
namespace {

Url read(std::string_view text) {
  auto url = parse_url(text);
  EXPECT_TRUE(url) << text << ": " << (url ? "" : url.error());
  return url.value_or(Url{});
}

std::string refusal(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_FALSE(url) << text;
  return url ? "" : url.error();
}

TEST(RedisUrl, NamesAServer) {
  const Url url = read("redis://alice:secret@redis.example:6380/3");
  EXPECT_EQ(url.kind, Url::Kind::server);
  EXPECT_FALSE(url.tls);
  EXPECT_EQ(url.hosts, (std::vector<Host>{{"redis.example", 6380}}));
  EXPECT_EQ(url.user, "alice");
  EXPECT_EQ(url.password, "secret");
  EXPECT_EQ(url.database, 3);
}

TEST(RedisUrl, LeavesOutWhatIsUsual) {
  for (const auto* text : {"redis://here", "redis://here/", "redis://here:6379/0"}) {
    const Url url = read(text);
    EXPECT_EQ(url.hosts, (std::vector<Host>{{"here", 6379}}));
    EXPECT_TRUE(url.user.empty() && url.password.empty());
    EXPECT_EQ(url.database, 0);
  }
  EXPECT_EQ(read("redis://:secret@here").password, "secret");
  EXPECT_TRUE(read("rediss://here").tls);
}

TEST(RedisUrl, DecodesUserAndPassword) {
  const Url url = read("redis://a%3Ab:p%40%2f%25@here");
  EXPECT_EQ(url.user, "a:b");
  EXPECT_EQ(url.password, "p@/%");
  EXPECT_EQ(read("redis://:p@ss:word@here").password, "p@ss:word");
}

TEST(RedisUrl, NamesSentinelsAndTheirMaster) {
  const Url url = read("redis+sentinel://:secret@one,two:5000/main/2");
  EXPECT_EQ(url.kind, Url::Kind::sentinel);
  EXPECT_EQ(url.hosts, (std::vector<Host>{{"one", 26379}, {"two", 5000}}));
  EXPECT_EQ(url.master, "main");
  EXPECT_EQ(url.database, 2);
  EXPECT_EQ(read("redis+sentinel://one/main").database, 0);
}

TEST(RedisUrl, NamesNodesOfACluster) {
  const Url url = read("redis+cluster://:secret@one:7001,[2001:db8::1]:7002,three");
  EXPECT_EQ(url.kind, Url::Kind::cluster);
  EXPECT_EQ(url.hosts, (std::vector<Host>{{"one", 7001}, {"2001:db8::1", 7002}, {"three", 6379}}));
  EXPECT_EQ(url.hosts[1].text(), "[2001:db8::1]:7002");
  EXPECT_EQ(url.hosts[0].text(), "one:7001");
}

TEST(RedisUrl, SaysWhatIsWrongAndRepeatsNoPassword) {
  const std::pair<const char*, const char*> wrongs[] = {
      {"", "has no scheme"},
      {"localhost:6379", "has no scheme"},
      {"http://here", "begins with none of"},
      {"redis://", "a host or port"},
      {"redis://:6379", "a host or port"},
      {"redis://here:0", "a host or port"},
      {"redis://here:65536", "a host or port"},
      {"redis://here:port", "a host or port"},
      {"redis://he re", "a host or port"},
      {"redis://[::1", "a host or port"},
      {"redis://[here]:1", "a host or port"},
      {"redis+cluster://one,", "a host or port"},
      {"redis+cluster://,one", "a host or port"},
      {"redis+cluster://one,,two", "a host or port"},
      {"redis://one,two", "several hosts"},
      {"redis://alice@here", "a user and no password"},
      {"redis://:hunter2%4@here", "a user or password"},
      {"redis://:hunter2%zz@here", "a user or password"},
      {"redis://:hunter2?@here", "a '?' or '#'"},
      {"redis://here?db=3", "a '?' or '#'"},
      {"redis://here/main", "not a number"},
      {"redis://here/-1", "not a number"},
      {"redis://here/1/2", "more behind"},
      {"redis+sentinel://one", "names no master"},
      {"redis+sentinel://one/", "names no master"},
      {"redis+sentinel://one/main/x", "not a number"},
      {"redis+cluster://one/1", "only 0"},
  };
  for (const auto& [text, why] : wrongs) {
    const std::string said = refusal(text);
    EXPECT_TRUE(said.starts_with("the URL of Redis ")) << said;
    EXPECT_TRUE(said.contains(why)) << text << ": " << said;
    EXPECT_FALSE(said.contains("hunter2")) << said;
  }
}

}  // namespace
}  // namespace parley::broker::redis
