#include "processor/away_users.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::processor {

void AwayUsers::sent(ChatId chat, Seq seq, const Trace& trace) {
  const auto at = Clock::now() + wait_;
  const std::lock_guard lock{mutex_};
  // The burst is as long as the wait after its first message.
  Due& due = due_.try_emplace(chat, Due{.at = at}).first->second;
  due.up_to = std::max(due.up_to, seq);
  if (trace && due.traces.size() < kMostTraces) due.traces.emplace_back(seq, trace);
}

void AwayUsers::arrived(ChatId chat, Seq seq) {
  const std::lock_guard lock{mutex_};
  if (const auto due = due_.find(chat); due != due_.end() && due->second.up_to <= seq)
    due_.erase(due);
}

std::vector<chat::Burst> AwayUsers::take_due() {
  std::vector<chat::Burst> bursts;
  const auto now = Clock::now();
  const std::lock_guard lock{mutex_};
  std::erase_if(due_, [&](auto& entry) {
    if (entry.second.at > now) return false;
    bursts.push_back({.chat_id = entry.first,
                      .up_to = entry.second.up_to,
                      .traces = std::move(entry.second.traces)});
    return true;
  });
  return bursts;
}

Task<void> AwayUsers::look_after(chat::Burst burst) {
  try {
    const auto left = co_await store_.notify(burst);
    pushes_.fetch_add(static_cast<std::uint64_t>(left), std::memory_order_relaxed);
  } catch (const std::exception& failure) {
    log::warning("people who are away were not looked after",
                 {{"chat", burst.chat_id}, {"why", failure.what()}});
    sent(burst.chat_id, burst.up_to, {});
    for (const auto& [seq, trace] : burst.traces) sent(burst.chat_id, seq, trace);
  }
}

Task<void> AwayUsers::run() {
  while (!stopping_) {
    timer_.expires_after(kLook);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
    if (stopping_) break;
    for (chat::Burst& burst : take_due()) co_await look_after(std::move(burst));
  }
}

void AwayUsers::stop() {
  stopping_ = true;
  timer_.cancel();
}

}  // namespace parley::processor
