#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

// One kept-alive HTTP connection of one user; every call waits for its answer.
class Http {
 public:
  // Throws when nobody listens there.
  Http(const std::string& host, std::uint16_t port, const std::string& token);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  struct Answer {
    int status = 0;
    std::string_view body;  // good until the next call
  };

  // `path` comes after /api/v1. Throws when the connection ends.
  Answer get(std::string_view path) { return call("GET", path, {}); }
  Answer post(std::string_view path, std::string_view json) { return call("POST", path, json); }

 private:
  Answer call(std::string_view method, std::string_view path, std::string_view json);

  int fd_;
  std::string head_;
  std::string request_;
  std::string answer_;
};

// `text` as it may stand in a query string.
std::string url_encoded(std::string_view text);

}  // namespace bench
