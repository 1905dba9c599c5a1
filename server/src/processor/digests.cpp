#include "processor/digests.h"

#include <algorithm>
#include <exception>

#include <boost/asio/redirect_error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/log.h"

namespace parley::processor {
namespace {

using notification::Absence;
using notification::AbsenceDecision;
using notification::Waiting;

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// "Anna (3), Climbers (1) and 2 more chats"
std::string names_of(const Waiting& waiting) {
  std::string names;
  const auto others = waiting.chats - std::ssize(waiting.most);
  for (std::size_t i = 0; i < waiting.most.size(); ++i) {
    if (i > 0) names += i + 1 == waiting.most.size() && others == 0 ? " and " : ", ";
    names += fmt::format("{} ({})", waiting.most[i].name, waiting.most[i].messages);
  }
  if (others > 0) names += " and " + counted(others, "more chat", "more chats");
  return names;
}

}  // namespace

std::chrono::milliseconds Digests::interval_of(std::chrono::seconds after) {
  return std::clamp<std::chrono::milliseconds>(after / 60, std::chrono::seconds{1},
                                               std::chrono::minutes{1});
}

Task<void> Digests::run() {
  while (!stopping_) {
    timer_.expires_after(every_);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
    if (stopping_) break;
    try {
      co_await take_turn();
    } catch (const std::exception& failure) {
      log::warning("digests were not looked at", {{"why", failure.what()}});
    }
  }
  // The next one need not wait for our lease to end.
  try {
    co_await ties_.leases.hold("digests", node_, std::chrono::seconds{0});
  } catch (const std::exception&) {
    // Then it waits.
  }
}

void Digests::stop() {
  stopping_ = true;
  timer_.cancel();
}

Task<void> Digests::take_turn() {
  for (std::int64_t looked = 0; looked < kMostATurn && !stopping_; looked += kBatch) {
    // A turn may be longer than the lease.
    if (!co_await ties_.leases.hold("digests", node_, lease_)) co_return;
    const Timestamp now = clock_.now();
    const auto absences = co_await ties_.store.away_since(now - settings_.after, kBatch);
    if (absences.empty()) co_return;
    std::vector<AbsenceDecision> decisions;
    decisions.reserve(absences.size());
    for (const Absence& absence : absences) decisions.push_back(co_await decide(absence, now));
    const auto left = co_await ties_.store.settle(std::move(decisions));
    mails_.fetch_add(static_cast<std::uint64_t>(left), std::memory_order_relaxed);
    if (std::ssize(absences) < kBatch) co_return;
  }
}

Task<AbsenceDecision> Digests::decide(const Absence& absence, Timestamp now) {
  AbsenceDecision decision{
      .user_id = absence.user_id, .since = absence.since, .email = absence.email};
  const bool wants = !absence.email.empty() && absence.settings.email_digest;
  const bool told = absence.digest_at && *absence.digest_at >= absence.last_active;
  if (!wants || told || absence.since + settings_.after + kStale < now) co_return decision;
  const auto quiet_until = absence.settings.quiet_until;
  if (ties_.is_online(absence.user_id)) {
    decision.later = now;
  } else if (absence.last_active + settings_.after > now) {
    decision.later = absence.last_active;
  } else if (quiet_until && *quiet_until > now) {
    decision.later = *quiet_until - settings_.after;
  } else if (const Waiting waiting = co_await ties_.store.waiting(absence.user_id);
             waiting.messages > 0) {
    decision.mail = mail_for(absence, waiting);
  }
  co_return decision;
}

delivery::NewJob Digests::mail_for(const Absence& absence, const Waiting& waiting) const {
  const bool with_names = absence.settings.preview;
  boost::json::object values{
      {"name", absence.display_name},
      {"messages", counted(waiting.messages, "unread message", "unread messages")},
      {"chats", counted(waiting.chats, "chat", "chats")},
      {"link", settings_.public_url + "/"},
      {"unsubscribe", fmt::format("{}/api/v1/notifications/unsubscribe/{}", settings_.public_url,
                                  ties_.tokens.issue(absence.user_id))}};
  if (with_names) values["names"] = names_of(waiting);
  return {.kind = "mail",
          .payload = boost::json::serialize(
              boost::json::object{{"to", absence.email},
                                  {"template", with_names ? "digest_with_names" : "digest"},
                                  {"language", absence.language},
                                  {"values", std::move(values)}}),
          .due = {},
          .key = fmt::format("digest:{}", absence.user_id.value())};
}

}  // namespace parley::processor
