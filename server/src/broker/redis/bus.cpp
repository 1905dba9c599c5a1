#include "broker/redis/bus.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "broker/redis/bus_frame.h"

namespace parley::broker {
namespace {

using delivery::NodeId;
using redis::Connection;
using redis::Outcome;

constexpr std::string_view kAll = "parley:all";
constexpr std::uint32_t kToAll = ~0u;
// How long Redis may take to take a publish; the connection gives up sooner when it hangs.
constexpr std::chrono::seconds kPatience{10};

std::string channel_of(std::optional<NodeId> node) {
  if (!node) return std::string{kAll};
  return "parley:node:" + std::to_string(static_cast<unsigned>(*node));
}

}  // namespace

RedisBus::RedisBus(redis::Client& client, NodeId self) : RedisBus(client, self, Options{}) {}

RedisBus::RedisBus(redis::Client& client, NodeId self, Options options)
    : client_(client), self_(self), options_(options) {}

RedisBus::~RedisBus() { stop(); }

void RedisBus::listen(Listener& listener) {
  client_.run_there([&] {
    listener_ = &listener;
    publisher_ = client_.connect(
        "publisher", {},
        {.up = [this] { look_at_way(); }, .down = [this] { look_at_way(); }, .told = {}});
    subscriber_ = client_.connect(
        "subscriber", {channel_of(self_), channel_of({})},
        {.up = [this] { look_at_way(); },
         .down = [this] { look_at_way(); },
         .told = [this](std::string_view, std::string_view frame) { received(frame); }});
  });
}

void RedisBus::stop() {
  client_.run_there([this] {
    listener_ = nullptr;
    *alive_ = false;
    open_ = false;
    if (publisher_) publisher_->stop();
    if (subscriber_) subscriber_->stop();
  });
}

void RedisBus::send(NodeId to, std::string message) { put(to, message); }

void RedisBus::broadcast(std::string message) { put({}, message); }

std::optional<std::string> RedisBus::trouble() const {
  if (open_) return {};
  for (const auto& connection : {subscriber_, publisher_})
    if (auto trouble = connection ? connection->trouble() : std::nullopt) return trouble;
  return "not connected yet";
}

void RedisBus::put(To to, std::string_view message) {
  // Counted before it is looked at: many threads may come at once.
  const std::size_t size = message.size() + 4;
  const bool fits = message.size() <= options_.largest_message &&
                    bytes_.fetch_add(size, std::memory_order_relaxed) + size <= options_.most_bytes;
  if (!open_ || !fits) {
    if (message.size() <= options_.largest_message)
      bytes_.fetch_sub(size, std::memory_order_relaxed);
    return drop(1);
  }
  const std::uint32_t key = to ? static_cast<std::uint32_t>(*to) : kToAll;
  const std::lock_guard lock{mutex_};
  // A message may join the last frame to its destination unless that would let it overtake, or
  // fall behind, what went to all.
  if (!to) {
    std::erase_if(last_frame_, [](const auto& last) { return last.first != kToAll; });
  } else {
    last_frame_.erase(kToAll);
  }
  const auto last = last_frame_.find(key);
  if (last != last_frame_.end() &&
      waiting_[last->second].bytes.size() + size <= options_.largest_frame) {
    redis::append_message(waiting_[last->second].bytes, message);
    ++waiting_[last->second].messages;
  } else {
    last_frame_[key] = waiting_.size();
    Frame& frame = waiting_.emplace_back(to, redis::begin_frame(self_), 1);
    redis::append_message(frame.bytes, message);
  }
  if (std::exchange(posted_, true)) return;
  boost::asio::post(client_.loop(), [this, alive = alive_] {
    if (*alive) publish_waiting();
  });
}

void RedisBus::publish_waiting() {
  std::vector<Frame> frames;
  {
    const std::lock_guard lock{mutex_};
    frames.swap(waiting_);
    last_frame_.clear();
    posted_ = false;
  }
  for (Frame& frame : frames) publish(std::move(frame));
}

void RedisBus::publish(Frame frame) {
  const std::size_t size = frame.bytes.size() - 2;
  if (!open_) {
    bytes_.fetch_sub(size, std::memory_order_relaxed);
    return drop(frame.messages);
  }
  const std::string channel = channel_of(frame.to);
  std::string command;
  command.reserve(frame.bytes.size() + 64);
  redis::append_command(command, {"PUBLISH", channel, frame.bytes});
  counters_.publishes.fetch_add(1, std::memory_order_relaxed);
  publisher_->send(command, Connection::Clock::now() + kPatience,
                   [this, size, messages = frame.messages](Outcome outcome) {
                     bytes_.fetch_sub(size, std::memory_order_relaxed);
                     const bool taken = outcome && !outcome->is_error();
                     if (!taken) return drop(messages);
                     counters_.sent.fetch_add(messages, std::memory_order_relaxed);
                   });
}

void RedisBus::received(std::string_view bytes) {
  auto frame = redis::FrameReader::open(bytes);
  if (!frame) {
    counters_.broken.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (frame->from() == self_) return;  // what we said to all
  while (const auto message = frame->next()) {
    if (listener_ == nullptr || !open_) return drop(1);
    counters_.received.fetch_add(1, std::memory_order_relaxed);
    listener_->received(frame->from(), *message);
  }
  if (!frame->at_end()) counters_.broken.fetch_add(1, std::memory_order_relaxed);
}

void RedisBus::look_at_way() {
  if (!publisher_ || !subscriber_) return;
  const bool open = publisher_->is_up() && subscriber_->is_up();
  if (open == open_) return;
  open_ = open;
  if (listener_ == nullptr) return;
  open ? listener_->connected() : listener_->disconnected();
}

}  // namespace parley::broker
