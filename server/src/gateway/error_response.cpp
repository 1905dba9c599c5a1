#include "gateway/error_response.h"

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

HttpResponse error_response(const Error& error) {
  HttpResponse response{.status = info(error.code).http_status, .body = {}, .headers = {}};
  write_error(response.body, error);
  if (error.retry_after.count() > 0)
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
  return response;
}

}  // namespace parley::gateway
