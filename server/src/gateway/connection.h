#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "delivery/receiver.h"
#include "gateway/handler.h"
#include "gateway/network_thread.h"
#include "gateway/outbound_queue.h"
#include "gateway/timer_wheel.h"
#include "gateway/websocket_frame.h"
#include "model/session.h"

namespace parley::gateway {

// Connection is one live WebSocket of one session. It lives on the thread that accepted it, and
// everything here is for that thread.
//
// It reads what the client sends and hands whole messages to the Handler; it queues what the
// client is to be told and writes all of it once per turn of the loop. The queue is bounded: a
// client that reads too slowly first loses events that do not matter later, then is told to
// resync, then closed (4408). When either side ends, both do.
class Connection final : public delivery::Receiver, private TimerWheel::Timer, private FrameSink {
 public:
  Connection(NetworkThread& thread, Socket socket, Admission admission, ConnectionId id);
  ~Connection() override;

  // Begins, with what had come behind the handshake. It may end, and be destroyed, within.
  void start(std::string already_read);

  // Queues a reply.
  void send(std::string json);
  void receive(const std::shared_ptr<const delivery::Announcement>& announcement) override;

  // Says goodbye and stops listening to what the client asks.
  void close(CloseCode code, std::string_view reason);
  void sign_out() override { close(CloseCode::signed_out, "signed out"); }

  // The socket may live until then (auth:renew).
  void renew(Timestamp until);
  Timestamp expires_at() const { return expires_at_; }

  // An operation of the client is under way: the connection is not destroyed before it ends, and
  // reads nothing more while too many are.
  void begin_operation() { ++in_flight_; }
  void end_operation();

  // Writes what waits; NetworkThread calls it once per turn.
  void flush();

  Loop& loop() { return thread_.loop; }

  const Caller caller;

 private:
  using Steady = std::chrono::steady_clock;
  enum class State : std::uint8_t { open, closing, closed };

  // connection.cpp: its life.
  void leave();
  void finish();
  void destroy_if_done();
  void set_timer();
  void expired() override;

  // connection_read.cpp: from the client.
  void listen();
  void wait_to_read();
  void read();
  void feed(std::span<char> bytes);
  bool may_read() const;
  bool flooded();
  void text(std::string_view message) override;
  void ping(std::string_view payload) override;
  void pong() override {}
  void closed_by_peer(CloseCode code) override;
  bool takes_more() const override { return may_read(); }

  // connection_write.cpp: to the client.
  void push(delivery::Frame frame);
  void push(Opcode opcode, std::string_view payload);
  void drained();
  void stop_sending();

  NetworkThread& thread_;
  Socket socket_;
  FrameReader reader_;
  OutboundQueue queue_;
  Timestamp expires_at_;
  Steady::time_point last_heard_;
  Steady::time_point next_ping_;
  Steady::time_point progress_;      // when something was last written, while something waits
  Steady::time_point close_by_;      // in State::closing
  Steady::time_point frames_since_;  // of frame_credit_
  double frame_credit_ = 0;
  std::uint32_t in_flight_ = 0;
  State state_ = State::open;
  bool batch_ = false;
  bool warned_ = false;       // of the expiry
  bool lost_events_ = false;  // a resync is owed
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool dirty_ = false;
  bool finish_when_flushed_ = false;
  bool broken_ = false;  // the client broke the protocol: what it sends is thrown away
  bool feeding_ = false;
};

}  // namespace parley::gateway
