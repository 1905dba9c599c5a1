#include "broker/rabbitmq/deliveries.h"

#include <algorithm>
#include <utility>

namespace parley::broker {

using delivery::JobId;

bool Deliveries::arrived(WorkJob job, Receipt receipt, std::int64_t redeliveries) {
  if (const auto known = settled_.find(job.id);
      known != settled_.end() && known->second > job.tries)
    return false;
  const auto [place, is_new] = entries_.try_emplace(job.id);
  Entry& entry = place->second;
  if (!is_new) {
    if (entry.receipt) return false;
    entry.receipt = receipt;  // whoever is at it has not noticed that the connection went
    return true;
  }
  job.tries += redeliveries;
  waiting_[job.kind].push_back(job.id);
  entry.job = std::move(job);
  entry.receipt = receipt;
  return true;
}

std::vector<delivery::Job> Deliveries::take(const std::vector<std::string>& kinds,
                                            std::int64_t most, Timestamp lease_end) {
  std::vector<delivery::Job> jobs;
  for (const std::string& kind : kinds) {
    const auto queue = waiting_.find(kind);
    if (queue == waiting_.end()) continue;
    while (!queue->second.empty() && std::ssize(jobs) < most) {
      Entry& entry = entries_.at(queue->second.front());
      queue->second.pop_front();
      entry.taken = true;
      entry.lease_end = lease_end;
      ++entry.job.tries;
      jobs.push_back({.id = entry.job.id,
                      .kind = entry.job.kind,
                      .payload = entry.job.payload,
                      .attempt = entry.job.tries});
    }
  }
  return jobs;
}

std::optional<WorkJob> Deliveries::hold(JobId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.taken || found->second.held) return std::nullopt;
  found->second.held = true;
  return found->second.job;
}

void Deliveries::keep(JobId id) {
  if (const auto found = entries_.find(id); found != entries_.end()) found->second.held = false;
}

std::optional<Deliveries::Receipt> Deliveries::settled(JobId id, std::int64_t tries) {
  remember(id, tries);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  const Entry entry = std::move(found->second);
  entries_.erase(found);
  if (!entry.taken) forget_waiting(id, entry.job.kind);
  return entry.receipt;
}

std::vector<Deliveries::Receipt> Deliveries::expire(Timestamp now) {
  std::vector<Receipt> receipts;
  std::erase_if(entries_, [&](const auto& named) {
    const Entry& entry = named.second;
    if (!entry.taken || entry.held || entry.lease_end > now) return false;
    if (entry.receipt) receipts.push_back(*entry.receipt);
    return true;
  });
  return receipts;
}

void Deliveries::lost() {
  std::erase_if(entries_, [](const auto& named) { return !named.second.taken; });
  for (auto& [id, entry] : entries_) entry.receipt.reset();
  waiting_.clear();
}

void Deliveries::remember(JobId id, std::int64_t tries) {
  const auto [place, is_new] = settled_.try_emplace(id, tries);
  place->second = std::max(place->second, tries);
  if (!is_new) return;
  settled_order_.push_back(id);
  if (settled_order_.size() <= remembered_) return;
  settled_.erase(settled_order_.front());
  settled_order_.pop_front();
}

void Deliveries::forget_waiting(JobId id, const std::string& kind) {
  std::erase(waiting_[kind], id);
}

}  // namespace parley::broker
