#include "user/cbor.h"

#include <algorithm>
#include <limits>

#include <cbor.h>

namespace parley::user {
namespace {

using Kind = Cbor::Kind;

constexpr int kDeepest = 8;
constexpr std::size_t kMostItems = 256;

// What libcbor tells of one item; of an array or map it tells only how much follows.
struct Head {
  bool known = false;  // an item of the form that we read
  Cbor item{};
  std::size_t following = 0;
};

void take_unsigned(void* context, std::uint64_t value) {
  if (value > std::numeric_limits<std::int64_t>::max()) return;
  *static_cast<Head*>(context) = {
      .known = true, .item = {.kind = Kind::integer, .integer = static_cast<std::int64_t>(value)}};
}

void take_negative(void* context, std::uint64_t value) {
  if (value > std::numeric_limits<std::int64_t>::max()) return;
  *static_cast<Head*>(context) = {
      .known = true,
      .item = {.kind = Kind::integer, .integer = -1 - static_cast<std::int64_t>(value)}};
}

template <Kind kind>
void take_string(void* context, cbor_data data, std::size_t size) {
  *static_cast<Head*>(context) = {
      .known = true, .item = {.kind = kind, .string = {reinterpret_cast<const char*>(data), size}}};
}

template <Kind kind>
void take_start(void* context, std::size_t count) {
  if (count > kMostItems) return;
  *static_cast<Head*>(context) = {
      .known = true, .item = {.kind = kind}, .following = kind == Kind::map ? count * 2 : count};
}

void take_simple(void* context) { *static_cast<Head*>(context) = {.known = true}; }

cbor_callbacks callbacks() {
  // Whatever is left to these is not known: tags, floats, indefinite lengths and their ends.
  cbor_callbacks taken = cbor_empty_callbacks;
  taken.uint8 = [](void* context, std::uint8_t value) { take_unsigned(context, value); };
  taken.uint16 = [](void* context, std::uint16_t value) { take_unsigned(context, value); };
  taken.uint32 = [](void* context, std::uint32_t value) { take_unsigned(context, value); };
  taken.uint64 = take_unsigned;
  taken.negint8 = [](void* context, std::uint8_t value) { take_negative(context, value); };
  taken.negint16 = [](void* context, std::uint16_t value) { take_negative(context, value); };
  taken.negint32 = [](void* context, std::uint32_t value) { take_negative(context, value); };
  taken.negint64 = take_negative;
  taken.byte_string = take_string<Kind::bytes>;
  taken.string = take_string<Kind::text>;
  taken.array_start = take_start<Kind::array>;
  taken.map_start = take_start<Kind::map>;
  taken.boolean = [](void* context, bool) { take_simple(context); };
  taken.null = take_simple;
  return taken;
}

bool same_key(const Cbor& one, const Cbor& other) {
  return one.kind == other.kind && one.integer == other.integer && one.string == other.string;
}

// Keys are integers or strings, each once.
bool has_good_keys(const Cbor& map) {
  for (std::size_t i = 0; i < map.items.size(); i += 2) {
    const Cbor& key = map.items[i];
    if (!key.is(Kind::integer) && !key.is(Kind::bytes) && !key.is(Kind::text)) return false;
    for (std::size_t j = 0; j < i; j += 2)
      if (same_key(map.items[j], key)) return false;
  }
  return true;
}

class Reader {
 public:
  explicit Reader(std::string_view& input) : input_(input) {}

  std::optional<Cbor> read(int depth) {
    if (depth > kDeepest || ++items_ > kMostItems) return std::nullopt;
    Head head;
    const auto result = cbor_stream_decode(reinterpret_cast<cbor_data>(input_.data()),
                                           input_.size(), &callbacks_, &head);
    if (result.status != CBOR_DECODER_FINISHED || !head.known) return std::nullopt;
    input_.remove_prefix(result.read);

    for (; head.following > 0; --head.following) {
      auto item = read(depth + 1);
      if (!item) return std::nullopt;
      head.item.items.push_back(std::move(*item));
    }
    if (head.item.is(Kind::map) && !has_good_keys(head.item)) return std::nullopt;
    return std::move(head.item);
  }

 private:
  std::string_view& input_;
  const cbor_callbacks callbacks_ = callbacks();
  std::size_t items_ = 0;
};

const Cbor* value_of(const Cbor& map, const Cbor& key) {
  if (!map.is(Kind::map)) return nullptr;
  for (std::size_t i = 0; i < map.items.size(); i += 2)
    if (same_key(map.items[i], key)) return &map.items[i + 1];
  return nullptr;
}

}  // namespace

const Cbor* Cbor::find(std::int64_t key) const {
  return value_of(*this, {.kind = Kind::integer, .integer = key});
}

const Cbor* Cbor::find(std::string_view key) const {
  return value_of(*this, {.kind = Kind::text, .string = key});
}

std::optional<Cbor> read_cbor(std::string_view& input) { return Reader{input}.read(1); }

}  // namespace parley::user
