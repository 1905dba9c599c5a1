#pragma once

#include <cstdint>

namespace bench {

std::int64_t now_ns();  // monotonic

// CPU time all threads of process `pid` have used, in nanoseconds and not in clock ticks. 0 means
// this process. Throws when there is no such process.
std::int64_t cpu_ns(int pid);

// The same of process `pid` and all it has started, those that have ended meanwhile included.
std::int64_t cpu_with_children_ns(int pid);

// Anonymous memory resident in process `pid`, counted page by page.
std::int64_t rss_anon_bytes(int pid);

// Raises the limit of open files as far as this process may, and gives it.
std::uint64_t raise_file_limit();

}  // namespace bench
