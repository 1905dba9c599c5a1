#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bench {

// What the relay owes once a batch is on disk: to whom, and which bytes of Batch::frames.
struct Owed {
  std::uint32_t connection = 0;  // that asked; gets frames[reply, event)
  std::uint32_t chat = 0;        // whose other members get frames[event, end)
  std::uint32_t reply = 0;
  std::uint32_t event = 0;
  std::uint32_t end = 0;
};

struct Batch {
  std::string log;     // what goes to disk
  std::string frames;  // what goes to clients afterwards
  std::vector<Owed> owed;

  void clear() {
    log.clear();
    frames.clear();
    owed.clear();
  }
};

// Appends batches to a file on its own thread, one fdatasync each, while the relay fills the next
// one: group commit whose batches grow with the load. All calls belong to the relay's thread.
class Journal {
 public:
  // Throws when the file cannot be created.
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Readable when a batch is on disk.
  int ready_fd() const { return ready_; }

  bool busy() const { return busy_; }

  // Hands `batch` over, which comes back empty. Only when not busy().
  void write(Batch& batch);

  // The batch that is on disk, to be settled before the next write(). Only after ready_fd() was
  // readable.
  Batch& take_written();

 private:
  void run();

  int file_;
  int ready_;
  bool busy_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool has_work_ = false;  // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  Batch batch_;            // the writer's while it has work, else the relay's
  std::thread writer_;
};

}  // namespace bench
