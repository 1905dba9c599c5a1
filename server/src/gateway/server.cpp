#include "gateway/server.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include "base/log.h"
#include "gateway/connection.h"

namespace parley::gateway {
namespace {

using tcp = boost::asio::ip::tcp;
using Acceptor = boost::asio::basic_socket_acceptor<tcp, Loop::executor_type>;
using boost::system::error_code;

constexpr int kBacklog = 4096;

// As many descriptors as the system lets us have.
void raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur < wanted) {
    log::warning("the system allows fewer descriptors than max_connections needs",
                 {{"allowed", limit.rlim_cur}, {"needed", wanted}});
  }
}

}  // namespace

struct Server::Thread {
  Thread(const NetworkOptions& options, Handler& handler, delivery::Router& router,
         const Clock& clock)
      : network(options, handler, router, clock), acceptor(network.loop) {}

  void bind(const tcp::endpoint& endpoint) {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(Acceptor::reuse_address{true});
    acceptor.set_option(
        boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>{true});
    acceptor.bind(endpoint);
    acceptor.listen(kBacklog);
  }

  Task<void> accept(const HttpServices& services) {
    const std::size_t share = std::max<std::size_t>(1, network.options.max_connections);
    while (acceptor.is_open()) {
      error_code error;
      Socket socket{network.loop};
      co_await acceptor.async_accept(socket, boost::asio::redirect_error(use_task, error));
      if (error == boost::asio::error::operation_aborted || !acceptor.is_open()) co_return;
      if (error) {
        log::warning("a connection could not be accepted", {{"why", error.message()}});
        pause.expires_after(std::chrono::milliseconds{100});  // no descriptors: do not spin
        co_await pause.async_wait(boost::asio::redirect_error(use_task, error));
        continue;
      }
      count(network.traffic.accepted);
      if (network.open_sockets() >= share) continue;  // closes it
      socket.set_option(tcp::no_delay{true}, error);
      socket.non_blocking(true, error);
      boost::asio::co_spawn(network.loop.get_executor(),
                            serve_http(network, services, std::move(socket)),
                            boost::asio::detached);
    }
  }

  NetworkThread network;
  Acceptor acceptor;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Loop::executor_type>
      pause{network.loop};
  boost::asio::executor_work_guard<Loop::executor_type> work{network.loop.get_executor()};
  std::thread thread;
};

Server::Server(NetworkOptions options, Handler& handler, delivery::Router& router,
               const Clock& clock)
    : options_([&] {
        options.threads = std::max(1U, options.threads);
        options.max_connections =
            std::max<std::size_t>(1, options.max_connections / options.threads);
        return std::move(options);
      }()),
      files_(options_.web),
      proxies_(options_.trusted_proxies),
      services_{.files = files_, .proxies = proxies_} {
  raise_descriptor_limit(options_.max_connections * options_.threads + 64);
  for (unsigned i = 0; i < options_.threads; ++i)
    threads_.push_back(std::make_unique<Thread>(options_, handler, router, clock));
}

Server::~Server() { stop(std::chrono::milliseconds{0}); }

void Server::listen() {
  error_code error;
  const auto address = boost::asio::ip::make_address(
      options_.host == "localhost" ? "127.0.0.1" : options_.host, error);
  if (error)
    throw std::runtime_error(fmt::format("Cannot listen on {}: not an IP address", options_.host));
  tcp::endpoint endpoint{address, options_.port};
  try {
    if (options_.port != 0) {
      // With SO_REUSEPORT two servers could share a port unnoticed: see whether it is free first.
      Acceptor probe{threads_.front()->network.loop, endpoint, true};
    }
    for (const auto& thread : threads_) {
      thread->bind(endpoint);
      endpoint.port(thread->acceptor.local_endpoint().port());
    }
  } catch (const boost::system::system_error& failure) {
    throw std::runtime_error(fmt::format("Cannot listen on {}:{}: {}", options_.host, options_.port,
                                         failure.code().message()));
  }
  port_ = endpoint.port();
}

void Server::start() {
  listen();
  running_ = true;
  for (const auto& thread : threads_) {
    boost::asio::co_spawn(thread->network.loop.get_executor(), thread->accept(services_),
                          boost::asio::detached);
    thread->network.timers.start();
    thread->thread = std::thread{[&loop = thread->network.loop] { loop.run(); }};
    pthread_setname_np(thread->thread.native_handle(), "gateway");
  }
}

bool Server::quiet() const {
  return std::ranges::all_of(threads_, [](const auto& thread) {
    const Traffic& traffic = thread->network.traffic;
    return traffic.sockets.load(std::memory_order_relaxed) == 0 &&
           traffic.http_connections.load(std::memory_order_relaxed) == 0;
  });
}

void Server::stop(std::chrono::milliseconds grace) {
  if (!std::exchange(running_, false)) return;
  for (const auto& thread : threads_) {
    boost::asio::post(thread->network.loop, [thread = thread.get()] {
      error_code ignored;
      thread->acceptor.close(ignored);
      thread->network.say_goodbye();
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!quiet() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  for (const auto& thread : threads_) thread->network.loop.stop();
  for (const auto& thread : threads_) thread->thread.join();
}

void Server::close_sockets() {
  for (const auto& thread : threads_)
    boost::asio::post(thread->network.loop,
                      [thread = thread.get()] { thread->network.close_sockets(); });
}

std::string Server::url() const {
  const bool everywhere = options_.host == "0.0.0.0" || options_.host == "::";
  const bool v6 = options_.host.find(':') != std::string::npos;
  if (everywhere) return fmt::format("http://localhost:{}", port_);
  const std::string host = v6 ? "[" + options_.host + "]" : options_.host;
  return fmt::format("http://{}:{}", host, port_);
}

TrafficTotals Server::traffic() const {
  TrafficTotals sum;
  for (const auto& thread : threads_) {
    const Traffic& traffic = thread->network.traffic;
    sum.sockets += traffic.sockets;
    sum.http_connections += traffic.http_connections;
    sum.accepted += traffic.accepted;
    sum.frames_in += traffic.frames_in;
    sum.frames_out += traffic.frames_out;
    sum.bytes_in += traffic.bytes_in;
    sum.bytes_out += traffic.bytes_out;
    sum.writes += traffic.writes;
    sum.dropped_events += traffic.dropped_events;
    sum.slow_closes += traffic.slow_closes;
    for (std::size_t i = 0; i < sum.responses.size(); ++i) sum.responses[i] += traffic.responses[i];
  }
  return sum;
}

}  // namespace parley::gateway
