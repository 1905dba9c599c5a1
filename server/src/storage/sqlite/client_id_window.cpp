#include "storage/sqlite/client_id_window.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace parley::storage {

void ClientIdWindow::add(SeenId seen) {
  if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  std::size_t i = home(seen.hash);
  while (slots_[i].entry != 0) i = next(i);
  slots_[i] = seen;
  ++size_;
}

void ClientIdWindow::remove(SeenId seen) {
  if (slots_.empty()) return;
  std::size_t hole = home(seen.hash);
  while (slots_[hole].entry != seen.entry) {
    if (slots_[hole].entry == 0) return;
    hole = next(hole);
  }
  // Whatever was pushed past the hole by it moves back, so that no search ends too early.
  for (std::size_t i = next(hole); slots_[i].entry != 0; i = next(i)) {
    const std::size_t mask = slots_.size() - 1;
    if (((i - home(slots_[i].hash)) & mask) >= ((i - hole) & mask)) {
      slots_[hole] = slots_[i];
      hole = i;
    }
  }
  slots_[hole] = {};
  --size_;
}

void ClientIdWindow::grow() {
  std::vector<SeenId> old =
      std::exchange(slots_, std::vector<SeenId>(std::max<std::size_t>(64, slots_.size() * 2)));
  shift_ = 64 - std::countr_zero(slots_.size());
  size_ = 0;
  for (const SeenId seen : old)
    if (seen.entry != 0) add(seen);
}

}  // namespace parley::storage
