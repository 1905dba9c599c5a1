#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>

#include "senders/server_for_test.h"
#include "senders/tls_for_test.h"

namespace parley::senders {

struct Http2Asked {
  std::map<std::string, std::string> headers;
  std::string body;
};

// What the server does with a request.
struct Http2Reply {
  enum class Act {
    answer,
    say_nothing,
    reset,              // the stream
    hang_up,            // with half of an answer, if there is a body
    say_goodbye,        // GOAWAY, after the answer
    refuse_by_goodbye,  // GOAWAY that counts this request as not begun
    talk_nonsense,      // bytes that are no frames
  };
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  Act act = Act::answer;
};

// A server of HTTP/2 over TLS on a port of its own. `answer` is called by the threads of its
// connections.
class Http2Server {
 public:
  struct Options {
    std::uint32_t most_streams = 100;
    // Answers come when so many requests have, the last one first.
    std::size_t together = 1;
    const char* certificate_for = "IP:127.0.0.1";
    std::string protocol = "h2";
  };

  explicit Http2Server(std::function<Http2Reply(const Http2Asked&)> answer)
      : Http2Server(std::move(answer), Options{}) {}
  Http2Server(std::function<Http2Reply(const Http2Asked&)> answer, Options options)
      : answer_(std::move(answer)),
        options_(std::move(options)),
        tls_(options_.certificate_for, options_.protocol),
        server_([this](Peer& peer) { serve(peer); }) {}

  std::string url(std::string_view path) const {
    return fmt::format("https://127.0.0.1:{}{}", server_.port(), path);
  }
  const std::string& pem() const { return tls_.pem(); }
  int connections() const { return connections_; }

 private:
  // One connection.
  struct Visit {
    Http2Server& server;
    SSL* tls;
    nghttp2_session* session = nullptr;
    std::map<std::int32_t, Http2Asked> asked{};
    std::map<std::int32_t, std::string> bodies{};  // of answers, what is left of them
    std::vector<std::int32_t> waiting{};
    bool over = false;
  };

  void serve(Peer& peer) {
    const int at_once = 1;
    ::setsockopt(peer.handle(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    const TlsPeer tls = tls_.accept(peer.handle());
    if (!tls) return;
    ++connections_;
    Visit visit{.server = *this, .tls = tls.get()};
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_body);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame);
    nghttp2_session_server_new(&visit.session, callbacks, &visit);
    nghttp2_session_callbacks_del(callbacks);
    const std::unique_ptr<nghttp2_session, FreeWith<nghttp2_session_del>> owned{visit.session};
    const nghttp2_settings_entry limit{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                                       options_.most_streams};
    nghttp2_submit_settings(visit.session, NGHTTP2_FLAG_NONE, &limit, 1);
    std::array<unsigned char, 16 * 1024> bytes;
    while (!visit.over) {
      send(visit);
      const int size = SSL_read(tls.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (size <= 0 ||
          nghttp2_session_mem_recv(visit.session, bytes.data(), static_cast<std::size_t>(size)) < 0)
        return;
      if (visit.waiting.size() < options_.together) continue;
      for (; !visit.waiting.empty() && !visit.over; visit.waiting.pop_back())
        reply(visit, visit.waiting.back());
    }
  }

  static void send(Visit& visit) {
    for (const std::uint8_t* part = nullptr;;) {
      const auto size = nghttp2_session_mem_send(visit.session, &part);
      if (size <= 0) return;
      SSL_write(visit.tls, part, static_cast<int>(size));
    }
  }

  void reply(Visit& visit, std::int32_t stream) {
    using Act = Http2Reply::Act;
    Http2Reply reply = answer_(visit.asked[stream]);
    if (reply.act == Act::say_nothing) return;
    if (reply.act == Act::talk_nonsense) {
      SSL_write(visit.tls, reply.body.data(), static_cast<int>(reply.body.size()));
      return;
    }
    if (reply.act == Act::reset) {
      nghttp2_submit_rst_stream(visit.session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_INTERNAL_ERROR);
      return;
    }
    if (reply.act == Act::refuse_by_goodbye) {
      nghttp2_submit_goaway(visit.session, NGHTTP2_FLAG_NONE, std::max(stream - 2, 0),
                            NGHTTP2_NO_ERROR, nullptr, 0);
      return;
    }
    if (reply.act == Act::hang_up) {
      if (!reply.body.empty()) submit(visit, stream, std::move(reply), true);
      send(visit);
      visit.over = true;
      return;
    }
    const bool goodbye = reply.act == Act::say_goodbye;
    submit(visit, stream, std::move(reply), false);
    if (goodbye)
      nghttp2_submit_goaway(visit.session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR, nullptr, 0);
  }

  static void submit(Visit& visit, std::int32_t stream, Http2Reply reply, bool unfinished) {
    std::vector<std::pair<std::string, std::string>> head{
        {":status", std::to_string(reply.status)}};
    if (unfinished) head.emplace_back("content-length", std::to_string(reply.body.size() * 2));
    head.insert(head.end(), reply.headers.begin(), reply.headers.end());
    std::vector<nghttp2_nv> fields;
    for (auto& [name, value] : head)
      fields.push_back({.name = reinterpret_cast<std::uint8_t*>(name.data()),
                        .value = reinterpret_cast<std::uint8_t*>(value.data()),
                        .namelen = name.size(),
                        .valuelen = value.size(),
                        .flags = NGHTTP2_NV_FLAG_NONE});
    visit.bodies[stream] = std::move(reply.body);
    nghttp2_data_provider body{.source = {.ptr = &visit.bodies[stream]},
                               .read_callback = unfinished ? &read_half : &read_all};
    nghttp2_submit_response(visit.session, stream, fields.data(), fields.size(), &body);
  }

  static ssize_t take(void* from, std::uint8_t* into, std::size_t most) {
    auto& rest = *static_cast<std::string*>(from);
    const std::size_t size = std::min(most, rest.size());
    std::copy_n(rest.data(), size, into);
    rest.erase(0, size);
    return static_cast<ssize_t>(size);
  }
  static ssize_t read_all(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t most,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
    const auto size = take(source->ptr, into, most);
    if (static_cast<std::string*>(source->ptr)->empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return size;
  }
  static ssize_t read_half(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t most,
                           std::uint32_t*, nghttp2_data_source* source, void*) {
    const auto size = take(source->ptr, into, most);
    return size == 0 ? ssize_t{NGHTTP2_ERR_DEFERRED} : size;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    auto& headers = static_cast<Visit*>(user)->asked[frame->hd.stream_id].headers;
    headers.emplace(std::string{reinterpret_cast<const char*>(name), name_size},
                    std::string{reinterpret_cast<const char*>(value), value_size});
    return 0;
  }
  static int on_body(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                     std::size_t size, void* user) {
    static_cast<Visit*>(user)->asked[stream].body.append(reinterpret_cast<const char*>(bytes),
                                                         size);
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
      static_cast<Visit*>(user)->waiting.push_back(frame->hd.stream_id);
    return 0;
  }

  const std::function<Http2Reply(const Http2Asked&)> answer_;
  const Options options_;
  const SelfSigned tls_;
  std::atomic<int> connections_ = 0;
  TestServer server_;
};

}  // namespace parley::senders
