#include <algorithm>
#include <string>

#include "client.h"
#include "process.h"
#include "scenarios.h"

namespace bench {

namespace {

// Idle: authenticated sockets, each of another user while the seed file has so many, that say
// nothing. What they hear is counted and otherwise ignored.
class Idle : public Client {
 public:
  using Client::Client;

  void run(Report& report);

 private:
  void on_reply(std::size_t connection, std::uint64_t re, std::string_view) override {
    if (re == connection + 1) ++answers_;
  }
  void on_event(std::size_t, std::string_view, std::string_view) override { ++events_; }

  void settle(double seconds) {
    turn_until(now_ns() + static_cast<std::int64_t>(seconds * 1e9), [] { return false; });
  }

  std::uint64_t answers_ = 0;
  std::uint64_t events_ = 0;
};

void Idle::run(Report& report) {
  const std::int64_t before = options_.pid == 0 ? 0 : rss_anon_bytes(options_.pid);
  for (std::size_t left = options_.connections; left > 0;) {
    const std::size_t some = std::min(left, users_.size());
    connect(0, some);
    left -= some;
  }
  settle(options_.warmup);  // presence and timers of the newcomers come to rest
  const std::int64_t after = options_.pid == 0 ? 0 : rss_anon_bytes(options_.pid);

  const std::int64_t cpu = options_.pid == 0 ? 0 : cpu_ns(options_.pid);
  settle(options_.seconds);
  const double spent = options_.pid == 0 ? 0 : static_cast<double>(cpu_ns(options_.pid) - cpu);

  // Idle is not dead: each socket still answers.
  for (std::size_t i = 0; i < loop_.size(); ++i) {
    loop_.send(i, R"({"id":)" + std::to_string(i + 1) + R"(,"op":"user:profile","data":{}})");
    if (i % 64 == 0) loop_.turn(0, *this);
  }
  const bool alive =
      turn_until(now_ns() + 30'000'000'000, [&] { return answers_ == loop_.size(); });
  if (!alive && checks_.good()) {
    checks_.violation("unanswered: " + std::to_string(loop_.size() - answers_) +
                      " sockets were dead after idling");
  }

  const auto sockets = static_cast<double>(loop_.size());
  report.put("connections", loop_.size());
  report.put("rssAnonBefore", before);
  report.put("rssAnonAfter", after);
  report.put("bytesPerSocket", static_cast<double>(after - before) / sockets);
  report.put("idleMillicores", spent / (options_.seconds * 1e6));
  report.put("eventsHeard", events_);
}

}  // namespace

void run_idle(const Options& options, Checks& checks, Report& report) {
  Idle{options, checks}.run(report);
}

}  // namespace bench
