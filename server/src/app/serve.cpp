#include "app/serve.h"

#include <chrono>
#include <csignal>
#include <exception>
#include <optional>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "app/entrance.h"
#include "app/node.h"
#include "app/server_url.h"
#include "app/signing_keys.h"
#include "app/start_wait.h"
#include "app/stop_signals.h"
#include "base/log.h"

namespace parley::app {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds kGrace{10};

void say_ready(const NodeSettings& settings, const Node& node, SteadyTime begun) {
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
  log::info("ready", {{"url", node.url()},
                      {"data", settings.data.string()},
                      {"roles", settings.roles.text()},
                      {"threads", settings.threads},
                      {"ms", took.count()}});
}

// From the first port to the last word of a node that could start.
void run(const NodeSettings& settings, const StopSignals& signals, SteadyTime begun) {
  SteeredClock clock;
  Loop loop{1};
  StartWait wait{signals.token()};
  Entrance entrance{settings, clock, wait, loop};
  entrance.open();
  Storage storage{settings, clock, &wait};
  Node node{settings, storage, wait, entrance, loop};
  node.join();

  SigningKeyWatch key_watch{loop, settings.data, [&](user::SigningKeys keys) {
                              storage.tokens.set_keys(std::move(keys));
                            }};
  std::exception_ptr failure;
  std::size_t running = 0;
  const auto ended = [&](std::exception_ptr thrown) {
    if (thrown) failure = thrown;
    if (thrown || --running == 0) loop.stop();
  };
  running = node.run(ended);
  // Some nodes have nothing to do on this loop but to wait for a signal.
  auto until_stop = boost::asio::make_work_guard(loop);
  if (settings.token_secret.empty()) key_watch.start();
  node.start();
  const ServerUrlFile url_file{settings.data, node.url()};
  say_ready(settings, node, begun);
  const std::stop_callback stop{signals.token(), [&] {
                                  boost::asio::post(loop, [&] {
                                    log::info("stopping", {{"signal", signals.signal()}});
                                    node.stop(kGrace);
                                    key_watch.stop();
                                    until_stop.reset();
                                  });
                                }};
  loop.run();
  if (failure) std::rethrow_exception(failure);
  storage.engine.database->stop();
  storage.engine.database->stop_reading();
}

}  // namespace

void serve(const NodeSettings& settings) {
  const auto begun = std::chrono::steady_clock::now();
  std::signal(SIGPIPE, SIG_IGN);
  const StopSignals signals;
  try {
    run(settings, signals, begun);
  } catch (const StartWait::Stopped&) {
    log::info("stopping", {{"signal", signals.signal()}});
  }
  log::info("stopped");
}

}  // namespace parley::app
