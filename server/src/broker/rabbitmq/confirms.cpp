#include "broker/rabbitmq/confirms.h"

#include <algorithm>

namespace parley::broker {

void Confirms::sent(Place place, std::string message_id, std::size_t size) {
  entries_.push_back({.place = place, .message_id = std::move(message_id), .size = size});
  ++open_;
  bytes_ += size;
}

void Confirms::returned(const std::string& message_id) {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return !entry.settled && !entry.returned && entry.message_id == message_id;
  });
  if (found != entries_.end()) found->returned = true;
}

void Confirms::settle(Entry& entry, Published outcome, Outcomes& outcomes) {
  if (entry.settled) return;
  entry.settled = true;
  --open_;
  bytes_ -= entry.size;
  outcomes.emplace_back(entry.place, outcome);
}

Confirms::Outcomes Confirms::settled(std::uint64_t tag, bool multiple, bool refused) {
  Outcomes outcomes;
  // Tag 0 with `multiple` means all of them.
  const std::uint64_t last = tag == 0 && multiple ? first_tag_ + entries_.size() - 1 : tag;
  if (last < first_tag_ || last >= first_tag_ + entries_.size()) return outcomes;
  const std::size_t end = last - first_tag_;
  for (std::size_t i = multiple ? 0 : end; i <= end; ++i) {
    Entry& entry = entries_[i];
    const Published accepted = entry.returned ? Published::unroutable : Published::confirmed;
    settle(entry, refused ? Published::refused : accepted, outcomes);
  }
  while (!entries_.empty() && entries_.front().settled) {
    entries_.pop_front();
    ++first_tag_;
  }
  return outcomes;
}

Confirms::Outcomes Confirms::abandon() {
  Outcomes outcomes;
  for (Entry& entry : entries_) settle(entry, Published::unknown, outcomes);
  entries_.clear();
  first_tag_ = 1;
  return outcomes;
}

}  // namespace parley::broker
