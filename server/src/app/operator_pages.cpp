#include "app/operator_pages.h"

#include <string_view>

#include "gateway/json_write.h"

namespace parley::app {
namespace {

const gateway::Headers kAlwaysNew{{"Cache-Control", "no-store"}};

}  // namespace

gateway::HttpResponse health_page() {
  return {.body = R"({"status":"ok","version":")" PARLEY_VERSION "\"}", .headers = kAlwaysNew};
}

gateway::HttpResponse ready_page(bool ready,
                                 const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string body = R"({"status":")";
  body += ready ? "ready" : "not_ready";
  body += R"(","parts":{)";
  for (std::string_view comma; const auto& [name, state] : parts) {
    body += comma;
    json::write(body, name);
    body += ':';
    json::write(body, state);
    comma = ",";
  }
  body += "}}";
  return {.status = ready ? 200 : 503, .body = std::move(body), .headers = kAlwaysNew};
}

gateway::HttpResponse metrics_page(const Metrics& metrics) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = metrics.expose(),
          .headers = kAlwaysNew};
}

}  // namespace parley::app
