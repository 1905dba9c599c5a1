#pragma once

#include <string>
#include <vector>

#include "client.h"
#include "histogram.h"
#include "message.h"
#include "meter.h"
#include "outbox.h"
#include "read_back.h"

namespace bench {

// Pairs: user 2i writes to user 2i+1 in their direct chat and keeps a window of messages
// outstanding; user 2i+1 acknowledges the delivery of every single one.
//
// A round is one message with all it causes: the author's reply (the message is on disk), the push
// to the reader, the reader's message:delivered, its reply (the watermark is on disk), and the
// author's message:delivered event. Only one of the two writes, because writing moves the writer's
// own watermarks and would make most of their receipts say nothing new.
class Pairs : public Client {
 public:
  Pairs(const Options& options, Checks& checks);

  void run(Report& report);

 private:
  struct Pair {
    Pair(std::uint64_t chat_id, std::size_t window)
        : chat(chat_id), chat_text(std::to_string(chat_id)), outbox(window), read(0) {}

    std::uint64_t chat;
    std::string chat_text;
    Outbox outbox;
    SeqTracker read;                 // the indexes the reader has received
    std::uint64_t base = 0;          // seq = base + index, known with the first message
    std::uint64_t ticked = 0;        // messages the author has seen delivered
    std::uint64_t acknowledged = 0;  // the highest seq the reader has acknowledged
    std::uint64_t watermark = 0;     // of the author's last message:delivered
    std::vector<bool> receipts_out;  // by index modulo the window: waits for the receipt's reply
    std::int64_t gap_since = 0;
    std::string gap;
  };

  void on_reply(std::size_t connection, std::uint64_t re, std::string_view data) override;
  void on_event(std::size_t connection, std::string_view name, std::string_view data) override;

  void send(std::size_t pair);
  void send_one(std::size_t pair, std::int64_t due);
  void send_what_is_due();
  void on_sent(std::size_t pair, std::uint64_t index, std::string_view data);
  void on_received(std::size_t pair, std::string_view data);
  void on_delivered(std::size_t pair, std::string_view data);
  void on_receipt_stored(std::size_t pair, std::uint64_t index);
  void part_done(std::size_t pair, Outbox::Slot& slot);
  bool check_seq(Pair& pair, std::uint64_t index, std::uint64_t seq);
  void check_order(Pair& pair, std::uint64_t index);
  void look_for_losses();
  void turn_for(double seconds);
  bool all_done() const;
  void read_back(Report& report);

  std::string say(std::size_t pair, std::uint64_t index) const;

  Contents contents_;
  Meter meter_;
  std::vector<Pair> pairs_;
  std::vector<ReadBack> back_;
  bool sending_ = true;
  bool measuring_ = false;
  std::uint64_t rounds_ = 0;
  std::uint64_t overtakes_ = 0;
  std::int64_t next_look_ = 0;
  std::int64_t next_due_ = 0;    // with a rate: when the next message is to be sent,
  std::size_t next_sender_ = 0;  // and by which pair
  Histogram acknowledged_;
  Histogram received_;
  Histogram completed_;
  std::string request_;
};

}  // namespace bench
