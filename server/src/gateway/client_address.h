#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "gateway/http_message.h"

namespace parley::gateway {

// TrustedProxies knows whose word about the client's address is believed: X-Forwarded-For and
// X-Forwarded-Proto count only when the request came from one of these addresses or networks.
class TrustedProxies {
 public:
  // Throws std::invalid_argument, naming what is neither an address nor a network.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  // Fills in where `request` really came from, given the peer of its connection.
  void settle(HttpRequest& request, const boost::asio::ip::address& peer) const;

 private:
  bool trusts(const boost::asio::ip::address& address) const;

  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace parley::gateway
