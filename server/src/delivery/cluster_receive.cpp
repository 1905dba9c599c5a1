#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "delivery/cluster.h"

namespace parley::delivery {
namespace {

constexpr int kSilence = 2;  // heartbeats without a word from a node that has lost its lease

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

void Cluster::received(NodeId from, std::string_view bytes) {
  counts_.in.fetch_add(1, std::memory_order_relaxed);
  counts_.bytes_in.fetch_add(bytes.size(), std::memory_order_relaxed);
  if (std::to_underlying(from) >= kNodeIds) return refuse(from, "no such node");
  auto read = read_node_message(bytes);
  if (!read) return refuse(from, read.error());
  if (auto* const carried = std::get_if<Carried>(&read->body))
    return hand_to_sockets(from, std::move(*carried));
  if (const auto* const ended = std::get_if<SignedOut>(&read->body)) {
    hooks_.signed_out(ended->session_id, Timestamp{std::chrono::milliseconds{ended->until}});
    return router_.sign_out_here(ended->user_id, ended->session_id);
  }
  boost::asio::post(loop_, [this, from, message = *std::move(read)]() mutable {
    if (!stopping_) handle(from, std::move(message));
  });
}

void Cluster::hand_to_sockets(NodeId from, Carried carried) {
  const auto kind = std::ranges::find(kEvents, carried.event, &EventInfo::name);
  if (kind == kEvents.end()) return;  // of a newer release
  Frame frame = codec_.frame_of(kind->name, carried.json);
  if (!frame) return refuse(from, "an event that is none");
  if (!kind->ephemeral) came_[std::to_underlying(from)].fetch_add(1, std::memory_order_relaxed);
  router_.deliver_here(std::make_shared<const Announcement>(*kind, std::move(frame), codec_),
                       std::move(carried.recipients), carried.except);
}

void Cluster::refuse(NodeId from, const char* why) {
  counts_.refused.fetch_add(1, std::memory_order_relaxed);
  const auto now = std::chrono::steady_clock::now();
  if (now < next_complaint_) return;
  next_complaint_ = now + std::chrono::minutes{1};
  log::warning(
      "a message between nodes was refused",
      {{"from", std::to_underlying(from)}, {"why", why}, {"refused", counts_.refused.load()}});
}

void Cluster::connected() {
  connected_ = true;
  boost::asio::post(loop_, [this] { come_back(); });
}

void Cluster::disconnected() {
  connected_ = false;
  boost::asio::post(loop_, [this] {
    membership_.doubt();
    if (hooks_.attendance) hooks_.attendance->interrupted();
  });
}

void Cluster::handle(NodeId from, NodeMessage message) {
  if (from == membership_.self().id) return;  // another node has our id: look() will find out
  if (const auto gone = said_goodbye_.find(from);
      gone != said_goodbye_.end() && gone->second == message.incarnation)
    return;
  if (std::holds_alternative<Unknown>(message.body)) return;
  if (std::holds_alternative<Goodbye>(message.body)) {
    said_goodbye_[from] = message.incarnation;
    const auto known = members_.find(from);
    if (known != members_.end() && known->second.incarnation == message.incarnation) forget(from);
    return;
  }

  Member& sender = member(from, message.incarnation);
  sender.silence = 0;
  std::vector<Passage> passages;
  const bool incomplete = std::visit(
      Overloaded{[&](const Heartbeat& heartbeat) {
                   sender.tells = heartbeat.tells;
                   if (heartbeat.answer) send(from, this->message(this->heartbeat(false)));
                   if (sender.owed && speaks()) tell_missed(from, sender);
                   compare_sent(from, sender, heartbeat);
                   return sender.peer.hear(heartbeat);
                 },
                 [&](Moves& moves) { return sender.peer.hear(std::move(moves), passages); },
                 [&](Snapshot& part) { return sender.peer.hear(std::move(part), passages); },
                 [&](const Ask&) {
                   flush();
                   for (Snapshot& part : own_.snapshot())
                     send(from, this->message(std::move(part)));
                   return false;
                 },
                 [&](const BusyChanged& busy) {
                   if (hooks_.attendance)
                     hooks_.attendance->busy_changed_elsewhere(
                         busy.user_id, Timestamp{std::chrono::milliseconds{busy.until}});
                   return false;
                 },
                 [&](const Missed& missed) {
                   resyncs_.add(missed.users);
                   return false;
                 },
                 [](const auto&) { return false; }},
      message.body);
  settle(from, passages);
  if (incomplete) ask(from);
  crowded_ =
      std::ranges::any_of(members_, [](const auto& entry) { return entry.second.peer.left_out(); });
}

Cluster::Member& Cluster::member(NodeId node, std::uint64_t incarnation) {
  const auto known = members_.find(node);
  if (known != members_.end() && known->second.incarnation == incarnation) return known->second;
  if (known != members_.end()) forget(node);  // it was started anew
  Member& fresh =
      members_.emplace(node, Member{.incarnation = incarnation, .peer = Peer{directory_, node}})
          .first->second;
  nodes_ = members_.size() + 1;
  log::info("a node is there", {{"node", std::to_underlying(node)}, {"nodes", nodes_.load()}});
  fresh.peer.doubt();
  ask(node);
  return fresh;
}

void Cluster::ask(NodeId node) {
  counts_.snapshots.fetch_add(1, std::memory_order_relaxed);
  send(node, message(Ask{}));
}

// What did not come was for we know not whom: everybody here is to sync.
void Cluster::compare_sent(NodeId from, Member& sender, const Heartbeat& heartbeat) {
  const auto mine = std::ranges::find(heartbeat.sent, membership_.self().id, &Heartbeat::Sent::to);
  const std::uint64_t sent = mine == heartbeat.sent.end() ? 0 : mine->count;
  const std::uint64_t came = came_[std::to_underlying(from)].load(std::memory_order_relaxed);
  if (sender.base && sent >= sender.base->first &&
      came - sender.base->second >= sent - sender.base->first)
    return;
  const bool lost = sender.base.has_value() && sent > sender.base->first;
  sender.base = {sent, came};
  if (!lost) return;
  log::warning("events from another node were lost", {{"node", std::to_underlying(from)}});
  resyncs_.add(own_.all());
}

// The directory has changed: tells whom it concerns.
void Cluster::settle(NodeId node, const std::vector<Passage>& passages) {
  if (passages.empty()) return;
  const auto telling = teller();
  Missed missed;
  for (const Passage& passage : passages) {
    // What came before we knew of them went elsewhere or nowhere.
    if (passage.what == Passage::What::arrived && directory_.was_sent_to(passage.user))
      missed.users.push_back(passage.user);
    if (hooks_.attendance) settle(passage, telling);
  }
  if (!missed.users.empty()) send(node, message(std::move(missed)));
}

void Cluster::settle(const Passage& passage, std::optional<NodeId> telling) {
  const UserId user = passage.user;
  const bool turned = passage.what == Passage::What::turned;
  const Reach reach = passage.late ? Reach::here : Reach::onlookers;
  if (turned || !passage.nowhere || router_.online_here(user)) {
    if ((turned || passage.attended) && !passage.elsewhere && !router_.attended_here(user))
      hooks_.attendance->attention_changed_elsewhere(user, reach);
  } else if (passage.what == Passage::What::arrived) {
    hooks_.attendance->arrived_elsewhere(user, reach);
  } else {
    const bool away = !passage.attended;
    // Of what is only heard late here that node has told whom it could.
    const bool orphaned = !passage.told && !passage.late;
    if (orphaned) orphans_.push_back({.user = user, .away = away, .teller = telling});
    hooks_.attendance->left_elsewhere(user, away,
                                      orphaned && we_tell(telling) ? Reach::everywhere : reach);
  }
}

void Cluster::read_board(const Membership::Look& look) {
  std::vector<NodeId> dead;
  for (const auto& [node, member] : members_) {
    const bool alive = std::ranges::any_of(look.nodes, [&](const NodeEntry& entry) {
      return entry.id == node && entry.incarnation == member.incarnation;
    });
    if (!alive && look.certain && member.silence >= kSilence) dead.push_back(node);
  }
  for (const NodeId node : dead) {
    log::warning("a node is gone without a word", {{"node", std::to_underlying(node)}});
    forget(node);
  }
  for (const NodeEntry& entry : look.nodes) {
    const auto gone = said_goodbye_.find(entry.id);
    if (entry.id != membership_.self().id && !members_.contains(entry.id) &&
        (gone == said_goodbye_.end() || gone->second != entry.incarnation))
      member(entry.id, entry.incarnation);
  }
}

void Cluster::forget(NodeId node) {
  const auto known = members_.find(node);
  if (known == members_.end()) return;
  std::vector<Passage> passages;
  known->second.peer.clear(passages);
  members_.erase(known);
  nodes_ = members_.size() + 1;
  log::info("a node has left", {{"node", std::to_underlying(node)}, {"nodes", nodes_.load()}});

  // What it was to tell, somebody else tells now.
  const auto telling = teller();
  for (Orphan& orphan : orphans_) {
    if (orphan.teller != node) continue;
    orphan.teller = telling;
    if (we_tell(telling) && !router_.online(orphan.user))
      hooks_.attendance->left_elsewhere(orphan.user, orphan.away, Reach::everywhere);
  }
  settle(node, passages);
}

// The node with the lowest id, of those with sockets, speaks for those who cannot any more.
std::optional<NodeId> Cluster::teller() const {
  std::optional<NodeId> lowest;
  if (hooks_.attendance) lowest = membership_.self().id;
  for (const auto& [node, member] : members_)
    if (member.tells && (!lowest || node < *lowest)) lowest = node;
  return lowest;
}

}  // namespace parley::delivery
