#include "pairs.h"

#include <algorithm>
#include <stdexcept>

#include "process.h"
#include "scenarios.h"
#include "wire/fields.h"

namespace bench {

namespace {

constexpr std::int64_t kGrace = 300'000'000;  // a message overtaken by less was late, not lost

// Request ids on the author's sockets are the indexes of its messages, on the reader's the indexes
// of what it acknowledges.
bool is_author(std::size_t connection) { return connection % 2 == 0; }

}  // namespace

Pairs::Pairs(const Options& options, Checks& checks)
    : Client(options, checks),
      contents_(options.content, static_cast<std::uint64_t>(now_ns())),
      meter_(options) {
  for (std::size_t i = 0; i + 1 < options.connections && i + 1 < users_.size(); i += 2) {
    if (users_[i].direct_chat == 0 || users_[i].direct_chat != users_[i + 1].direct_chat) {
      throw std::runtime_error("users " + users_[i].name + " and " + users_[i + 1].name +
                               " share no direct chat in the seed file");
    }
    pairs_.emplace_back(users_[i].direct_chat, options.window).receipts_out.resize(options.window);
  }
}

std::string Pairs::say(std::size_t pair, std::uint64_t index) const {
  return "message " + std::to_string(index) + " of " + users_[2 * pair].name + " in chat " +
         pairs_[pair].chat_text;
}

void Pairs::send_one(std::size_t number, std::int64_t due) {
  Pair& pair = pairs_[number];
  const std::uint64_t index = pair.outbox.open(due, 3);
  loop_.send(2 * number, contents_.request(index, pair.chat_text, 2 * number, index));
}

void Pairs::send(std::size_t number) {
  while (sending_ && options_.rate == 0 && pairs_[number].outbox.has_room())
    send_one(number, now_ns());
}

// Latencies count from when a message was due: one that had to wait for its turn waited for the
// server.
void Pairs::send_what_is_due() {
  const auto interval = static_cast<std::int64_t>(1e9 / options_.rate);
  const std::int64_t now = now_ns();
  if (next_due_ == 0) next_due_ = now;
  for (std::size_t passed = 0; next_due_ <= now && passed < pairs_.size(); ++passed) {
    const std::size_t number = next_sender_++ % pairs_.size();
    if (!pairs_[number].outbox.has_room()) continue;
    send_one(number, next_due_);
    next_due_ += interval;
    passed = 0;
  }
}

void Pairs::on_reply(std::size_t connection, std::uint64_t re, std::string_view data) {
  const std::size_t pair = connection / 2;
  if (re >= ReadBack::kFirstRequest) {
    back_[pair].take(data, contents_, checks_);
    if (checks_.good() && !back_[pair].done()) loop_.send(connection, back_[pair].request());
  } else if (is_author(connection)) {
    on_sent(pair, re, data);
  } else {
    on_receipt_stored(pair, re);
  }
}

void Pairs::on_event(std::size_t connection, std::string_view name, std::string_view data) {
  if (name == "message:receive") {
    if (is_author(connection)) {
      return checks_.violation("echo: the author's own socket received " +
                               std::string{data.substr(0, 200)});
    }
    on_received(connection / 2, data);
  } else if (name == "message:delivered" && is_author(connection)) {
    on_delivered(connection / 2, data);
  }
}

void Pairs::on_sent(std::size_t number, std::uint64_t index, std::string_view data) {
  Pair& pair = pairs_[number];
  Outbox::Slot* slot = pair.outbox.find(index);
  if (slot == nullptr || slot->replied) {
    return checks_.violation("reply: a reply nobody waits for, to " + say(number, index));
  }
  const std::uint64_t id = number_of(data, "id");
  if (id == 0 || (slot->id != 0 && slot->id != id)) {
    return checks_.violation("reply: " + say(number, index) + " has id " + std::to_string(id) +
                             " in the reply and " + std::to_string(slot->id) + " in the push");
  }
  if (!check_seq(pair, index, number_of(data, "seq"))) return;
  slot->id = id;
  slot->replied = true;
  if (measuring_) acknowledged_.add(loop_.read_at() - slot->sent_at);
  part_done(number, *slot);
}

bool Pairs::check_seq(Pair& pair, std::uint64_t index, std::uint64_t seq) {
  if (pair.base == 0 && seq > index) pair.base = seq - index;
  if (pair.base != 0 && seq == pair.base + index) return true;
  checks_.violation("seq: " + say(static_cast<std::size_t>(&pair - pairs_.data()), index) +
                    " got seq " + std::to_string(seq) + " where " +
                    std::to_string(pair.base + index) + " was due");
  return false;
}

void Pairs::check_order(Pair& pair, std::uint64_t index) {
  const SeqTracker::Seen seen = pair.read.note(index);
  if (seen == SeqTracker::Seen::next) return;
  const std::string message = say(static_cast<std::size_t>(&pair - pairs_.data()), index);
  switch (seen) {
    case SeqTracker::Seen::next:
      break;
    case SeqTracker::Seen::ahead:
      if (pair.gap_since == 0) pair.gap_since = loop_.read_at();
      pair.gap = message + " came while " + std::to_string(pair.read.next()) + " was due";
      break;
    case SeqTracker::Seen::late:
      ++overtakes_;
      if (options_.strict_order) checks_.violation("order: " + pair.gap + ", which came later");
      if (!pair.read.has_gap()) pair.gap_since = 0;
      break;
    case SeqTracker::Seen::doubled:
      checks_.violation("doubled: " + message + " came twice");
      break;
  }
}

void Pairs::on_received(std::size_t number, std::string_view data) {
  Pair& pair = pairs_[number];
  const Received message = parse_message(data);
  const Named named = parse_content(message.content);
  const auto index = static_cast<std::uint64_t>(named.index);
  if (named.index < 0 || index >= pair.outbox.next() || named.author != 2 * number ||
      message.chat != pair.chat || message.sender != users_[2 * number].id ||
      message.content != contents_.of(named.author, index)) {
    return checks_.violation("altered: not a message of " + users_[2 * number].name + " in chat " +
                             pair.chat_text + ": " + std::string{data.substr(0, 300)});
  }
  check_order(pair, index);
  if (!checks_.good() || !check_seq(pair, index, message.seq)) return;

  Outbox::Slot* slot = pair.outbox.find(index);
  if (slot == nullptr) return;  // a doubled push, reported above
  if (slot->id != 0 && slot->id != message.id) {
    return checks_.violation("reply: " + say(number, index) + " has id " +
                             std::to_string(slot->id) + " in the reply and " +
                             std::to_string(message.id) + " in the push");
  }
  slot->id = message.id;
  slot->seq = message.seq;
  pair.acknowledged = std::max(pair.acknowledged, message.seq);
  if (measuring_) received_.add(loop_.read_at() - slot->sent_at);

  pair.receipts_out[index % options_.window] = true;
  request_.assign(R"({"id":)").append(std::to_string(index));
  request_.append(R"(,"op":"message:delivered","data":{"chatId":")").append(pair.chat_text);
  request_.append(R"(","seq":)").append(std::to_string(message.seq)).append("}}");
  loop_.send(2 * number + 1, request_);
}

void Pairs::on_receipt_stored(std::size_t number, std::uint64_t index) {
  Pair& pair = pairs_[number];
  Outbox::Slot* slot = pair.outbox.find(index);
  if (slot == nullptr || !pair.receipts_out[index % options_.window]) {
    return checks_.violation("reply: a reply nobody waits for, to the receipt for " +
                             say(number, index));
  }
  pair.receipts_out[index % options_.window] = false;
  part_done(number, *slot);
}

void Pairs::on_delivered(std::size_t number, std::string_view data) {
  Pair& pair = pairs_[number];
  const std::uint64_t seq = number_of(data, "seq");
  if (number_of(data, "chatId") != pair.chat ||
      number_of(data, "userId") != users_[2 * number + 1].id) {
    return checks_.violation("misdirected: " + users_[2 * number].name + " was told of " +
                             std::string{data});
  }
  if (seq < pair.watermark) {
    return checks_.violation("watermark: chat " + pair.chat_text + " went back from " +
                             std::to_string(pair.watermark) + " to " + std::to_string(seq));
  }
  if (seq > pair.acknowledged) {
    return checks_.violation("invented: the author heard that seq " + std::to_string(seq) +
                             " of chat " + pair.chat_text + " was delivered, its reader said " +
                             std::to_string(pair.acknowledged));
  }
  pair.watermark = seq;
  while (pair.ticked < pair.outbox.next()) {
    Outbox::Slot& slot = *pair.outbox.find(pair.ticked);
    if (pair.base == 0 || pair.base + pair.ticked > seq) return;
    ++pair.ticked;
    part_done(number, slot);
  }
}

void Pairs::part_done(std::size_t number, Outbox::Slot& slot) {
  const std::int64_t sent_at = slot.sent_at;
  if (!pairs_[number].outbox.part_done(slot)) return;
  if (measuring_) {
    ++rounds_;
    completed_.add(loop_.read_at() - sent_at);
  }
  send(number);
}

void Pairs::look_for_losses() {
  const std::int64_t now = now_ns();
  if (now < next_look_) return;
  next_look_ = now + 50'000'000;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    Pair& pair = pairs_[i];
    if (pair.gap_since != 0 && pair.gap_since + kGrace < now) {
      checks_.violation("lost: " + pair.gap + " and never came");
    }
    const Outbox::Slot* oldest = pair.outbox.find(pair.outbox.oldest());
    if (oldest == nullptr || static_cast<double>(now - oldest->sent_at) < options_.stall * 1e9) {
      continue;
    }
    const std::string message = say(i, pair.outbox.oldest());
    if (!oldest->replied) {
      checks_.violation("unanswered: " + message);
    } else if (oldest->seq == 0) {
      checks_.violation("lost: " + message + " was acknowledged and never reached its reader");
    } else {
      checks_.violation("lost: the receipt for " + message);
    }
  }
}

void Pairs::turn_for(double seconds) {
  turn_until(now_ns() + static_cast<std::int64_t>(seconds * 1e9), [&] {
    look_for_losses();
    if (options_.rate != 0) send_what_is_due();
    return false;
  });
}

bool Pairs::all_done() const {
  return std::ranges::all_of(pairs_, [](const Pair& pair) { return pair.outbox.empty(); });
}

void Pairs::read_back(Report& report) {
  std::uint64_t messages = 0;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    std::vector<Written> written;
    for (std::uint64_t index = 0; index < pairs_[i].outbox.next(); ++index) {
      written.push_back({.author = 2 * i, .index = index});
    }
    messages += written.size();
    back_.emplace_back(pairs_[i].chat, pairs_[i].base, std::move(written));
  }
  for (std::size_t i = 0; i < back_.size(); ++i) {
    if (!back_[i].done()) loop_.send(2 * i, back_[i].request());
  }
  const bool done = turn_until(now_ns() + 120'000'000'000, [&] {
    return std::ranges::all_of(back_, [](const ReadBack& chat) { return chat.done(); });
  });
  if (!done && checks_.good())
    checks_.violation("unanswered: reading history back took over 120 s");
  report.put("readBack", messages);
}

void Pairs::run(Report& report) {
  connect(0, 2 * pairs_.size());
  for (std::size_t i = 0; i < pairs_.size(); ++i) send(i);
  turn_for(options_.warmup);
  measuring_ = true;
  meter_.start();
  turn_for(options_.seconds);
  meter_.stop();
  measuring_ = false;

  sending_ = false;
  turn_until(now_ns() + static_cast<std::int64_t>((options_.stall + 1) * 1e9), [&] {
    look_for_losses();
    return all_done();
  });
  report.put("connections", 2 * pairs_.size());
  report.put("window", options_.window);
  meter_.report(report, "Round", rounds_);
  report.put("acknowledgedMicros", acknowledged_);
  report.put("receivedMicros", received_);
  report.put("roundMicros", completed_);
  report.put("overtakes", overtakes_);
  if (checks_.good() && rounds_ == 0) checks_.violation("unanswered: not one round was completed");
  if (checks_.good() && options_.read_back) read_back(report);
}

void run_pairs(const Options& options, Checks& checks, Report& report) {
  Pairs{options, checks}.run(report);
}

}  // namespace bench
