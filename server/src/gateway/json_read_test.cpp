#include "gateway/json_read.h"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/describe.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::json {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

BOOST_DEFINE_ENUM_CLASS(Colour, red, deep_blue)

// A command with a member of every kind.
struct Paint {
  Id<struct WallKind> wall_id;
  std::string text;
  std::int64_t layers = 0;
  bool dry = false;
  Colour colour = Colour::red;
  std::vector<std::string> helpers;
  std::optional<std::string> note;
  std::optional<std::int64_t> price;
  std::optional<Colour> trim;

  static constexpr std::array kLimits{
      Limit{"text", Limit::Of::characters, 1, 5}, Limit{"note", Limit::Of::bytes, 0, 8},
      Limit{"layers", Limit::Of::value, 1, 100}, Limit{"price", Limit::Of::value, 0, 10},
      Limit{"helpers", Limit::Of::items, 0, 2}};
};
BOOST_DESCRIBE_STRUCT(Paint, (), (wall_id, text, layers, dry, colour, helpers, note, price, trim))

struct Note {
  std::optional<std::string> text;
  std::optional<std::int64_t> seq;
};
BOOST_DESCRIBE_STRUCT(Note, (), (text, seq))

constexpr std::string_view kPaint =
    R"({"wallId":"42","text":"hello","layers":3,"dry":true,"colour":"deep_blue","helpers":["a"]})";

template <class T = Note>
Result<T> read(std::string_view text) {
  return read_command<T>(Input{text});
}

// kPaint with the part `from` replaced by `to`.
std::string paint(std::string_view from, std::string_view to) {
  std::string text{kPaint};
  text.replace(text.find(from), from.size(), to);
  return text;
}

template <class T>
std::vector<std::string> complaints(const Result<T>& result) {
  std::vector<std::string> all;
  if (!result)
    for (const auto& [field, text] : result.error().fields) all.push_back(field + " " + text);
  return all;
}

TEST(ReadJson, FillsEveryKindOfMember) {
  const auto command = read<Paint>(paint("}", R"(,"note":"ü","price":0,"trim":"red"})"));
  ASSERT_TRUE(command);
  EXPECT_EQ(command->wall_id.value(), 42u);
  EXPECT_EQ(command->text, "hello");
  EXPECT_EQ(command->layers, 3);
  EXPECT_TRUE(command->dry);
  EXPECT_EQ(command->colour, Colour::deep_blue);
  EXPECT_THAT(command->helpers, ElementsAre("a"));
  EXPECT_EQ(command->note, "ü");
  EXPECT_EQ(command->price, 0);
  EXPECT_EQ(command->trim, Colour::red);
}

TEST(ReadJson, LeavesAbsentOptionalsEmpty) {
  const auto command = read<Paint>(kPaint);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->note, std::nullopt);
  EXPECT_EQ(command->price, std::nullopt);
}

TEST(ReadJson, TakesMembersInAnyOrderAndWithAnySpace) {
  EXPECT_TRUE(
      read<Paint>("\t{ \"text\" : \"x\",\r\n\"layers\":1,\"helpers\":[ ],\"dry\":false ,"
                  "\"colour\":\"red\",\"wallId\":\"1\" } \n"));
}

TEST(ReadJson, TakesNothingForNoMembers) {
  EXPECT_TRUE(read(""));
  EXPECT_THAT(complaints(read<Paint>("")), SizeIs(6));
}

TEST(ReadJson, RefusesUnknownMissingAndDoubledMembersByName) {
  EXPECT_THAT(complaints(read<Paint>(paint("layers", "layerz"))),
              UnorderedElementsAre("layerz is not known", "layers is missing"));
  EXPECT_THAT(complaints(read<Paint>(paint("\"dry\"", "\"layers\":4,\"dry\""))),
              ElementsAre("layers was given twice"));
  // The second is written otherwise, and the same.
  EXPECT_THAT(complaints(read<Paint>(paint("\"dry\"", "\"l\\u0061yers\":4,\"dry\""))),
              ElementsAre("layers was given twice"));
}

TEST(ReadJson, RefusesValuesOfAnotherType) {
  for (const auto& [from, to, complaint] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {R"("42")", "42", "wallId must be an id, as a string"},
           {R"("42")", R"("-42")", "wallId must be an id"},
           {R"("42")", R"("")", "wallId must be an id"},
           {R"("42")", R"(" 42")", "wallId must be an id"},
           {R"("42")", R"("0x2A")", "wallId must be an id"},
           {R"("42")", R"("9223372036854775808")", "wallId must be an id"},
           {R"("42")", R"("99999999999999999999999")", "wallId must be an id"},
           {R"("hello")", "7", "text must be a string"},
           {R"("hello")", "null", "text must be a string"},
           {"3", R"("3")", "layers must be an integer"},
           {"3", "3.0", "layers must be an integer"},
           {"3", "3e0", "layers must be an integer"},
           {"3", "9007199254740993", "layers must be an integer"},
           {"3", "-9007199254740993", "layers must be an integer"},
           {"3", "99999999999999999999", "layers must be an integer"},
           {"true", "1", "dry must be true or false"},
           {"true", R"("true")", "dry must be true or false"},
           {"deep_blue", "DEEP_BLUE", "colour must be one of the documented values"},
           {R"(["a"])", R"("a")", "helpers must be an array"},
           {R"(["a"])", R"({"a":"b"})", "helpers must be an array"},
           {R"("a")", "7", "helpers must be a string"},
       }) {
    const auto result = read<Paint>(paint(from, to));
    ASSERT_FALSE(result) << to;
    EXPECT_EQ(result.error().code, Errc::malformed_request) << to;
    EXPECT_THAT(complaints(result), ElementsAre(complaint)) << to;
  }
  EXPECT_THAT(complaints(read(R"({"text":null})")), ElementsAre("text must be a string"));
}

TEST(ReadJson, TakesNumbersUpToWhatJavaScriptCounts) {
  EXPECT_EQ(read(R"({"seq":9007199254740992})")->seq, 9007199254740992);
  EXPECT_EQ(read(R"({"seq":-9007199254740992})")->seq, -9007199254740992);
}

TEST(ReadJson, SaysEverythingThatIsWrongAtOnce) {
  EXPECT_THAT(complaints(read<Paint>(R"({"wallId":7,"text":7,"colour":7,"dry":7,"what":7})")),
              SizeIs(7));
}

TEST(ReadJson, ChecksLimitsInTheirUnits) {
  EXPECT_TRUE(read<Paint>(paint("hello", "äöü😀😀")));  // five characters of 14 bytes
  for (const auto& [from, to, complaint] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"hello", "hellos", "text at most 5 characters"},
           {"hello", "", "text at least 1 characters"},
           {"3", "0", "layers at least 1"},
           {"3", "101", "layers at most 100"},
           {R"(["a"])", R"(["a","b","c"])", "helpers at most 2 items"},
           {"}", R"(,"price":11})", "price at most 10"},
           {"}", R"(,"note":"äöüß!"})", "note at most 8 bytes"},
           {"hello", R"(h\u0000o)", "text must not contain U+0000"},
       }) {
    const auto result = read<Paint>(paint(from, to));
    ASSERT_FALSE(result) << to;
    EXPECT_EQ(result.error().code, Errc::validation_failed) << to;
    EXPECT_THAT(complaints(result), ElementsAre(complaint)) << to;
  }
}

TEST(ReadJson, DecodesEscapes) {
  EXPECT_EQ(read(R"({"text":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00!"})")->text, "\"\\/\b\f\n\r\té😀!");
}

TEST(ReadJson, RefusesTextThatIsNotUnicode) {
  for (const std::string_view bytes :
       {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_FALSE(read("{\"text\":\"" + std::string{bytes} + "\"}")) << bytes;
    EXPECT_FALSE(read("{\"" + std::string{bytes} + "\":1}")) << bytes;
  }
  for (const std::string_view escape :
       {"\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x", "\\u12", "\\x41", "\\"})
    EXPECT_FALSE(read("{\"text\":\"" + std::string{escape} + "\"}")) << escape;
}

TEST(ReadJson, RefusesControlCharactersInText) {
  EXPECT_FALSE(read("{\"text\":\"a\nb\"}"));
  EXPECT_FALSE(read(std::string_view{"{\"text\":\"a\0b\"}", 14}));
}

TEST(ReadJson, RefusesWhatIsNotOneObject) {
  for (const std::string_view text : {" ",
                                      "null",
                                      "true",
                                      "7",
                                      "\"text\"",
                                      "[]",
                                      "[{}]",
                                      "{",
                                      "}",
                                      "{}}",
                                      "{}{}",
                                      "{} x",
                                      "{},",
                                      "{\"text\"}",
                                      "{\"text\":}",
                                      "{\"text\":\"a\",}",
                                      "{,}",
                                      "{\"text\" \"a\"}",
                                      "{\"text\":\"a\" \"seq\":1}",
                                      "{text:\"a\"}",
                                      "{'text':'a'}",
                                      "{\"text\":\"a",
                                      "{\"text\":\"a\"",
                                      "{\"seq\":1",
                                      "{\"seq\":01}",
                                      "{\"seq\":+1}",
                                      "{\"seq\":1}]",
                                      "{\"seq\":1 2}",
                                      "{\"seq\":-}",
                                      "{\"seq\":1}/**/",
                                      "\xef\xbb\xbf{}",
                                      "nul",
                                      "{\"seq\":tru}",
                                      "{\"text\":\"a\"]",
                                      "[\"text\":\"a\"}"}) {
    const auto result = read(text);
    EXPECT_FALSE(result) << text;
    if (!result) EXPECT_EQ(result.error().code, Errc::malformed_request) << text;
  }
}

TEST(ReadJson, SurvivesDeepNesting) {
  constexpr std::size_t kDeep = 100'000;
  const std::string open(kDeep, '[');
  EXPECT_FALSE(read(open));
  EXPECT_FALSE(read("{\"text\":" + open));
  EXPECT_FALSE(read("{\"text\":" + open + std::string(kDeep, ']') + "}"));
  EXPECT_FALSE(read("{\"other\":" + open + std::string(kDeep, ']') + "}"));
  EXPECT_FALSE(read<Paint>(paint(R"(["a"])", open)));
  std::string objects;
  for (std::size_t i = 0; i < kDeep; ++i) objects += "{\"text\":";
  EXPECT_FALSE(read(objects));
}

TEST(ReadJson, AnswersAFloodOfProblemsShortly) {
  std::string unknown = "{", doubled = "{";
  for (int i = 0; i < 20'000; ++i) {
    unknown += "\"m" + std::to_string(i) + "\":1,";
    doubled += "\"seq\":1,";
  }
  unknown.back() = doubled.back() = '}';
  EXPECT_LE(complaints(read(unknown)).size(), 32u);
  EXPECT_LE(complaints(read(doubled)).size(), 32u);

  const auto longest = read("{\"" + std::string(100'000, 'x') + "\":1}");
  ASSERT_FALSE(longest);
  EXPECT_LE(longest.error().fields.at(0).field.size(), 64u);
}

TEST(ReadJson, CutsALongNameBetweenCharacters) {
  const auto result = read("{\"" + std::string(63, 'x') + "ü\":1}");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fields.at(0).field, std::string(63, 'x'));
}

TEST(ReadJson, TakesMembersAsTextsToo) {
  const std::vector<Text> texts{{"wallId", "42"}, {"layers", "3"}, {"colour", "deep_blue"}};
  const auto command =
      read_command<Paint>(Input{R"({"text":"x","dry":false,"helpers":[]})"}, texts);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->wall_id.value(), 42u);
  EXPECT_EQ(command->layers, 3);
  EXPECT_EQ(command->colour, Colour::deep_blue);
}

TEST(ReadJson, RefusesAMemberInTextAndBody) {
  const std::vector<Text> texts{{"seq", "1"}};
  EXPECT_THAT(complaints(read_command<Note>(Input{R"({"seq":1})"}, texts)),
              ElementsAre("seq was given twice"));
}

TEST(ReadJson, RefusesTextsThatAreNotTheirValue) {
  for (const std::string text : {"", "x", "1.0", "1 ", " 1", "+1", "9007199254740993", "0x1"}) {
    const std::vector<Text> texts{{"seq", text}};
    EXPECT_THAT(complaints(read_command<Note>(Input{""}, texts)),
                ElementsAre("seq must be an integer"))
        << text;
  }
  const std::vector<Text> bytes{{"text", "\xff"}};
  EXPECT_THAT(complaints(read_command<Note>(Input{""}, bytes)),
              ElementsAre("text must be valid UTF-8"));
}

TEST(ReadJson, ReadsTimesAsTheyAreWritten) {
  const auto read = [](std::string_view text) {
    Timestamp time{};
    return read_text(text, time) ? std::string{"refused"} : to_json(time);
  };
  EXPECT_EQ(read("2026-11-21T07:08:09.123Z"), "\"2026-11-21T07:08:09.123Z\"");
  EXPECT_EQ(read("2026-11-21T07:08:09Z"), "\"2026-11-21T07:08:09.000Z\"");
  EXPECT_EQ(read("2028-02-29T23:59:59.5Z"), "\"2028-02-29T23:59:59.500Z\"");
  EXPECT_EQ(read("2026-11-21T07:08:09.123456789Z"), "\"2026-11-21T07:08:09.123Z\"");
  for (const std::string_view text :
       {"", "now", "2026-11-21", "2026-11-21 07:08:09Z", "2026-11-21T07:08:09",
        "2026-13-21T07:08:09Z", "2026-02-29T07:08:09Z", "2026-11-21T24:08:09Z",
        "2026-11-21T07:60:09Z", "2026-11-21T07:08:60Z", "2026-11-21T07:08:09.Z",
        "2026-11-21T07:08:09.1234567890Z", "2026-11-21T07:08:09.-12Z", "2026-11-21T07:08:09+01:00",
        "-026-11-21T07:08:09Z", "2026-1-21T07:08:09.00Z", "20261121T07:08:09.0000Z"})
    EXPECT_EQ(read(text), "refused") << text;
}

TEST(ReadJson, ReadsAPartOfAnotherInput) {
  const Input outer{R"({"data":{"text":"inner"},"more":1})"};
  const auto whole = std::string_view{outer.view().data(), outer.view().size()};
  const Input inner{outer, whole.substr(8, 16)};
  EXPECT_EQ(read_command<Note>(inner)->text, "inner");
}

TEST(ReadMessage, LeavesAsideWhatItDoesNotKnow) {
  const std::string text = R"({"later":{"a":[1,"}"]},"text":"hi","seq":7,"more":null})";
  EXPECT_FALSE(read_command<Note>(Input{text}));
  const auto note = read_message<Note>(Input{text});
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "hi");
  EXPECT_EQ(note->seq, 7);
  EXPECT_FALSE(read_message<Note>(Input{R"({"text":"hi","text":"again"})"}));
  EXPECT_FALSE(read_message<Note>(Input{R"({"seq":"seven"})"}));
  EXPECT_FALSE(read_message<Note>(Input{R"({"text":"hi")"}));
}

}  // namespace
}  // namespace parley::json
