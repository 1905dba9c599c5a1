#include "storage/copy/stream.h"

#include <limits>
#include <stdexcept>

#include <libpq-fe.h>

#include "storage/copy/rows.h"
#include "storage/postgres/errors.h"

namespace parley::storage {
namespace {

// A signature, flags and the length of an extension: what stands before the first row.
constexpr std::string_view kBeginning{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view kEnd{"\377\377", 2};
constexpr std::size_t kAtOnce = 64 * 1024;

void begin(PostgresConnection& db, const std::string& sql, ExecStatusType expected) {
  PGresult* const result = PQexec(db.handle(), sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  const char* const code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = code ? code : "";
  const std::string message = PQresultErrorMessage(result);
  PQclear(result);
  if (status != expected) raise_postgres(sqlstate, message, sql);
}

// How it ended.
void end(PostgresConnection& db) {
  std::string sqlstate, message;
  bool failed = false;
  while (PGresult* const result = PQgetResult(db.handle())) {
    if (PQresultStatus(result) != PGRES_COMMAND_OK && !failed) {
      failed = true;
      const char* const code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      sqlstate = code ? code : "";
      message = PQresultErrorMessage(result);
    }
    PQclear(result);
    if (PQstatus(db.handle()) != CONNECTION_OK) break;
  }
  if (failed) raise_postgres(sqlstate, message, "COPY");
}

}  // namespace

CopyIn::CopyIn(PostgresConnection& db, const std::string& sql) : db_(db), waiting_(kBeginning) {
  begin(db, sql, PGRES_COPY_IN);
}

CopyIn::~CopyIn() {
  if (!open_) return;
  PQputCopyEnd(db_.handle(), "given up");
  while (PGresult* const result = PQgetResult(db_.handle())) {
    PQclear(result);
    if (PQstatus(db_.handle()) != CONNECTION_OK) break;
  }
}

void CopyIn::put(std::string_view row) {
  waiting_ += row;
  if (waiting_.size() >= kAtOnce) send();
}

void CopyIn::send() {
  // A row is far below this; what is waiting is little more than one.
  if (waiting_.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw std::runtime_error("a row is too long for PostgreSQL");
  if (PQputCopyData(db_.handle(), waiting_.data(), static_cast<int>(waiting_.size())) != 1)
    raise_postgres({}, PQerrorMessage(db_.handle()));
  waiting_.clear();
}

void CopyIn::finish() {
  waiting_ += kEnd;
  send();
  if (PQputCopyEnd(db_.handle(), nullptr) != 1) raise_postgres({}, PQerrorMessage(db_.handle()));
  open_ = false;
  end(db_);
}

CopyOut::CopyOut(PostgresConnection& db, const std::string& sql) : db_(db) {
  begin(db, sql, PGRES_COPY_OUT);
}

CopyOut::~CopyOut() {
  while (open_ && receive()) {
  }
}

// False when everything has come.
bool CopyOut::receive() {
  char* data = nullptr;
  const int size = PQgetCopyData(db_.handle(), &data, 0);
  if (size < 0) open_ = false;
  if (size == -2) return false;
  if (size == -1) return false;
  received_.assign(data, static_cast<std::size_t>(size));
  left_ = received_;
  PQfreemem(data);
  return true;
}

std::optional<std::string_view> CopyOut::next() {
  // The server sends a row at a time, and the beginning together with the first.
  while (left_.empty()) {
    if (!receive()) {
      end(db_);
      return std::nullopt;
    }
    if (!begun_) {
      if (!left_.starts_with(kBeginning))
        throw std::runtime_error("PostgreSQL copies in a form that is not ours");
      left_.remove_prefix(kBeginning.size());
      begun_ = true;
    }
    if (left_ == kEnd) left_ = {};
  }
  const std::string_view row = left_;
  left_ = {};
  return row;
}

}  // namespace parley::storage
