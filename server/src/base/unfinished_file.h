#pragma once

#include <filesystem>

namespace parley {

// UnfinishedFile is a file in the making, for this user alone, beside the place where it is to
// stand: nobody finds half of it under its name, whatever happens. It goes, with what SQLite left
// beside it, unless it was finished.
//
// Throws std::runtime_error with a sentence for the operator.
class UnfinishedFile {
 public:
  // Refuses a name that is taken.
  explicit UnfinishedFile(std::filesystem::path file);
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  // Where it is to be written meanwhile: an empty file so far.
  const std::filesystem::path& path() const { return unfinished_; }

  // Brings to the disk what was written so far, so that the end is no long wait for anybody else.
  void sync();

  // Puts it in its place, on the disk; never over another file.
  void finish();

 private:
  const std::filesystem::path file_;
  const std::filesystem::path unfinished_;
  int descriptor_;
  bool finished_ = false;
};

}  // namespace parley
