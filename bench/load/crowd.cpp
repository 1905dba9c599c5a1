#include "crowd.h"

#include <algorithm>

#include "process.h"
#include "wire/fields.h"

namespace bench {
namespace {

constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kPatience = 15'000 * kMilli;
constexpr std::int64_t kProven = 5'000 * kMilli;
constexpr std::int64_t kGapGrace = 250 * kMilli;
constexpr double kFirstMillis = 500;
constexpr double kLongestMillis = 30'000;
constexpr std::size_t kAtOnce = 256;       // while nothing is wrong
constexpr std::uint64_t kAcknowledge = 1;  // the id of every message:delivered

// The code of "closed by the server with code 1013 …", or 0.
int code_in(const std::string& why) {
  const auto at = why.find("with code ");
  return at == std::string::npos ? 0 : std::atoi(why.c_str() + at + 10);
}

}  // namespace

Crowd::Crowd(const Options& options, const std::vector<SeededUser>& users, Loop& loop,
             Contents& contents, Checks& checks)
    : options_(options),
      users_(users),
      loop_(loop),
      contents_(contents),
      checks_(checks),
      members_(options.connections) {}

void Crowd::enter(Member& member, Stage stage) {
  const auto on_its_way = [](Stage one) {
    return one == Stage::connecting || one == Stage::syncing || one == Stage::reading;
  };
  if (on_its_way(member.stage)) --on_their_way_;
  if (on_its_way(stage)) ++on_their_way_;
  if (member.stage == Stage::served) --served_;
  if (stage == Stage::served) ++served_;
  member.stage = stage;
}

void Crowd::come() {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].stage == Stage::away && on_their_way_ < kAtOnce) connect(i, now_ns());
  }
}

void Crowd::lose_first_node(std::int64_t now, const std::set<std::size_t>& gone) {
  first_target_ = 1;
  others_ = options_.targets.size() - 1;
  lost_at_ = now;
  for (const std::size_t number : gone) {
    enter(members_[number], Stage::gone);
    loop_.abandon(number);
  }
  gone_ = gone.size();
  refusals_.clear();
  histories_ = 0;
}

void Crowd::connect(std::size_t number, std::int64_t now) {
  Member& member = members_[number];
  enter(member, Stage::connecting);
  member.ready_at = 0;
  member.at = now + kPatience;
  if (lost_at_ != 0) ++attempts_;
  member.target =
      first_target_ + std::uniform_int_distribution<std::size_t>{0, others_ - 1}(random_);
  loop_.begin(number, users_[user_of(number)].token, member.target);
}

void Crowd::lost(std::size_t number, int code, std::int64_t now) {
  Member& member = members_[number];
  loop_.abandon(number);
  if (member.ready_at != 0 && now - member.ready_at >= kProven) member.failures = 0;
  const double full = std::min(kLongestMillis, kFirstMillis * (1 << std::min(member.failures, 10)));
  ++member.failures;
  double millis = full / 2 + full / 2 * std::uniform_real_distribution<double>{}(random_);
  if (code == 1013 || code == 4409 || code == 4429) millis += 5'000;
  member.ready_at = 0;
  enter(member, Stage::away);
  member.at = now + static_cast<std::int64_t>(millis * kMilli);
}

void Crowd::closed(std::size_t number, const std::string& why, std::int64_t now) {
  Member& member = members_[number];
  if (member.stage == Stage::gone) return;
  if (lost_at_ == 0) return checks_.violation("closed: " + why + ", before anything was wrong");
  const int code = code_in(why);
  // Orderly is what says when to come back, and the end of the node that was killed.
  const bool to_come_back =
      why.find("Retry-After") != std::string::npos || code == 1012 || code == 1013 || code == 4429;
  if (member.target >= first_target_) {
    ++refusals_[why.substr(0, 60)];
    if (!to_come_back) checks_.violation("disorderly: a socket " + why);
  }
  lost(number, code, now);
}

void Crowd::tick(std::int64_t now) {
  if (now < next_look_) return;
  next_look_ = now + kMilli;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    Member& member = members_[i];
    if (member.stage == Stage::gone) continue;
    if (member.stage == Stage::served) {
      if (member.gap_at != 0 && member.gap_at + kGapGrace < now) go_on(i, now);
    } else if (member.stage == Stage::away) {
      if (member.at <= now && (lost_at_ != 0 || on_their_way_ < kAtOnce)) connect(i, now);
    } else if (member.at <= now) {
      ++refusals_["unanswered for 15 s"];
      lost(i, 0, now);
    }
  }
}

void Crowd::request(std::size_t number, std::string_view operation, const std::string& data,
                    std::int64_t now) {
  Member& member = members_[number];
  member.at = now + kPatience;
  loop_.send(number, R"({"id":)" + std::to_string(++member.request) + R"(,"op":")" +
                         std::string{operation} + R"(","data":{)" + data + "}}");
}

void Crowd::sync(std::size_t number, std::int64_t now) {
  Member& member = members_[number];
  enter(member, Stage::syncing);
  request(number, "sync", member.cursor.empty() ? "" : R"("cursor":")" + member.cursor + '"', now);
}

void Crowd::refresh(std::size_t number) {
  if (members_[number].stage == Stage::served) sync(number, now_ns());
}

void Crowd::take(std::size_t number, const Said& said, std::int64_t now) {
  Member& member = members_[number];
  if (!said.is_reply) return on_event(number, said, now);
  if (!said.error.empty()) {
    refused(number, said.error);
    if (said.re != kAcknowledge) lost(number, 0, now);
    return;
  }
  if (said.re != member.request) return;
  if (member.stage == Stage::syncing) {
    on_synced(number, said.data, now);
  } else if (member.stage == Stage::reading) {
    for (Elements all{bench::member(said.data, "messages")}; all.next();) {
      if (!hold(number, all.value)) return;
    }
    const std::uint64_t reached = number_of(said.data, "toSeq");
    if (reached > member.held) {
      return checks_.violation("lost: history of member " + std::to_string(number) +
                               " says it reaches " + std::to_string(reached) + ", and " +
                               std::to_string(member.held + 1) + " is not in it");
    }
    go_on(number, now);
  }
}

void Crowd::on_synced(std::size_t number, std::string_view data, std::int64_t now) {
  Member& member = members_[number];
  member.cursor = text(bench::member(data, "cursor"));
  for (Elements all{bench::member(data, "chats")}; all.next();) {
    if (number_of(all.value, "id") != users_[user_of(number)].direct_chat) continue;
    member.head = std::max(member.head, number_of(all.value, "lastSeq"));
  }
  if (bench::member(data, "hasMore") == "true") return sync(number, now);
  go_on(number, now);
}

// Reads what is missing, or is done.
void Crowd::go_on(std::size_t number, std::int64_t now) {
  Member& member = members_[number];
  member.gap_at = 0;
  if (member.held < member.head) {
    enter(member, Stage::reading);
    ++histories_;
    return request(number, "history",
                   R"("chatId":")" + std::to_string(users_[user_of(number)].direct_chat) +
                       R"(","after":)" + std::to_string(member.held) + R"(,"limit":100)",
                   now);
  }
  enter(member, Stage::served);
  acknowledge(number);
  if (lost_at_ != 0 && !member.was_served) {
    member.was_served = true;
    ++returned_;
    served_after_.add(now - lost_at_);
  }
}

void Crowd::on_event(std::size_t number, const Said& said, std::int64_t now) {
  Member& member = members_[number];
  if (said.event == "ready" && member.stage == Stage::connecting) {
    member.ready_at = now;
    sync(number, now);
  } else if (said.event == "resync" && member.stage == Stage::served) {
    sync(number, now);
  } else if (said.event == "message:receive") {
    if (!hold(number, said.data) || member.stage != Stage::served) return;
    if (member.ahead.empty()) {
      acknowledge(number);
    } else if (member.gap_at == 0) {
      member.gap_at = now;
    }
  }
}

// Takes a message into what the member has. False when it is none that its friend wrote.
bool Crowd::hold(std::size_t number, std::string_view json) {
  Member& member = members_[number];
  const Received message = parse_message(json);
  const Named named = parse_content(message.content);
  const auto index = static_cast<std::uint64_t>(named.index);
  const std::size_t author = user_of(number) + 1;
  if (named.index < 0 || named.author != author || index >= member.chat.sent ||
      message.content != contents_.of(author, index) ||
      (member.chat.base != 0 && message.seq != member.chat.base + index)) {
    checks_.violation("altered: member " + std::to_string(number) + " was given " +
                      std::string{json.substr(0, 300)});
    return false;
  }
  member.head = std::max(member.head, message.seq);
  if (message.seq > member.held) member.ahead.insert(message.seq);
  while (!member.ahead.empty() && *member.ahead.begin() == member.held + 1) {
    ++member.held;
    member.ahead.erase(member.ahead.begin());
  }
  return true;
}

void Crowd::acknowledge(std::size_t number) {
  if (members_[number].held == 0) return;
  loop_.send(number, R"({"id":)" + std::to_string(kAcknowledge) +
                         R"(,"op":"message:delivered","data":{"chatId":")" +
                         std::to_string(users_[user_of(number)].direct_chat) + R"(","seq":)" +
                         std::to_string(members_[number].held) + "}}");
}

void Crowd::refused(std::size_t number, std::string_view error) {
  const std::string_view code = text(member(error, "code"));
  ++refusals_[std::string{code}];
  if (code != "busy" && code != "storage_unavailable" && code != "rate_limited") {
    checks_.violation("disorderly: member " + std::to_string(number) + " was told " +
                      std::string{error});
  }
}

void Crowd::report(Report& report) const {
  Report refusals;
  for (const auto& [why, times] : refusals_) refusals.put(why, times);
  report.put("attempts", attempts_);
  report.put("histories", histories_);
  report.put("refusals", refusals);
  report.put("servedMicros", served_after_);
}

}  // namespace bench
