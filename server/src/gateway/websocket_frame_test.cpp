#include "gateway/websocket_frame.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/websocket_client_for_test.h"

namespace parley::gateway {
namespace {

using testing::ElementsAre;
using Texts = std::vector<std::string>;

constexpr std::size_t kLongest = 70'000;

// What a reader tells, as text: "text hello", "ping x", "pong", "close 1000", "refused 1002".
class Story final : public FrameSink {
 public:
  void text(std::string_view message) override { lines.push_back(fmt::format("text {}", message)); }
  void ping(std::string_view payload) override { lines.push_back(fmt::format("ping {}", payload)); }
  void pong() override { lines.emplace_back("pong"); }
  void closed_by_peer(CloseCode code) override {
    lines.push_back(fmt::format("close {}", std::to_underlying(code)));
  }

  Texts lines;
};

// The story of `bytes` when they come in pieces that end at `cuts`.
Texts read(std::string bytes, const std::vector<std::size_t>& cuts) {
  FrameReader reader{kLongest};
  Story story;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    // A copy of its own, so that a sanitizer sees a reader that keeps a view of it.
    std::vector<char> piece(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                            bytes.begin() + static_cast<std::ptrdiff_t>(end));
    if (const auto refusal = reader.feed(piece, story)) {
      story.lines.push_back(fmt::format("refused {}", std::to_underlying(*refusal)));
      break;
    }
    begin = end;
  }
  return story.lines;
}

struct Case {
  std::string name;
  std::string bytes;
  Texts story;

  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }
};

class Frames : public testing::TestWithParam<Case> {};

TEST_P(Frames, AreUnderstoodWhole) { EXPECT_EQ(read(GetParam().bytes, {}), GetParam().story); }

TEST_P(Frames, AreUnderstoodByteByByte) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < GetParam().bytes.size(); ++i) cuts.push_back(i);
  EXPECT_EQ(read(GetParam().bytes, cuts), GetParam().story);
}

TEST_P(Frames, AreUnderstoodCutAnywhere) {
  const std::size_t size = GetParam().bytes.size();
  // Everywhere in short ones; in long ones at the ends, and here and there.
  for (std::size_t cut = 0; cut <= size; cut += cut < 300 || size - cut < 40 ? 1 : 40) {
    EXPECT_EQ(read(GetParam().bytes, {cut}), GetParam().story) << "cut at " << cut;
    if (HasFailure()) break;
  }
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

std::string text(std::string_view payload) { return client_frame({.payload = payload}); }

std::string first(std::string_view payload) {
  return client_frame({.final = false, .payload = payload});
}
std::string middle(std::string_view payload) {
  return client_frame({.opcode = 0, .final = false, .payload = payload});
}
std::string last(std::string_view payload) {
  return client_frame({.opcode = 0, .payload = payload});
}
std::string ping(std::string_view payload) {
  return client_frame({.opcode = 9, .payload = payload});
}

const std::string k125(125, 'a');
const std::string k126(126, 'b');
const std::string k65535(65535, 'c');
const std::string k65536(65536, 'd');

INSTANTIATE_TEST_SUITE_P(
    Whole, Frames,
    testing::Values(
        Case{"Nothing", "", {}}, Case{"EmptyText", text(""), {"text "}},
        Case{"Text", text("Hello"), {"text Hello"}},
        // RFC 6455 §5.7, byte for byte.
        Case{"RfcMaskedText", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {"text Hello"}},
        Case{"Several",
             text("a") + text("b") + ping("") + text("c"),
             {"text a", "text b", "ping ", "text c"}},
        Case{"Length125", text(k125), {"text " + k125}},
        Case{"Length126", text(k126), {"text " + k126}},
        Case{"Length65535", text(k65535), {"text " + k65535}},
        Case{"Length65536", text(k65536), {"text " + k65536}},
        Case{"LengthLongerThanNeeded16",
             client_frame({.payload = "Hi", .length_bytes = 2}),
             {"text Hi"}},
        Case{"LengthLongerThanNeeded64",
             client_frame({.payload = "Hi", .length_bytes = 8}),
             {"text Hi"}},
        Case{"MaskOfZeros",
             client_frame({.payload = "as it is", .mask = {0, 0, 0, 0}}),
             {"text as it is"}},
        Case{"MaskOfOnes",
             client_frame({.payload = "turned over", .mask = {0xFF, 0xFF, 0xFF, 0xFF}}),
             {"text turned over"}},
        Case{"ZeroByteInText", text(std::string("a\0b", 3)), {"text " + std::string("a\0b", 3)}},
        Case{"Pong", client_frame({.opcode = 10, .payload = "unasked"}), {"pong"}},
        Case{"Ping", ping("x"), {"ping x"}}, Case{"Ping125", ping(k125), {"ping " + k125}},
        Case{"PingThatIsNoUtf8", ping("\xFF"), {"ping \xFF"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Fragments, Frames,
    testing::Values(
        Case{"Two", first("Hel") + last("lo"), {"text Hello"}},
        Case{"Three", first("a") + middle("b") + last("c"), {"text abc"}},
        Case{"Empty", first("") + middle("") + last(""), {"text "}},
        Case{"EmptyLast", first("abc") + last(""), {"text abc"}},
        Case{"PingWithin", first("Hel") + ping("?") + last("lo"), {"ping ?", "text Hello"}},
        Case{"ControlsWithinEach",
             first("a") + ping("1") + middle("b") + client_frame({.opcode = 10}) + last("c"),
             {"ping 1", "pong", "text abc"}},
        Case{"CloseWithin", first("a") + close_frame(1000), {"close 1000"}},
        Case{
            "TwoMessages", first("a") + last("b") + first("c") + last("d"), {"text ab", "text cd"}},
        Case{"WholeAfterFragments", first("a") + last("b") + text("c"), {"text ab", "text c"}},
        Case{"ContinuationWithoutStart", last("x"), {"refused 1002"}},
        Case{"UnfinishedContinuationWithoutStart", middle("x"), {"refused 1002"}},
        Case{"ContinuationAfterTheEnd",
             first("a") + last("b") + last("c"),
             {"text ab", "refused 1002"}},
        Case{"TextWithinFragments", first("a") + text("b"), {"refused 1002"}},
        Case{"StartWithinFragments", first("a") + first("b"), {"refused 1002"}},
        Case{"BinaryWithinFragments",
             first("a") + client_frame({.opcode = 2, .payload = "b"}),
             {"refused 1002"}},
        Case{"FragmentedPing", client_frame({.opcode = 9, .final = false}), {"refused 1002"}},
        Case{"FragmentedPong", client_frame({.opcode = 10, .final = false}), {"refused 1002"}},
        Case{"FragmentedClose", client_frame({.opcode = 8, .final = false}), {"refused 1002"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Headers, Frames,
    testing::Values(
        Case{"Unmasked", client_frame({.payload = "Hello", .masked = false}), {"refused 1002"}},
        Case{"UnmaskedPing", client_frame({.opcode = 9, .masked = false}), {"refused 1002"}},
        Case{"ReservedBit1", client_frame({.reserved = 4}), {"refused 1002"}},
        Case{"ReservedBit2", client_frame({.reserved = 2}), {"refused 1002"}},
        Case{"ReservedBit3", client_frame({.reserved = 1}), {"refused 1002"}},
        Case{"ReservedBitsAll", client_frame({.reserved = 7}), {"refused 1002"}},
        Case{"ReservedBitOfPing", client_frame({.opcode = 9, .reserved = 4}), {"refused 1002"}},
        Case{"ReservedBitOfContinuation",
             first("a") + client_frame({.opcode = 0, .reserved = 4}),
             {"refused 1002"}},
        Case{"Opcode3", client_frame({.opcode = 3}), {"refused 1002"}},
        Case{"Opcode4", client_frame({.opcode = 4}), {"refused 1002"}},
        Case{"Opcode5", client_frame({.opcode = 5}), {"refused 1002"}},
        Case{"Opcode6", client_frame({.opcode = 6}), {"refused 1002"}},
        Case{"Opcode7", client_frame({.opcode = 7}), {"refused 1002"}},
        Case{"Opcode11", client_frame({.opcode = 11}), {"refused 1002"}},
        Case{"Opcode12", client_frame({.opcode = 12}), {"refused 1002"}},
        Case{"Opcode13", client_frame({.opcode = 13}), {"refused 1002"}},
        Case{"Opcode14", client_frame({.opcode = 14}), {"refused 1002"}},
        Case{"Opcode15", client_frame({.opcode = 15}), {"refused 1002"}},
        Case{"Binary", client_frame({.opcode = 2, .payload = "x"}), {"refused 1003"}},
        Case{"FragmentedBinary", client_frame({.opcode = 2, .final = false}), {"refused 1003"}},
        Case{"Ping126", ping(k126), {"refused 1002"}},
        Case{"Pong126", client_frame({.opcode = 10, .payload = k126}), {"refused 1002"}},
        Case{"Close126", close_frame(1000, std::string(124, 'r')), {"refused 1002"}},
        Case{
            "PingWithLongLength", client_frame({.opcode = 9, .length_bytes = 2}), {"refused 1002"}},
        Case{
            "HighBitOfLength", std::string("\x81\xFF\x80\0\0\0\0\0\0\1mask", 14), {"refused 1002"}},
        Case{"GreatestLength", "\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFmask", {"refused 1009"}},
        Case{"AsLongAsAllowed",
             text(std::string(kLongest, 'x')),
             {"text " + std::string(kLongest, 'x')}},
        // Refused by its header: what it announces never has to come.
        Case{"LongerThanAllowed",
             text(std::string(kLongest + 1, 'x')).substr(0, 10),
             {"refused 1009"}},
        Case{"AsLongAsAllowedInSum",
             first(std::string(kLongest - 1, 'x')) + last("y"),
             {"text " + std::string(kLongest - 1, 'x') + "y"}},
        Case{"LongerThanAllowedInSum",
             first(std::string(kLongest - 1, 'x')) + last("yz"),
             {"refused 1009"}},
        Case{"NothingIsReadBehindAnError",
             text("a") + client_frame({.opcode = 3}) + text("b"),
             {"text a", "refused 1002"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Closing, Frames,
    testing::Values(
        Case{"WithoutCode", client_frame({.opcode = 8}), {"close 1005"}},
        Case{"HalfACode", client_frame({.opcode = 8, .payload = "\x03"}), {"refused 1002"}},
        Case{"WithReason", close_frame(1000, "bye"), {"close 1000"}},
        Case{"LongestReason", close_frame(1000, std::string(123, 'r')), {"close 1000"}},
        Case{"ReasonOfNoUtf8", close_frame(1000, "bye \xFF"), {"refused 1007"}},
        Case{"ReasonCutWithinACharacter", close_frame(1000, "\xE2\x82"), {"refused 1007"}},
        Case{"NothingIsReadBehindIt", close_frame(1000) + text("late"), {"close 1000"}}),
    name_of);

std::vector<Case> codes() {
  std::vector<Case> all;
  for (const int good : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4400, 4999})
    all.push_back({fmt::format("Good{}", good),
                   close_frame(static_cast<unsigned>(good)),
                   {fmt::format("close {}", good)}});
  for (const int bad : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
    all.push_back(
        {fmt::format("Bad{}", bad), close_frame(static_cast<unsigned>(bad)), {"refused 1002"}});
  return all;
}

INSTANTIATE_TEST_SUITE_P(CloseCodes, Frames, testing::ValuesIn(codes()), name_of);

// One character of every length, the first and last ones of each, and beyond.
const std::string kCharacters =
    "a\x7F\u0080\u07FF\u0800\uD7FF\uE000\uFFFD\uFFFF\U00010000\U0001F600\U0010FFFF";

INSTANTIATE_TEST_SUITE_P(
    Utf8, Frames,
    testing::Values(
        Case{"EveryLength", text(kCharacters), {"text " + kCharacters}},
        Case{"LoneContinuation", text("a\x80"), {"refused 1007"}},
        Case{"Unfinished", text("\xE2\x82"), {"refused 1007"}},
        Case{"Overlong", text("\xC0\xAF"), {"refused 1007"}},
        Case{"OverlongNul", text("\xE0\x80\x80"), {"refused 1007"}},
        Case{"Surrogate", text("\xED\xA0\x80"), {"refused 1007"}},
        Case{"BeyondUnicode", text("\xF4\x90\x80\x80"), {"refused 1007"}},
        Case{"NoSuchByte", text("\xFF"), {"refused 1007"}},
        Case{"UnfinishedInTheEnd", first("a") + last("\xF0\x9F\x98"), {"refused 1007"}},
        Case{"UnfinishedBeforeAnEmptyEnd", first("\xE2\x82") + last(""), {"refused 1007"}},
        Case{"GoesOnWrongly", first("\xE2\x82") + last("a"), {"refused 1007"}},
        // As soon as it is certain, not only at the end of the message.
        Case{"WrongInTheFirstFragment",
             first("\xFF"
                   "abcd"),
             {"refused 1007"}},
        Case{"WrongInTheMiddle", first("a") + middle("\xC0\xAF."), {"refused 1007"}},
        Case{"PingBetweenTheBytesOfACharacter",
             first("\xF0\x9F") + ping("!") + last("\x98\x80"),
             {"ping !", "text \U0001F600"}}),
    name_of);

TEST(FrameReaderTest, ReadsACharacterThatFragmentsCutAnywhere) {
  for (std::size_t i = 0; i <= kCharacters.size(); ++i) {
    for (std::size_t j = i; j <= kCharacters.size(); ++j) {
      const std::string bytes = first(std::string_view{kCharacters}.substr(0, i)) +
                                middle(std::string_view{kCharacters}.substr(i, j - i)) +
                                last(std::string_view{kCharacters}.substr(j));
      EXPECT_THAT(read(bytes, {}), ElementsAre("text " + kCharacters)) << i << ' ' << j;
    }
  }
}

TEST(FrameReaderTest, UnmasksEveryLengthAndEveryAlignment) {
  const std::string letters(64, 'm');
  for (std::size_t before = 0; before < 9; ++before) {
    for (std::size_t size = 0; size < letters.size(); ++size) {
      const std::string payload = letters.substr(0, size);
      const std::string other = letters.substr(0, before);
      EXPECT_THAT(read(text(other) + text(payload), {}),
                  ElementsAre("text " + other, "text " + payload));
    }
  }
}

// Takes one frame, then no more until it is asked again.
class PatientStory final : public FrameSink {
 public:
  void text(std::string_view message) override { heard().text(message); }
  void ping(std::string_view payload) override { heard().ping(payload); }
  void pong() override { heard().pong(); }
  void closed_by_peer(CloseCode code) override { heard().closed_by_peer(code); }
  bool takes_more() const override { return !full; }

  Story story;
  bool full = false;

 private:
  Story& heard() {
    EXPECT_FALSE(full) << "told more than it takes";
    full = true;
    return story;
  }
};

TEST_P(Frames, AreHeldBackUntilTheyAreTaken) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, kLongest * 2}) {
    FrameReader reader{kLongest};
    PatientStory sink;
    std::optional<CloseCode> refusal;
    std::string rest = GetParam().bytes;
    while (!rest.empty() && !refusal) {
      std::string next = rest.substr(0, piece);
      rest.erase(0, next.size());
      refusal = reader.feed(next, sink);
      while (!refusal && sink.full) {
        sink.full = false;
        if (reader.holds_back()) refusal = reader.feed({}, sink);
      }
      EXPECT_FALSE(reader.holds_back());
    }
    if (refusal)
      sink.story.lines.push_back(fmt::format("refused {}", std::to_underlying(*refusal)));
    EXPECT_EQ(sink.story.lines, GetParam().story) << "in pieces of " << piece;
  }
}

TEST(FrameReaderTest, GoesOnWhereItWasHeldBackWhenMoreComes) {
  FrameReader reader{kLongest};
  PatientStory sink;
  std::string begun = text("one") + text("two") + text("three").substr(0, 4);
  EXPECT_FALSE(reader.feed(begun, sink));
  EXPECT_THAT(sink.story.lines, ElementsAre("text one"));
  EXPECT_TRUE(reader.holds_back());
  std::string rest = text("three").substr(4) + ping("!");
  EXPECT_FALSE(reader.feed(rest, sink));
  EXPECT_THAT(sink.story.lines, ElementsAre("text one"));
  for (int i = 0; i < 3; ++i) {
    sink.full = false;
    EXPECT_FALSE(reader.feed({}, sink));
  }
  EXPECT_THAT(sink.story.lines, ElementsAre("text one", "text two", "text three", "ping !"));
  EXPECT_FALSE(reader.holds_back());
}

struct Length {
  std::size_t payload;
  std::size_t header;
};

class Append : public testing::TestWithParam<Length> {};

TEST_P(Append, MakesAFrameWithTheShortestHeader) {
  const std::string payload(GetParam().payload, 'p');
  std::string out = "before";
  append_frame(out, Opcode::text, payload);
  const std::string frame = out.substr(6);
  EXPECT_EQ(out.substr(0, 6), "before");
  EXPECT_EQ(frame.size(), GetParam().header + payload.size());
  EXPECT_EQ(frame[0], '\x81');
  EXPECT_EQ(frame[1] & 0x80, 0) << "a server does not mask";
  EXPECT_EQ(payload_of(frame), payload);

  // The length it says is the one it has.
  std::size_t said = static_cast<unsigned char>(frame[1]);
  if (GetParam().header > 2) {
    said = 0;
    for (std::size_t i = 2; i < GetParam().header; ++i)
      said = said << 8 | static_cast<unsigned char>(frame[i]);
  }
  EXPECT_EQ(said, payload.size());
}

INSTANTIATE_TEST_SUITE_P(Lengths, Append,
                         testing::Values(Length{0, 2}, Length{1, 2}, Length{125, 2}, Length{126, 4},
                                         Length{127, 4}, Length{65535, 4}, Length{65536, 10},
                                         Length{1 << 20, 10}),
                         [](const auto& info) { return fmt::format("Of{}", info.param.payload); });

TEST(AppendFrameTest, NamesTheOpcode) {
  std::string out;
  append_frame(out, Opcode::ping, "");
  append_frame(out, Opcode::close, "\x03\xE8");
  EXPECT_EQ(out, std::string("\x89\0\x88\x02\x03\xE8", 6));
}
}  // namespace
}  // namespace parley::gateway
