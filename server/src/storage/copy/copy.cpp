#include "storage/copy/copy.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "base/id_source.h"
#include "model/error.h"
#include "storage/copy/tables.h"
#include "storage/copy/target.h"

namespace parley::storage {
namespace {

// For every span of time in which there are entries, before they come.
void make_partitions(CopySource& source, CopyTarget& target) {
  for (std::uint64_t from = 0;;) {
    const auto entry = source.first_entry_from(from);
    if (!entry) return;
    from = IdSource::first_at(target.make_partition(IdSource::time_of(*entry)));
  }
}

// Answers how many rows it copied.
std::int64_t copy_table(const CopiedTable& table, CopySource& source, CopyTarget& target,
                        const CopyOptions& options) {
  auto progress = target.progress(table);
  const std::int64_t before = progress ? progress->rows : 0;
  while (!progress || !progress->is_done) {
    target.write(table, [&](std::int64_t transaction, const CopyTarget::Put& put) {
      CopyTarget::Progress next = progress.value_or(CopyTarget::Progress{});
      CopySource::Batch batch = source.read(
          table, progress && progress->rows > 0 ? std::optional{progress->last_key} : std::nullopt,
          transaction, options.batch, put);
      next.rows += batch.rows;
      if (batch.rows > 0) next.last_key = std::move(batch.last_key);
      next.is_done = batch.is_last;
      return next;
    });
    progress = target.progress(table);
    if (options.progress) options.progress(table.name, progress.value().rows);
  }
  return progress->rows - before;
}

// What went wrong, with the table it was in.
template <class Work>
auto in_table(const CopiedTable& table, Work work) {
  try {
    return work();
  } catch (const StorageUnavailable& failure) {
    throw StorageUnavailable{fmt::format("{}: {}", table.name, failure.what())};
  } catch (const std::runtime_error& failure) {
    throw std::runtime_error(fmt::format("{}: {}", table.name, failure.what()));
  }
}

}  // namespace

bool CopyReport::is_complete() const {
  return was_finished || std::ranges::all_of(tables, &CopiedTableReport::is_equal);
}

CopyReport copy_store(const CopyOptions& options, const Clock& clock) {
  using Steady = std::chrono::steady_clock;
  CopySource source{options.from};
  CopyTarget target{options.to, source.identity(), clock.now(), options.patience};
  CopyReport report;
  report.place = target.place();
  report.went_on = target.goes_on();
  report.was_finished = target.is_finished();
  if (report.was_finished) return report;

  const auto begun = Steady::now();
  make_partitions(source, target);
  for (const CopiedTable& table : copied_tables())
    report.rows_copied +=
        in_table(table, [&] { return copy_table(table, source, target, options); });
  const auto copied = Steady::now();
  for (const CopiedTable& table : copied_tables())
    report.tables.push_back(in_table(table, [&] {
      return CopiedTableReport{
          .table = table.name, .source = source.sum(table), .target = target.sum(table)};
    }));
  report.copying = copied - begun;
  report.comparing = Steady::now() - copied;
  if (report.is_complete()) target.finish();
  return report;
}

}  // namespace parley::storage
