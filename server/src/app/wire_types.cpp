#include "app/wire_types.h"

#include <utility>
#include <variant>

#include "gateway/operations.h"

namespace parley::app {
namespace {

using gateway::Type;

template <std::size_t... I>
std::vector<DescribedEvent> events(std::index_sequence<I...>) {
  return {{kEvents[I], gateway::type_of<std::variant_alternative_t<I, Event>>()}...};
}

void collect(const Type& type, std::map<std::string, const Type*>& types) {
  if (type.element) collect(*type.element, types);
  if (type.name.empty() || is_empty(type) || !types.emplace(type.name, &type).second) return;
  for (const gateway::Field& field : type.fields) collect(*field.type, types);
}

}  // namespace

std::vector<DescribedEvent> described_events() {
  return events(std::make_index_sequence<std::variant_size_v<Event>>{});
}

std::map<std::string, const Type*> named_types() {
  std::map<std::string, const Type*> types;
  for (const gateway::Operation& operation : gateway::operations()) {
    collect(operation.command(), types);
    collect(operation.answer(), types);
    collect(operation.socket_answer(), types);
  }
  for (const DescribedEvent& event : described_events()) collect(event.data, types);
  return types;
}

bool is_empty(const Type& type) { return type.kind == Type::Kind::object && type.fields.empty(); }

}  // namespace parley::app
