#include "processor/housekeeper.h"

#include <exception>

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::processor {
namespace {

constexpr std::int64_t kSweptAtOnce = 2000;

}  // namespace

Task<void> Housekeeper::run() {
  while (!stopping_) {
    try {
      co_await take_turn();
    } catch (const std::exception& failure) {
      log::warning("housekeeping was interrupted", {{"why", failure.what()}});
    }
    if (stopping_) break;
    timer_.expires_after(sweep_every_);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
  // The next one need not wait for our lease to end.
  try {
    if (leads_) co_await stores_.leases.hold("housekeeping", node_, std::chrono::seconds{0});
  } catch (const std::exception&) {
    // Then it waits.
  }
  leads_ = false;
}

void Housekeeper::stop() {
  stopping_ = true;
  timer_.cancel();
}

Task<void> Housekeeper::take_turn() {
  const bool leads = co_await stores_.leases.hold("housekeeping", node_, kLease);
  if (leads != leads_) log::info(leads ? "housekeeping begins here" : "housekeeping ends here");
  leads_ = leads;
  if (!leads) co_return;
  co_await sweep();
  if (SteadyClock::now() < next_tidy_) co_return;
  co_await tidy();
  next_tidy_ = SteadyClock::now() + kTidy;
}

Task<void> Housekeeper::sweep() {
  while (!stopping_) {
    const auto bursts = co_await stores_.away.sweep(clock_.now() - kSettled, kSweptAtOnce);
    if (bursts.empty()) co_return;
    for (const chat::Burst& burst : bursts)
      late_pushes_ += static_cast<std::uint64_t>(co_await stores_.away.notify(burst));
  }
}

Task<void> Housekeeper::tidy() {
  std::int64_t removed = co_await stores_.housekeeping.remove_expired();
  if (retention_.devices.count() > 0)
    removed += co_await stores_.devices.prune(clock_.now() - retention_.devices);
  removed_ += static_cast<std::uint64_t>(removed);
  if (retention_.messages.count() > 0) co_await cut_logs();
}

Task<void> Housekeeper::cut_logs() {
  const Timestamp now = clock_.now();
  std::int64_t entries = 0;
  for (std::uint64_t from = 0; !stopping_;) {
    const auto cut = co_await stores_.housekeeping.cut_logs(now - retention_.messages,
                                                            now - retention_.undelivered, from);
    entries += cut.entries;
    from = cut.next;
    if (from == 0) break;
    // A run may be longer than the lease.
    if (!co_await stores_.leases.hold("housekeeping", node_, kLease)) co_return;
  }
  entries_cut_ += static_cast<std::uint64_t>(entries);
  if (entries > 0) log::info("old entries were taken out", {{"entries", entries}});
}

}  // namespace parley::processor
