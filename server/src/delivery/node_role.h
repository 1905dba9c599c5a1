#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::delivery {

// A part of the server that a node can run. Names are those of the option `roles`.
enum class NodeRole : std::uint8_t { gateway, user, chat, processor, notification };

inline constexpr std::array<std::string_view, 5> kNodeRoles{"gateway", "user", "chat", "processor",
                                                            "notification"};

constexpr std::string_view name_of(NodeRole role) {
  return kNodeRoles[static_cast<std::size_t>(role)];
}

constexpr std::optional<NodeRole> node_role(std::string_view name) {
  for (std::size_t i = 0; i < kNodeRoles.size(); ++i)
    if (kNodeRoles[i] == name) return static_cast<NodeRole>(i);
  return std::nullopt;
}

// The roles of one node.
class NodeRoles {
 public:
  static constexpr NodeRoles all() {
    NodeRoles roles;
    roles.bits_ = (1U << kNodeRoles.size()) - 1;
    return roles;
  }

  // Reads "gateway,user". A name that is not known is a role of a later release, and left out.
  static constexpr NodeRoles read(std::string_view names) {
    NodeRoles roles;
    while (!names.empty()) {
      const auto comma = names.find(',');
      if (const auto role = node_role(names.substr(0, comma))) roles.add(*role);
      names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
    }
    return roles;
  }

  constexpr void add(NodeRole role) { bits_ |= 1U << static_cast<unsigned>(role); }
  constexpr bool has(NodeRole role) const {
    return (bits_ & 1U << static_cast<unsigned>(role)) != 0;
  }
  constexpr bool are_all() const { return *this == all(); }

  // The role of a node that has one.
  constexpr std::optional<NodeRole> only() const {
    if (bits_ == 0 || (bits_ & (bits_ - 1)) != 0) return std::nullopt;
    unsigned i = 0;
    while (bits_ >> (i + 1) != 0) ++i;
    return static_cast<NodeRole>(i);
  }

  // As read() takes it.
  std::string text() const {
    std::string names;
    for (std::size_t i = 0; i < kNodeRoles.size(); ++i) {
      if (!has(static_cast<NodeRole>(i))) continue;
      if (!names.empty()) names += ',';
      names += kNodeRoles[i];
    }
    return names;
  }

  friend constexpr bool operator==(NodeRoles, NodeRoles) = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace parley::delivery
