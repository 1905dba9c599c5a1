#include "broker/memory/bus.h"

#include <utility>

namespace parley::broker {

using delivery::NodeId;

MemoryExchange::MemoryExchange() : thread_([this] { serve(); }) {}

MemoryExchange::~MemoryExchange() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MemoryExchange::cut(NodeId node) { set_cut(node, true); }

void MemoryExchange::mend(NodeId node) { set_cut(node, false); }

void MemoryExchange::set_cut(NodeId node, bool cut) {
  {
    const std::lock_guard lock{mutex_};
    members_[node].cut = cut;
    notes_.push_back({.from = {}, .to = node, .message = {}});
  }
  changed_.notify_all();
}

void MemoryExchange::join(NodeId node, delivery::Bus::Listener& listener) {
  {
    const std::lock_guard lock{mutex_};
    members_[node].listener = &listener;
    notes_.push_back({.from = {}, .to = node, .message = {}});
  }
  changed_.notify_all();
}

void MemoryExchange::leave(NodeId node) {
  std::unique_lock lock{mutex_};
  Member& member = members_[node];
  member.listener = nullptr;
  member.connected = false;
  if (std::this_thread::get_id() == thread_.get_id()) return;
  changed_.wait(lock, [&] { return called_ != node; });
}

void MemoryExchange::carry(NodeId from, std::optional<NodeId> to, std::string message) {
  {
    const std::lock_guard lock{mutex_};
    if (!members_[from].connected) return;
    for (const auto& [node, member] : members_) {
      if (node == from || (to && node != *to) || !member.connected) continue;
      notes_.push_back({.from = from, .to = node, .message = message});
    }
  }
  changed_.notify_all();
}

void MemoryExchange::serve() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !notes_.empty(); });
    if (stopping_) return;
    Note note = std::move(notes_.front());
    notes_.pop_front();
    deliver(lock, std::move(note));
  }
}

void MemoryExchange::deliver(std::unique_lock<std::mutex>& lock, Note note) {
  Member& member = members_[note.to];
  delivery::Bus::Listener* const listener = member.listener;
  if (listener == nullptr) return;
  const bool connect = !note.from && !member.cut && !member.connected;
  const bool disconnect = !note.from && member.cut && member.connected;
  const bool receive = note.from && member.connected && !member.cut;
  if (!note.from) member.connected = !member.cut;
  called_ = note.to;
  lock.unlock();
  if (connect) listener->connected();
  if (disconnect) listener->disconnected();
  if (receive) listener->received(*note.from, note.message);
  lock.lock();
  called_.reset();
  changed_.notify_all();
}

}  // namespace parley::broker
