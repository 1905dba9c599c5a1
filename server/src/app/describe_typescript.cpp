#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/describe.h"
#include "app/wire_types.h"
#include "gateway/operations.h"
#include "model/error.h"

namespace parley::app {
namespace {

using gateway::Type;

std::string name_of(const Type& type) {
  switch (type.kind) {
    case Type::Kind::boolean:
      return "boolean";
    case Type::Kind::integer:
      return "number";
    case Type::Kind::string:
    case Type::Kind::id:
      return "string";
    case Type::Kind::time:
      return "Timestamp";
    case Type::Kind::list:
      return name_of(*type.element) + "[]";
    case Type::Kind::choice:
    case Type::Kind::object:
      break;
  }
  return is_empty(type) ? "Nothing" : type.name;
}

std::string quoted_if_needed(std::string_view name) {
  return name.find_first_of(":-") == std::string_view::npos ? std::string{name}
                                                            : fmt::format("'{}'", name);
}

std::string declaration(const Type& type) {
  if (type.kind == Type::Kind::choice)
    return fmt::format("export type {} = '{}';\n\n", type.name, fmt::join(type.choices, "' | '"));
  std::string out = fmt::format("export interface {} {{\n", type.name);
  for (const gateway::Field& field : type.fields) {
    out += fmt::format("  {}{}: {}{};\n", field.name, field.optional ? "?" : "",
                       name_of(*field.type), field.nullable ? " | null" : "");
  }
  return out + "}\n\n";
}

}  // namespace

std::string describe_typescript() {
  std::string out =
      "// Made by `./dev docs` from the server's tables. Do not edit.\n\n"
      "/** A point in time, RFC 3339 in UTC with milliseconds. */\n"
      "export type Timestamp = string;\n\n"
      "export type Nothing = Record<string, never>;\n\n";
  for (const auto& [name, type] : named_types()) out += declaration(*type);

  out +=
      "/** Everything a client can ask: the name of an operation, what it takes, and what its "
      "socket reply holds. */\nexport interface Operations {\n";
  for (const gateway::Operation& operation : gateway::operations()) {
    if (!works_on_sockets(operation)) continue;
    out += fmt::format("  /** {} */\n  {}: {{ request: {}; reply: {} }};\n", operation.text,
                       quoted_if_needed(operation.name), name_of(operation.command()),
                       name_of(operation.socket_answer()));
  }
  out += "}\n\n/** Everything a client can be told: the name of an event and its data. */\n";
  out += "export interface Events {\n";
  for (const DescribedEvent& event : described_events()) {
    out += fmt::format("  /** {} */\n  {}: {};\n", event.info.text,
                       quoted_if_needed(event.info.name), name_of(event.data));
  }
  out += "}\n\n/** Every way a request can be refused. */\nexport type ErrorCode =\n";
  for (const ErrorInfo& error : kErrors) {
    out += fmt::format("  | '{}'{}\n", error.name, &error == &kErrors.back() ? ";" : "");
  }
  out +=
      "\n/** The refusals after which the same request may succeed later, unchanged. */\n"
      "export const RETRYABLE: readonly ErrorCode[] = [\n";
  for (const ErrorInfo& error : kErrors) {
    if (error.retry) out += fmt::format("  '{}',\n", error.name);
  }
  out +=
      "];\n\n/** A refusal, by REST and by socket. */\nexport interface ApiError {\n"
      "  error: string;\n  code: ErrorCode;\n  message: string;\n"
      "  fields?: Record<string, string>;\n  /** Seconds. */\n  retry_after?: number;\n}\n";
  return out;
}

}  // namespace parley::app
