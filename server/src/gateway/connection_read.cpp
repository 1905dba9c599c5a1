#include <algorithm>

#include "gateway/connection.h"
#include "gateway/network_options.h"

namespace parley::gateway {

// A client that has enough under way, or does not read its answers, is not listened to.
bool Connection::may_read() const {
  if (state_ == State::closing) return true;
  return state_ == State::open && in_flight_ < thread_.options.max_in_flight &&
         queue_.bytes() < thread_.options.outbound_queue;
}

// Goes on with what was held back, then with what comes. The connection may be gone afterwards.
void Connection::listen() {
  if (feeding_) return;
  if (reader_.holds_back() && may_read()) feed({});
  wait_to_read();
  destroy_if_done();
}

void Connection::wait_to_read() {
  if (waiting_to_read_ || feeding_ || reader_.holds_back() || !may_read()) return;
  waiting_to_read_ = true;
  socket_.async_wait(Socket::wait_read, [this](const boost::system::error_code& error) {
    waiting_to_read_ = false;
    if (state_ == State::closed) return destroy_if_done();
    if (error) return finish();
    read();
  });
}

void Connection::read() {
  boost::system::error_code error;
  const std::size_t size = socket_.read_some(boost::asio::buffer(thread_.read_buffer), error);
  if (error && error != boost::asio::error::would_block) return finish();
  last_heard_ = Steady::now();
  count(thread_.traffic.bytes_in, size);
  feed({thread_.read_buffer.data(), size});
  listen();
}

void Connection::feed(std::span<char> bytes) {
  if (broken_) return;
  feeding_ = true;
  if (const auto refusal = reader_.feed(bytes, *this)) {
    // There is no telling where its next frame begins. It is told why, then that nothing more
    // comes; what it still sends is thrown away until it goes, lest a reset overtakes the reason.
    broken_ = true;
    close(*refusal, "");
    if (queue_.empty()) stop_sending();
  }
  feeding_ = false;  // until here nothing destroys the connection
}

// Whether this frame is one too many (token bucket).
bool Connection::flooded() {
  const auto& options = thread_.options;
  if (options.frames_per_second == 0) return false;
  if (frame_credit_ < 1) {
    const std::chrono::duration<double> passed = last_heard_ - frames_since_;
    frame_credit_ = std::min<double>(options.frames_burst,
                                     frame_credit_ + passed.count() * options.frames_per_second);
    frames_since_ = last_heard_;
  }
  if (frame_credit_ < 1) return true;
  frame_credit_ -= 1;
  return false;
}

void Connection::text(std::string_view message) {
  if (state_ != State::open) return;
  count(thread_.traffic.frames_in);
  if (flooded()) return close(CloseCode::flooded, "too many frames");
  thread_.handler.received(*this, message);
}

void Connection::ping(std::string_view payload) {
  if (state_ != State::open) return;
  if (flooded()) return close(CloseCode::flooded, "too many frames");
  push(Opcode::pong, payload);
}

void Connection::closed_by_peer(CloseCode code) {
  if (state_ == State::open) {
    if (code == CloseCode::no_code) {
      leave();
      push(Opcode::close, {});
      state_ = State::closing;
      close_by_ = Steady::now() + thread_.options.close_timeout;
      set_timer();
    } else {
      close(code, "");
    }
  }
  finish_when_flushed_ = true;
  if (queue_.empty() && !dirty_) finish();
}

}  // namespace parley::gateway
