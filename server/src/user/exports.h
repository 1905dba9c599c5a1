#pragma once

#include "base/worker.h"
#include "user/avatars.h"
#include "user/personal_data.h"

namespace parley::user {

// Exports packs what is kept of people into archives for them, one at a time.
class Exports {
 public:
  explicit Exports(PersonalData& data) : data_(data) {}

  // Refuses with busy.
  Task<Result<File>> run(Caller caller, Nothing command);

  // Finishes what is queued; later calls are told busy.
  void stop() { pool_.stop(); }

 private:
  PersonalData& data_;
  WorkerPool pool_{"exports", 1, 8, WorkerPool::Priority::low};
};

// A zip archive of these files. Throws std::runtime_error when there is no memory for it.
std::string zip_archive(const std::vector<DataFile>& files);

}  // namespace parley::user
