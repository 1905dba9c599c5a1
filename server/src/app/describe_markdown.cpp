#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/describe.h"
#include "app/wire_types.h"
#include "base/ascii.h"
#include "gateway/operations.h"
#include "model/error.h"

namespace parley::app {
namespace {

using gateway::Field;
using gateway::Type;

std::string shown(const Type& type) {
  switch (type.kind) {
    case Type::Kind::boolean:
      return "boolean";
    case Type::Kind::integer:
      return "integer";
    case Type::Kind::string:
      return "string";
    case Type::Kind::id:
      return "id";
    case Type::Kind::time:
      return "time";
    case Type::Kind::list:
      return "list of " + shown(*type.element);
    case Type::Kind::choice:
    case Type::Kind::object:
      break;
  }
  if (is_empty(type)) return "–";
  // Anchors of headings are in lower case.
  return fmt::format("[{}](#{})", type.name, lower_ascii(std::string{type.name}));
}

std::string limit_of(const Field& field) {
  if (!field.limit) return "";
  constexpr std::string_view kUnits[] = {" characters", " bytes", "", " items"};
  return fmt::format("{} to {}{}", field.limit->least, field.limit->most,
                     kUnits[static_cast<std::size_t>(field.limit->of)]);
}

std::string section(const Type& type) {
  std::string out = fmt::format("### {}\n\n", type.name);
  if (type.kind == Type::Kind::choice)
    return out + fmt::format("One of `{}`.\n\n", fmt::join(type.choices, "`, `"));
  out += "| Member | Type | |\n|---|---|---|\n";
  for (const Field& field : type.fields) {
    std::string note = limit_of(field);
    if (field.optional) note = "may be left out" + (note.empty() ? "" : "; " + note);
    if (field.nullable) note = "may be null";
    out += fmt::format("| `{}` | {} | {} |\n", field.name, shown(*field.type), note);
  }
  return out + "\n";
}

std::string_view who_may(gateway::Access access) {
  switch (access) {
    case gateway::Access::stranger:
      return "No token needed. ";
    case gateway::Access::user:
      return "";
    case gateway::Access::moderator:
      return "Moderators and admins. ";
    case gateway::Access::admin:
      break;
  }
  return "Admins. ";
}

}  // namespace

std::string describe_protocol() {
  std::string out =
      "# Protocol\n\nMade by `./dev docs` from the server's tables. How to begin is in "
      "[quick-start.md](quick-start.md); every refusal is in [errors.md](errors.md).\n\n"
      "REST lives under `/api/v1`, with `Authorization: Bearer <accessToken>`. The socket is "
      "`/ws` with subprotocol `parley.v1`; the token goes into the same header or, from a "
      "browser, into a second subprotocol `bearer.<token>`. A request is "
      "`{\"id\":7,\"op\":\"message:send\",\"data\":{…}}`, its answer `{\"re\":7,\"data\":{…}}` or "
      "`{\"re\":7,\"error\":{…}}`, an event `{\"event\":\"message:receive\",\"data\":{…}}`. "
      "Members of a REST path are members of `data` on the socket. With `/ws?batch=1` several "
      "frames may come in one array.\n\nJSON is camelCase; ids are decimal strings, seqs numbers, "
      "times RFC 3339 UTC with milliseconds. Unknown members of a request are refused.\n\n"
      "Close codes: 4400 malformed, 4401 signed out, 4403 forbidden, 4408 too slow, 4409 "
      "replaced, 4429 too many frames, 1012 restarting, 1013 try later.\n\n"
      "## Operations\n\nThe role is that of the nodes that answer "
      "([deployment.md](deployment.md)); what is marked * comes to the same when it is asked "
      "twice, so it may be asked again when nobody knows what became of it.\n\n"
      "| Operation | REST | Takes | Answers | Role | |\n|---|---|---|---|---|---|\n";
  for (const gateway::Operation& operation : gateway::operations()) {
    const std::string rest =
        operation.verb.empty() ? "–" : fmt::format("`{} {}`", operation.verb, operation.path);
    const std::string takes = operation.most_bytes == 0
                                  ? shown(operation.command())
                                  : fmt::format("up to {} bytes", operation.most_bytes);
    std::string answer = operation.answers_bytes ? "bytes" : shown(operation.answer());
    if (&operation.answer() != &operation.socket_answer())
      answer += "; socket: " + shown(operation.socket_answer());
    out += fmt::format("| `{}` | {} | {} | {} {} | {}{} | {}{} |\n", operation.name, rest, takes,
                       operation.status, answer, delivery::name_of(operation.role),
                       operation.repeatable ? "*" : "", who_may(operation.access), operation.text);
  }
  out += "\n## Events\n\n| Event | Data | |\n|---|---|---|\n";
  for (const DescribedEvent& event : described_events()) {
    out += fmt::format("| `{}` | {} | {}{} |\n", event.info.name, shown(event.data),
                       event.info.text, event.info.ephemeral ? " (May be dropped.)" : "");
  }
  out += "\n## Types\n\n";
  for (const auto& [name, type] : named_types()) out += section(*type);
  out.pop_back();
  return out;
}

std::string describe_errors() {
  std::string out =
      "# Errors\n\nMade by `./dev docs` from the one table. REST answers with the status and the "
      "body, a socket with the same body as `error`:\n\n```json\n"
      "{\"error\":\"RateLimitExceeded\",\"code\":\"rate_limited\",\"message\":\"Too many requests: "
      "slow down\",\"retry_after\":60}\n```\n\n`fields` names the members that were refused, where "
      "there are any.\n\n| Code | Status | Class | Retry | |\n|---|---|---|---|---|\n";
  for (const ErrorInfo& error : kErrors) {
    out +=
        fmt::format("| `{}` | {} | {} | {} | {} |\n", error.name, error.http_status,
                    error_class(error.code), error.retry ? "later, unchanged" : "no", error.text);
  }
  return out;
}

}  // namespace parley::app
