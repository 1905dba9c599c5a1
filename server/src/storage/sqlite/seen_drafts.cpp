#include "storage/sqlite/seen_drafts.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/error.h"

namespace parley::storage {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0xa0761d6478bd642fULL) * (b ^ 0xe7037ed1a0b428dbULL);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::int64_t meta(SqliteConnection& db, std::string_view name) {
  auto row = db.query("SELECT value FROM store_meta WHERE name = ?1", name);
  return row.next() ? row.integer(0) : 0;
}

}  // namespace

SeenDrafts::SeenDrafts(SqliteConnection& db, std::filesystem::path file, std::size_t window)
    : file_(std::move(file)), half_window_(std::max<std::size_t>(1, window / 2)) {
  seed_ = static_cast<std::uint64_t>(meta(db, "hash_seed"));
  indexed_ = indexed_committed_ = meta(db, "indexed_count");
  auto log = db.query(
      "SELECT id, chat_id, sender_id, client_id FROM message_log"
      " WHERE id > (SELECT value FROM store_meta WHERE name = 'indexed_up_to') ORDER BY id");
  while (log.next()) {
    if (log.null(3)) continue;
    add({.hash = hash(log.id<ChatId>(1), log.id<UserId>(2), log.text(3)),
         .entry = static_cast<std::uint64_t>(log.integer(0))});
    rotate();
  }
  committed();  // which starts to build a filter when there is anything to filter
}

std::uint64_t SeenDrafts::hash(ChatId chat, UserId sender, std::string_view client_id) const {
  std::uint64_t state = mix(mix(seed_, chat.value()), sender.value() + client_id.size());
  for (std::size_t i = 0; i < client_id.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, client_id.data() + i, std::min<std::size_t>(8, client_id.size() - i));
    state = mix(state, word);
  }
  return mix(state, seed_);
}

std::optional<SeenDrafts::Found> SeenDrafts::find(SqliteConnection& db, std::uint64_t hash,
                                                  ChatId chat, UserId sender,
                                                  std::string_view client_id) const {
  std::optional<Found> found;
  const auto is_it = [&](std::uint64_t entry) {
    auto row =
        db.query("SELECT seq, chat_id, sender_id, client_id FROM message_log WHERE id = ?1", entry);
    if (!row.next() || row.id<ChatId>(1) != chat || row.id<UserId>(2) != sender ||
        row.text(3) != client_id)
      return false;
    found = {.entry = entry, .seq = row.integer(0)};
    return true;
  };
  if (newest_.find(hash, is_it) || leaving_.find(hash, is_it)) return found;
  if (indexed_ == 0 || (filter_ && !filter_->may_contain(hash))) return std::nullopt;

  auto rows = db.query("SELECT id FROM client_ids WHERE hash = ?1", hash);
  while (rows.next() && !is_it(static_cast<std::uint64_t>(rows.integer(0)))) {
  }
  return found;
}

void SeenDrafts::add(SeenId seen) {
  newest_.add(seen);
  newest_last_ = seen.entry;
  added_.push_back(seen);
}

bool SeenDrafts::index_some(SqliteConnection& db, std::size_t most, bool urgent) {
  // The pace that has the older half moved before the newer one is full.
  if (leaving_.empty() || (urgent && newest_.size() < half_window_ / 2)) return false;
  const auto slots = leaving_.slots();
  for (; moved_ < slots.size() && most > 0; ++moved_) {
    const SeenId seen = slots[moved_];
    if (seen.entry == 0) continue;
    db.run("INSERT OR IGNORE INTO client_ids VALUES (?1, ?2)", seen.hash, seen.entry);
    --most;
    ++indexed_;
    if (filter_) filter_->add(seen.hash);  // too early does no harm
    if (next_filter_) indexed_meanwhile_.push_back(seen.hash);
  }
  if (moved_ == slots.size()) {
    db.run("UPDATE store_meta SET value = ?1 WHERE name = 'indexed_up_to'", leaving_last_);
    db.run("UPDATE store_meta SET value = ?1 WHERE name = 'indexed_count'", indexed_);
  }
  return true;
}

void SeenDrafts::committed() {
  added_.clear();
  moved_committed_ = moved_;
  indexed_committed_ = indexed_;
  if (!leaving_.empty() && moved_ == leaving_.slots().size()) {
    leaving_ = {};
    moved_ = moved_committed_ = 0;
  }
  rotate();
  finish_filter();
}

void SeenDrafts::rolled_back() {
  for (const SeenId seen : added_) newest_.remove(seen);
  added_.clear();
  moved_ = moved_committed_;
  indexed_ = indexed_committed_;
}

void SeenDrafts::rotate() {
  if (newest_.size() < half_window_ || !leaving_.empty()) return;
  leaving_ = std::exchange(newest_, {});
  leaving_last_ = newest_last_;
}

// Takes over the filter that was built in the background, and starts a larger one when it is time.
// Outside of a transaction, so that the builder sees every row that is not told it separately.
void SeenDrafts::finish_filter() {
  if (next_filter_) {
    const Build state = build_.load(std::memory_order_acquire);
    if (state == Build::running) return;
    builder_.join();
    if (state == Build::done) {
      filter_ = std::move(next_filter_);
      for (const std::uint64_t hash : indexed_meanwhile_) filter_->add(hash);
    }
    next_filter_.reset();
    indexed_meanwhile_ = {};
  }
  if (build_ == Build::failed) return;  // without a filter the table is asked: right, but slower
  const auto rows = static_cast<std::size_t>(indexed_);
  if (rows > 0 && (!filter_ || filter_->capacity() < rows)) build_filter(rows * 2);
}

void SeenDrafts::build_filter(std::size_t keys) {
  next_filter_ = std::make_unique<BloomFilter>(std::max<std::size_t>(keys, 1024));
  build_ = Build::running;
  builder_ = std::jthread{[this, filter = next_filter_.get()](const std::stop_token& stop) {
    try {
      SqliteConnection db{file_, SqliteConnection::Mode::read};
      auto rows = db.query("SELECT hash FROM client_ids");
      while (rows.next()) {
        if (stop.stop_requested()) return;
        filter->add(static_cast<std::uint64_t>(rows.integer(0)));
      }
      build_.store(Build::done, std::memory_order_release);
    } catch (const std::exception&) {
      build_.store(Build::failed, std::memory_order_release);
    }
  }};
}

}  // namespace parley::storage
