#include "gateway/operations.h"

#include <array>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/url.h"
#include "gateway/forwarder.h"

namespace parley::gateway {
namespace {

constexpr std::array kAliases{
    Alias{"GET", "/groups/:chatId", "chat:get"},
    Alias{"PUT", "/groups/:chatId", "chat:update"},
};

std::vector<Operation> all_operations() {
  std::vector<Operation> all;
  for (const auto topic : {account_operations, contact_operations, chat_operations,
                           device_operations, admin_operations}) {
    for (const Operation& operation : topic()) all.push_back(operation);
  }
  return all;
}

std::string query_of(std::span<const json::Text> texts) {
  std::string query;
  for (const auto& [name, value] : texts) {
    if (!query.empty()) query += '&';
    query += percent_encoded(name);
    query += '=';
    query += percent_encoded(value);
  }
  return query;
}

}  // namespace

std::span<const Operation> operations() {
  static const std::vector<Operation> all = all_operations();
  return all;
}

std::span<const Alias> aliases() { return kAliases; }

Operation::Begun begin(const Operation& operation, const Api& api, Caller caller,
                       const json::Input& body, std::span<const json::Text> texts, Form form,
                       std::string_view bytes) {
  if (operation.is_here(api))
    return operation.begin(api, std::move(caller), body, texts, form, bytes);
  if (api.forwarder == nullptr) return fail(Errc::unavailable);
  return api.forwarder->forward(
      operation,
      Forwarder::Request{.caller = std::move(caller),
                         .form = form,
                         .parameters = query_of(texts),
                         .payload = std::string{
                             operation.most_bytes == 0 ? std::string_view{body.view()} : bytes}});
}

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
