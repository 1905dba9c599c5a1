#include "delivery/membership.h"

#include <stdexcept>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "base/log.h"

namespace parley::delivery {
namespace {

std::string displaced(NodeId id) {
  return fmt::format("another node runs with node-id {}: give each node its own",
                     std::to_underlying(id));
}

}  // namespace

Task<void> Membership::join(std::chrono::milliseconds pause, std::chrono::milliseconds patience) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Loop::executor_type>
      timer{executor};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (bool first = true;; first = false) {
    std::string why;
    try {
      if (co_await board_.renew(self_)) co_return;
      why = displaced(self_.id);
    } catch (const std::exception& failure) {
      why = fmt::format("the board of nodes cannot be reached: {}", failure.what());
    }
    if (std::chrono::steady_clock::now() >= deadline)
      throw std::runtime_error("Cannot join the cluster: " + why);
    if (first) log::info("waiting to join the cluster", {{"why", why}});
    timer.expires_after(pause);
    boost::system::error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(use_task, ignored));
  }
}

Task<std::optional<Membership::Look>> Membership::look() {
  std::optional<Look> look;
  try {
    look.emplace();
    look->ours = co_await board_.renew(self_);
    look->nodes = co_await board_.nodes();
    look->certain = good_looks_ >= kCertain;
    if (!look->certain) ++good_looks_;
    note(look->ours ? std::nullopt : std::optional{displaced(self_.id)});
  } catch (const std::exception& failure) {
    look.reset();
    good_looks_ = 0;
    note(fmt::format("the board of nodes cannot be reached: {}", failure.what()));
  }
  co_return look;
}

Task<void> Membership::leave() {
  try {
    co_await board_.leave(self_);
  } catch (const std::exception& failure) {
    // The lease runs out by itself.
    log::info("the board of nodes was not told goodbye", {{"why", failure.what()}});
  }
}

void Membership::note(std::optional<std::string> trouble) {
  const std::lock_guard lock{mutex_};
  if (trouble && trouble != trouble_) log::warning("cluster", {{"trouble", *trouble}});
  if (!trouble && trouble_) log::info("cluster: the trouble is over");
  trouble_ = std::move(trouble);
}

std::optional<std::string> Membership::trouble() const {
  const std::lock_guard lock{mutex_};
  return trouble_;
}

}  // namespace parley::delivery
