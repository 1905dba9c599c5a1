#include "storage/postgres/pipeline.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"

namespace parley::storage {
namespace {

constexpr int kBinary = 1;
constexpr std::size_t kMostParameters = 16;

}  // namespace

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }

int Rows::count() const { return PQntuples(result_.get()); }

bool Rows::null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::int64_t Rows::integer(int row, int column) const {
  if (PQgetlength(result_.get(), row, column) != sizeof(std::int64_t))
    throw std::logic_error("a column is no BIGINT");
  return static_cast<std::int64_t>(read_big_endian_64(PQgetvalue(result_.get(), row, column)));
}

bool Rows::truth(int row, int column) const { return *PQgetvalue(result_.get(), row, column) != 0; }

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

Pipeline::Pipeline(Loop& loop, Options options, std::span<const Statement> statements)
    : options_(std::move(options)), statements_(statements), socket_(loop), deadline_(loop) {}

Pipeline::~Pipeline() { close(); }

void Pipeline::close() {
  open_ = false;
  detach();
  PQfinish(std::exchange(handle_, nullptr));
  unsent_ = 0;
  send_failed_ = false;
}

// A descriptor of our own for the socket: libpq closes its one when the connection is lost, and
// while it connects, and another thread may have one by that number before we take ours back.
bool Pipeline::attach() {
  detach();
  const int own = ::fcntl(PQsocket(handle_), F_DUPFD_CLOEXEC, 0);
  if (own >= 0) socket_.assign(own);
  return own >= 0;
}

void Pipeline::detach() {
  ++generation_;
  watches_reading_ = watches_writing_ = ready_ = false;
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
}

// Tells the coroutine that waits, or whoever wants to know of a loss.
void Pipeline::noticed(std::uint64_t generation, bool* flag) {
  if (generation != generation_) return;
  *flag = false;
  ready_ = true;
  if (asking_) {
    deadline_.cancel();
  } else if (open_ && PQconsumeInput(handle_) == 0) {
    close();
    if (told_of_loss_) told_of_loss_();
  } else {
    watch(false);
  }
}

void Pipeline::watch(bool for_writing) {
  const auto start = [this](auto direction, bool* flag) {
    *flag = true;
    socket_.async_wait(direction,
                       [this, flag, generation = generation_](auto) { noticed(generation, flag); });
  };
  if (!watches_reading_) start(socket_.wait_read, &watches_reading_);
  if (for_writing && !watches_writing_) start(socket_.wait_write, &watches_writing_);
}

// Until something can be read, or written; false when the deadline has passed.
Task<bool> Pipeline::wait(bool for_writing) {
  watch(for_writing);
  while (!ready_) {
    boost::system::error_code cancelled;
    co_await deadline_.async_wait(boost::asio::redirect_error(use_task, cancelled));
    if (!ready_ && !cancelled) co_return false;
  }
  ready_ = false;
  co_return true;
}

Pipeline::Failure Pipeline::lost(std::string_view why) {
  Failure failure{.kind = Failure::Kind::lost, .why = std::string{why}};
  if (failure.why.empty()) failure.why = first_line(PQerrorMessage(handle_));
  if (failure.why.empty()) failure.why = "the connection was closed";
  close();
  return failure;
}

Task<std::optional<Pipeline::Failure>> Pipeline::open() {
  close();
  deadline_.expires_after(options_.connect_within);
  asking_ = true;
  std::optional<Failure> failure = co_await connect();
  if (!failure) failure = co_await set_up();
  asking_ = false;
  open_ = !failure;
  if (open_) watch(false);
  co_return failure;
}

Task<std::optional<Pipeline::Failure>> Pipeline::connect() {
  const auto patience = std::to_string(options_.answer_within.count());
  // Names that stand in the URL win over those before it.
  const std::array<const char*, 7> names{"application_name",
                                         "client_encoding",
                                         "keepalives_idle",
                                         "tcp_user_timeout",
                                         "target_session_attrs",
                                         "dbname",
                                         nullptr};
  const std::array<const char*, 7> values{
      options_.name.c_str(), "UTF8", "10", patience.c_str(), "read-write",
      options_.url.c_str(),  nullptr};
  handle_ = PQconnectStartParams(names.data(), values.data(), 1);
  if (!handle_) co_return Failure{.kind = Failure::Kind::lost, .why = "out of memory"};
  PQsetNoticeProcessor(handle_, [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (PQstatus(handle_) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
    if (!attach()) co_return lost(std::strerror(errno));
    // Only the one it asks for: a connection under way is neither.
    bool& flag = next == PGRES_POLLING_WRITING ? watches_writing_ : watches_reading_;
    flag = true;
    socket_.async_wait(
        next == PGRES_POLLING_WRITING ? socket_.wait_write : socket_.wait_read,
        [this, &flag, generation = generation_](auto) { noticed(generation, &flag); });
    while (!ready_) {
      boost::system::error_code cancelled;
      co_await deadline_.async_wait(boost::asio::redirect_error(use_task, cancelled));
      if (!ready_ && !cancelled) co_return lost("the server does not answer");
    }
    next = PQconnectPoll(handle_);
    if (next == PGRES_POLLING_FAILED) break;
  }
  if (PQstatus(handle_) != CONNECTION_OK) co_return lost({});
  if (!attach()) co_return lost(std::strerror(errno));
  co_return std::nullopt;
}

std::string Pipeline::settings(const Options& options) {
  return fmt::format(
      "{} SET enable_bitmapscan = off; SET enable_material = off; SET enable_sort = off;"
      " SET enable_incremental_sort = off; SET statement_timeout = {};"
      " SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {};"
      // What is acknowledged is on disk, whatever the server's default.
      " SELECT set_config('synchronous_commit', 'on', false)"
      " WHERE current_setting('synchronous_commit') = 'off'",
      only_lookups(), options.statement_within.count(), options.lock_within.count(),
      options.idle_in_transaction_within.count());
}

bool Pipeline::prepare_all() {
  return std::ranges::all_of(statements_, [this](const Statement& statement) {
    return PQsendPrepare(handle_, statement.name, statement.text, 0, nullptr) == 1;
  });
}

Task<std::optional<Pipeline::Failure>> Pipeline::set_up() {
  PQsetnonblocking(handle_, 1);
  if (!PQsendQuery(handle_, settings(options_).c_str())) co_return lost({});
  for (;;) {
    const int flushed = PQflush(handle_);
    if (flushed < 0) co_return lost({});
    if (flushed == 0 && !PQisBusy(handle_)) {
      PGresult* const result = PQgetResult(handle_);
      if (!result) break;
      const bool refused = PQresultStatus(result) == PGRES_FATAL_ERROR;
      const std::string why = refused ? first_line(PQresultErrorMessage(result)) : "";
      PQclear(result);
      if (refused) co_return lost(why);
      continue;
    }
    if (!co_await wait(flushed > 0)) co_return lost("the server does not answer");
    if (!PQconsumeInput(handle_)) co_return lost({});
  }
  PQenterPipelineMode(handle_);
  if (!prepare_all()) co_return lost({});
  open_ = true;  // for the exchange
  unsent_ = statements_.size();
  const auto prepared = co_await exchange();
  if (prepared) co_return std::nullopt;
  Failure failure = prepared.error();
  close();
  co_return failure;
}

void Pipeline::send(std::size_t statement, std::span<const std::string_view> parameters) {
  if (!open_) return;  // the exchange says so
  if (parameters.size() > kMostParameters) throw std::logic_error("too many parameters");
  std::array<const char*, kMostParameters> values{};
  std::array<int, kMostParameters> lengths{}, formats{};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    values[i] = parameters[i].data();
    lengths[i] = static_cast<int>(parameters[i].size());
    formats[i] = kBinary;
  }
  if (!PQsendQueryPrepared(handle_, statements_[statement].name,
                           static_cast<int>(parameters.size()), values.data(), lengths.data(),
                           formats.data(), kBinary))
    send_failed_ = true;
  ++unsent_;
}

Pipeline::Failure Pipeline::failure_of(const pg_result* result) {
  const char* const code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return {.kind = Failure::Kind::refused,
          .sqlstate = code ? code : "",
          .why = first_line(PQresultErrorMessage(result))};
}

Task<std::expected<std::vector<Rows>, Pipeline::Failure>> Pipeline::exchange() {
  if (!open_)
    co_return std::unexpected{
        Failure{.kind = Failure::Kind::lost, .why = "there is no connection"}};
  std::vector<Rows> answers;
  answers.reserve(std::exchange(unsent_, 0));
  std::optional<Failure> refusal;
  if (send_failed_ || !PQpipelineSync(handle_)) co_return std::unexpected{lost({})};

  deadline_.expires_after(options_.answer_within);
  asking_ = true;
  std::optional<std::string> broken;  // why, when libpq does not know
  for (bool synced = false; !synced && !broken;) {
    const int flushed = PQflush(handle_);
    if (flushed < 0) {
      broken.emplace();
    } else if (flushed > 0 || PQisBusy(handle_)) {
      if (!co_await wait(flushed > 0)) {
        broken = "the server does not answer";
      } else if (!PQconsumeInput(handle_)) {
        broken.emplace();
      }
    } else if (PGresult* const result = PQgetResult(handle_)) {
      switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC:
          synced = true;
          PQclear(result);
          break;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
          answers.emplace_back(result);
          break;
        default:  // the statements after a refusal say that they were not looked at
          if (!refusal) refusal = failure_of(result);
          PQclear(result);
      }
    }
    if (PQstatus(handle_) != CONNECTION_OK && !broken) broken.emplace();
  }
  asking_ = false;
  if (broken) {
    Failure failure = lost(refusal ? refusal->why : *broken);
    if (refusal) failure.sqlstate = refusal->sqlstate;
    co_return std::unexpected{std::move(failure)};
  }
  watch(false);
  if (refusal) co_return std::unexpected{std::move(*refusal)};
  co_return answers;
}

}  // namespace parley::storage
