#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "histogram.h"
#include "http.h"
#include "library.h"
#include "meter.h"
#include "process.h"
#include "scenarios.h"
#include "wire/fields.h"

namespace bench {

namespace {

constexpr std::uint64_t kPage = 50;
constexpr std::size_t kList = 20;
constexpr std::size_t kChanged = 10;  // chats with something new after the absence

// History: what reading costs at several sizes of the store, one request at a time over REST, so
// that each size can be compared with the smallest.
class History {
 public:
  History(const Options& options, Checks& checks)
      : options_(options), checks_(checks), library_(options, checks) {
    for (std::size_t reader = 0; reader < Library::kReaders; ++reader) {
      http_.push_back(std::make_unique<Http>(options.targets[0].host, options.targets[0].port,
                                             library_.users()[2 * reader].token));
    }
  }

  void run(Report& report);

 private:
  // What one kind of request cost at one size.
  struct Cost {
    double server_micros = 0;
    double p50_micros = 0;
  };
  using Costs = std::map<std::string, Cost>;

  Costs measure(Report& report);
  Cost repeat(const std::string& name, Report& report,
              const std::function<void(std::size_t)>& request);
  void read_page(const ReadChat& chat);
  void read_list(std::size_t reader);
  std::string cursor_of(std::size_t reader);
  void sync(std::size_t reader, const std::string& cursor);
  void wait_for_quiet() const;
  bool check(bool holds, const std::string& what, const Http::Answer& answer) {
    if (!holds) {
      checks_.violation(what + ": " + std::to_string(answer.status) + " " +
                        std::string{answer.body.substr(0, 300)});
    }
    return holds;
  }

  const Options& options_;
  Checks& checks_;
  Library library_;
  std::vector<std::unique_ptr<Http>> http_;
  std::mt19937_64 random_{20261121};
  std::int64_t next_pings_ = 0;
};

void History::read_page(const ReadChat& chat) {
  std::uniform_int_distribution<std::uint64_t> place{kPage + 1, chat.last_seq + 1};
  const std::uint64_t before = place(random_);
  const Http::Answer answer =
      http_[chat.reader / 2]->get("/chats/" + std::to_string(chat.id) +
                                  "/messages?before=" + std::to_string(before) + "&limit=50");
  std::uint64_t due = before - kPage;
  for (Elements page{member(answer.body, "messages")}; page.next(); ++due) {
    const Received message = parse_message(page.value);
    const Named named = parse_content(message.content);
    const bool right = message.seq == due && named.author == chat.peer &&
                       named.index == static_cast<std::int64_t>(due) - 1;
    if (!check(right,
               "history: a page before " + std::to_string(before) + " is wrong at seq " +
                   std::to_string(due),
               answer))
      return;
  }
  check(answer.status == 200 && due == before,
        "history: a page before " + std::to_string(before) + " is not of 50 messages", answer);
}

void History::read_list(std::size_t reader) {
  const Http::Answer answer = http_[reader]->get("/chats?limit=20");
  std::size_t count = 0;
  for (Elements chats{member(answer.body, "chats")}; chats.next();) ++count;
  check(answer.status == 200 && count == kList, "chats: not a list of 20", answer);
}

std::string History::cursor_of(std::size_t reader) {
  std::string cursor;
  for (bool more = true; more && checks_.good();) {
    const Http::Answer answer =
        http_[reader]->get(cursor.empty() ? "/sync" : "/sync?cursor=" + url_encoded(cursor));
    if (!check(answer.status == 200, "sync: no cursor", answer)) break;
    cursor = text(member(answer.body, "cursor"));
    more = member(answer.body, "hasMore") == "true";
  }
  return cursor;
}

void History::sync(std::size_t reader, const std::string& cursor) {
  const Http::Answer answer = http_[reader]->get("/sync?cursor=" + url_encoded(cursor));
  std::size_t found = 0;
  std::size_t wanted = 0;
  for (Elements chats{member(answer.body, "chats")}; chats.next();) {
    const std::uint64_t id = number_of(chats.value, "id");
    for (const ReadChat& chat : library_.chats()) {
      if (chat.id == id && chat.last_seq == number_of(chats.value, "lastSeq")) ++found;
    }
    ++wanted;
  }
  check(answer.status == 200 && found >= kChanged && wanted == found,
        "sync: not the chats that changed", answer);
}

History::Cost History::repeat(const std::string& name, Report& report,
                              const std::function<void(std::size_t)>& request) {
  for (std::size_t i = 0; i < options_.requests / 10 && checks_.good(); ++i) request(i);
  Histogram latency;
  Meter meter{options_};
  meter.start();
  const std::int64_t cpu = options_.pid == 0 ? 0 : cpu_ns(options_.pid);
  for (std::size_t i = 0; i < options_.requests && checks_.good(); ++i) {
    const std::int64_t asked = now_ns();
    request(i);
    latency.add(now_ns() - asked);
    if (now_ns() >= next_pings_) {
      next_pings_ = now_ns() + 1'000'000'000;
      library_.answer_pings();
    }
  }
  const std::int64_t spent = options_.pid == 0 ? 0 : cpu_ns(options_.pid) - cpu;
  meter.stop();
  Report kind;
  meter.report(kind, "Request", latency.total());
  kind.put("latencyMicros", latency);
  report.put(name, kind);
  return {
      .server_micros = static_cast<double>(spent) / 1000.0 / static_cast<double>(options_.requests),
      .p50_micros = latency.micros_at(0.5)};
}

// Checkpoints and folding after a fill are not the reader's cost.
void History::wait_for_quiet() const {
  if (options_.pid == 0) return;
  const std::int64_t deadline = now_ns() + 20'000'000'000;
  for (std::int64_t last = cpu_ns(options_.pid); now_ns() < deadline;) {
    const timespec pause{.tv_sec = 1, .tv_nsec = 200'000'000};
    nanosleep(&pause, nullptr);
    const std::int64_t now = cpu_ns(options_.pid);
    if (now - last < 10'000'000) return;
    last = now;
  }
}

History::Costs History::measure(Report& report) {
  std::vector<std::string> cursors;
  for (std::size_t reader = 0; reader < http_.size(); ++reader) {
    cursors.push_back(cursor_of(reader));
    library_.write_some(2 * reader, kChanged);
  }
  wait_for_quiet();
  const std::vector<ReadChat>& chats = library_.chats();
  std::uniform_int_distribution<std::size_t> any_chat{0, chats.size() - 1};
  Costs costs;
  costs["page"] = repeat("page", report, [&](std::size_t) { read_page(chats[any_chat(random_)]); });
  costs["chatList"] =
      repeat("chatList", report, [&](std::size_t i) { read_list(i % http_.size()); });
  costs["sync"] = repeat("sync", report,
                         [&](std::size_t i) { sync(i % http_.size(), cursors[i % http_.size()]); });
  return costs;
}

void History::run(Report& report) {
  std::string sizes = "[";
  Costs first;
  Costs last;
  for (const std::uint64_t messages : options_.messages) {
    if (!checks_.good()) break;
    if (messages < library_.chats().size() * (kPage + 1)) {
      throw std::runtime_error("--messages: too few for pages of 50 in every chat");
    }
    Report size;
    const std::uint64_t before = library_.messages();
    Meter meter{options_};
    meter.start();
    library_.fill(messages);
    meter.stop();
    Report filled;
    meter.report(filled, "Message", library_.messages() - before);
    size.put("messages", library_.messages());
    size.put("fill", filled);
    last = measure(size);
    if (first.empty()) first = last;
    if (sizes.size() > 1) sizes += ',';
    sizes += size.json();
  }
  report.put_raw("sizes", sizes + "]");
  Report ratios;
  for (const auto& [name, cost] : last) {
    Report ratio;
    ratio.put("server", cost.server_micros / first[name].server_micros);
    ratio.put("latency", cost.p50_micros / first[name].p50_micros);
    ratios.put(name, ratio);
  }
  report.put("lastToFirst", ratios);
}

}  // namespace

void run_history(const Options& options, Checks& checks, Report& report) {
  History{options, checks}.run(report);
}

}  // namespace bench
