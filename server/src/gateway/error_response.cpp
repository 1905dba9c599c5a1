#include "gateway/error_response.h"

#include <algorithm>

#include <simdjson.h>

#include "gateway/json_write.h"

namespace parley::gateway {

void write_error(std::string& out, const Error& error) {
  const ErrorInfo& row = info(error.code);
  out += R"({"error":")";
  out += error_class(error.code);
  out += R"(","code":")";
  out += row.name;
  out += R"(","message":)";
  json::write(out, error.detail.empty() ? std::string{row.text}
                                        : std::string{row.text} + ": " + error.detail);
  if (!error.fields.empty()) {
    out += R"(,"fields":{)";
    for (const FieldError& problem : error.fields) {
      if (&problem != &error.fields.front()) out += ',';
      json::write(out, problem.field);
      out += ':';
      json::write(out, problem.text);
    }
    out += '}';
  }
  if (error.retry_after.count() > 0) {
    out += R"(,"retry_after":)";
    json::write(out, error.retry_after.count());
  }
  out += '}';
}

Error read_error(std::string_view body) {
  Error error;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  const simdjson::padded_string text{body};
  if (parser.iterate(text).get(document) || document.get_object().get(object)) return error;
  std::string message;
  for (auto field : object) {
    std::string_view name, value;
    if (field.unescaped_key().get(name)) return error;
    auto said = field.value();
    if (name == "code" && !said.get_string().get(value)) {
      const auto row = std::ranges::find(kErrors, value, &ErrorInfo::name);
      if (row != kErrors.end()) error.code = row->code;
    } else if (name == "message" && !said.get_string().get(value)) {
      message = value;
    } else if (name == "retry_after") {
      std::int64_t seconds = 0;
      if (!said.get_int64().get(seconds)) error.retry_after = std::chrono::seconds{seconds};
    } else if (name == "fields") {
      simdjson::ondemand::object fields;
      if (said.get_object().get(fields)) return error;
      for (auto problem : fields) {
        if (problem.unescaped_key().get(name) || problem.value().get_string().get(value))
          return error;
        error.fields.push_back({std::string{name}, std::string{value}});
      }
    }
  }
  const std::string_view known = info(error.code).text;
  if (message.starts_with(known)) message.erase(0, known.size());
  if (message.starts_with(": ")) message.erase(0, 2);
  error.detail = std::move(message);
  return error;
}

HttpResponse error_response(const Error& error) {
  HttpResponse response{.status = info(error.code).http_status, .body = {}, .headers = {}};
  write_error(response.body, error);
  if (error.retry_after.count() > 0)
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
  return response;
}

}  // namespace parley::gateway
