#include "broker/redis/client.h"

#include <future>
#include <utility>

#include <boost/asio/post.hpp>
#include <pthread.h>

#include "broker/redis/cluster.h"

namespace parley::broker::redis {
namespace {

namespace asio = boost::asio;

std::unique_ptr<Socket::Tls> make_tls(const Url& url) {
  if (!url.tls) return nullptr;
  auto tls = std::make_unique<Socket::Tls>(Socket::Tls::tls_client);
  tls->set_options(Socket::Tls::no_tlsv1 | Socket::Tls::no_tlsv1_1);
  tls->set_default_verify_paths();  // SSL_CERT_FILE may say otherwise
  tls->set_verify_mode(asio::ssl::verify_peer);
  return tls;
}

}  // namespace

Client::Client(Options options)
    : options_(std::move(options)),
      tls_(make_tls(options_.url)),
      hosts_(std::make_shared<std::vector<Host>>(options_.url.hosts)),
      work_(asio::make_work_guard(loop_)) {
  const auto commands = connection_options("commands");
  if (options_.url.kind == Url::Kind::cluster) {
    route_ = std::make_unique<ClusterRoute>(loop_, hosts_, commands);
  } else {
    route_ = std::make_unique<StraightRoute>(
        std::make_shared<Connection>(loop_, endpoints(), commands, Connection::Events{}));
  }
  asio::post(loop_, [this] {
    route_->start();
    if (options_.url.kind == Url::Kind::sentinel) watch_sentinels();
  });
  thread_ = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "redis");
    loop_.run();
  }};
}

Client::~Client() { stop(); }

void Client::stop() {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(stopping_, true)) return;
  }
  asio::post(loop_, [this] {
    drain();
    route_->stop();
    for (const auto& connection : connections_) connection->stop();
    connections_.clear();
    if (sentinels_) sentinels_->stop();
    sentinels_.reset();
  });
  work_.reset();
  thread_.join();
}

std::optional<std::string> Client::trouble() const { return route_->trouble(); }

Task<Outcome> Client::ask(Command command, std::chrono::milliseconds limit) {
  Ask ask;
  ask.command = std::move(command);
  ask.deadline = Connection::Clock::now() + limit;
  co_await ask.wait([&] { push(&ask); });
  co_return std::move(ask.outcome);
}

Task<Outcome> Client::run(const Script& script, std::vector<std::string> keys,
                          std::vector<std::string> arguments, std::chrono::milliseconds limit) {
  const std::vector<std::string_view> key_views{keys.begin(), keys.end()};
  const std::vector<std::string_view> argument_views{arguments.begin(), arguments.end()};
  Outcome outcome = co_await ask(script.by_digest(key_views, argument_views), limit);
  if (outcome && outcome->is_error("NOSCRIPT"))
    outcome = co_await ask(script.by_text(key_views, argument_views), limit);
  co_return outcome;
}

void Client::push(Ask* ask) {
  bool first = false;
  bool refused = false;
  {
    const std::lock_guard lock{mutex_};
    refused = stopping_;
    if (!refused) {
      first = asked_.empty();
      asked_.push_back(ask);
    }
  }
  if (refused) {
    ask->outcome = std::unexpected("it is being stopped");
    std::vector<Ask*> one{ask};
    resume_all(one);
  } else if (first) {
    asio::post(loop_, [this] { drain(); });
  }
}

void Client::drain() {
  std::vector<Ask*> asked;
  {
    const std::lock_guard lock{mutex_};
    asked.swap(asked_);
  }
  for (Ask* const ask : asked) {
    route_->send(std::move(ask->command), ask->deadline,
                 [this, ask](Outcome outcome) { finish(ask, std::move(outcome)); });
  }
}

// Replies that come in one read wake their callers' loops once.
void Client::finish(Ask* ask, Outcome outcome) {
  ask->outcome = std::move(outcome);
  if (finished_.empty())
    asio::post(loop_, [this] {
      auto finished = std::exchange(finished_, {});
      resume_all(finished);
    });
  finished_.push_back(ask);
}

std::shared_ptr<Connection> Client::connect(std::string purpose, std::vector<std::string> channels,
                                            Connection::Events events) {
  auto options = connection_options(std::move(purpose));
  options.channels = std::move(channels);
  const auto made =
      std::make_shared<Connection>(loop_, endpoints(), std::move(options), std::move(events));
  run_there([&] {
    connections_.push_back(made);
    made->start();
  });
  return made;
}

void Client::run_there(const std::function<void()>& work) {
  if (std::this_thread::get_id() == thread_.get_id()) return work();
  const auto done = std::make_shared<std::promise<void>>();
  {
    const std::lock_guard lock{mutex_};  // so that stop() comes after it on the loop
    if (stopping_) return;
    asio::post(loop_, [&work, done] {
      work();
      done->set_value();
    });
  }
  done->get_future().wait();
}

std::unique_ptr<Endpoints> Client::endpoints() {
  if (options_.url.kind == Url::Kind::sentinel)
    return std::make_unique<SentinelEndpoints>(loop_, options_.url, options_.patience / 2);
  return std::make_unique<TurnEndpoints>(hosts_);
}

Connection::Options Client::connection_options(std::string purpose) const {
  return {.name = options_.name + "-" + purpose,
          .sign_in = sign_in_command(options_.url),
          .database = options_.url.database,
          .only_master = options_.url.kind == Url::Kind::sentinel,
          .tls = tls_.get(),
          .patience = options_.patience,
          .keepalive = options_.keepalive,
          .most_unsent = options_.most_unsent};
}

// Sentinels say when they have chosen another master; the old one may be there for a while and
// answer.
void Client::watch_sentinels() {
  auto options = connection_options("sentinel");
  options.database = 0;
  options.only_master = false;
  options.lenient_sign_in = true;
  options.channels = {"+switch-master"};
  Connection::Events events;
  events.told = [this](std::string_view, std::string_view message) {
    if (!message.starts_with(options_.url.master + " ")) return;
    route_->restart("the master has changed");
    for (const auto& connection : connections_) connection->restart("the master has changed");
  };
  sentinels_ = std::make_shared<Connection>(loop_, std::make_unique<TurnEndpoints>(hosts_),
                                            std::move(options), std::move(events));
  sentinels_->start();
}

}  // namespace parley::broker::redis
