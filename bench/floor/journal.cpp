#include "journal.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace bench {

Journal::Journal(const std::string& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)),
      ready_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (file_ < 0 || ready_ < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  writer_ = std::thread([this] { run(); });
}

Journal::~Journal() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  writer_.join();
  ::close(file_);
  ::close(ready_);
}

void Journal::write(Batch& batch) {
  std::swap(batch_, batch);
  batch.clear();
  busy_ = true;
  {
    const std::lock_guard lock{mutex_};
    has_work_ = true;
  }
  wake_.notify_one();
}

Batch& Journal::take_written() {
  eventfd_t count = 0;
  eventfd_read(ready_, &count);
  busy_ = false;
  return batch_;
}

void Journal::run() {
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return has_work_ || stopping_; });
      if (stopping_) return;
      has_work_ = false;
    }
    std::string_view left = batch_.log;
    while (!left.empty()) {
      const ssize_t written = ::write(file_, left.data(), left.size());
      if (written < 0) break;
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    if (!left.empty() || ::fdatasync(file_) != 0) {
      std::perror("parley-floor: the journal");
      std::_Exit(1);  // nothing may be acknowledged any more
    }
    eventfd_write(ready_, 1);
  }
}

}  // namespace bench
