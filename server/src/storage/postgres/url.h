#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::storage {

// Whether it names a PostgreSQL server at all.
inline bool is_postgres_url(std::string_view url) {
  return url.starts_with("postgres://") || url.starts_with("postgresql://");
}

// What is wrong with the URL of a PostgreSQL server, in a sentence that repeats nothing of it: a
// password that is not percent-encoded turns up where a host or a port is expected. Nothing when
// it can be read.
std::optional<std::string> wrong_postgres_url(const std::string& url);

}  // namespace parley::storage
