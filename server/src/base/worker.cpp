#include "base/worker.h"

#include <algorithm>

#include <pthread.h>
#include <sys/resource.h>

namespace parley {
namespace {

constexpr int kLowNiceness = 10;

}  // namespace

WorkerPool::WorkerPool(std::string name, unsigned threads, std::size_t longest_queue,
                       Priority priority)
    : longest_queue_(longest_queue) {
  name.resize(std::min<std::size_t>(name.size(), 15));  // what the kernel keeps of it
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, priority] { serve(priority); });
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  ready_.notify_all();
  threads_.clear();  // joins them
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock{mutex_};
  return queue_.size();
}

bool WorkerPool::push(Job* job) {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_ || queue_.size() >= longest_queue_) return false;
    queue_.push_back(job);
  }
  ready_.notify_one();
  return true;
}

void WorkerPool::refuse(Job* job) {
  boost::asio::post(job->loop(), [job] { job->resume(); });
}

void WorkerPool::serve(Priority priority) {
  // On Linux this is of the calling thread alone. Where it is not allowed, the work is done anyway.
  if (priority == Priority::low) setpriority(PRIO_PROCESS, 0, kLowNiceness);
  for (;;) {
    Job* job;
    {
      std::unique_lock lock{mutex_};
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = queue_.front();
      queue_.pop_front();
    }
    try {
      job->work();
    } catch (...) {
      job->fail(std::current_exception());
    }
    boost::asio::post(job->loop(), [job] { job->resume(); });
  }
}

}  // namespace parley
