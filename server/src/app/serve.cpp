#include "app/serve.h"

#include <chrono>
#include <csignal>
#include <exception>

#include <boost/asio/signal_set.hpp>

#include "app/node.h"
#include "app/server_url.h"
#include "app/signing_keys.h"
#include "base/log.h"

namespace parley::app {
namespace {

constexpr std::chrono::seconds kGrace{10};

}  // namespace

void serve(const NodeSettings& settings) {
  const auto begun = std::chrono::steady_clock::now();
  Loop loop{1};
  Storage storage{settings, Use::server};
  Node node{settings, storage, loop};
  node.join();

  SigningKeyWatch key_watch{loop, settings.data, [&](user::SigningKeys keys) {
                              storage.tokens.set_keys(std::move(keys));
                            }};

  boost::asio::basic_signal_set<Loop::executor_type> signals{loop, SIGINT, SIGTERM};
  std::signal(SIGPIPE, SIG_IGN);

  std::exception_ptr failure;
  std::size_t running = 0;
  const auto ended = [&](std::exception_ptr thrown) {
    if (thrown) failure = thrown;
    if (thrown || --running == 0) loop.stop();
  };
  running = node.run(ended);
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    log::info("stopping", {{"signal", signal}});
    node.stop(kGrace);
    key_watch.stop();
  });

  if (settings.token_secret.empty()) key_watch.start();
  node.start();
  const ServerUrlFile url_file{settings.data, node.url()};
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
  log::info("ready", {{"url", node.url()},
                      {"data", settings.data.string()},
                      {"roles", settings.roles.text()},
                      {"threads", settings.threads},
                      {"ms", took.count()}});
  loop.run();
  if (failure) std::rethrow_exception(failure);
  storage.engine.database->stop();
  storage.engine.database->stop_reading();
  log::info("stopped");
}

}  // namespace parley::app
