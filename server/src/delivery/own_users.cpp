#include "delivery/own_users.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::delivery {

bool OwnUsers::note(UserId user, bool told) {
  const std::lock_guard lock{mutex_};
  noted_.insert_or_assign(user, told);
  return noted_.size() == 1;
}

bool OwnUsers::note_attention(UserId user) {
  const std::lock_guard lock{mutex_};
  return noted_.try_emplace(user, true).second && noted_.size() == 1;
}

std::optional<Moves> OwnUsers::take() {
  decltype(noted_) noted;
  {
    const std::lock_guard lock{mutex_};
    noted.swap(noted_);
  }
  Moves moves;
  for (const auto& [user, told] : noted) {
    if (router_.online_here(user)) {
      if (users_.insert(user).second) moves.arrived.push_back(user);
      if (router_.attended_here(user)) {
        if (unattended_.erase(user) != 0) moves.attended.push_back(user);
      } else if (unattended_.insert(user).second) {
        moves.unattended.push_back(user);
      }
    } else if (users_.erase(user) != 0) {
      unattended_.erase(user);
      (told ? moves.left : moves.left_one).push_back(user);
    }
  }
  for (const auto* const list : {&moves.arrived, &moves.left, &moves.left_one})
    for (const UserId user : *list) digest_ ^= digest_of(user);
  if (moves.arrived.empty() && moves.left.empty() && moves.left_one.empty() &&
      moves.unattended.empty() && moves.attended.empty())
    return {};
  moves.number = ++number_;
  return moves;
}

Heartbeat OwnUsers::heartbeat() const {
  return {
      .number = number_, .count = users_.size(), .digest = digest_, .answer = false, .sent = {}};
}

std::vector<Snapshot> OwnUsers::snapshot() {
  const std::vector<UserId> everybody = all();
  const std::size_t parts = std::max<std::size_t>(
      1, (everybody.size() + Snapshot::kMostUsers - 1) / Snapshot::kMostUsers);
  ++serial_;
  std::vector<Snapshot> snapshot;
  snapshot.reserve(parts);
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = part * Snapshot::kMostUsers;
    const std::size_t end = std::min(everybody.size(), begin + Snapshot::kMostUsers);
    Snapshot& piece = snapshot.emplace_back();
    piece.number = number_;
    piece.serial = serial_;
    piece.part = static_cast<std::uint32_t>(part);
    piece.parts = static_cast<std::uint32_t>(parts);
    piece.users = {everybody.begin() + static_cast<std::ptrdiff_t>(begin),
                   everybody.begin() + static_cast<std::ptrdiff_t>(end)};
    std::ranges::copy_if(piece.users, std::back_inserter(piece.unattended),
                         [this](UserId user) { return unattended_.contains(user); });
  }
  return snapshot;
}

}  // namespace parley::delivery
