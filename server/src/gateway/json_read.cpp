#include "gateway/json_read.h"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace parley::json {
namespace {

constexpr Expected kTimeExpected = "a time as 2026-11-21T07:00:00.000Z";

constexpr std::int64_t kGreatestInteger = 1LL << 53;  // what JavaScript counts to exactly

template <class T>
bool parse_whole(std::string_view text, T& out) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && at == end && !text.empty();
}

std::int64_t count_characters(std::string_view utf8) {
  std::int64_t n = 0;
  for (const char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

// At most `most` bytes of a text, and only whole characters.
std::string_view cut(std::string_view utf8, std::size_t most) {
  if (utf8.size() <= most) return utf8;
  while (most > 0 && (static_cast<unsigned char>(utf8[most]) & 0xC0) == 0x80) --most;
  return utf8.substr(0, most);
}

const char* unit(Limit::Of of) {
  switch (of) {
    case Limit::Of::characters:
      return " characters";
    case Limit::Of::bytes:
      return " bytes";
    case Limit::Of::items:
      return " items";
    case Limit::Of::value:
      break;
  }
  return "";
}

void check_value(const Limit& limit, std::int64_t value, std::vector<FieldError>& problems) {
  if (value < limit.least) {
    problems.push_back(
        {std::string{limit.field}, fmt::format("at least {}{}", limit.least, unit(limit.of))});
  } else if (value > limit.most) {
    problems.push_back(
        {std::string{limit.field}, fmt::format("at most {}{}", limit.most, unit(limit.of))});
  }
}

Error malformed(std::string detail) {
  return {.code = Errc::malformed_request, .detail = std::move(detail)};
}

simdjson::ondemand::parser& parser() {
  thread_local simdjson::ondemand::parser parser;
  return parser;
}

// Fills a command, remembering which members were given and what was wrong with them.
class Filler {
 public:
  Filler(std::span<const Member> members, void* command, bool strict)
      : members_(members), command_(command), strict_(strict) {}

  void text(const Text& text) {
    if (const Member* member = find(text.name)) {
      note(*member, member->read_text(text.value, command_));
    }
  }

  void value(std::string_view name, Value value) {
    if (const Member* member = find(name)) note(*member, member->read(value, command_));
  }

  std::optional<Error> finish() {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (members_[i].required && (given_ & 1ULL << i) == 0)
        problems_.push_back({std::string{members_[i].name}, "is missing"});
    }
    if (problems_.empty()) return {};
    Error error = malformed("");
    error.fields = std::move(problems_);
    return error;
  }

 private:
  const Member* find(std::string_view name) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (members_[i].name != name) continue;
      if ((given_ & 1ULL << i) != 0) {
        complain(name, "was given twice");
        return nullptr;
      }
      given_ |= 1ULL << i;
      return &members_[i];
    }
    if (strict_) complain(name, "is not known");
    return nullptr;
  }

  // Of names the client made up there may be many, and long ones.
  void complain(std::string_view name, std::string text) {
    if (problems_.size() < kMostProblems)
      problems_.push_back({std::string{cut(name, kLongestName)}, std::move(text)});
  }

  void note(const Member& member, Expected expected) {
    if (expected)
      problems_.push_back({std::string{member.name}, fmt::format("must be {}", expected)});
  }

  static constexpr std::size_t kMostProblems = 16;
  static constexpr std::size_t kLongestName = 64;

  std::span<const Member> members_;
  void* command_;
  const bool strict_;
  std::uint64_t given_ = 0;
  std::vector<FieldError> problems_;
};

}  // namespace

Input::Input(std::string_view text) {
  thread_local std::string buffer;
  buffer.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  buffer.assign(text);
  data_ = buffer.data();
  size_ = text.size();
}

Input::Input(const Input&, std::string_view text) : data_(text.data()), size_(text.size()) {}

Expected read(Value value, bool& out) {
  return value.get_bool().get(out) == simdjson::SUCCESS ? nullptr : "true or false";
}

Expected read(Value value, std::int64_t& out) {
  if (value.get_int64().get(out) != simdjson::SUCCESS || out > kGreatestInteger ||
      out < -kGreatestInteger)
    return "an integer";
  return nullptr;
}

Expected read(Value value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return "a string";
  out.assign(text);
  return nullptr;
}

Expected read(Value value, Timestamp& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return kTimeExpected;
  return read_text(text, out);
}

Expected read_id(Value value, std::uint64_t& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return "an id, as a string";
  return read_id_text(text, out);
}

Expected read_text(std::string_view text, bool& out) {
  if (text != "true" && text != "false") return "true or false";
  out = text == "true";
  return nullptr;
}

Expected read_text(std::string_view text, std::int64_t& out) {
  return parse_whole(text, out) && out <= kGreatestInteger && out >= -kGreatestInteger
             ? nullptr
             : "an integer";
}

Expected read_text(std::string_view text, std::string& out) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return "valid UTF-8";
  out.assign(text);
  return nullptr;
}

// As times are written: 2026-11-21T07:00:00.000Z. The fraction may have 1 to 9 digits or be left
// out; another offset than Z is refused, so that a time has one way to be read.
Expected read_text(std::string_view text, Timestamp& out) {
  const auto number = [&text](std::size_t at, std::size_t digits, std::int64_t& value) {
    return at + digits <= text.size() && text[at] != '-' &&
           parse_whole(text.substr(at, digits), value);
  };
  std::int64_t year, month, day, hour, minute, second;
  const bool shaped = text.size() >= 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
                      text[13] == ':' && text[16] == ':' && text.back() == 'Z' &&
                      number(0, 4, year) && number(5, 2, month) && number(8, 2, day) &&
                      number(11, 2, hour) && number(14, 2, minute) && number(17, 2, second);
  if (!shaped || hour > 23 || minute > 59 || second > 59) return kTimeExpected;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return kTimeExpected;

  std::int64_t milliseconds = 0;
  if (const std::string_view fraction = text.substr(19, text.size() - 20); !fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 10) return kTimeExpected;
    std::string digits{fraction.substr(1)};
    if (digits.find_first_not_of("0123456789") != digits.npos) return kTimeExpected;
    digits.resize(3, '0');
    parse_whole(std::string_view{digits}, milliseconds);
  }
  out = Timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
        std::chrono::minutes{minute} + std::chrono::seconds{second} +
        std::chrono::milliseconds{milliseconds};
  return nullptr;
}

Expected read_id_text(std::string_view text, std::uint64_t& out) {
  return parse_whole(text, out) && out <= INT64_MAX ? nullptr : "an id";
}

namespace detail {

std::optional<Error> fill(std::span<const Member> members, void* command, const Input& body,
                          std::span<const Text> texts, bool strict) {
  Filler filler{members, command, strict};
  for (const Text& text : texts) filler.text(text);
  if (body.empty()) return filler.finish();

  simdjson::ondemand::document document;
  if (const auto error = parser().iterate(body.view()).get(document))
    return malformed(simdjson::error_message(error));
  simdjson::ondemand::object object;
  if (document.get_object().get(object)) return malformed("A JSON object is expected");

  for (auto field : object) {
    std::string_view name;
    Value value;
    if (const auto error = field.unescaped_key().get(name))
      return malformed(simdjson::error_message(error));
    if (const auto error = field.value().get(value))
      return malformed(simdjson::error_message(error));
    filler.value(name, value);
  }
  // A syntax error inside a member leaves the document broken, not merely the member.
  if (auto error = filler.finish()) return error;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return malformed("Something follows the JSON object");
  return {};
}

void check(const Limit& limit, const std::string& text, std::vector<FieldError>& problems) {
  const auto bytes = static_cast<std::int64_t>(text.size());
  check_value(limit, limit.of == Limit::Of::characters ? count_characters(text) : bytes, problems);
  // What people type has no end in its middle, and not every store keeps what has.
  if (limit.of == Limit::Of::characters && text.contains('\0'))
    problems.push_back({std::string{limit.field}, "must not contain U+0000"});
}

void check(const Limit& limit, std::int64_t value, std::vector<FieldError>& problems) {
  check_value(limit, value, problems);
}

void check(const Limit& limit, std::size_t items, std::vector<FieldError>& problems) {
  check_value(limit, static_cast<std::int64_t>(items), problems);
}

}  // namespace detail
}  // namespace parley::json
