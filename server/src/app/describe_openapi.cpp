#include <map>

#include <fmt/format.h>

#include "app/describe.h"
#include "app/wire_types.h"
#include "gateway/json_write.h"
#include "gateway/operations.h"

namespace parley::app {
namespace {

using gateway::Field;
using gateway::Operation;
using gateway::Type;

std::string json_string(std::string_view text) {
  std::string out;
  json::write(out, text);
  return out;
}

std::string reference(const Type& type) {
  switch (type.kind) {
    case Type::Kind::boolean:
      return R"("type":"boolean")";
    case Type::Kind::integer:
      return R"("type":"integer","format":"int64")";
    case Type::Kind::string:
      return R"("type":"string")";
    case Type::Kind::id:
      return R"("type":"string","pattern":"^[0-9]+$")";
    case Type::Kind::time:
      return R"("type":"string","format":"date-time")";
    case Type::Kind::list:
      return fmt::format(R"("type":"array","items":{{{}}})", reference(*type.element));
    case Type::Kind::choice:
    case Type::Kind::object:
      break;
  }
  return is_empty(type) ? R"("type":"object")"
                        : fmt::format(R"("$ref":"#/components/schemas/{}")", type.name);
}

std::string limits(const Field& field) {
  if (!field.limit) return "";
  const auto& limit = *field.limit;
  switch (limit.of) {
    case Limit::Of::value:
      return fmt::format(R"(,"minimum":{},"maximum":{})", limit.least, limit.most);
    case Limit::Of::items:
      return fmt::format(R"(,"minItems":{},"maxItems":{})", limit.least, limit.most);
    case Limit::Of::characters:
    case Limit::Of::bytes:
      break;
  }
  return fmt::format(R"(,"minLength":{},"maxLength":{})", limit.least, limit.most);
}

std::string property(const Field& field) {
  const std::string type = reference(*field.type) + limits(field);
  return field.nullable ? fmt::format(R"("anyOf":[{{{}}},{{"type":"null"}}])", type) : type;
}

// An object's schema without the members that stand in the path.
std::string object_schema(const Type& type, std::string_view path = {}) {
  std::string properties, required;
  for (const Field& field : type.fields) {
    if (path.find(fmt::format(":{}", field.name)) != std::string_view::npos) continue;
    properties += fmt::format("{}{}:{{{}}}", properties.empty() ? "" : ",", json_string(field.name),
                              property(field));
    if (!field.optional) required += (required.empty() ? "" : ",") + json_string(field.name);
  }
  return fmt::format(R"({{"type":"object","additionalProperties":false,"required":[{}],)"
                     R"("properties":{{{}}}}})",
                     required, properties);
}

std::string parameters(const Operation& operation) {
  std::string out;
  for (const Field& field : operation.command().fields) {
    const bool in_path =
        operation.path.find(fmt::format(":{}", field.name)) != std::string_view::npos;
    if (!in_path && operation.verb != "GET") continue;
    out += fmt::format(R"({}{{"name":{},"in":"{}","required":{},"schema":{{{}}}}})",
                       out.empty() ? "" : ",", json_string(field.name), in_path ? "path" : "query",
                       in_path || !field.optional, property(field));
  }
  return out;
}

bool has_body(const Operation& operation) {
  if (operation.verb == "GET" || operation.verb == "DELETE") return false;
  for (const Field& field : operation.command().fields) {
    if (operation.path.find(fmt::format(":{}", field.name)) == std::string_view::npos) return true;
  }
  return false;
}

std::string operation_object(const Operation& operation) {
  std::string out =
      fmt::format(R"("operationId":{},"summary":{},"parameters":[{}])", json_string(operation.name),
                  json_string(operation.text), parameters(operation));
  if (operation.access == gateway::Access::stranger) out += R"(,"security":[])";
  if (operation.most_bytes != 0) {
    out += R"(,"requestBody":{"content":{"application/octet-stream":{}}})";
  } else if (has_body(operation)) {
    out += fmt::format(R"(,"requestBody":{{"content":{{"application/json":{{"schema":{}}}}}}})",
                       object_schema(operation.command(), operation.path));
  }
  const std::string content =
      operation.status == 204 ? ""
      : operation.answers_bytes
          ? R"(,"content":{"application/octet-stream":{}})"
          : fmt::format(R"(,"content":{{"application/json":{{"schema":{{{}}}}}}})",
                        reference(operation.answer()));
  out += fmt::format(
      R"(,"responses":{{"{}":{{"description":"Done"{}}},"default":{{"$ref":"#/components/responses/Error"}}}})",
      operation.status, content);
  return out;
}

std::string openapi_path(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != ':') {
      out += path[i];
      continue;
    }
    const auto end = std::min(path.find('/', i), path.size());
    out += fmt::format("{{{}}}", path.substr(i + 1, end - i - 1));
    i = end - 1;
  }
  return out;
}

std::string lower(std::string_view verb) {
  std::string out{verb};
  for (char& c : out) c = static_cast<char>(c | 0x20);
  return out;
}

}  // namespace

std::string describe_openapi() {
  std::map<std::string, std::string> paths;
  for (const Operation& operation : gateway::operations()) {
    if (operation.verb.empty()) continue;
    std::string& verbs = paths[openapi_path(operation.path)];
    verbs += fmt::format("{}\"{}\":{{{}}}", verbs.empty() ? "" : ",", lower(operation.verb),
                         operation_object(operation));
  }
  std::string all_paths;
  for (const auto& [path, verbs] : paths)
    all_paths += fmt::format("{}{}:{{{}}}", all_paths.empty() ? "" : ",", json_string(path), verbs);

  std::string schemas;
  for (const auto& [name, type] : named_types()) {
    std::string choices;
    for (const auto choice : type->choices)
      choices += (choices.empty() ? "" : ",") + json_string(choice);
    schemas += fmt::format("{}:{},", json_string(name),
                           type->kind == Type::Kind::choice
                               ? fmt::format(R"({{"type":"string","enum":[{}]}})", choices)
                               : object_schema(*type));
  }
  return fmt::format(
      R"({{"openapi":"3.1.0","info":{{"title":"Parley","version":"1","license":{{"name":"Apache-2.0",)"
      R"("identifier":"Apache-2.0"}}}},"servers":[{{"url":"/api/v1"}}],"security":[{{"bearer":[]}}],)"
      R"("paths":{{{}}},"components":{{"securitySchemes":{{"bearer":{{"type":"http","scheme":)"
      R"("bearer","bearerFormat":"JWT"}}}},"responses":{{"Error":{{"description":"Refused",)"
      R"("content":{{"application/json":{{"schema":{{"$ref":"#/components/schemas/ApiError"}}}}}}}}}},)"
      R"("schemas":{{{}"ApiError":{{"type":"object","required":["error","code","message"],)"
      R"("properties":{{"error":{{"type":"string"}},"code":{{"type":"string"}},"message":)"
      R"({{"type":"string"}},"fields":{{"type":"object","additionalProperties":{{"type":"string"}}}},)"
      R"("retry_after":{{"type":"integer"}}}}}}}}}}}})"
      "\n",
      all_paths, schemas);
}

}  // namespace parley::app
