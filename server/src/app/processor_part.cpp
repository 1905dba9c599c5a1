#include "app/processor_part.h"

namespace parley::app {

ProcessorPart::ProcessorPart(Storage& storage, Metrics& metrics, Loop& loop)
    : away_(storage.away, loop) {
  metrics.collect("parley_pushes_left_total",
                  [this] { return static_cast<double>(away_.pushes()); });
}

}  // namespace parley::app
