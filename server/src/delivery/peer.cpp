#include "delivery/peer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::delivery {

// Once; again only when heartbeats went by without an answer.
bool Peer::ask() {
  synced_ = false;
  if (std::exchange(asked_, true)) return false;
  patience_ = kPatience;
  return true;
}

bool Peer::doubt() {
  asked_ = false;
  return ask();
}

bool Peer::hear(const Heartbeat& heartbeat) {
  if (!synced_) {
    if (asked_ && patience_-- > 0) return false;
    return doubt();
  }
  if (left_out_) {
    slot_ = directory_.take_slot(node_);  // somebody may have left
    if (!slot_) return false;
    left_out_ = false;
    return ask();
  }
  if (heartbeat.number < number_) return false;
  if (heartbeat.number == number_ && heartbeat.count == count_ && heartbeat.digest == digest_)
    return false;
  return ask();
}

bool Peer::hear(Moves moves, std::vector<Passage>& passages) {
  if (moves.number <= number_) return false;
  if (synced_ && moves.number == number_ + 1) {
    apply(std::move(moves), passages);
    return false;
  }
  if (ahead_.size() >= kMostAhead) ahead_.clear();  // the snapshot will be older than the rest
  const std::uint64_t number = moves.number;
  ahead_.try_emplace(number, std::move(moves));
  return ask();
}

bool Peer::hear(Snapshot snapshot, std::vector<Passage>& passages) {
  // What we know is newer, or nothing was asked.
  if (synced_ || snapshot.number < number_) return false;
  if (snapshot.parts == 0 || snapshot.parts > Snapshot::kMostParts ||
      snapshot.part >= snapshot.parts)
    return false;
  if (!assembly_ || snapshot.serial > assembly_->serial) {
    assembly_ = Assembly{.number = snapshot.number,
                         .serial = snapshot.serial,
                         .have = std::vector<bool>(snapshot.parts),
                         .missing = snapshot.parts,
                         .users = {},
                         .unattended = {}};
  }
  if (snapshot.serial != assembly_->serial || snapshot.number != assembly_->number ||
      snapshot.parts != assembly_->have.size() || assembly_->have[snapshot.part])
    return false;
  assembly_->have[snapshot.part] = true;
  auto& users = assembly_->users;
  users.insert(users.end(), snapshot.users.begin(), snapshot.users.end());
  auto& unattended = assembly_->unattended;
  unattended.insert(unattended.end(), snapshot.unattended.begin(), snapshot.unattended.end());
  if (--assembly_->missing != 0) return false;

  // Of what happened before we first heard of that node we could not be told.
  const std::size_t before = passages.size();
  apply(std::move(users), std::move(unattended), passages);
  for (std::size_t i = before; i < passages.size(); ++i) passages[i].late = was_synced_;
  number_ = snapshot.number;
  assembly_.reset();
  asked_ = false;
  synced_ = was_synced_ = true;
  ahead_.erase(ahead_.begin(), ahead_.upper_bound(number_));
  while (!ahead_.empty() && ahead_.begin()->first == number_ + 1) {
    apply(std::move(ahead_.begin()->second), passages);
    ahead_.erase(ahead_.begin());
  }
  return !ahead_.empty() && ask();
}

void Peer::clear(std::vector<Passage>& passages) {
  apply({}, {}, passages);
  if (slot_) directory_.free_slot(*slot_);
  slot_.reset();
}

void Peer::apply(Moves moves, std::vector<Passage>& passages) {
  std::ranges::sort(moves.unattended);
  for (const UserId user : moves.arrived)
    add(user, !std::ranges::binary_search(moves.unattended, user), passages);
  for (const UserId user : moves.left) remove(user, true, passages);
  for (const UserId user : moves.left_one) remove(user, false, passages);
  for (const UserId user : moves.unattended) turn(user, false, passages);
  for (const UserId user : moves.attended) turn(user, true, passages);
  number_ = moves.number;
}

void Peer::apply(std::vector<UserId> everybody, std::vector<UserId> unattended,
                 std::vector<Passage>& passages) {
  std::vector<UserId> known;
  if (slot_) known = directory_.users_of(*slot_);
  std::ranges::sort(known);
  std::ranges::sort(everybody);
  std::ranges::sort(unattended);
  std::vector<UserId> gone, fresh;
  std::ranges::set_difference(known, everybody, std::back_inserter(gone));
  std::ranges::set_difference(everybody, known, std::back_inserter(fresh));
  for (const UserId user : gone) remove(user, false, passages);
  for (const UserId user : fresh)
    add(user, !std::ranges::binary_search(unattended, user), passages);
  if (!slot_) return;
  for (const UserId user : directory_.unattended_users_of(*slot_))
    if (!std::ranges::binary_search(unattended, user)) turn(user, true, passages);
  for (const UserId user : unattended) turn(user, false, passages);
}

void Peer::add(UserId user, bool attended, std::vector<Passage>& passages) {
  if (!slot_) slot_ = directory_.take_slot(node_);
  if (!slot_) {
    left_out_ = true;
    return;
  }
  Directory::Places others = 0;
  if (!directory_.add(user, *slot_, others)) return;
  if (!attended) directory_.set_attended(user, *slot_, false);
  ++count_;
  digest_ ^= digest_of(user);
  passages.push_back({.user = user,
                      .what = Passage::What::arrived,
                      .nowhere = others == 0,
                      .attended = attended,
                      .elsewhere = attended_further(user)});
}

void Peer::remove(UserId user, bool told, std::vector<Passage>& passages) {
  Directory::Places others = 0;
  if (!slot_) return;
  const bool attended = (directory_.unattended_of(user) >> *slot_ & 1) == 0;
  if (!directory_.remove(user, *slot_, others)) return;
  --count_;
  digest_ ^= digest_of(user);
  passages.push_back({.user = user,
                      .what = Passage::What::left,
                      .told = told,
                      .nowhere = others == 0,
                      .attended = attended,
                      .elsewhere = attended_further(user)});
}

void Peer::turn(UserId user, bool attended, std::vector<Passage>& passages) {
  if (!slot_ || !directory_.set_attended(user, *slot_, attended)) return;
  passages.push_back({.user = user,
                      .what = Passage::What::turned,
                      .attended = attended,
                      .elsewhere = attended_further(user)});
}

bool Peer::attended_further(UserId user) const {
  const auto here = Directory::Places{1} << *slot_;
  return (directory_.places_of(user) & ~directory_.unattended_of(user) & ~here) != 0;
}

}  // namespace parley::delivery
