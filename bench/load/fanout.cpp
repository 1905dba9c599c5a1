#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "client.h"
#include "histogram.h"
#include "message.h"
#include "meter.h"
#include "outbox.h"
#include "process.h"
#include "read_back.h"
#include "scenarios.h"
#include "wire/fields.h"

namespace bench {

namespace {

// Fanout: the first members of a group keep a window of messages outstanding; a message is done
// when its sender has the reply and every other member has it. Nobody sends receipts, so the cost
// is that of bringing one message to many, per delivery.
class Fanout : public Client {
 public:
  Fanout(const Options& options, Checks& checks);

  void run(Report& report);

 private:
  void on_reply(std::size_t connection, std::uint64_t re, std::string_view data) override;
  void on_event(std::size_t connection, std::string_view name, std::string_view data) override;

  void send(std::size_t sender);
  void part_done(std::size_t sender, Outbox::Slot& slot);
  bool check_written(std::uint64_t seq, Written message);
  void check_order(std::size_t receiver, const Named& named, std::uint64_t seq);
  void look_for_losses();
  void turn_for(double seconds);
  void read_back(Report& report);
  std::string say(std::size_t sender, std::uint64_t index) const;

  Contents contents_;
  Meter meter_;
  std::uint64_t group_;
  std::string group_text_;
  std::size_t members_;
  std::size_t senders_;
  std::vector<Outbox> outboxes_;               // by sender
  std::vector<std::vector<SeqTracker>> seen_;  // by receiver and sender: indexes
  std::vector<SeqTracker> seqs_;               // by receiver
  std::uint64_t base_ = 0;                     // the first seq of this run
  std::vector<Written> written_;               // by seq - base_; author 0 index 0 when unknown
  std::vector<bool> known_;
  std::vector<ReadBack> back_;
  bool sending_ = true;
  bool measuring_ = false;
  std::uint64_t deliveries_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t overtakes_ = 0;
  std::int64_t next_look_ = 0;
  Histogram acknowledged_;
  Histogram received_;
  Histogram completed_;
};

Fanout::Fanout(const Options& options, Checks& checks)
    : Client(options, checks),
      contents_(options.content, static_cast<std::uint64_t>(now_ns())),
      meter_(options),
      group_(users_.empty() ? 0 : users_[0].group),
      group_text_(std::to_string(group_)),
      members_(0),
      senders_(options.senders) {
  while (members_ < users_.size() && members_ < options.connections && group_ != 0 &&
         users_[members_].group == group_) {
    ++members_;
  }
  if (members_ < 2 || senders_ == 0 || senders_ > members_) {
    throw std::runtime_error("the seed file has no group large enough; seed with --group=N");
  }
  outboxes_.assign(senders_, Outbox{options.window});
  seen_.assign(members_, std::vector<SeqTracker>(senders_, SeqTracker{0}));
  seqs_.resize(members_);
}

std::string Fanout::say(std::size_t sender, std::uint64_t index) const {
  return "message " + std::to_string(index) + " of " + users_[sender].name;
}

void Fanout::send(std::size_t sender) {
  Outbox& outbox = outboxes_[sender];
  while (sending_ && outbox.has_room()) {
    const std::uint64_t index = outbox.open(now_ns(), static_cast<std::uint32_t>(members_));
    loop_.send(sender, contents_.request(index, group_text_, sender, index));
  }
}

// Whoever hears first what a seq holds settles it for all others.
bool Fanout::check_written(std::uint64_t seq, Written message) {
  // In flight at most senders × window, so the first seq heard is no further than that from base.
  if (base_ == 0) base_ = seq > senders_ * options_.window ? seq - senders_ * options_.window : 1;
  if (seq < base_) {
    checks_.violation("seq: " + say(message.author, message.index) + " got the old seq " +
                      std::to_string(seq));
    return false;
  }
  const std::uint64_t at = seq - base_;
  if (at >= written_.size()) {
    written_.resize(at + 1024);
    known_.resize(at + 1024);
  }
  if (!known_[at]) {
    known_[at] = true;
    written_[at] = message;
    return true;
  }
  if (written_[at].author == message.author && written_[at].index == message.index) return true;
  checks_.violation("seq: " + std::to_string(seq) + " is both " +
                    say(message.author, message.index) + " and " +
                    say(written_[at].author, written_[at].index));
  return false;
}

void Fanout::check_order(std::size_t receiver, const Named& named, std::uint64_t seq) {
  const auto index = static_cast<std::uint64_t>(named.index);
  const SeqTracker::Seen seen = seen_[receiver][named.author].note(index);
  const auto say_so = [&](const char* what) {
    checks_.violation(std::string{what} + ": " + say(named.author, index) + " at " +
                      users_[receiver].name);
  };
  if (seen == SeqTracker::Seen::doubled) say_so("doubled");
  if (seen == SeqTracker::Seen::late && options_.strict_order)
    say_so("order: came after a later one");
  const SeqTracker::Seen place = seqs_[receiver].note(seq);
  if (place == SeqTracker::Seen::late) ++overtakes_;
}

void Fanout::on_reply(std::size_t connection, std::uint64_t re, std::string_view data) {
  if (re >= ReadBack::kFirstRequest) {
    back_[0].take(data, contents_, checks_);
    if (checks_.good() && !back_[0].done()) loop_.send(connection, back_[0].request());
    return;
  }
  Outbox::Slot* slot = connection < senders_ ? outboxes_[connection].find(re) : nullptr;
  if (slot == nullptr || slot->replied) {
    return checks_.violation("reply: a reply nobody waits for, to " + say(connection, re));
  }
  const std::uint64_t id = number_of(data, "id");
  const std::uint64_t seq = number_of(data, "seq");
  if (id == 0 || (slot->id != 0 && (slot->id != id || slot->seq != seq))) {
    return checks_.violation("reply: " + say(connection, re) +
                             " was pushed with another id or seq than " + std::string{data});
  }
  if (!check_written(seq, {.author = connection, .index = re})) return;
  slot->id = id;
  slot->seq = seq;
  slot->replied = true;
  if (measuring_) acknowledged_.add(loop_.read_at() - slot->sent_at);
  part_done(connection, *slot);
}

void Fanout::on_event(std::size_t connection, std::string_view name, std::string_view data) {
  if (name != "message:receive") return;
  const Received message = parse_message(data);
  if (message.chat != group_) return;  // direct chats of the same users are not this run's
  const Named named = parse_content(message.content);
  const auto index = static_cast<std::uint64_t>(named.index);
  if (named.index < 0 || named.author >= senders_ || named.author == connection ||
      index >= outboxes_[named.author].next() || message.sender != users_[named.author].id ||
      message.content != contents_.of(named.author, index)) {
    return checks_.violation("altered: " + users_[connection].name + " received " +
                             std::string{data.substr(0, 300)});
  }
  check_order(connection, named, message.seq);
  if (!checks_.good() || !check_written(message.seq, {.author = named.author, .index = index}))
    return;
  Outbox::Slot* slot = outboxes_[named.author].find(index);
  if (slot == nullptr) return;
  if (slot->id != 0 && slot->id != message.id) {
    return checks_.violation("reply: " + say(named.author, index) + " has two ids");
  }
  slot->id = message.id;
  slot->seq = message.seq;
  if (measuring_) {
    ++deliveries_;
    received_.add(loop_.read_at() - slot->sent_at);
  }
  part_done(named.author, *slot);
}

void Fanout::part_done(std::size_t sender, Outbox::Slot& slot) {
  const std::int64_t sent_at = slot.sent_at;
  if (!outboxes_[sender].part_done(slot)) return;
  if (measuring_) {
    ++messages_;
    completed_.add(loop_.read_at() - sent_at);
  }
  send(sender);
}

void Fanout::look_for_losses() {
  const std::int64_t now = now_ns();
  if (now < next_look_) return;
  next_look_ = now + 50'000'000;
  for (std::size_t sender = 0; sender < senders_; ++sender) {
    const std::uint64_t index = outboxes_[sender].oldest();
    const Outbox::Slot* oldest = outboxes_[sender].find(index);
    if (oldest == nullptr || static_cast<double>(now - oldest->sent_at) < options_.stall * 1e9)
      continue;
    if (!oldest->replied) {
      checks_.violation("unanswered: " + say(sender, index));
      continue;
    }
    for (std::size_t receiver = 0; receiver < members_; ++receiver) {
      if (receiver != sender && seen_[receiver][sender].next() <= index) {
        checks_.violation("lost: " + say(sender, index) + " never reached " +
                          users_[receiver].name);
      }
    }
  }
}

void Fanout::turn_for(double seconds) {
  turn_until(now_ns() + static_cast<std::int64_t>(seconds * 1e9), [&] {
    look_for_losses();
    return false;
  });
}

void Fanout::read_back(Report& report) {
  std::uint64_t sent = 0;
  for (const Outbox& outbox : outboxes_) sent += outbox.next();
  const auto first = static_cast<std::size_t>(std::ranges::find(known_, true) - known_.begin());
  for (std::size_t i = first; i < first + sent; ++i) {
    if (i >= known_.size() || !known_[i]) {
      return checks_.violation("gap: seq " + std::to_string(base_ + i) +
                               " was given to no message");
    }
  }
  report.put("readBack", options_.read_back ? sent : 0);
  if (!options_.read_back) return;
  const auto from = written_.begin() + static_cast<std::ptrdiff_t>(first);
  back_.emplace_back(group_, base_ + first,
                     std::vector<Written>{from, from + static_cast<std::ptrdiff_t>(sent)});
  loop_.send(0, back_[0].request());
  const bool done = turn_until(now_ns() + 120'000'000'000, [&] { return back_[0].done(); });
  if (!done && checks_.good())
    checks_.violation("unanswered: reading history back took over 120 s");
}

void Fanout::run(Report& report) {
  connect(0, members_);
  for (std::size_t i = 0; i < senders_; ++i) send(i);
  turn_for(options_.warmup);
  measuring_ = true;
  meter_.start();
  turn_for(options_.seconds);
  meter_.stop();
  measuring_ = false;

  sending_ = false;
  turn_until(now_ns() + static_cast<std::int64_t>((options_.stall + 1) * 1e9), [&] {
    look_for_losses();
    return std::ranges::all_of(outboxes_, [](const Outbox& outbox) { return outbox.empty(); });
  });
  report.put("members", members_);
  report.put("senders", senders_);
  report.put("window", options_.window);
  report.put("messages", messages_);
  meter_.report(report, "Delivery", deliveries_);
  report.put("acknowledgedMicros", acknowledged_);
  report.put("receivedMicros", received_);
  report.put("roundMicros", completed_);
  report.put("overtakes", overtakes_);
  if (checks_.good() && messages_ == 0)
    checks_.violation("unanswered: not one message reached all");
  if (checks_.good()) read_back(report);
}

}  // namespace

void run_fanout(const Options& options, Checks& checks, Report& report) {
  Fanout{options, checks}.run(report);
}

}  // namespace bench
