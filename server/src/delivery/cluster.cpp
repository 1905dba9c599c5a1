#include "delivery/cluster.h"

#include <algorithm>
#include <bit>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::delivery {
namespace {

using Steady = std::chrono::steady_clock;

// Ends of sessions are told again when the bus comes back: as long as it may take to notice that
// it was gone.
constexpr std::chrono::minutes kRemembered{2};
constexpr std::size_t kMostRemembered = 10'000;

// Every Moves goes to every other node: the more there are, the more one has to hold.
constexpr std::chrono::microseconds kBatchPerNode{2'500};

void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

Cluster::Cluster(Router& router, Bus& bus, NodeBoard& board, NodeEntry self,
                 const EventCodec& codec, ClusterHooks hooks, Loop& loop, ClusterTimes times)
    : router_(router),
      bus_(bus),
      codec_(codec),
      hooks_(std::move(hooks)),
      loop_(loop),
      times_(times),
      membership_(board, std::move(self)),
      own_(router),
      resyncs_(router, loop),
      flush_timer_(loop),
      beat_timer_(loop),
      wake_(loop) {}

Task<void> Cluster::join(std::chrono::milliseconds patience) {
  co_await membership_.join(Membership::kPause, patience);
  bus_.listen(*this);
}

Task<void> Cluster::run() {
  beat_later();
  while (!stopping_) {
    co_await look();
    if (std::exchange(read_ended_, false)) {
      try {
        co_await hooks_.read_ended_sessions();
      } catch (const std::exception& failure) {
        read_ended_ = true;
        log::warning("ended sessions were not read again", {{"why", failure.what()}});
      }
    }
    if (stopping_) break;
    wake_.expires_after(times_.look);
    boost::system::error_code woken;
    co_await wake_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
  co_await membership_.leave();
}

void Cluster::say_goodbye() {
  if (leaving_.exchange(true)) return;
  broadcast(message(Goodbye{}));
}

void Cluster::stop() {
  stopping_ = true;
  bus_.stop();
  resyncs_.stop();
  for (Timer* const timer : {&flush_timer_, &beat_timer_, &wake_}) timer->cancel();
}

NodeMessage Cluster::message(NodeMessage::Body body) const {
  return {.incarnation = membership_.self().incarnation, .body = std::move(body)};
}

void Cluster::send(NodeId to, const NodeMessage& message) {
  if (!speaks()) return count(counts_.dropped);
  std::string bytes = write(message);
  count(counts_.out);
  count(counts_.bytes_out, bytes.size());
  bus_.send(to, std::move(bytes));
}

void Cluster::broadcast(const NodeMessage& message) {
  if (!speaks()) return count(counts_.dropped);
  std::string bytes = write(message);
  count(counts_.out);
  count(counts_.bytes_out, bytes.size());
  bus_.broadcast(std::move(bytes));
}

void Cluster::deliver(const Announcement& announcement, const std::vector<UserId>& recipients,
                      ConnectionId except) {
  const bool matters = !announcement.info.ephemeral;
  thread_local std::array<std::vector<UserId>, Directory::kMostNodes> by_slot;
  Directory::Places concerned = 0;
  for (const UserId user : recipients) {
    const auto places = matters ? directory_.places_for(user) : directory_.places_of(user);
    concerned |= places;
    for (auto rest = places; rest != 0; rest &= rest - 1)
      by_slot[static_cast<std::size_t>(std::countr_zero(rest))].push_back(user);
  }
  if (concerned == 0) return;

  const Frame& frame = announcement.frame(
      Dialect::parley_v1, [this](const Event& event) { return codec_.encode(event); });
  for (; concerned != 0; concerned &= concerned - 1) {
    const auto slot = static_cast<std::size_t>(std::countr_zero(concerned));
    const NodeId node = directory_.node_of(slot);
    auto there = std::exchange(by_slot[slot], {});
    if (!frame || std::to_underlying(node) >= kNodeIds) continue;
    const bool sent = speaks();
    send(node, message(Carried{.event = announcement.info.name,
                               .except = except,
                               .recipients = std::move(there),
                               .json = codec_.json_of(*frame)}));
    // Only now, so that no heartbeat counts what is not on its way.
    if (sent && matters) count(sent_[std::to_underlying(node)]);
  }
}

void Cluster::sign_out(UserId user, SessionId session, Timestamp until) {
  const SignedOut ended{
      .user_id = user, .session_id = session, .until = until.time_since_epoch().count()};
  {
    const auto now = Steady::now();
    const std::lock_guard lock{mutex_};
    while (!signed_out_.empty() && (signed_out_.size() >= kMostRemembered ||
                                    (connected_ && signed_out_.front().first < now - kRemembered)))
      signed_out_.pop_front();
    signed_out_.emplace_back(now, ended);
  }
  broadcast(message(ended));
}

bool Cluster::attended(UserId user) const {
  return (directory_.places_of(user) & ~directory_.unattended_of(user)) != 0;
}

bool Cluster::speaks_for(UserId user) const {
  for (auto rest = directory_.places_of(user); rest != 0; rest &= rest - 1) {
    const auto slot = static_cast<std::size_t>(std::countr_zero(rest));
    if (directory_.node_of(slot) < membership_.self().id) return false;
  }
  return true;
}

void Cluster::busy_changed(UserId user, Timestamp until) {
  broadcast(message(BusyChanged{.user_id = user, .until = until.time_since_epoch().count()}));
}

void Cluster::arrived(UserId user) {
  touch(user, true);
  if (!hooks_.attendance) return;
  if (directory_.places_of(user) == 0) {
    hooks_.attendance->arrived(user);
  } else if (router_.attended_here(user) && !attended(user)) {
    hooks_.attendance->attention_changed(user);
  }
}

void Cluster::left(UserId user, bool away) {
  const bool nowhere = directory_.places_of(user) == 0;
  // A node that stops is not there any more when it would be time to tell.
  const bool told = hooks_.attendance && !leaving_ && nowhere;
  touch(user, told);
  if (told) hooks_.attendance->left(user, away);
  // Where they are still, it is noticed as well, and told.
  if (hooks_.attendance && !nowhere && !away && !attended(user))
    hooks_.attendance->attention_changed(user);
}

void Cluster::attention_changed(UserId user) {
  if (own_.note_attention(user)) boost::asio::post(loop_, [this] { flush_soon(); });
  if (hooks_.attendance && !attended(user)) hooks_.attendance->attention_changed(user);
}

void Cluster::touch(UserId user, bool told) {
  if (own_.note(user, told)) boost::asio::post(loop_, [this] { flush_soon(); });
}

void Cluster::flush_soon() {
  if (Steady::now() >= next_flush_) return flush();
  flush_timer_.expires_at(next_flush_);
  flush_timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) flush();
  });
}

void Cluster::flush() {
  // What cannot be said yet is kept for come_back().
  if (stopping_ || leaving_ || !speaks()) return;
  next_flush_ =
      Steady::now() + std::max<Steady::duration>(times_.batch, nodes_.load() * kBatchPerNode);
  if (auto moves = own_.take()) broadcast(message(*std::move(moves)));
}

Heartbeat Cluster::heartbeat(bool answer) const {
  Heartbeat heartbeat = own_.heartbeat();
  heartbeat.answer = answer;
  heartbeat.tells = hooks_.attendance != nullptr && !leaving_;
  for (const auto& [node, member] : members_) {
    if (const auto sent = sent_[std::to_underlying(node)].load(std::memory_order_relaxed))
      heartbeat.sent.push_back({.to = node, .count = sent});
  }
  return heartbeat;
}

void Cluster::beat_later() {
  beat_timer_.expires_after(times_.heartbeat);
  beat_timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (stopped || stopping_) return;
    beat();
    beat_later();
  });
}

void Cluster::beat() {
  if (leaving_) return;
  for (auto& [node, member] : members_) ++member.silence;
  for (Orphan& orphan : orphans_) ++orphan.age;
  while (!orphans_.empty() && orphans_.front().age > 8) orphans_.pop_front();
  if (!speaks()) return;
  broadcast(message(heartbeat(false)));
  // Whom something was sent to is forgotten only when we know everybody's users, and everybody
  // knows what could not be sent.
  if (std::ranges::all_of(members_, [](const auto& entry) {
        return entry.second.peer.synced() && !entry.second.owed;
      }))
    directory_.forget_recent();
}

Task<void> Cluster::look() {
  const auto look = co_await membership_.look();
  if (!look || stopping_) co_return;
  if (look->ours == displaced_) {
    displaced_ = !look->ours;
    hooks_.serve(look->ours);
    if (look->ours) come_back();
  }
  if (look->ours) read_board(*look);
  hooks_.nodes(look->nodes);
}

// What was sent to us since may be lost, and what we had to send is.
void Cluster::come_back() {
  if (stopping_ || !speaks()) return;
  membership_.doubt();
  flush();
  // What we missed of others shows when we compare with their answers; what they missed of us is
  // said when they are heard: some may come back later than we.
  for (auto& [node, member] : members_) member.owed = true;
  broadcast(message(heartbeat(true)));
  std::deque<std::pair<Steady::time_point, SignedOut>> again;
  {
    const std::lock_guard lock{mutex_};
    again = signed_out_;
  }
  for (const auto& [when, ended] : again) broadcast(message(ended));
  if (hooks_.attendance) hooks_.attendance->came_back();
  read_ended_ = true;
  wake_.cancel();
}

void Cluster::tell_missed(NodeId node, Member& member) {
  member.owed = false;
  if (!member.peer.slot()) return;
  auto users = directory_.users_of(*member.peer.slot());
  std::erase_if(users, [this](UserId user) { return !directory_.was_sent_to(user); });
  if (!users.empty()) send(node, message(Missed{std::move(users)}));
}

std::optional<std::string> Cluster::trouble() const {
  if (auto trouble = membership_.trouble()) return trouble;
  if (!connected_) return "the bus is interrupted: people on other nodes are not reached";
  if (crowded_) return "there are more than 64 nodes with sockets: some people are not reached";
  return {};
}

}  // namespace parley::delivery
