#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "broker/host.h"

namespace parley::broker {

// Where a RabbitMQ is and who we are there:
//
//   amqp://user:password@host:5672/vhost
//   amqps://user:password@one:5671,two:5671,[2001:db8::1]:5671/vhost
//
// Several hosts are nodes of one cluster and are tried in turn. User, password and vhost may be
// percent-encoded; "/" alone, or nothing, is the vhost "/". Nothing of it but hosts may be shown.
struct RabbitAddress {
  std::vector<Host> hosts;
  std::string user;
  std::string password;
  std::string vhost;
  bool tls = false;
};

// Otherwise a sentence that says what is wrong, and repeats nothing that may be a password.
std::expected<RabbitAddress, std::string> parse_rabbit_url(std::string_view url);

}  // namespace parley::broker
