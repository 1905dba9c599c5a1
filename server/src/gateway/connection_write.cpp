#include <memory>
#include <utility>

#include "gateway/connection.h"
#include "gateway/network_options.h"

namespace parley::gateway {
namespace {

delivery::Frame make_frame(Opcode opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  append_frame(frame, opcode, payload);
  return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace

void Connection::send(std::string json) {
  if (state_ != State::open) return;
  // Answers are never dropped: a client that asks and does not listen has to go.
  if (queue_.bytes() + json.size() > 2 * thread_.options.outbound_queue) {
    count(thread_.traffic.slow_closes);
    return close(CloseCode::too_slow, "too slow");
  }
  push(Opcode::text, json);
}

void Connection::receive(const std::shared_ptr<const delivery::Announcement>& announcement) {
  if (state_ != State::open) return;
  const std::size_t limit = thread_.options.outbound_queue;
  const bool ephemeral = announcement->info.ephemeral;
  if (queue_.bytes() > limit || (ephemeral && queue_.bytes() > limit / 2)) {
    count(thread_.traffic.dropped_events);
    lost_events_ |= !ephemeral;
    return;
  }
  const auto& frame = announcement->frame(delivery::Dialect::parley_v1, [this](const Event& event) {
    return make_frame(Opcode::text, thread_.handler.encode(event));
  });
  if (frame) push(frame);
}

void Connection::push(Opcode opcode, std::string_view payload) {
  push(make_frame(opcode, payload));
}

void Connection::push(delivery::Frame frame) {
  queue_.push(std::move(frame));
  count(thread_.traffic.frames_out);
  if (dirty_ || waiting_to_write_) return;
  dirty_ = true;
  thread_.flush_later(*this);
}

void Connection::flush() {
  dirty_ = false;
  if (state_ == State::closed) return destroy_if_done();
  if (waiting_to_write_) return;
  if (batch_) queue_.batch();
  while (!queue_.empty()) {
    // Small frames go together in one write; a long one is worth a write of its own, uncopied.
    std::string_view waiting = queue_.front();
    if (waiting.size() < NetworkThread::kBuffer / 4) {
      thread_.write_buffer.clear();
      queue_.copy_to(thread_.write_buffer, NetworkThread::kBuffer);
      waiting = thread_.write_buffer;
    }
    boost::system::error_code error;
    const std::size_t size =
        socket_.write_some(boost::asio::buffer(waiting.data(), waiting.size()), error);
    if (error == boost::asio::error::would_block) {
      progress_ = Steady::now();
      waiting_to_write_ = true;
      set_timer();
      socket_.async_wait(Socket::wait_write, [this](const boost::system::error_code& failed) {
        waiting_to_write_ = false;
        if (state_ == State::closed) return destroy_if_done();
        if (failed) return finish();
        flush();
      });
      return;
    }
    if (error) return finish();
    count(thread_.traffic.writes);
    count(thread_.traffic.bytes_out, size);
    queue_.drop(size);
  }
  drained();
}

void Connection::stop_sending() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Connection::drained() {
  if (finish_when_flushed_) return finish();
  if (broken_) stop_sending();
  if (std::exchange(lost_events_, false) && state_ == State::open)
    send(thread_.handler.encode(Resync{}));
  listen();
}

}  // namespace parley::gateway
