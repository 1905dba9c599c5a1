#pragma once

#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <sys/socket.h>

namespace parley::senders {

// Whether an address belongs to the public internet: not to this machine, a private network, a
// link (where clouds keep their metadata), a group or a range that is reserved. What carries an
// address of IPv4 inside is judged by that.
bool is_public(const boost::asio::ip::address& address);

// The same for an address of a socket. No other families are public.
bool is_public(const sockaddr& address);

// The same for an address in words. Nothing that is no address is public.
bool is_public_address(std::string_view text);

}  // namespace parley::senders
