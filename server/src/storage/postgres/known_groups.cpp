#include "storage/postgres/known_groups.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::storage {

void SenderRun::add(Seq seq, UserId sender) {
  if (seq != last() + 1) {
    senders.clear();
    first = seq;
  }
  senders.push_back(sender);
}

void SenderRun::keep_newest(std::size_t most) {
  if (senders.size() <= most) return;
  const auto gone = std::ssize(senders) - static_cast<std::ptrdiff_t>(most);
  senders.erase(senders.begin(), senders.begin() + gone);
  first += gone;
}

KnownGroup& KnownGroups::get(ChatId chat) {
  const auto it = index_.find(chat);
  if (it != index_.end()) {
    order_.splice(order_.begin(), order_, it->second);
  } else {
    order_.push_front({.chat = chat, .group = {}});
    index_.emplace(chat, order_.begin());
  }
  ++used_;
  return order_.front().group;
}

void KnownGroups::trim() {
  auto entry = order_.begin();
  for (std::size_t i = std::min(std::exchange(used_, 0), order_.size()); i > 0; --i, ++entry) {
    weight_ -= entry->weight;
    entry->weight = entry->group.recipients.size() + entry->group.recent.senders.size() + 16;
    weight_ += entry->weight;
  }
  while (weight_ > capacity_ && order_.size() > 1) {
    weight_ -= order_.back().weight;
    index_.erase(order_.back().chat);
    order_.pop_back();
  }
}

}  // namespace parley::storage
