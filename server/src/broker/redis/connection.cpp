#include "broker/redis/connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include "base/log.h"

namespace parley::broker::redis {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// How late a command may learn that its time is over.
constexpr milliseconds kTick{20};
constexpr std::size_t kReadSize = 32 << 10;
constexpr std::size_t kMostEarly = 10'000;

constexpr int kLeastVersion = 7;

// Servers before 6 do not know HELLO, and a user may not be allowed to say it: then what follows
// shows whether we can go on.
void check_version(const Reply& hello) {
  std::string_view version;
  if (hello.is_error()) {
    if (hello.text.contains("unknown command")) version = "5 or older";
  } else {
    for (std::size_t i = 0; i + 1 < hello.items.size(); i += 2)
      if (hello.items[i].text == "version") version = hello.items[i + 1].text;
  }
  int major = kLeastVersion;
  std::from_chars(version.data(), version.data() + version.size(), major);
  if (major < kLeastVersion)
    throw Unexpected{
        fmt::format("version {} is too old: Parley needs {} or newer", version, kLeastVersion)};
}

double jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>{0.5, 1.0}(random);
}

}  // namespace

Connection::Connection(Loop& loop, std::unique_ptr<Endpoints> where, Options options, Events events)
    : loop_(loop),
      where_(std::move(where)),
      options_(std::move(options)),
      events_(std::move(events)),
      ticks_(loop.get_executor()),
      pause_(loop.get_executor()) {}

void Connection::start() {
  asio::co_spawn(loop_, run(), [self = shared_from_this()](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

void Connection::stop() {
  if (stopping_) return;
  stopping_ = true;
  where_->stop();
  pause_.cancel();
  ticks_.cancel();
  if (socket_) socket_->close();
  fall("it is being stopped");
  fail_early("it is being stopped");
}

void Connection::restart(std::string why) {
  if (stopping_ || !socket_) return;
  if (why_.empty()) why_ = std::move(why);
  socket_->close();
}

Task<void> Connection::run() {
  while (!stopping_) {
    const std::string ended = co_await live();
    if (stopping_) co_return;
    const std::string why =
        host_.port == 0 ? "Redis: " + ended : fmt::format("Redis at {}: {}", host_.text(), ended);
    const bool lost = up_;
    set_trouble(why);
    fall(why);
    if (stopping_) co_return;
    // What comes while a lost connection is tried for the first time again waits for that.
    if (!lost) {
      ++failures_;
      fail_early(why);
    }
    if (!complained_) {
      complained_ = true;
      log::warning("redis connection down", {{"connection", options_.name}, {"why", why}});
    }
    co_await pause();
  }
}

Task<void> Connection::pause() {
  const auto doubled = options_.first_wait * (1LL << std::clamp(failures_ - 1, 0, 16));
  const auto wait = std::min<milliseconds>(doubled, options_.longest_wait);
  pause_.expires_after(std::chrono::duration_cast<milliseconds>(wait * jitter()));
  boost::system::error_code cancelled;
  co_await pause_.async_wait(asio::redirect_error(use_task, cancelled));
}

Task<std::string> Connection::live() {
  why_.clear();
  std::string why;
  bool alive = false;
  try {
    host_ = co_await where_->next();
    if (stopping_) co_return "";
    socket_ = std::make_shared<Socket>(loop_, options_.tls);
    reader_ = std::make_unique<ReplyReader>();
    {
      const Watchdog watchdog{loop_, socket_, options_.patience};
      co_await socket_->connect(host_);
      co_await greet();
    }
    if (stopping_) co_return "";
    alive = true;
    rise();
    co_await listen();
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) {
      why = alive ? "connection lost" : "no answer in time";
    } else {
      why = failure.code() == asio::error::eof ? "it hangs up" : failure.code().message();
    }
  } catch (const std::runtime_error& failure) {
    why = failure.what();
  }
  if (socket_) socket_->close();
  co_return why_.empty() ? why : why_;
}

Task<void> Connection::greet() {
  std::vector<std::vector<std::string>> commands;
  if (!options_.sign_in.empty()) commands.push_back(options_.sign_in);
  commands.push_back({"HELLO"});
  commands.push_back({"CLIENT", "SETNAME", options_.name});
  if (options_.database != 0) commands.push_back({"SELECT", std::to_string(options_.database)});
  if (options_.only_master) commands.push_back({"ROLE"});
  commands.push_back({"PING"});  // refused as long as the data is being loaded
  for (const std::string& channel : options_.channels) commands.push_back({"SUBSCRIBE", channel});

  const auto replies = co_await exchange(*socket_, *reader_, commands);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const Reply& reply = replies[i];
    const std::string& asked = commands[i].front();
    if (asked == "HELLO") {
      check_version(reply);
      continue;
    }
    // A name is a courtesy.
    if (reply.is_error() && !(asked == "CLIENT" && !reply.is_error("NOAUTH")) &&
        !(asked == "AUTH" && options_.lenient_sign_in))
      throw Unexpected{reply.text};
    if (asked == "ROLE" && (reply.items.empty() || reply.items[0].text != "master"))
      throw Unexpected{"this is no master"};
  }
}

Task<void> Connection::listen() {
  std::array<char, kReadSize> buffer;
  for (;;) {
    for (;;) {
      auto reply = reader_->next();
      if (!reply) throw Unexpected{reply.error()};
      if (!*reply) break;
      heard(std::move(**reply));
      if (stopping_) co_return;
    }
    const std::size_t size = co_await socket_->read(buffer);
    heard_at_ = Clock::now();
    reader_->feed({buffer.data(), size});
  }
}

void Connection::heard(Reply reply) {
  if (!options_.channels.empty() && reply.items.size() == 3 && reply.items[0].text == "message") {
    if (events_.told && !stopping_) events_.told(reply.items[1].text, reply.items[2].text);
    return;
  }
  if (sent_.empty()) {
    // What Redis says before it closes a connection, as of too many clients.
    throw Unexpected{reply.is_error() ? reply.text : "it answers what nobody asked"};
  }
  Done done = std::move(sent_.front().done);
  sent_.pop_front();
  if (reply.is_error("READONLY")) restart("this is no master any more");
  if (done) done(std::move(reply));
}

void Connection::rise() {
  up_ = true;
  failures_ = 0;
  heard_at_ = Clock::now();
  counters_.connects.fetch_add(1, std::memory_order_relaxed);
  if (complained_) log::info("redis connection up", {{"connection", options_.name}});
  complained_ = false;
  set_trouble({});
  ticks_.expires_after(options_.keepalive);
  ticks_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (!cancelled) self->tick();
  });
  watching_closely_ = false;
  if (events_.up) events_.up();
  auto early = std::exchange(early_, {});
  for (Early& one : early) send(one.command, one.deadline, std::move(one.done));
}

void Connection::fall(const std::string& why) {
  const bool was_up = std::exchange(up_, false);
  auto sent = std::exchange(sent_, {});
  for (Sent& one : sent) {
    if (!one.done) continue;
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
    one.done(std::unexpected(why));
  }
  if (was_up && events_.down && !stopping_) events_.down();
}

void Connection::fail_early(const std::string& why) {
  auto early = std::exchange(early_, {});
  for (Early& one : early) {
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
    one.done(std::unexpected(why));
  }
}

void Connection::send(std::string_view command, Clock::time_point deadline, Done done) {
  counters_.commands.fetch_add(1, std::memory_order_relaxed);
  const auto refuse = [&](std::string why) {
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
    done(std::unexpected(std::move(why)));
  };
  if (stopping_) return refuse("it is being stopped");
  if (!up_) {
    if (failures_ > 0) return refuse(trouble().value_or("down"));
    if (early_.size() >= kMostEarly) return refuse("too many commands wait for Redis");
    early_.push_back({std::string{command}, deadline, std::move(done)});
    return watch_closely();
  }
  if (socket_->unsent() > options_.most_unsent || sent_.size() >= options_.most_waiting)
    return refuse("Redis is too slow for all that is asked of it");
  socket_->send(command);
  sent_.push_back({Clock::now(), deadline, std::move(done)});
  watch_closely();
}

void Connection::watch_closely() {
  if (std::exchange(watching_closely_, true)) return;
  ticks_.expires_after(kTick);
  ticks_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (!cancelled) self->tick();
  });
}

void Connection::tick() {
  if (stopping_) return;
  const auto now = Clock::now();
  // What we slept through ourselves, as when the machine stood still, was no silence of Redis: its
  // answer may be there, and not read yet.
  if (const auto slept = now - ticks_.expiry(); slept > kTick)
    heard_at_ = std::min(now, heard_at_ + slept);
  std::vector<Done> late;
  for (Sent& one : sent_)
    if (one.done && one.deadline <= now) late.push_back(std::exchange(one.done, {}));
  std::erase_if(early_, [&](Early& one) {
    if (one.deadline > now) return false;
    late.push_back(std::move(one.done));
    return true;
  });
  if (up_ && !sent_.empty() && now - sent_.front().at > options_.patience &&
      now - heard_at_ > options_.patience)
    restart("it does not answer");
  if (up_ && sent_.empty() && now - heard_at_ >= options_.keepalive) {
    std::string ping;
    append_command(ping, {"PING"});
    send(ping, now + options_.patience, [](Outcome) {});
  }
  watching_closely_ = !sent_.empty() || !early_.empty();
  ticks_.expires_after(watching_closely_ ? kTick : options_.keepalive);
  ticks_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (!cancelled) self->tick();
  });
  for (Done& done : late) {
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
    done(std::unexpected("no answer in time"));
  }
}

std::optional<std::string> Connection::trouble() const {
  const std::lock_guard lock{mutex_};
  return trouble_;
}

void Connection::set_trouble(std::optional<std::string> trouble) {
  const std::lock_guard lock{mutex_};
  trouble_ = std::move(trouble);
}

}  // namespace parley::broker::redis
