#include "base/log.h"

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::log {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kTime = 1'795'233'600'123;  // 2026-11-21T04:00:00.123Z

std::string json(std::string_view event, Fields fields = {}) {
  return line(Format::json, kTime, Level::info, event, fields);
}

TEST(LogLine, IsOneJsonObjectPerEvent) {
  EXPECT_EQ(json("ready", {{"url", "http://localhost:8080"}}),
            R"({"ts":"2026-11-21T04:00:00.123Z","level":"info","event":"ready",)"
            R"("url":"http://localhost:8080"})");
}

TEST(LogLine, KeepsTheKindOfEachValue) {
  const std::string text = "words";
  EXPECT_THAT(json("x", {{"chat", Id<struct ChatKind>{1ULL << 62}},
                         {"seq", 7},
                         {"big", std::numeric_limits<std::uint64_t>::max()},
                         {"small", std::numeric_limits<std::int64_t>::min()},
                         {"on", true},
                         {"took", 1.5},
                         {"text", text},
                         {"view", std::string_view{text}.substr(0, 4)}}),
              HasSubstr(R"("chat":"4611686018427387904","seq":7,"big":18446744073709551615,)"
                        R"("small":-9223372036854775808,"on":true,"took":1.5,"text":"words",)"
                        R"("view":"word")"));
}

TEST(LogLine, EscapesWhatJsonDoesNotAllow) {
  EXPECT_THAT(json("x", {{"why", "a\"b\\c\nd\x01 é😀"}}),
              HasSubstr(R"("why":"a\"b\\c\nd\u0001 é😀")"));
}

TEST(LogLine, ReplacesBytesThatAreNotUtf8) {
  EXPECT_THAT(json("x", {{"why", "a\xff\xc0\x80\xed\xa0\x80z"}}),
              HasSubstr("\"why\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                        "\xef\xbf\xbdz\""));
  EXPECT_THAT(json("x", {{"why", std::string_view{"\xf0\x9f\x98\x80", 3}}}),
              HasSubstr("\"why\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""));
}

TEST(LogLine, HasNoNumberForInfinity) {
  EXPECT_THAT(json("x", {{"n", std::numeric_limits<double>::infinity()}}), HasSubstr("\"n\":null"));
}

TEST(LogLine, ReadsAsWordsOnATerminal) {
  EXPECT_EQ(line(Format::text, kTime, Level::warning, "message accepted",
                 {{"chat", Id<struct ChatKind>{42}}, {"seq", 7}, {"why", "disk full"}}),
            "2026-11-21T04:00:00.123Z warning message accepted chat=42 seq=7 why=\"disk full\"");
}

TEST(LogLine, CannotBeForgedOrDriveATerminal) {
  const auto text = line(Format::text, kTime, Level::info, "x",
                         {{"agent",
                           "curl\n2026 error all is lost\x1b[2J\xc2\x9b"
                           "2J"}});
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
}

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { setup(Level::info, Format::automatic); }
};

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  setup(Level::warning, Format::json);
  testing::internal::CaptureStderr();
  debug("one");
  info("two");
  warning("three");
  error("four");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_THAT(out, Not(HasSubstr("one")));
  EXPECT_THAT(out, Not(HasSubstr("two")));
  EXPECT_THAT(out, HasSubstr(R"("level":"warning","event":"three"})"));
  EXPECT_THAT(out, HasSubstr(R"("level":"error","event":"four"})"));
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  setup(Level::info, Format::json);
  const std::string filling(2000, 'x');
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) info("line", {{"filling", filling}});
      });
    }
  }
  const std::string out = testing::internal::GetCapturedStderr();
  const std::string end = R"("event":"line","filling":")" + filling + "\"}";
  std::size_t lines = 0;
  for (std::size_t begin = 0; begin < out.size(); ++lines) {
    const auto newline = out.find('\n', begin);
    ASSERT_NE(newline, std::string::npos);
    const std::string_view one{out.data() + begin, newline - begin};
    ASSERT_TRUE(one.starts_with("{\"ts\":\"") && one.ends_with(end)) << one;
    begin = newline + 1;
  }
  EXPECT_EQ(lines, 800u);
}

}  // namespace
}  // namespace parley::log
