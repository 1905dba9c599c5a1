#include "gateway/peer_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <sys/socket.h>

namespace parley::gateway {
namespace {

namespace http = boost::beast::http;
using boost::asio::redirect_error;
using boost::system::error_code;
using tcp = boost::asio::ip::tcp;
using Socket = boost::asio::basic_stream_socket<tcp, Loop::executor_type>;
using Resolver = boost::asio::ip::basic_resolver<tcp, Loop::executor_type>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Loop::executor_type>;
using Kind = PeerFailure::Kind;

constexpr std::uint32_t kLongestHead = 64 * 1024;

std::unexpected<PeerFailure> failure(Kind kind, std::string why) {
  return std::unexpected(PeerFailure{.kind = kind, .why = std::move(why)});
}

}  // namespace

std::string_view PeerAnswer::header(std::string_view name) const {
  for (const auto& [header, value] : headers)
    if (same_header(header, name)) return value;
  return {};
}

class PeerClient::Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Loop::executor_type executor)
      : socket_(executor), resolver_(executor), alarm_(executor) {}

  // Whether it can be used once more.
  bool usable(Clock::time_point now) {
    if (now - idle_since > kKeep || buffer_.size() != 0) return false;
    char byte;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);  // neither end nor noise
  }

  Task<error_code> connect(const Peer& peer, Clock::time_point deadline) {
    set_alarm(deadline);
    error_code error;
    const auto address = boost::asio::ip::make_address(peer.host, error);
    if (!error) {
      const tcp::endpoint endpoint{address, static_cast<std::uint16_t>(std::stoi(peer.port))};
      co_await socket_.async_connect(endpoint, redirect_error(use_task, error));
    } else {
      const auto found =
          co_await resolver_.async_resolve(peer.host, peer.port, redirect_error(use_task, error));
      if (!error)
        co_await boost::asio::async_connect(socket_, found, redirect_error(use_task, error));
    }
    clear_alarm();
    if (!error) socket_.set_option(tcp::no_delay{true}, error);
    if (timed_out_) error = boost::asio::error::timed_out;
    co_return error;
  }

  Task<std::expected<PeerAnswer, PeerFailure>> exchange(const Peer& peer,
                                                        const PeerRequest& request,
                                                        Clock::time_point deadline) {
    http::request<http::string_body> message{http::string_to_verb(request.method), request.target,
                                             11};
    const bool v6 = peer.host.find(':') != std::string::npos;
    message.set(http::field::host, (v6 ? '[' + peer.host + ']' : peer.host) + ':' + peer.port);
    for (const auto& [name, value] : request.headers) message.insert(name, value);
    message.body() = request.body;
    message.prepare_payload();

    set_alarm(deadline);
    error_code error;
    co_await http::async_write(socket_, message, redirect_error(use_task, error));
    http::response_parser<http::string_body> parser;
    parser.header_limit(kLongestHead);
    parser.body_limit(request.most_bytes);
    if (!error)
      co_await http::async_read(socket_, buffer_, parser, redirect_error(use_task, error));
    clear_alarm();

    if (timed_out_) co_return failure(Kind::too_late, "no answer in time");
    if (error) {
      const bool ended = error.category() != make_error_code(http::error::bad_version).category() ||
                         error == http::error::end_of_stream ||
                         error == http::error::partial_message;
      co_return failure(ended ? Kind::lost : Kind::malformed, error.message());
    }
    auto response = parser.release();
    reusable = response.keep_alive();
    PeerAnswer answer{.status = static_cast<int>(response.result_int()),
                      .headers = {},
                      .body = std::move(response.body())};
    for (const auto& field : response)
      answer.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    co_return answer;
  }

  bool reusable = false;
  Clock::time_point idle_since{};

 private:
  void set_alarm(Clock::time_point deadline) {
    timed_out_ = false;
    alarm_.expires_at(deadline);
    alarm_.async_wait([weak = weak_from_this(), turn = ++turn_](const error_code& cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self || self->turn_ != turn) return;
      self->timed_out_ = true;
      error_code ignored;
      self->resolver_.cancel();
      self->socket_.close(ignored);
    });
  }
  void clear_alarm() {
    ++turn_;  // what is already on its way means nothing any more
    alarm_.cancel();
  }

  Socket socket_;
  Resolver resolver_;
  Timer alarm_;
  std::uint64_t turn_ = 0;
  bool timed_out_ = false;
  boost::beast::flat_buffer buffer_;
};

PeerClient::PeerClient() = default;
PeerClient::~PeerClient() = default;

Task<std::expected<PeerAnswer, PeerFailure>> PeerClient::ask(const Peer& peer,
                                                             const PeerRequest& request,
                                                             Clock::time_point deadline) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const Key key{&executor.context(), peer.address};
  auto connection = take(key);
  const bool kept = connection != nullptr;
  if (!connection) {
    connection = std::make_shared<Connection>(executor);
    const auto error =
        co_await connection->connect(peer, std::min(deadline, Clock::now() + kConnectTimeout));
    if (error) co_return failure(Kind::unreachable, error.message());
  }
  auto answer = co_await connection->exchange(peer, request, deadline);
  if (!answer) answer.error().kept = kept;
  if (answer && connection->reusable) keep(key, std::move(connection));
  co_return answer;
}

std::shared_ptr<PeerClient::Connection> PeerClient::take(const Key& key) {
  std::vector<std::shared_ptr<Connection>> dead;  // closed when nothing is locked any more
  const std::lock_guard lock{mutex_};
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  auto& connections = found->second;
  const auto now = Clock::now();
  while (!connections.empty()) {
    auto connection = std::move(connections.back());
    connections.pop_back();
    if (connection->usable(now)) return connection;
    dead.push_back(std::move(connection));
  }
  return nullptr;
}

void PeerClient::keep(const Key& key, std::shared_ptr<Connection> connection) {
  const auto now = Clock::now();
  connection->idle_since = now;
  std::vector<std::shared_ptr<Connection>> dead;
  const std::lock_guard lock{mutex_};
  // Those of this loop that nobody took again: their peers may be gone for good.
  for (auto& [owner, unused] : idle_) {
    if (owner.first != key.first) continue;
    while (!unused.empty() && now - unused.front()->idle_since > kKeep) {
      dead.push_back(std::move(unused.front()));
      unused.erase(unused.begin());
    }
  }
  auto& connections = idle_[key];
  if (connections.size() < kMostIdle) connections.push_back(std::move(connection));
}

void PeerClient::stop() {
  const std::lock_guard lock{mutex_};
  idle_.clear();
}

std::size_t PeerClient::idle() const {
  const std::lock_guard lock{mutex_};
  std::size_t count = 0;
  for (const auto& [key, connections] : idle_) count += connections.size();
  return count;
}

}  // namespace parley::gateway
