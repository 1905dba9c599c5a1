#pragma once

#include <atomic>
#include <cstring>
#include <string>

#include <sqlite3.h>

namespace parley::storage {

// A file system that says "disk full", or "input/output error", when told to. While one exists,
// every database that is opened lies on it.
class FailingVfs {
 public:
  enum class Failure : int { none, full, io };

  FailingVfs() {
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "failing";
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FailingVfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }
  FailingVfs(const FailingVfs&) = delete;
  FailingVfs& operator=(const FailingVfs&) = delete;

  // From the next write on. `after` writes still succeed.
  void fail_writes(Failure failure, int after = 0) {
    left_ = after;
    writes_ = failure;
  }
  void fail_syncs(Failure failure) { syncs_ = failure; }
  // How many writes it has refused so far.
  int refused_writes() const { return refused_; }

 private:
  struct File {
    sqlite3_file base;
    sqlite3_io_methods methods;
    FailingVfs* owner;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

  static int code(Failure failure, int io) {
    return failure == Failure::full ? SQLITE_FULL : failure == Failure::io ? io : SQLITE_OK;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* owner = static_cast<FailingVfs*>(vfs->pAppData);
    File* mine = self(file);
    std::memset(mine, 0, sizeof(File));
    mine->owner = owner;
    const int opened = owner->real_->xOpen(owner->real_, name, mine->real(), flags, out);
    if (!mine->real()->pMethods) return opened;
    mine->methods = *mine->real()->pMethods;
    forward(mine->methods);
    mine->base.pMethods = &mine->methods;
    return opened;
  }

  static void forward(sqlite3_io_methods& m) {
    m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
    m.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      return real(f)->pMethods->xRead(real(f), to, size, at);
    };
    m.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
      FailingVfs* owner = self(f)->owner;
      if (owner->writes_ != Failure::none && owner->left_-- <= 0) {
        ++owner->refused_;
        return code(owner->writes_, SQLITE_IOERR_WRITE);
      }
      return real(f)->pMethods->xWrite(real(f), from, size, at);
    };
    m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      return real(f)->pMethods->xTruncate(real(f), size);
    };
    m.xSync = [](sqlite3_file* f, int flags) {
      if (const int failed = code(self(f)->owner->syncs_, SQLITE_IOERR_FSYNC)) return failed;
      return real(f)->pMethods->xSync(real(f), flags);
    };
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return real(f)->pMethods->xFileSize(real(f), size);
    };
    m.xLock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); };
    m.xUnlock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return real(f)->pMethods->xCheckReservedLock(real(f), out);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
      return real(f)->pMethods->xFileControl(real(f), op, arg);
    };
    m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return real(f)->pMethods->xDeviceCharacteristics(real(f));
    };
    m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
      return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
    };
    m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
      return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
    };
    m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
    m.xShmUnmap = [](sqlite3_file* f, int remove) {
      return real(f)->pMethods->xShmUnmap(real(f), remove);
    };
    m.xFetch = [](sqlite3_file* f, sqlite3_int64 at, int size, void** out) {
      return real(f)->pMethods->xFetch(real(f), at, size, out);
    };
    m.xUnfetch = [](sqlite3_file* f, sqlite3_int64 at, void* page) {
      return real(f)->pMethods->xUnfetch(real(f), at, page);
    };
  }

  static sqlite3_file* real(sqlite3_file* file) { return self(file)->real(); }

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::atomic<Failure> writes_{Failure::none}, syncs_{Failure::none};
  std::atomic<int> left_{0}, refused_{0};
};

}  // namespace parley::storage
