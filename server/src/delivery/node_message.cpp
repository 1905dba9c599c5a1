#include "delivery/node_message.h"

#include <concepts>
#include <type_traits>
#include <utility>

#include <boost/mp11/algorithm.hpp>

namespace parley::delivery {
namespace {

constexpr std::string_view kLetters = "Py";
constexpr std::uint8_t kVersion = 1;

template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool>;

template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public>;

class Writer {
 public:
  explicit Writer(std::size_t size) { bytes_.reserve(size); }

  template <Number T>
  void put(T value) {
    auto rest = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_ += static_cast<char>(rest & 0xFF);
      if constexpr (sizeof(T) > 1) rest >>= 8;
    }
  }
  void put(bool value) { put(static_cast<std::uint8_t>(value)); }
  void put(NodeId node) { put(std::to_underlying(node)); }
  template <class Kind>
  void put(Id<Kind> id) {
    put(id.value());
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  template <class T>
  void put(const std::vector<T>& list) {
    put(static_cast<std::uint32_t>(list.size()));
    for (const T& item : list) put(item);
  }
  template <class T>
    requires boost::describe::has_describe_members<T>::value
  void put(const T& object) {
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto d) { put(object.*d.pointer); });
  }

  void letters() { bytes_ += kLetters; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <Number T>
  bool get(T& out) {
    if (rest_.size() < sizeof(T)) return false;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    rest_.remove_prefix(sizeof(T));
    out = static_cast<T>(value);
    return true;
  }
  bool get(bool& out) {
    std::uint8_t value = 0;
    if (!get(value) || value > 1) return false;
    out = value == 1;
    return true;
  }
  bool get(NodeId& out) {
    std::uint16_t value = 0;
    if (!get(value) || value > 1023) return false;
    out = NodeId{value};
    return true;
  }
  template <class Kind>
  bool get(Id<Kind>& out) {
    std::uint64_t value = 0;
    if (!get(value)) return false;
    out = Id<Kind>{value};
    return true;
  }
  bool get(std::string_view& out) {
    std::uint32_t size = 0;
    if (!get(size) || size > rest_.size()) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  template <class T>
  bool get(std::vector<T>& out) {
    std::uint32_t size = 0;
    if (!get(size) || size > rest_.size() / kLeast<T>) return false;
    out.resize(size);
    for (T& item : out)
      if (!get(item)) return false;
    return true;
  }
  template <class T>
    requires boost::describe::has_describe_members<T>::value
  bool get(T& object) {
    bool well = true;
    std::size_t index = 0;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto d) {
      const bool ends = index++ == kFirst<T> && rest_.empty();  // an older node wrote it
      if (ends) older_ = true;
      well = well && (older_ || get(object.*d.pointer));
    });
    return well;
  }

  bool letters() {
    if (!rest_.starts_with(kLetters)) return false;
    rest_.remove_prefix(kLetters.size());
    return true;
  }

 private:
  // Bytes that one item of a list takes: a length is checked before memory is taken for it.
  // Which members were there from the beginning: so many, the first ones.
  template <class T>
  static constexpr std::size_t kFirst = boost::mp11::mp_size<MembersOf<T>>::value;
  template <class T>
    requires requires { T::kLater; }
  static constexpr std::size_t kFirst<T> = boost::mp11::mp_size<MembersOf<T>>::value - T::kLater;

  template <class T>
  static constexpr std::size_t kLeast = 0;
  template <class Kind>
  static constexpr std::size_t kLeast<Id<Kind>> = 8;
  template <>
  constexpr std::size_t kLeast<Heartbeat::Sent> = 10;

  std::string_view rest_;
  bool older_ = false;
};

std::size_t size_hint(const NodeMessage& message) {
  if (const auto* const carried = std::get_if<Carried>(&message.body))
    return 64 + carried->json.size() + 8 * carried->recipients.size();
  if (const auto* const snapshot = std::get_if<Snapshot>(&message.body))
    return 64 + 8 * (snapshot->users.size() + snapshot->unattended.size());
  return 64;
}

}  // namespace

std::string write(const NodeMessage& message) {
  Writer writer{size_hint(message)};
  writer.letters();
  writer.put(kVersion);
  writer.put(static_cast<std::uint8_t>(message.body.index()));
  writer.put(message.incarnation);
  std::visit([&writer](const auto& body) { writer.put(body); }, message.body);
  return writer.take();
}

std::expected<NodeMessage, const char*> read_node_message(std::string_view bytes) {
  Reader reader{bytes};
  if (!reader.letters()) return std::unexpected("not from a node");
  std::uint8_t version = 0;
  std::uint8_t kind = 0;
  NodeMessage message;
  if (!reader.get(version) || !reader.get(kind)) return std::unexpected("too short");
  if (version != kVersion) return std::unexpected("of another version");
  if (!reader.get(message.incarnation)) return std::unexpected("too short");
  constexpr std::size_t kKinds = std::variant_size_v<decltype(message.body)>;
  if (kind >= kKinds) return message;
  const bool well = boost::mp11::mp_with_index<kKinds>(
      kind, [&](auto index) { return reader.get(message.body.template emplace<index>()); });
  if (!well) return std::unexpected("cut short, or a length that cannot be");
  return message;
}

std::uint64_t digest_of(UserId user) {
  // splitmix64: every bit of the id moves every bit of the digest.
  std::uint64_t x = user.value() + 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace parley::delivery
