#include "gateway/rest.h"

#include <algorithm>

#include "base/url.h"
#include "gateway/authenticate.h"
#include "gateway/browser_session.h"
#include "gateway/error_response.h"
#include "gateway/operation_probe.h"

namespace parley::gateway {
namespace {

constexpr std::string_view kRefresh = "auth:refresh";
constexpr std::string_view kSignOut = "auth:logout";

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    if (path.front() != '/') return {};
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  constexpr std::string_view kJson = "application/json";
  return type.size() >= kJson.size() &&
         std::ranges::equal(type.substr(0, kJson.size()), kJson,
                            [](char a, char b) { return (a | 0x20) == (b | 0x20); }) &&
         type.find_first_not_of(' ', kJson.size()) == std::string_view::npos;
}

}  // namespace

Rest::Rest(const Api& api, const user::AccessTokens& tokens, const Limits& limits,
           std::int64_t refresh_cookie_seconds)
    : api_(api), tokens_(tokens), limits_(limits), refresh_cookie_seconds_(refresh_cookie_seconds) {
  for (const Operation& operation : operations()) {
    if (!operation.verb.empty()) add_route(operation.verb, operation.path, operation);
  }
  for (const Alias& alias : aliases())
    add_route(alias.verb, alias.path, *find_operation(alias.operation));
  // Literal segments win over parameters: /users/profile is not the user "profile".
  std::ranges::sort(routes_, {}, [](const Route& route) {
    return std::ranges::count_if(route.segments, [](auto s) { return s.starts_with(':'); });
  });
}

void Rest::add_route(std::string_view verb, std::string_view path, const Operation& operation) {
  routes_.push_back({.verb = verb, .segments = split(path), .operation = &operation});
}

Rest::Match Rest::match(std::string_view verb, std::string_view path) const {
  Match match;
  const auto segments = split(path);
  for (const Route& route : routes_) {
    const bool fits = std::ranges::equal(route.segments, segments, [](auto expected, auto given) {
      return expected.starts_with(':') ? !given.empty() : expected == given;
    });
    if (!fits) continue;
    if (route.verb != verb) {
      if (match.allowed.find(route.verb) == std::string::npos)
        match.allowed.append(match.allowed.empty() ? "" : ", ").append(route.verb);
      continue;
    }
    match.operation = route.operation;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (!route.segments[i].starts_with(':')) continue;
      // A broken escape cannot be the name of anything: it is passed on and not found.
      match.texts.push_back({route.segments[i].substr(1),
                             percent_decoded(segments[i]).value_or(std::string{segments[i]})});
    }
    return match;
  }
  return match;
}

std::size_t Rest::most_bytes() {
  std::size_t most = 0;
  for (const Operation& operation : operations()) most = std::max(most, operation.most_bytes);
  return most;
}

std::size_t Rest::most_bytes(std::string_view method, std::string_view path) const {
  const Match found = match(method, path.substr(kPrefix.size()));
  return found.operation ? found.operation->most_bytes : 0;
}

Task<HttpResponse> Rest::answer(HttpRequest request) {
  Match found = match(request.method == "HEAD" ? "GET" : std::string_view{request.method},
                      std::string_view{request.path}.substr(kPrefix.size()));
  if (!found.operation) {
    if (found.allowed.empty()) co_return error_response({.code = Errc::route_not_found});
    HttpResponse response = error_response({.code = Errc::method_not_allowed});
    response.headers.emplace_back("Allow", found.allowed);
    co_return response;
  }
  const Operation& operation = *found.operation;

  // A stranger's operation works with a token that has run out, or without any.
  const std::string_view token =
      operation.access == Access::stranger ? std::string_view{} : bearer_token(request);
  Asked asked{.operation = operation, .way = "rest", .address = request.address};
  const auto refused = [&](const Error& error) {
    api_.probe->refused(asked, error.code);
    return error_response(error);
  };
  auto caller = authenticate(tokens_, request, token);
  if (!caller) co_return refused(caller.error());
  asked.user_id = caller->user_id;
  if (const auto error = co_await limits_.refuse(operation, *caller)) co_return refused(*error);

  const bool takes_json = operation.most_bytes == 0;
  if (takes_json && !request.body.empty() && !is_json(request.header("content-type")))
    co_return refused({.code = Errc::unsupported_media_type});

  const auto query = query_pairs(request.query);
  if (!query) {
    co_return refused({.code = Errc::malformed_request, .detail = "The query has a broken escape"});
  }
  for (const auto& [name, value] : *query) found.texts.push_back({name, value});

  std::string cookie;
  if (operation.name == kRefresh && (request.body.empty() || request.body == "{}")) {
    cookie = refresh_cookie_of(request).value_or("");
    if (!cookie.empty()) {
      if (!has_csrf_token(request, cookie)) co_return refused({.code = Errc::csrf_failed});
      found.texts.push_back({"refreshToken", cookie});
      caller->keeps_cookies = true;
    }
  }

  const std::string_view json = takes_json ? std::string_view{request.body} : std::string_view{};
  // A trace of our own is made only where somebody will see it.
  if (const auto given = request.header("traceparent"); !given.empty())
    caller->trace = next_step(read_traceparent(given).value_or(Trace{}));
  else if (!operation.is_here(api_))
    caller->trace = next_step({});
  asked.trace = caller->trace;
  auto begun = begin(operation, api_, std::move(*caller), json::Input{json}, found.texts,
                     Form::rest, request.body);
  if (!begun) co_return refused(begun.error());
  asked.begun = OperationProbe::Clock::now();
  const auto answer = co_await std::move(*begun);
  if (answer) api_.probe->finished(asked);

  HttpResponse response = answer ? HttpResponse{.status = answer->status,
                                                .content_type = answer->content_type,
                                                .body = answer->body,
                                                .headers = {}}
                                 : refused(answer.error());
  if (answer && answer->refresh_cookie)
    set_cookies(response, *answer->refresh_cookie, refresh_cookie_seconds_, request.secure);
  const bool cookie_is_dead =
      !answer && !cookie.empty() && answer.error().code == Errc::invalid_refresh_token;
  if ((operation.name == kSignOut && answer && refresh_cookie_of(request)) || cookie_is_dead)
    clear_cookies(response, request.secure);
  response.headers.emplace_back("Cache-Control",
                                answer && answer->max_age > 0
                                    ? "private, max-age=" + std::to_string(answer->max_age)
                                    : "no-store");
  co_return response;
}

}  // namespace parley::gateway
