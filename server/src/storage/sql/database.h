#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/task.h"
#include "model/error.h"
#include "storage/sql/chat_log.h"
#include "storage/sql/head.h"
#include "storage/sql/transaction.h"

namespace parley::storage {

// How a server does that is only there for reads.
struct ReadServerState {
  std::optional<std::string> trouble{};  // why the primary is read in its place
  std::chrono::milliseconds lag{0};      // behind the primary
  std::uint64_t served = 0;              // reads it did
  std::uint64_t passed_on = 0;           // and those the primary had to do
};

// Database is where everything is kept: an engine, opened and brought to the schema of this
// program. The stores of this folder are views of it and hold nothing themselves. Safe to call from
// any loop.
class Database {
 public:
  virtual ~Database() = default;

  // Calls `work(Transaction&)` inside a transaction that no other one interferes with, and yields
  // what it returns once that is on disk. `work` may be called more than once, each time on a store
  // that has not seen it: it leaves what it was given as it is.
  template <std::invocable<Transaction&> Work>
    requires(!std::is_void_v<std::invoke_result_t<Work&, Transaction&>>)
  Task<std::invoke_result_t<Work&, Transaction&>> write(Work work) {
    std::optional<std::invoke_result_t<Work&, Transaction&>> result;
    co_await transact([&](Transaction& transaction) { result.emplace(work(transaction)); });
    co_return std::move(*result);
  }

  // The same for a change of chats: `work(ChatLog&)`. Only changes of the same chat are kept from
  // interfering, from when the chat is found.
  template <std::invocable<ChatLog&> Work>
    requires(!std::is_void_v<std::invoke_result_t<Work&, ChatLog&>>)
  Task<std::invoke_result_t<Work&, ChatLog&>> change(Work work) {
    std::optional<std::invoke_result_t<Work&, ChatLog&>> result;
    co_await change_chats([&](ChatLog& log) { result.emplace(work(log)); });
    co_return std::move(*result);
  }

  // The same for work that needs no more than this to be right: a row it changes is its own until
  // it ends, and so is an account it keeps (Transaction::keep_accounts), and what is unique stays
  // so. Of what it only looks at, each statement sees what is committed when it begins. On
  // PostgreSQL it is hardly ever begun again, where write() is whenever another one reads the same
  // page of an index.
  template <std::invocable<Transaction&> Work>
    requires(!std::is_void_v<std::invoke_result_t<Work&, Transaction&>>)
  Task<std::invoke_result_t<Work&, Transaction&>> write_rows(Work work) {
    std::optional<std::invoke_result_t<Work&, Transaction&>> result;
    co_await change_chats([&](ChatLog& log) { result.emplace(work(log)); });
    co_return std::move(*result);
  }

  // Calls `work(Connection&)`, which returns a Result, on what is committed, and yields that.
  // Refuses with busy when too many calls wait already.
  template <class Work>
  Task<std::invoke_result_t<Work&, Connection&>> read(Work work) {
    std::optional<std::invoke_result_t<Work&, Connection&>> result;
    if (!co_await look([&](Connection& db) { result.emplace(work(db)); }))
      co_return fail(Errc::busy);
    co_return std::move(*result);
  }

  // The same for what has no way to refuse: throws StorageUnavailable when too many calls wait.
  template <class Work>
  Task<std::invoke_result_t<Work&, Connection&>> read_or_throw(Work work) {
    std::optional<std::invoke_result_t<Work&, Connection&>> result;
    if (!co_await look([&](Connection& db) { result.emplace(work(db)); }))
      throw StorageUnavailable{"too many reads are waiting"};
    co_return std::move(*result);
  }

  // Finishes what is queued and refuses later changes. Reads go on.
  virtual void stop() = 0;
  // Finishes the reads that wait; later ones are told busy.
  virtual void stop_reading() = 0;

  // Why nothing can be stored at the moment; nothing when all is well. From any thread.
  virtual std::optional<std::string> trouble() const = 0;
  // Transactions committed and reads waiting, for metrics. From any thread.
  virtual std::uint64_t commits() const = 0;
  // Transactions that met others and were begun again. From any thread.
  virtual std::uint64_t conflicts() const { return 0; }
  virtual std::size_t reads_waiting() const = 0;
  // Nothing where all is read from one server. From any thread.
  virtual std::optional<ReadServerState> read_server() const { return std::nullopt; }

  virtual const Clock& clock() const = 0;
  // What readers of chats must know beside the rows.
  virtual const Heads& heads() const = 0;

 private:
  virtual Task<void> transact(std::function<void(Transaction&)> work) = 0;
  virtual Task<void> change_chats(std::function<void(ChatLog&)> work) = 0;
  // False when too many wait.
  virtual Task<bool> look(std::function<void(Connection&)> work) = 0;
};

}  // namespace parley::storage
