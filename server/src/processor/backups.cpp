#include "processor/backups.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/log.h"

namespace parley::processor {
namespace {

constexpr std::string_view kPattern = "parley-00000000T000000Z.db";
// What a process left that was killed while it made one.
constexpr std::chrono::hours kUnfinishedFor{24};

bool is_like(const std::string& name) {
  return std::ranges::equal(name, kPattern, [](char c, char like) {
    return like == '0' ? c >= '0' && c <= '9' : c == like;
  });
}

int number(const std::string& name, std::size_t at, std::size_t digits) {
  return std::stoi(name.substr(at, digits));
}

double seconds_of(Timestamp time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

std::string backup_name(Timestamp now) {
  return fmt::format("parley-{:%Y%m%dT%H%M%S}Z.db", std::chrono::floor<std::chrono::seconds>(now));
}

std::optional<Timestamp> backup_time(const std::string& name) {
  if (!is_like(name)) return std::nullopt;
  const std::chrono::year_month_day day{
      std::chrono::year{number(name, 7, 4)},
      std::chrono::month{static_cast<unsigned>(number(name, 11, 2))},
      std::chrono::day{static_cast<unsigned>(number(name, 13, 2))}};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{number(name, 16, 2)} +
         std::chrono::minutes{number(name, 18, 2)} + std::chrono::seconds{number(name, 20, 2)};
}

Backups::Backups(delivery::Leases& leases, Make make, std::uint64_t node, Settings settings,
                 const Clock& clock, Loop& loop, std::chrono::milliseconds look_every)
    : leases_(leases),
      make_(std::move(make)),
      node_(node),
      settings_(std::move(settings)),
      clock_(clock),
      look_every_(look_every),
      timer_(loop),
      begun_(clock.now()),
      pool_("backup", 1, 1, WorkerPool::Priority::low) {}

Task<void> Backups::run() {
  while (!stopping_) {
    try {
      co_await take_turn();
    } catch (const std::exception& failure) {
      log::warning("backups were interrupted", {{"why", failure.what()}});
    }
    if (stopping_) break;
    timer_.expires_after(look_every_);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
  pool_.stop();
  // The next one need not wait for our lease to end.
  try {
    if (leads_) co_await leases_.hold("backups", node_, std::chrono::seconds{0});
  } catch (const std::exception&) {
    // Then it waits.
  }
}

void Backups::stop() {
  stopping_ = true;
  timer_.cancel();
}

Task<void> Backups::take_turn() {
  if (!std::exchange(looked_around_, true)) {
    co_await pool_.run([this] {
      look_around();
      return true;
    });
  }
  leads_ = co_await leases_.hold("backups", node_, kLease);
  if (!leads_) co_return;
  const Timestamp now = clock_.now();
  const Timestamp last = last_success_;
  // One from the future is of a clock that was wrong.
  if (last <= now && now < last + settings_.every) co_return;
  if (SteadyClock::now() < retry_at_) co_return;
  co_await make_one(now);
}

Task<void> Backups::make_one(Timestamp now) {
  const auto file = settings_.directory / backup_name(now);
  const auto begun = SteadyClock::now();
  Made made;
  const auto failure = co_await pool_.run([&]() -> std::string {
    try {
      std::filesystem::create_directories(settings_.directory);
      made = make_(file, [this] { return stopping_.load(); });
      prune();
      return {};
    } catch (const std::exception& thrown) {
      return thrown.what();
    }
  });
  if (!failure || (stopping_ && !failure->empty())) co_return;
  const std::chrono::duration<double> took = SteadyClock::now() - begun;
  {
    const std::lock_guard lock{mutex_};
    failure_ = *failure;
  }
  if (!failure->empty()) {
    ++failed_;
    retry_at_ = SteadyClock::now() + std::min<std::chrono::seconds>(settings_.every, kRetry);
    log::error("no backup could be made", {{"why", *failure}});
    co_return;
  }
  ++made_;
  last_success_ = now;
  bytes_ = made.bytes;
  seconds_taken_ = took.count();
  log::info("a backup was made and read again", {{"file", file.string()},
                                                 {"bytes", made.bytes},
                                                 {"messages", made.messages},
                                                 {"seconds", took.count()}});
}

std::vector<std::pair<Timestamp, std::filesystem::path>> Backups::kept() const {
  std::vector<std::pair<Timestamp, std::filesystem::path>> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.directory, none))
    if (const auto made_at = backup_time(entry.path().filename().string()))
      found.emplace_back(*made_at, entry.path());
  std::ranges::sort(found, std::greater{});
  return found;
}

void Backups::look_around() {
  const Timestamp now = clock_.now();
  for (const auto& [made_at, file] : kept()) {
    if (made_at > now) continue;
    last_success_ = made_at;
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(file, unknown);
    if (!unknown) bytes_ = bytes;
    break;
  }
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.directory, none)) {
    const std::string name = entry.path().filename().string();
    const bool is_unfinished = name.size() > kPattern.size() && name.contains(".new") &&
                               is_like(name.substr(0, kPattern.size()));
    std::error_code failure;
    const auto age = std::filesystem::file_time_type::clock::now() - entry.last_write_time(failure);
    if (is_unfinished && !failure && age > kUnfinishedFor)
      std::filesystem::remove(entry.path(), failure);
  }
}

void Backups::prune() const {
  // Of a clock that was wrong some may seem to be newer than the one that was just made.
  auto files = kept();
  std::erase_if(files, [now = clock_.now()](const auto& file) { return file.first > now; });
  for (std::size_t i = settings_.keep; i < files.size(); ++i) {
    std::error_code failure;
    std::filesystem::remove(files[i].second, failure);
    if (failure)
      log::warning("an old backup stays",
                   {{"file", files[i].second.string()}, {"why", failure.message()}});
  }
}

std::optional<std::string> Backups::trouble() const {
  {
    const std::lock_guard lock{mutex_};
    if (!failure_.empty()) return "no backup could be made: " + failure_;
  }
  // A start makes one within a moment when it is due.
  const Timestamp since = std::max(last_success_.load(), begun_);
  if (clock_.now() > since + settings_.every + settings_.every / 2 + kRetry)
    return "no backup was made for too long";
  return std::nullopt;
}

double Backups::last_success() const { return seconds_of(last_success_); }

}  // namespace parley::processor
