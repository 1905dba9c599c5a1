#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "base/task.h"
#include "storage/postgres/pg_array.h"

struct pg_conn;
struct pg_result;

namespace parley::storage {

// The rows that one statement yielded, in binary form.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}

  int count() const;
  bool null(int row, int column) const;
  std::int64_t integer(int row, int column) const;  // of a BIGINT
  bool truth(int row, int column) const;            // of a BOOLEAN
  std::string_view bytes(int row, int column) const;

  template <class Kind>
  Kind id(int row, int column) const {
    return Kind{static_cast<std::uint64_t>(integer(row, column))};
  }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// Pipeline is a connection to a PostgreSQL server that belongs to a loop and never blocks it, but
// for looking up a host's name. Statements are sent without waiting for the answers to those before
// them (libpq's pipeline mode), so that what belongs together costs one round trip.
//
// It is used from coroutines of its loop, by one at a time. It has to live until the loop has run
// out of work. Whoever keeps it closed for good calls close().
class Pipeline {
 public:
  struct Options {
    std::string url;  // postgres://user:password@host:port/database, of a server that may write
    std::string name = "parley";  // in pg_stat_activity
    std::chrono::milliseconds connect_within{5'000};
    std::chrono::milliseconds answer_within{15'000};  // for everything one exchange() asks
    // The server gives up by itself a little earlier, and says why.
    std::chrono::milliseconds statement_within{10'000};
    std::chrono::milliseconds lock_within{5'000};
    std::chrono::milliseconds idle_in_transaction_within{10'000};
  };
  struct Statement {
    const char* name;
    const char* text;
  };

  // Why there is no answer.
  struct Failure {
    enum class Kind : std::uint8_t {
      refused,  // the server said no to a statement, and did nothing after it
      lost,     // no connection any more: what was asked may have been done or not
    };
    Kind kind = Kind::refused;
    std::string sqlstate{};  // empty when the server said nothing
    std::string why{};       // a sentence without the password and without what was sent
  };

  // What every connection is told first, as SQL.
  static std::string settings(const Options& options);

  // `statements` are prepared whenever it is opened; what they point to has to stay.
  Pipeline(Loop& loop, Options options, std::span<const Statement> statements);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Connects anew, within the deadline. Answers what is in the way; nothing when it is open.
  Task<std::optional<Failure>> open();
  bool is_open() const { return open_; }
  void close();

  // Called when the server ends the connection while nothing was asked.
  void on_loss(std::function<void()> told) { told_of_loss_ = std::move(told); }

  // Adds a statement, by its place in `statements`, to what exchange() asks.
  void send(std::size_t statement) { send(statement, {}); }
  void send(std::size_t statement, std::span<const std::string_view> parameters);

  // Asks what was added, and yields an answer to each in their order, or the first failure. A
  // transaction that was begun goes on; after a refusal nothing but a rollback will do.
  Task<std::expected<std::vector<Rows>, Failure>> exchange();

 private:
  using Executor = Loop::executor_type;
  using Clock = std::chrono::steady_clock;
  using Answer = std::expected<std::vector<Rows>, Failure>;

  Task<std::optional<Failure>> connect();
  Task<std::optional<Failure>> set_up();
  Task<bool> wait(bool for_writing);
  void watch(bool for_writing);
  void noticed(std::uint64_t generation, bool* flag);
  bool attach();  // errno says why not
  void detach();
  Failure lost(std::string_view why);
  bool prepare_all();
  Failure failure_of(const pg_result* result);

  const Options options_;
  const std::span<const Statement> statements_;
  boost::asio::posix::basic_stream_descriptor<Executor> socket_;
  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor> deadline_;
  std::function<void()> told_of_loss_;

  pg_conn* handle_ = nullptr;
  bool open_ = false;
  bool asking_ = false;     // somebody waits for an answer
  std::size_t unsent_ = 0;  // statements added since the last exchange
  bool send_failed_ = false;
  std::uint64_t generation_ = 0;  // of the descriptor: late news of an old one are nothing
  bool watches_reading_ = false;
  bool watches_writing_ = false;
  bool ready_ = false;
};

// What a BIGINT looks like as a parameter.
class PgInteger {
 public:
  explicit PgInteger(std::int64_t value) {
    append_big_endian(text_, static_cast<std::uint64_t>(value));
  }
  std::string_view binary() const { return text_; }

 private:
  std::string text_;
};

}  // namespace parley::storage
