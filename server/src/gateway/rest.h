#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "gateway/http_message.h"
#include "gateway/limits.h"
#include "gateway/operations.h"
#include "user/token.h"

namespace parley::gateway {

// Rest turns an HTTP request under /api/v1 into an operation and back. Path, query and body fill
// one command by member name; errors have the one shape of error_response.h.
class Rest {
 public:
  static constexpr std::string_view kPrefix = "/api/v1";

  Rest(const Api& api, const user::AccessTokens& tokens, const Limits& limits,
       std::int64_t refresh_cookie_seconds);

  Task<HttpResponse> answer(HttpRequest request);

  // The longest body of a request that is no JSON: of any, and of this one (0 when it is JSON).
  static std::size_t most_bytes();
  std::size_t most_bytes(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string_view verb;
    std::vector<std::string_view> segments;  // ":chatId" takes any one segment
    const Operation* operation;
  };
  struct Match {
    const Operation* operation = nullptr;
    std::vector<json::Text> texts;
    std::string allowed;  // verbs that work on this path
  };

  void add_route(std::string_view verb, std::string_view path, const Operation& operation);
  Match match(std::string_view verb, std::string_view path) const;

  const Api& api_;
  const user::AccessTokens& tokens_;
  const Limits& limits_;
  const std::int64_t refresh_cookie_seconds_;
  std::vector<Route> routes_;
};

}  // namespace parley::gateway
