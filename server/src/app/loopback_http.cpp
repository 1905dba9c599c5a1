#include "app/loopback_http.h"

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string_view>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace parley::app {
namespace {

using boost::asio::ip::tcp;

constexpr std::chrono::seconds kPatience{30};

// "http://[::1]:8080" taken apart.
struct Place {
  std::string host;
  std::string port;
};

Place place_of(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  const auto colon = url.rfind(':');
  if (!url.starts_with(kScheme) || colon <= kScheme.size())
    throw std::runtime_error(fmt::format("'{}' is not where a server listens", url));
  std::string_view host = url.substr(kScheme.size(), colon - kScheme.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {.host = std::string{host}, .port = std::string{url.substr(colon + 1)}};
}

// Sends `request` and yields all that comes back until the other side closes.
std::string send_and_read(const Place& place, const std::string& request) {
  boost::asio::io_context loop;
  tcp::socket socket{loop};
  std::string reply;
  boost::system::error_code failure = boost::asio::error::timed_out;
  boost::asio::async_connect(
      socket, tcp::resolver{loop}.resolve(place.host, place.port),
      [&](boost::system::error_code refused, const tcp::endpoint&) {
        if (refused) {
          failure = refused;
          return;
        }
        boost::asio::async_write(
            socket, boost::asio::buffer(request),
            [&](boost::system::error_code broken, std::size_t) {
              if (broken) {
                failure = broken;
                return;
              }
              boost::asio::async_read(
                  socket, boost::asio::dynamic_buffer(reply),
                  [&](boost::system::error_code end, std::size_t) { failure = end; });
            });
      });
  loop.run_for(kPatience);
  if (failure != boost::asio::error::eof) throw boost::system::system_error{failure};
  return reply;
}

HttpReply read_reply(const std::string& text) {
  constexpr std::size_t kStatusAt = 9;  // behind "HTTP/1.1 "
  const auto end = text.find("\r\n\r\n");
  HttpReply reply;
  if (end == text.npos || !text.starts_with("HTTP/1.1 ") ||
      std::from_chars(text.data() + kStatusAt, text.data() + end, reply.status).ec != std::errc{})
    throw std::runtime_error("the answer is not HTTP");
  reply.body = text.substr(end + 4);
  return reply;
}

}  // namespace

HttpReply ask_loopback(const std::string& url, const std::string& verb, const std::string& path,
                       const std::string& token, const std::string& body) {
  try {
    const Place place = place_of(url);
    const std::string content =
        body.empty()
            ? ""
            : fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    return read_reply(send_and_read(
        place, fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\n"
                           "User-Agent: parley-cli\r\nConnection: close\r\n{}\r\n{}",
                           verb, path, place.host, place.port, token, content, body)));
  } catch (const std::exception& failure) {
    throw std::runtime_error(fmt::format("Cannot ask the server at {}: {}", url, failure.what()));
  }
}

}  // namespace parley::app
