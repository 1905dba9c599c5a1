#include "gateway/client_address.h"

#include <algorithm>
#include <stdexcept>

namespace parley::gateway {
namespace {

namespace ip = boost::asio::ip;

ip::address unmapped(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

// Everything that X-Forwarded-For says: a proxy may add a header of its own behind one that the
// client made up.
std::string forwarded_for(const HttpRequest& request) {
  std::string chain;
  for (const auto& [name, value] : request.headers) {
    if (!same_header(name, "x-forwarded-for")) continue;
    if (!chain.empty()) chain += ',';
    chain += value;
  }
  return chain;
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    boost::system::error_code failed;
    const bool is_v6 = text.find(':') != std::string::npos;
    const std::string network =
        text.find('/') != std::string::npos ? text : text + (is_v6 ? "/128" : "/32");
    if (is_v6) {
      v6_.push_back(ip::make_network_v6(network, failed));
    } else {
      v4_.push_back(ip::make_network_v4(network, failed));
    }
    if (failed)
      throw std::invalid_argument("trusted_proxies: " + text + " is no address and no network");
  }
}

bool TrustedProxies::trusts(const ip::address& address) const {
  if (address.is_v4()) {
    return std::ranges::any_of(v4_, [&](const ip::network_v4& network) {
      return network.canonical() ==
             ip::network_v4{address.to_v4(), network.prefix_length()}.canonical();
    });
  }
  return std::ranges::any_of(v6_, [&](const ip::network_v6& network) {
    return network.canonical() ==
           ip::network_v6{address.to_v6(), network.prefix_length()}.canonical();
  });
}

void TrustedProxies::settle(HttpRequest& request, const ip::address& peer) const {
  ip::address client = unmapped(peer);
  if (trusts(client)) {
    request.secure = request.header("x-forwarded-proto") == "https";
    // Each proxy appends whom it heard from: walk back to the first that is not one of ours.
    const std::string all = forwarded_for(request);
    std::string_view chain = all;
    while (!chain.empty() && trusts(client)) {
      const auto comma = chain.rfind(',');
      std::string_view last = comma == std::string_view::npos ? chain : chain.substr(comma + 1);
      chain = comma == std::string_view::npos ? std::string_view{} : chain.substr(0, comma);
      while (last.starts_with(' ')) last.remove_prefix(1);
      while (last.ends_with(' ')) last.remove_suffix(1);
      boost::system::error_code failed;
      const auto address = ip::make_address(std::string{last}, failed);
      if (failed) break;
      client = unmapped(address);
    }
  }
  request.address = client.to_string();
}

}  // namespace parley::gateway
