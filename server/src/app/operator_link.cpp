#include "app/operator_link.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "app/loopback_http.h"
#include "app/server_url.h"
#include "app/storage.h"
#include "app/user_part.h"
#include "broker/memory/rate_limiter.h"
#include "gateway/error_response.h"
#include "gateway/operations.h"
#include "model/moderation.h"
#include "senders/http_client.h"
#include "storage/sqlite/database.h"

namespace parley::app {
namespace {

using boost::json::object;
using boost::json::value;

constexpr SessionId kNoSession{1};  // stands in no list of sessions, and cannot be ended
constexpr std::chrono::seconds kTokenLifetime{60};

std::string text_of(const value& member) {
  return member.is_string() ? std::string{member.get_string()} : boost::json::serialize(member);
}

OperatorReply read_reply(int status, std::string_view body) {
  return {.status = status, .body = body.empty() ? value{} : boost::json::parse(body)};
}

// For a path or a query (RFC 3986).
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// A command as REST takes it: what has no place in the body is text.
struct Request {
  std::string path;
  std::vector<json::Text> texts;
  std::string body;
};

Request request_of(const gateway::Operation& operation, object members) {
  Request request;
  std::string query;
  // `name` is one of the table, and stays.
  const auto take_text = [&](std::string_view name) {
    std::string text = text_of(members.at(name));
    request.texts.push_back({name, text});
    members.erase(name);
    return text;
  };
  for (std::string_view rest = operation.path; !rest.empty();) {
    const auto end = std::min(rest.find('/', 1), rest.size());
    const std::string_view segment = rest.substr(1, end - 1);
    rest.remove_prefix(end);
    request.path += '/';
    request.path += segment.starts_with(':') ? escaped(take_text(segment.substr(1))) : segment;
  }
  if (operation.verb == "POST" || operation.verb == "PUT") {
    request.body = boost::json::serialize(members);
    return request;
  }
  for (const gateway::Field& field : operation.command().fields) {
    if (!members.contains(field.name)) continue;
    query += fmt::format("{}{}={}", query.empty() ? '?' : '&', field.name,
                         escaped(take_text(field.name)));
  }
  request.path += query;
  return request;
}

// By HTTP, with a token of the operator's that is good for a minute.
class RunningServer final : public OperatorLink {
 public:
  RunningServer(const NodeSettings& settings, std::string url)
      : url_(std::move(url)), tokens_(signing_keys(settings, clock_.now()), clock_) {}

  OperatorReply ask(std::string_view name, object members) override {
    const gateway::Operation& operation = *gateway::find_operation(name);
    const Request request = request_of(operation, std::move(members));
    const std::string token = tokens_.issue({.user_id = kOperator,
                                             .session_id = kNoSession,
                                             .role = Role::admin,
                                             .expires_at = clock_.now() + kTokenLifetime});
    const HttpReply reply = ask_loopback(url_, std::string{operation.verb},
                                         "/api/v1" + request.path, token, request.body);
    if (reply.status == 401)
      throw std::runtime_error(
          "The running server does not accept our key: give the configuration it was started with");
    return read_reply(reply.status, reply.body);
  }

 private:
  const std::string url_;
  SystemClock clock_;
  user::AccessTokens tokens_;
};

// On the data directory, which nobody else uses.
class OwnParts final : public OperatorLink {
 public:
  explicit OwnParts(const NodeSettings& settings)
      : storage_(settings, clock_, nullptr), users_(settings, storage_, limiter_, router_, http_) {
    api_.admin = &users_.admin;
    api_.invites = &users_.invites;
  }
  ~OwnParts() override {
    users_.stop();
    http_.stop();
    storage_.engine.database->stop();
    storage_.engine.database->stop_reading();
  }

  OperatorReply ask(std::string_view name, object members) override {
    const gateway::Operation& operation = *gateway::find_operation(name);
    const Request request = request_of(operation, std::move(members));
    Caller caller;
    caller.user_id = kOperator;
    caller.session_id = kNoSession;
    caller.role = Role::admin;
    caller.address = "local";
    auto begun = operation.begin(api_, std::move(caller), json::Input{request.body}, request.texts,
                                 gateway::Form::rest, {});
    if (!begun) return refused(begun.error());
    std::optional<Result<gateway::Answer>> answer;
    boost::asio::co_spawn(storage_.loop, std::move(*begun),
                          [&](std::exception_ptr failure, Result<gateway::Answer> made) {
                            if (failure) std::rethrow_exception(failure);
                            answer = std::move(made);
                          });
    storage_.loop.restart();
    storage_.loop.run();
    if (!*answer) return refused(answer->error());
    return read_reply((*answer)->status, (*answer)->body);
  }

 private:
  static OperatorReply refused(const Error& error) {
    std::string body;
    gateway::write_error(body, error);
    return read_reply(info(error.code).http_status, body);
  }

  SteeredClock clock_;
  Storage storage_;
  broker::UnlimitedRateLimiter limiter_;
  delivery::Router router_;
  senders::CurlHttpClient http_;  // which no operator's command asks
  UserPart users_;
  gateway::Api api_;
};

}  // namespace

std::unique_ptr<OperatorLink> open_operator_link(const NodeSettings& settings) {
  if (!std::filesystem::is_directory(settings.data))
    throw std::runtime_error(fmt::format("There is no directory {}", settings.data.string()));
  // On PostgreSQL nobody else is kept out; but who is signed out has to be told to go.
  if (!settings.cluster.storage.empty())
    if (auto url = read_server_url(settings.data))
      return std::make_unique<RunningServer>(settings, std::move(*url));
  try {
    return std::make_unique<OwnParts>(settings);
  } catch (const storage::DirectoryInUse&) {
    auto url = read_server_url(settings.data);
    if (!url)
      throw std::runtime_error(
          fmt::format("The server that uses {} is just starting or stopping: try again",
                      settings.data.string()));
    return std::make_unique<RunningServer>(settings, std::move(*url));
  }
}

}  // namespace parley::app
