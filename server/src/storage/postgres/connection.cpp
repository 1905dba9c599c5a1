#include "storage/postgres/connection.h"

#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include "model/error.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/url.h"

namespace parley::storage {
namespace {

// pg_type.oid of what is bound and read.
constexpr Oid kBool = 16, kBytes = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23;
constexpr int kBinary = 1;
constexpr int kLeastServer = 150'000;  // 15.0

Oid oid_of(Statement::Type type) {
  switch (type) {
    case Statement::Type::integer:
      return kInt8;
    case Statement::Type::blob:
      return kBytes;
    case Statement::Type::text:  // may go into a column of bytes: the server sees by itself
    case Statement::Type::unknown:
      return 0;
  }
  std::unreachable();
}

// ?1 becomes $1, but for what stands in quotes.
std::string translated(std::string_view sql) {
  std::string text;
  text.reserve(sql.size());
  bool quoted = false;
  for (const char c : sql) {
    if (c == '\'') quoted = !quoted;
    text += c == '?' && !quoted ? '$' : c;
  }
  return text;
}

template <class T>
T read_big_endian(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return std::byteswap(value);
}

using Clock = std::chrono::steady_clock;

}  // namespace

std::string_view only_lookups() {
  // A plan that was made for an empty table may have to do for a long time.
  return "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
         " SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;"
         " SET max_parallel_workers_per_gather = 0;";
}

PostgresStatement::PostgresStatement(PostgresConnection& connection, std::string_view sql,
                                     std::string name)
    : connection_(connection), sql_(translated(sql)), name_(std::move(name)) {}

PostgresStatement::~PostgresStatement() { PQclear(result_); }

PostgresStatement::Parameter& PostgresStatement::parameter(int position, Type type) {
  const auto index = static_cast<std::size_t>(position - 1);
  if (parameters_.size() <= index) parameters_.resize(index + 1);
  Parameter& parameter = parameters_[index];
  parameter.type = oid_of(type);
  parameter.null = false;
  return parameter;
}

void PostgresStatement::bind_null(int position, Type type) {
  parameter(position, type).null = true;
}

void PostgresStatement::bind_integer(int position, std::int64_t value) {
  std::array<char, sizeof value> bytes;
  value = std::byteswap(value);
  std::memcpy(bytes.data(), &value, sizeof value);
  parameter(position, Type::integer).bytes.assign(bytes.data(), bytes.size());
}

void PostgresStatement::bind_text(int position, std::string_view text, Lifetime) {
  parameter(position, Type::text).bytes.assign(text);
}

void PostgresStatement::bind_blob(int position, std::string_view bytes, Lifetime) {
  parameter(position, Type::blob).bytes.assign(bytes);
}

void PostgresStatement::execute() {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const Parameter& parameter : parameters_) {
    types.push_back(parameter.type);
    values.push_back(parameter.null ? nullptr : parameter.bytes.data());
    lengths.push_back(static_cast<int>(parameter.bytes.size()));
    formats.push_back(kBinary);
  }
  PGconn* const handle = connection_.handle_;
  const int count = static_cast<int>(parameters_.size());
  if (name_.empty()) {
    connection_.check_sent(PQsendQueryParams(handle, sql_.c_str(), count, types.data(),
                                             values.data(), lengths.data(), formats.data(),
                                             kBinary));
  } else {
    if (!prepared_) {
      connection_.check_sent(
          PQsendPrepare(handle, name_.c_str(), sql_.c_str(), count, types.data()));
      PQclear(connection_.answer(sql_));
      prepared_ = true;
    }
    connection_.check_sent(PQsendQueryPrepared(handle, name_.c_str(), count, values.data(),
                                               lengths.data(), formats.data(), kBinary));
  }
  result_ = connection_.answer(sql_);
  row_ = -1;
  const char* const changed = PQcmdTuples(result_);
  connection_.changes_ = *changed ? std::strtoll(changed, nullptr, 10) : 0;
}

bool PostgresStatement::step() {
  if (!result_) execute();
  return ++row_ < PQntuples(result_);
}

void PostgresStatement::reset() noexcept {
  PQclear(result_);
  result_ = nullptr;
  row_ = -1;
}

bool PostgresStatement::null(int column) const { return PQgetisnull(result_, row_, column) != 0; }

std::int64_t PostgresStatement::integer(int column) const {
  if (null(column)) return 0;
  const char* const bytes = PQgetvalue(result_, row_, column);
  switch (const Oid type = PQftype(result_, column)) {
    case kInt8:
      return read_big_endian<std::int64_t>(bytes);
    case kInt4:
      return read_big_endian<std::int32_t>(bytes);
    case kInt2:
      return read_big_endian<std::int16_t>(bytes);
    case kBool:
      return *bytes != 0;
    default:
      throw std::logic_error(
          fmt::format("column {} of type {} is no integer: {}", column, type, sql_));
  }
}

std::string_view PostgresStatement::text(int column) const {
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

PostgresConnection::PostgresConnection(Options options)
    : options_(std::move(options)), answer_within_(options_.answer_within) {
  // What libpq says of a URL that it does not understand may repeat it, with the password.
  if (const auto why = wrong_postgres_url(options_.url)) throw StorageUnavailable{*why};
  const std::array<const char*, 8> names{
      "dbname",          "connect_timeout",  "application_name",     "client_encoding",
      "keepalives_idle", "tcp_user_timeout", "target_session_attrs", nullptr};
  const auto milliseconds = std::to_string(options_.answer_within.count());
  const auto seconds =
      std::to_string(std::max<std::int64_t>(2, options_.connect_within.count() / 1000));
  // What the URL says comes first: names that stand in it win over those before it.
  const std::array<const char*, 8> values{options_.url.c_str(),
                                          seconds.c_str(),
                                          options_.name.c_str(),
                                          "UTF8",
                                          "10",
                                          milliseconds.c_str(),
                                          "any",
                                          nullptr};
  handle_ = PQconnectdbParams(names.data(), values.data(), 1);
  if (!handle_) throw StorageUnavailable{"out of memory"};
  if (PQstatus(handle_) != CONNECTION_OK) {
    const std::string why = first_line(PQerrorMessage(handle_));
    PQfinish(std::exchange(handle_, nullptr));
    throw StorageUnavailable{"cannot reach PostgreSQL: " + why};
  }
  if (const int version = PQserverVersion(handle_); version < kLeastServer) {
    PQfinish(std::exchange(handle_, nullptr));
    throw StorageUnavailable{
        fmt::format("PostgreSQL {} is too old: Parley needs version {} or newer",
                    version < 100'000 ? fmt::format("{}.{}", version / 10'000, version / 100 % 100)
                                      : std::to_string(version / 10'000),
                    kLeastServer / 10'000)};
  }
  PQsetNoticeProcessor(handle_, [](void*, const char*) {}, nullptr);
  if (!options_.only_lookups) return;
  try {
    execute(std::string{only_lookups()});
  } catch (...) {
    PQfinish(std::exchange(handle_, nullptr));
    throw;
  }
}

PostgresConnection::~PostgresConnection() {
  statements_.clear();
  PQfinish(handle_);
}

bool PostgresConnection::broken() const { return PQstatus(handle_) != CONNECTION_OK; }

bool PostgresConnection::has_news() const {
  pollfd server{.fd = PQsocket(handle_), .events = POLLIN | POLLRDHUP, .revents = 0};
  return ::poll(&server, 1, 0) > 0;
}

void PostgresConnection::give_up(const std::string& why) {
  // What the server still does with it is its own affair; nobody here asks through it again.
  ::shutdown(PQsocket(handle_), SHUT_RDWR);
  while (PGresult* const rest = PQgetResult(handle_)) PQclear(rest);
  throw StorageUnavailable{why};
}

void PostgresConnection::check_sent(int sent) {
  if (!sent) raise_postgres({}, PQerrorMessage(handle_));
}

pg_result* PostgresConnection::answer(std::string_view sql) {
  const auto deadline = Clock::now() + answer_within_;
  for (;;) {
    const int flushed = PQflush(handle_);
    if (flushed < 0) break;
    if (flushed == 0 && !PQisBusy(handle_)) break;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) give_up("PostgreSQL does not answer");
    pollfd ready{.fd = PQsocket(handle_),
                 .events = static_cast<short>(flushed > 0 ? POLLIN | POLLOUT : POLLIN),
                 .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) > 0 && !PQconsumeInput(handle_)) break;
  }
  PGresult* last = nullptr;
  while (PGresult* const next = PQgetResult(handle_)) {
    if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
      PQclear(next);
      continue;
    }
    PQclear(last);
    last = next;
  }
  if (!last) raise_postgres({}, PQerrorMessage(handle_));
  const auto status = PQresultStatus(last);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return last;
  const char* const code = PQresultErrorField(last, PG_DIAG_SQLSTATE);
  const std::string sqlstate = code ? code : "";
  const std::string message = PQresultErrorMessage(last);
  PQclear(last);
  raise_postgres(sqlstate, message, sql);
}

void PostgresConnection::execute(const std::string& sql) {
  check_sent(PQsendQuery(handle_, sql.c_str()));
  PQclear(answer(sql));
}

void PostgresConnection::rollback() noexcept {
  if (broken() || PQtransactionStatus(handle_) == PQTRANS_IDLE) return;
  try {
    execute("ROLLBACK");
  } catch (const std::exception&) {
    // The connection is lost, and the transaction with it.
  }
}

Sql PostgresConnection::people_by_name() const {
  return "SELECT p.* FROM people p WHERE p.id IN (SELECT people_named(?1, ?2 <> 0))"
         " AND p.viewer_id = ?3 AND p.id <> ?3 AND NOT p.deleted AND NOT p.suspended"
         " AND NOT p.blocked LIMIT ?4";
}

Statement& PostgresConnection::prepare(Sql sql) {
  asked_.fetch_add(1, std::memory_order_relaxed);
  auto& statement = statements_[sql.text];
  if (!statement) {
    auto name =
        options_.keep_statements ? fmt::format("parley_{}", statements_.size()) : std::string{};
    statement = std::make_unique<PostgresStatement>(*this, sql.text, std::move(name));
  }
  if (statement->busy())
    throw std::logic_error(fmt::format("a statement is in use already: {}", sql.text));
  return *statement;
}

}  // namespace parley::storage
