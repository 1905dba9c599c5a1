#include "senders/http_client.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "senders/public_address.h"
#include "senders/url.h"

namespace parley::senders {
namespace {

using Fetched = std::expected<delivery::OutboundAnswer, std::string>;

constexpr std::chrono::seconds kLongestRetryAfter = std::chrono::days{1};

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos;
}

// Whether nothing in it breaks out of its place in the head of the request.
bool is_well_formed(const delivery::OutboundRequest& request) {
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  return !request.method.empty() && std::ranges::all_of(request.method, is_letter) &&
         std::ranges::all_of(request.headers, [](const auto& header) {
           return !header.first.empty() && header.first.find(':') == std::string::npos &&
                  is_one_line(header.first) && is_one_line(header.second);
         });
}

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(list.release());
  list.reset(longer);
}

List head_of(const delivery::OutboundRequest& request) {
  List list;
  append(list, "Expect:");        // never waits for a 100
  append(list, "Content-Type:");  // unless the caller names one: below
  for (const auto& [name, value] : request.headers)
    append(list, value.empty() ? name + ';' : fmt::format("{}: {}", name, value));
  return list;
}

struct Body {
  std::string bytes;
  std::size_t most;
  bool too_long = false;
};

std::size_t keep(char* bytes, std::size_t, std::size_t size, void* to) {
  auto& body = *static_cast<Body*>(to);
  body.too_long = size > body.most - body.bytes.size();
  if (body.too_long) return 0;  // ends the transfer
  body.bytes.append(bytes, size);
  return size;
}

void set_request(CURL* curl, const delivery::OutboundRequest& request) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "Parley");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (!request.user.empty() || !request.password.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request.password.c_str());
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD")
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  else
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// What becomes of a request that may only go to public addresses.
struct Gate {
  bool refused = false;
};

// libcurl asks for a socket when it has resolved the host, and before it connects.
curl_socket_t open_public(void* gate, curlsocktype, curl_sockaddr* address) {
  if (!is_public(address->addr)) {
    static_cast<Gate*>(gate)->refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// A connection that an earlier request opened is used without asking for a socket.
int send_to_public(void* gate, char* address, char*, int, int) {
  if (is_public_address(address)) return CURL_PREREQFUNC_OK;
  static_cast<Gate*>(gate)->refused = true;
  return CURL_PREREQFUNC_ABORT;
}

void guard(CURL* curl, Gate& gate) {
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // it would resolve the host where we cannot look
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_public);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &gate);
  curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, &send_to_public);
  curl_easy_setopt(curl, CURLOPT_PREREQDATA, &gate);
}

Fetched transfer(CURL* curl, const delivery::OutboundRequest& request, const std::string& host) {
  const List head = head_of(request);
  Body body{.bytes = {}, .most = request.most_bytes};
  set_request(curl, request);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, head.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);

  Gate gate;
  if (request.public_only) guard(curl, gate);

  const CURLcode result = curl_easy_perform(curl);
  if (body.too_long)
    return std::unexpected(fmt::format("{} answers with more than {} bytes", host, body.most));
  if (result != CURLE_OK && gate.refused)
    return std::unexpected(host + " is not on the public internet");
  if (result == CURLE_ABORTED_BY_CALLBACK) return std::unexpected("the server is stopping");
  if (result != CURLE_OK)
    return std::unexpected(fmt::format("{}: {}", host, curl_easy_strerror(result)));

  long status = 0;
  curl_off_t wait = 0;  // of seconds and of dates, also of those that have passed
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
  return delivery::OutboundAnswer{
      .status = static_cast<int>(status),
      .body = std::move(body.bytes),
      .retry_after =
          std::clamp(std::chrono::seconds{wait}, std::chrono::seconds{0}, kLongestRetryAfter)};
}

}  // namespace

CurlHttpClient::CurlHttpClient(unsigned threads, std::size_t longest_queue)
    : pool_("http-client", threads, longest_queue) {}

Task<Fetched> CurlHttpClient::fetch(delivery::OutboundRequest request) {
  const auto url = read_url(request.url);
  if (!url) co_return std::unexpected("the address is no URL");
  const std::string& host = url->host;
  if (!is_well_formed(request))
    co_return std::unexpected("the request to " + host + " is malformed");
  auto fetched = co_await pool_.run([&](void* curl) { return transfer(curl, request, host); });
  if (fetched) co_return std::move(*fetched);
  if (pool_.stopping()) co_return std::unexpected("the server is stopping");
  co_return std::unexpected("too many requests to other servers are waiting");
}

}  // namespace parley::senders
