#include "gateway/connection.h"

#include <algorithm>
#include <utility>

#include "delivery/router.h"
#include "gateway/network_options.h"

namespace parley::gateway {

Connection::Connection(NetworkThread& thread, Socket socket, Admission admission, ConnectionId id)
    : caller([&] {
        admission.caller.connection = id;
        return std::move(admission.caller);
      }()),
      thread_(thread),
      socket_(std::move(socket)),
      reader_(thread.options.max_frame),
      expires_at_(admission.expires_at),
      last_heard_(Steady::now()),
      // Pings of many sockets that came at once are spread over the interval.
      next_ping_(last_heard_ + thread.options.ping_interval / 2 +
                 std::chrono::milliseconds{
                     id * 37 %
                     static_cast<std::uint64_t>(std::max<std::int64_t>(
                         1, std::chrono::milliseconds{thread.options.ping_interval / 2}.count()))}),
      frames_since_(last_heard_),
      frame_credit_(thread.options.frames_burst),
      batch_(admission.batch) {
  user_id = caller.user_id;
  session_id = caller.session_id;
  connection = id;
  attended = !admission.away;
}

Connection::~Connection() = default;

void Connection::start(std::string already_read) {
  count(thread_.traffic.sockets);
  thread_.router.add(thread_.hub, *this);
  thread_.handler.opened(*this);
  set_timer();
  if (!already_read.empty()) feed(already_read);
  listen();
}

void Connection::close(CloseCode code, std::string_view reason) {
  if (state_ != State::open) return;
  leave();
  if (code == CloseCode::too_slow) queue_.drop_unwritten();
  std::string payload;
  payload += static_cast<char>(std::to_underlying(code) >> 8);
  payload += static_cast<char>(std::to_underlying(code) & 0xFF);
  payload += reason;
  push(Opcode::close, payload);
  state_ = State::closing;
  close_by_ = Steady::now() + thread_.options.close_timeout;
  set_timer();
  wait_to_read();  // for the peer's close frame
}

// Nothing more is delivered.
void Connection::leave() { thread_.router.remove(thread_.hub, *this); }

void Connection::finish() {
  if (state_ == State::closed) return;
  if (state_ == State::open) leave();
  state_ = State::closed;
  Timer::leave();
  queue_.clear();
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.close(ignored);
  destroy_if_done();
}

void Connection::destroy_if_done() {
  if (state_ != State::closed || in_flight_ > 0 || waiting_to_read_ || waiting_to_write_ ||
      dirty_ || feeding_)
    return;
  thread_.traffic.sockets.fetch_sub(1, std::memory_order_relaxed);
  thread_.handler.closed(*this);
  thread_.connections.erase(connection);  // destroys *this
}

void Connection::end_operation() {
  --in_flight_;
  listen();
}

void Connection::renew(Timestamp until) {
  expires_at_ = until;
  warned_ = false;
  set_timer();
}

void Connection::set_timer() {
  const auto now = Steady::now();
  if (state_ == State::closing) return thread_.timers.set(*this, close_by_);
  const auto left = expires_at_ - thread_.clock.now();
  const auto until_expiry = warned_ ? left : left - thread_.options.expiry_warning;
  auto due = std::min<Steady::time_point>(
      next_ping_, now + std::max<std::chrono::milliseconds>(until_expiry, TimerWheel::kTick));
  due = std::min(due, last_heard_ + thread_.options.dead_after);
  if (waiting_to_write_) due = std::min(due, progress_ + thread_.options.stuck_after);
  thread_.timers.set(*this, due);
}

void Connection::expired() {
  const auto now = Steady::now();
  const NetworkOptions& options = thread_.options;
  if (state_ == State::closing) return finish();
  if (now - last_heard_ >= options.dead_after) return finish();
  if (waiting_to_write_ && now - progress_ >= options.stuck_after) {
    count(thread_.traffic.slow_closes);
    return close(CloseCode::too_slow, "too slow");
  }

  const auto left = expires_at_ - thread_.clock.now();
  if (left.count() <= 0) return close(CloseCode::signed_out, "the token has expired");
  if (!warned_ && left <= options.expiry_warning) {
    warned_ = true;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left).count();
    send(thread_.handler.encode(AuthExpiring{.expires_in = seconds}));
  }
  if (now >= next_ping_) {
    push(Opcode::ping, {});
    next_ping_ = now + options.ping_interval;
  }
  set_timer();
}

}  // namespace parley::gateway
