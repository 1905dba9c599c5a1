#pragma once

#include <string>

namespace parley::app {

struct HttpReply {
  int status = 0;
  std::string body;
};

// One HTTP request to a server on this machine, which is waited for: a tool's way, not a server's.
// `url` is as http://127.0.0.1:8080; `body` is JSON or empty. Throws std::runtime_error with a
// sentence when the server cannot be reached or does not answer within 30 seconds.
HttpReply ask_loopback(const std::string& url, const std::string& verb, const std::string& path,
                       const std::string& token, const std::string& body);

}  // namespace parley::app
