#include "gateway/http_session.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "gateway/connection.h"
#include "gateway/error_response.h"
#include "gateway/http_headers.h"
#include "gateway/network_options.h"
#include "gateway/websocket_handshake.h"

namespace parley::gateway {
namespace {

namespace http = boost::beast::http;
using boost::asio::redirect_error;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::string_view kSocketPath = "/ws";
constexpr std::uint32_t kLongestHeader = 16 * 1024;

// Ends what the socket is doing when the time is up.
class Deadline final : public TimerWheel::Timer {
 public:
  Deadline(TimerWheel& wheel, Socket& socket) : wheel_(wheel), socket_(socket) {}

  void set(std::chrono::seconds after) {
    passed_ = false;
    wheel_.set(*this, TimerWheel::Clock::now() + after);
  }
  bool passed() const { return passed_; }

 private:
  void expired() override {
    passed_ = true;
    error_code ignored;
    socket_.cancel(ignored);
    // Bytes that came at this very moment would have the next read begin: it is ended, too.
    wheel_.set(*this, TimerWheel::Clock::now() + TimerWheel::kTick);
  }

  TimerWheel& wheel_;
  Socket& socket_;
  bool passed_ = false;
};

HttpRequest request_from(const Parser::value_type& message) {
  HttpRequest request;
  request.method = message.method_string();
  request.version = message.version();
  std::string_view target{message.target().data(), message.target().size()};
  // A client may write the whole address (RFC 9112 §3.2.2); who is asked stands in Host, too.
  if (target.starts_with("http://") || target.starts_with("https://"))
    target.remove_prefix(std::min(target.find('/', target.find("//") + 2), target.size()));
  const auto question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  request.query = target.substr(std::min(question + 1, target.size()));
  for (const auto& field : message) {
    request.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
  }
  request.body = message.body();
  return request;
}

// The answer to what could not be read; nothing when there is nobody left to answer.
std::optional<HttpResponse> refusal_of(const error_code& error, bool too_slow) {
  if (too_slow) return error_response({.code = Errc::request_timeout});
  if (error == http::error::body_limit) return error_response({.code = Errc::payload_too_large});
  if (error == http::error::header_limit) {
    HttpResponse response = error_response({.code = Errc::payload_too_large});
    response.status = 431;
    return response;
  }
  if (error.category() == make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message)
    return error_response({.code = Errc::malformed_request, .detail = error.message()});
  return {};
}

class HttpSession {
 public:
  HttpSession(NetworkThread& thread, const HttpServices& services, Socket socket)
      : thread_(thread),
        services_(services),
        socket_(std::move(socket)),
        deadline_(thread.timers, socket_) {}

  Task<void> serve() {
    error_code error;
    const auto peer = socket_.remote_endpoint(error).address();
    if (error) co_return;
    auto patience = thread_.options.request_timeout;
    for (; !thread_.stopping; patience = thread_.options.keep_alive) {
      if (buffer_.size() == 0 && !co_await wait_for_request(patience)) co_return;

      Parser parser;
      parser.header_limit(kLongestHeader);
      parser.body_limit(std::max(thread_.options.max_json, thread_.handler.longest_body()));
      deadline_.set(thread_.options.request_timeout);
      if (!co_await read(parser)) co_return;

      HttpRequest request = request_from(parser.get());
      if (auto why = ambiguity_of(request)) {
        co_await refuse(
            error_response({.code = Errc::malformed_request, .detail = std::move(*why)}));
        co_return;
      }
      services_.proxies.settle(request, peer);
      const bool head = request.method == "HEAD";
      bool keep_alive = parser.get().keep_alive() && !thread_.stopping;
      deadline_.leave();

      if (request.path == kSocketPath) {
        auto refusal = co_await upgrade(request);
        if (!refusal) co_return;
        keep_alive = false;
        if (!co_await write(std::move(*refusal), request, false, head)) co_return;
        break;
      }
      HttpResponse response = co_await answer(request);
      keep_alive = keep_alive && !thread_.stopping;
      if (!co_await write(std::move(response), request, keep_alive, head) || !keep_alive) break;
    }
    socket_.shutdown(Socket::shutdown_send, error);
  }

 private:
  // Between requests a client may be silent for longer than within one.
  Task<bool> wait_for_request(std::chrono::seconds patience) {
    deadline_.set(patience);
    error_code error;
    thread_.idle.insert(&socket_);
    co_await socket_.async_wait(Socket::wait_read, redirect_error(use_task, error));
    thread_.idle.erase(&socket_);
    co_return !error && !thread_.stopping;
  }

  Task<bool> read(Parser& parser) {
    error_code error;
    co_await http::async_read_header(socket_, buffer_, parser, redirect_error(use_task, error));
    if (!error) error = limit_body(parser);
    if (!error && parser.get()[http::field::expect] == "100-continue" && !parser.is_done()) {
      http::response<http::empty_body> go_on{http::status::continue_, 11};
      co_await http::async_write(socket_, go_on, redirect_error(use_task, error));
    }
    if (!error)
      co_await http::async_read(socket_, buffer_, parser, redirect_error(use_task, error));
    if (!error) co_return true;

    auto refusal = refusal_of(error, deadline_.passed());
    if (refusal) co_await refuse(std::move(*refusal));
    co_return false;
  }

  // How much may follow depends on what is asked for.
  error_code limit_body(Parser& parser) {
    const auto& message = parser.get();
    std::string_view path{message.target().data(), message.target().size()};
    path = path.substr(0, path.find('?'));
    std::size_t limit = thread_.handler.body_limit(message.method_string(), path);
    if (limit == 0) limit = thread_.options.max_json;
    parser.body_limit(limit);
    const auto length = parser.content_length();
    return length && *length > limit ? make_error_code(http::error::body_limit) : error_code{};
  }

  // For requests after which there is no telling where the next one begins.
  Task<void> refuse(HttpResponse refusal) {
    const HttpRequest unknown;
    if (co_await write(std::move(refusal), unknown, false, false)) co_await hang_up();
  }

  // What the client still sends is thrown away for a moment: closing at once would reset the
  // connection, and the refusal would be lost on the way.
  Task<void> hang_up() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    deadline_.set(std::chrono::seconds{2});
    while (!error) {
      co_await socket_.async_wait(Socket::wait_read, redirect_error(use_task, error));
      if (!error) socket_.read_some(boost::asio::buffer(thread_.read_buffer), error);
      if (error == boost::asio::error::would_block) error = {};
    }
  }

  Task<HttpResponse> answer(const HttpRequest& request) {
    if (auto preflight = answer_preflight(request, thread_.options.allowed_origins))
      co_return std::move(*preflight);
    if (thread_.handler.owns(request.path)) co_return co_await thread_.handler.answer(request);
    if (request.method == "GET" || request.method == "HEAD")
      co_return services_.files.answer(request);
    HttpResponse response = error_response({.code = Errc::method_not_allowed});
    response.headers.emplace_back("Allow", "GET, HEAD");
    co_return response;
  }

  Task<bool> write(HttpResponse answer, const HttpRequest& request, bool keep_alive, bool head) {
    count(thread_.traffic.responses[static_cast<std::size_t>(answer.status / 100)]);
    add_security_headers(answer, request);
    add_cors_headers(answer, request, thread_.options.allowed_origins);

    Response response{static_cast<http::status>(answer.status), 11};
    for (const auto& [name, value] : answer.headers) response.insert(name, value);
    if (answer.status != 204 && answer.status != 304) {
      if (!answer.body.empty()) response.set(http::field::content_type, answer.content_type);
      response.content_length(answer.body.size());
    }
    if (!head) response.body() = std::move(answer.body);
    response.keep_alive(keep_alive);

    deadline_.set(thread_.options.keep_alive);
    error_code error;
    http::response_serializer<http::string_body> serializer{response};
    co_await http::async_write(socket_, serializer, redirect_error(use_task, error));
    deadline_.leave();
    co_return !error;
  }

  // Turns the connection into a WebSocket, or yields the refusal.
  Task<std::optional<HttpResponse>> upgrade(const HttpRequest& request) {
    auto accept = accept_handshake(request);
    if (!accept) co_return std::move(accept.error());
    if (!origin_is_allowed(request, thread_.options.allowed_origins))
      co_return error_response({.code = Errc::origin_refused});
    auto admission = co_await thread_.handler.admit(request);
    if (!admission) co_return std::move(admission.error());

    http::response<http::empty_body> switching{http::status::switching_protocols, 11};
    switching.set(http::field::upgrade, "websocket");
    switching.set(http::field::connection, "Upgrade");
    switching.set(http::field::sec_websocket_accept, *accept);
    if (!admission->subprotocol.empty())
      switching.set(http::field::sec_websocket_protocol, admission->subprotocol);
    count(thread_.traffic.responses[1]);

    error_code error;
    deadline_.set(thread_.options.request_timeout);
    co_await http::async_write(socket_, switching, redirect_error(use_task, error));
    deadline_.leave();
    if (error || thread_.stopping) co_return std::nullopt;

    std::string already_read{static_cast<const char*>(buffer_.data().data()), buffer_.size()};
    thread_.open_connection(std::move(socket_), std::move(*admission), std::move(already_read));
    co_return std::nullopt;
  }

  NetworkThread& thread_;
  const HttpServices& services_;
  Socket socket_;
  Deadline deadline_;
  boost::beast::flat_buffer buffer_{kLongestHeader + 4096};
};

}  // namespace

Task<void> serve_http(NetworkThread& thread, const HttpServices& services, Socket socket) {
  thread.traffic.http_connections.fetch_add(1, std::memory_order_relaxed);
  try {
    HttpSession session{thread, services, std::move(socket)};
    co_await session.serve();
  } catch (const std::exception& failure) {
    log::error("http connection failed", {{"why", failure.what()}});
  }
  thread.traffic.http_connections.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace parley::gateway
