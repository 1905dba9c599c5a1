#include "gateway/operations.h"

#include <array>

#include <boost/unordered/unordered_flat_map.hpp>

namespace parley::gateway {
namespace {

constexpr std::array kAliases{
    Alias{"GET", "/groups/:chatId", "chat:get"},
    Alias{"PUT", "/groups/:chatId", "chat:update"},
};

std::vector<Operation> all_operations() {
  std::vector<Operation> all;
  for (const auto topic :
       {account_operations, contact_operations, chat_operations, admin_operations}) {
    for (const Operation& operation : topic()) all.push_back(operation);
  }
  return all;
}

}  // namespace

std::span<const Operation> operations() {
  static const std::vector<Operation> all = all_operations();
  return all;
}

std::span<const Alias> aliases() { return kAliases; }

const Operation* find_operation(std::string_view name) {
  static const auto by_name = [] {
    boost::unordered_flat_map<std::string_view, const Operation*> names;
    for (const Operation& operation : operations()) names.emplace(operation.name, &operation);
    return names;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace parley::gateway
