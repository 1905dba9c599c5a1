#pragma once

#include <string>
#include <string_view>

namespace parley::user {

// What a User-Agent header tells of a client. It is for people to recognise their devices by, and
// to notice ones they never used; it proves nothing.
struct ClientDescription {
  std::string device;    // "Firefox on Windows"; "Unknown device"
  std::string platform;  // "Windows"; ""
};
ClientDescription describe_client(std::string_view user_agent);

// 32 bytes that are the same for every version of one kind of client.
std::string fingerprint_of(const ClientDescription& client);

// What an address has in common with those around it: its first three numbers (IPv4), or its first
// 48 bits (IPv6).
std::string network_of(std::string_view address);

}  // namespace parley::user
