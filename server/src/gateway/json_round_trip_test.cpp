#include <limits>
#include <string>
#include <vector>

#include <boost/describe.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gateway/json_read.h"
#include "gateway/json_write.h"

namespace parley::json {
namespace {

BOOST_DEFINE_ENUM_CLASS(Mood, glad, rather_sad)

// Everything that can be both written and read.
struct Everything {
  Id<struct ThingKind> thing_id;
  std::string text;
  std::int64_t number = 0;
  bool flag = false;
  Mood mood = Mood::glad;
  std::vector<std::string> texts;
  std::vector<Id<struct ThingKind>> thing_ids;
  std::optional<std::string> maybe;
  std::optional<std::int64_t> perhaps;
  bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (thing_id, text, number, flag, mood, texts, thing_ids, maybe, perhaps))

struct OneText {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(OneText, (), (text))

struct Outgoing {
  Nullable<std::string> name;
  Nullable<Timestamp> seen_at;
  std::optional<bool> limited;
  Timestamp at;
};
BOOST_DESCRIBE_STRUCT(Outgoing, (), (name, seen_at, limited, at))

struct Base {
  std::int64_t first = 1;
};
BOOST_DESCRIBE_STRUCT(Base, (), (first))
struct Derived : Base {
  std::int64_t second = 2;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (second))

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&](char32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | c >> 6);
    byte(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  } else {
    byte(0xf0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3f));
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  }
}

constexpr bool is_surrogate(char32_t c) { return c >= 0xd800 && c <= 0xdfff; }

rc::Gen<std::string> any_text() {
  const auto character = rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0xd800),
      rc::gen::inRange<std::uint32_t>(0xe000, 0x110000), rc::gen::element(0x22u, 0x5cu, 0x2fu));
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(character),
                      [](const std::vector<std::uint32_t>& characters) {
                        std::string text;
                        for (const auto c : characters) append_utf8(text, c);
                        return text;
                      });
}

Id<struct ThingKind> any_id() {
  return Id<struct ThingKind>{*rc::gen::inRange<std::uint64_t>(0, 1ULL << 62)};
}

Everything anything() {
  constexpr std::int64_t kMost = 1LL << 53;
  Everything thing{
      .thing_id = any_id(),
      .text = *any_text(),
      .number = *rc::gen::oneOf(rc::gen::inRange(-kMost, kMost), rc::gen::element(kMost, -kMost)),
      .flag = *rc::gen::arbitrary<bool>(),
      .mood = *rc::gen::element(Mood::glad, Mood::rather_sad),
      .texts = *rc::gen::container<std::vector<std::string>>(any_text()),
      .thing_ids = {},
      .maybe = {},
      .perhaps = {}};
  for (int i = *rc::gen::inRange(0, 4); i-- > 0;) thing.thing_ids.push_back(any_id());
  if (*rc::gen::arbitrary<bool>()) thing.maybe = *any_text();
  if (*rc::gen::arbitrary<bool>()) thing.perhaps = *rc::gen::inRange<std::int64_t>(-9, 9);
  return thing;
}

RC_GTEST_PROP(JsonRoundTrip, WhatIsWrittenIsReadAgain, ()) {
  const Everything thing = anything();
  const auto again = read_command<Everything>(Input{to_json(thing)});
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == thing);
}

TEST(JsonRoundTrip, HoldsForEveryCharacterThereIs) {
  std::string all;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (!is_surrogate(c)) append_utf8(all, c);
    if (all.size() < 10'000 && c + 1 != 0x110000) continue;
    const auto again = read_command<OneText>(Input{to_json(OneText{all})});
    ASSERT_TRUE(again) << static_cast<unsigned>(c);
    ASSERT_EQ(again->text, all) << static_cast<unsigned>(c);
    all.clear();
  }
}

// Text is read into and written from memory of its length, and no more.
RC_GTEST_PROP(JsonRead, SurvivesJunk, ()) {
  const auto junk = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  RC_ASSERT(!read_command<Everything>(Input{junk}));
}

// Like junk, but most of it is JSON: cut, with bytes changed, doubled and left out.
RC_GTEST_PROP(JsonRead, SurvivesSpoiltJson, ()) {
  std::string text = to_json(anything());
  const std::string pieces = "{}[]\",:\\/0-e.ntf \x01\xff";
  for (int i = *rc::gen::inRange(1, 6); i-- > 0 && !text.empty();) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char c = *rc::gen::elementOf(pieces);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = c;
        break;
      case 1:
        text.insert(at, 1, c);
        break;
      case 2:
        text.erase(at, *rc::gen::inRange<std::size_t>(1, 8));
        break;
      default:
        text.resize(at);
    }
  }
  // Whatever is accepted means something: it can be written and read to the same.
  if (const auto read = read_command<Everything>(Input{text})) {
    const auto again = read_command<Everything>(Input{to_json(*read)});
    RC_ASSERT(again && *again == *read);
  }
}

TEST(JsonWrite, EscapesOnlyWhatMustBe) {
  EXPECT_EQ(to_json(std::string_view{"\"\\/\b\n\r\t\x7f\x1f é"}),
            "\"\\\"\\\\/\\u0008\\n\\r\\t\x7f\\u001f é\"");
  EXPECT_EQ(to_json(std::string_view{"\0", 1}), "\"\\u0000\"");
}

TEST(JsonWrite, LeavesOutOptionalsAndWritesNulls) {
  EXPECT_EQ(to_json(Outgoing{}), R"({"name":null,"seenAt":null,"at":"1970-01-01T00:00:00.000Z"})");
  Outgoing full;
  full.name = "x";
  full.seen_at = Timestamp{std::chrono::milliseconds{1'795'233'600'123}};
  full.limited = true;
  EXPECT_EQ(to_json(full), R"({"name":"x","seenAt":"2026-11-21T04:00:00.123Z","limited":true,)"
                           R"("at":"1970-01-01T00:00:00.000Z"})");
}

TEST(JsonWrite, WritesTheMembersOfTheBaseFirst) {
  EXPECT_EQ(to_json(Derived{}), R"({"first":1,"second":2})");
}

TEST(JsonWrite, WritesWholeNumbersWhole) {
  EXPECT_EQ(to_json(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(to_json(Id<struct ThingKind>{std::numeric_limits<std::uint64_t>::max()}),
            "\"18446744073709551615\"");
}

TEST(JsonWrite, NamesAreCamelCase) {
  EXPECT_EQ(to_json(Everything{}),
            R"({"thingId":"0","text":"","number":0,"flag":false,"mood":"glad","texts":[],)"
            R"("thingIds":[]})");
}

}  // namespace
}  // namespace parley::json
