#include "app/health.h"

#include <fmt/format.h>

#include "app/describe.h"
#include "gateway/json_write.h"

namespace parley::app {

std::optional<gateway::HttpResponse> Health::page(std::string_view path) const {
  if (path == "/health") {
    return gateway::HttpResponse{.body = R"({"status":"ok","version":")" PARLEY_VERSION "\"}",
                                 .headers = {{"Cache-Control", "no-store"}}};
  }
  if (path == "/ready") return ready();
  if (path == "/metrics") {
    return gateway::HttpResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                 .body = metrics_.expose(),
                                 .headers = {{"Cache-Control", "no-store"}}};
  }
  if (path == "/api/openapi.json") {
    static const std::string openapi = describe_openapi();
    return gateway::HttpResponse{.body = openapi, .headers = {}};
  }
  return {};
}

gateway::HttpResponse Health::ready() const {
  const auto trouble = database_.trouble();
  std::string store;
  json::write(store, trouble.value_or("ok"));
  const bool stopping = shutting_down_;
  const bool well = !trouble && !stopping;
  return {
      .status = well ? 200 : 503,
      .body = fmt::format(R"({{"status":"{}","parts":{{"store":{},"gateway":"{}"}}}})",
                          well ? "ready" : "not_ready", store, stopping ? "shutting down" : "ok"),
      .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace parley::app
