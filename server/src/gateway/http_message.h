#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::gateway {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A whole HTTP request, read and bounded.
struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // still percent-encoded, begins with '/', without the query
  std::string query;   // after '?', still percent-encoded
  Headers headers;     // in the order they came
  std::string body;
  std::string address;    // of the client; of the one a trusted proxy names, if one is in front
  unsigned version = 11;  // 11 is HTTP/1.1
  bool secure = false;    // it came by TLS, or a trusted proxy says so

  // The first header of that name (any case), or "".
  std::string_view header(std::string_view name) const;
};

// Whether a header is called `name` (given in lower case), in whatever case it was sent.
bool same_header(std::string_view header, std::string_view name);

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;
};

}  // namespace parley::gateway
