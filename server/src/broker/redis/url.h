#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "broker/host.h"

namespace parley::broker::redis {

// Where Redis is and who we are there:
//
//   redis://user:password@host:6379/0                      one server
//   rediss://…                                             the same by TLS, certificate verified
//   redis+sentinel://:password@one:26379,two:26379/name/0  the master that sentinels call `name`
//   redis+cluster://:password@one:6379,two:6379            a cluster, by some of its nodes
//
// User and password may be percent-encoded, and hold for sentinels too. Without a user it is
// Redis' "default". Nothing of it but hosts may be shown.
struct Url {
  enum class Kind : std::uint8_t { server, sentinel, cluster };

  Kind kind = Kind::server;
  bool tls = false;
  std::vector<Host> hosts;
  std::string user;
  std::string password;
  std::string master;  // of sentinels
  int database = 0;
};

// Otherwise a sentence that says what is wrong, and repeats nothing that may be a password.
std::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace parley::broker::redis
