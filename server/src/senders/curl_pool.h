#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/worker.h"

namespace parley::senders {

// CurlPool runs transfers of libcurl on threads of its own. Each thread keeps its handle, and with
// it the connections to servers it spoke to lately.
class CurlPool {
 public:
  CurlPool(std::string name, unsigned threads, std::size_t longest_queue);
  ~CurlPool();

  // Calls `work(void* curl)` on a thread of the pool and yields what it returns. Yields nothing
  // when too many transfers wait already, or after stop(). The handle verifies certificates
  // (by SSL_CERT_FILE when the environment names one), uses no signals and gives up when the pool
  // stops; everything else is the caller's to set. The process is to ignore SIGPIPE.
  template <class Work>
  Task<std::optional<std::invoke_result_t<Work&, void*>>> run(Work work) {
    auto done = co_await pool_.run([&]() -> std::optional<std::invoke_result_t<Work&, void*>> {
      if (stopping_) return std::nullopt;
      return work(fresh_handle());
    });
    if (!done) co_return std::nullopt;
    co_return std::move(*done);
  }

  // Breaks off what is under way and ends the threads.
  void stop();
  bool stopping() const { return stopping_; }

 private:
  // This thread's, with no trace of its last transfer.
  void* fresh_handle();

  std::atomic<bool> stopping_ = false;
  WorkerPool pool_;
};

}  // namespace parley::senders
