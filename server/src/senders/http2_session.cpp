#include "senders/http2_session.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include "base/ascii.h"
#include "senders/url.h"

namespace parley::senders {
namespace {

constexpr std::size_t kMostOutput = 64 * 1024;  // at once
constexpr std::int64_t kLongestRetryAfter = 24 * 3600;

std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

template <class Number>
Number number_of(std::string_view text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ptr == text.data() + text.size() && read.ec == std::errc{} ? number : Number{};
}

void ignore(const Http2Session::Answer&) {}

std::string path_of(const std::string& url) {
  const auto authority = url.find("://") + 3;
  const auto path = url.find_first_of("/?#", authority);
  if (path == std::string::npos || url[path] == '#') return "/";
  const auto end = url.find('#', path);
  return (url[path] == '?' ? "/" : "") + url.substr(path, end - path);
}

}  // namespace

struct Http2Session::Stream {
  std::string body;  // of the request
  std::size_t sent = 0;
  std::size_t most_bytes;
  delivery::OutboundAnswer answer;
  bool too_long = false;
  Done done;
};

void Http2Session::FreeSession::operator()(nghttp2_session* session) const {
  nghttp2_session_del(session);
}

// What the library calls. It is written in C, so nothing may be thrown through it; all that can be
// is std::bad_alloc, and that ends the process.
struct Http2Session::Callbacks {
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

  static Stream* find(void* user, StreamId id) {
    auto& streams = self(user).streams_;
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : found->second.get();
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) noexcept {
    Stream* const stream = find(user, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const std::string_view key{reinterpret_cast<const char*>(name), name_size};
    const std::string_view text{reinterpret_cast<const char*>(value), value_size};
    if (key == ":status") stream->answer.status = number_of<int>(text);
    if (key == "retry-after")
      stream->answer.retry_after = std::chrono::seconds{
          std::clamp<std::int64_t>(number_of<std::int64_t>(text), 0, kLongestRetryAfter)};
    return 0;
  }

  static int body(nghttp2_session* session, std::uint8_t, StreamId id, const std::uint8_t* bytes,
                  std::size_t size, void* user) noexcept {
    Stream* const stream = find(user, id);
    if (stream == nullptr || stream->too_long) return 0;
    stream->too_long = size > stream->most_bytes - stream->answer.body.size();
    if (stream->too_long)
      return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    stream->answer.body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    if (frame->hd.type == NGHTTP2_GOAWAY) self(user).goodbye_ = true;
    return 0;
  }

  static int closed(nghttp2_session*, StreamId id, std::uint32_t error, void* user) noexcept {
    Http2Session& session = self(user);
    Stream* const stream = find(user, id);
    if (stream == nullptr) return 0;
    const auto failed = [&](std::string_view why) {
      session.finish(id, std::unexpected(fmt::format("{} {}", session.host_, why)));
    };
    if (stream->too_long)
      failed(fmt::format("answers with more than {} bytes", stream->most_bytes));
    else if (error == NGHTTP2_REFUSED_STREAM)
      failed("takes no more requests by this connection");
    else if (error != NGHTTP2_NO_ERROR)
      failed(fmt::format("broke off the answer ({})", nghttp2_http2_strerror(error)));
    else if (stream->answer.status == 0)
      failed("ended without an answer");
    else
      session.finish(id, std::move(stream->answer));
    return 0;
  }

  static ssize_t read(nghttp2_session*, StreamId, std::uint8_t* into, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    auto& stream = *static_cast<Stream*>(source->ptr);
    const std::size_t taken = std::min(size, stream.body.size() - stream.sent);
    std::copy_n(stream.body.data() + stream.sent, taken, into);
    stream.sent += taken;
    if (stream.sent == stream.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  }
};

Http2Session::Http2Session(std::string host) : host_(std::move(host)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc{};
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::body);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Callbacks::closed);
  nghttp2_session* session = nullptr;
  const int made = nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  if (made != 0) throw std::bad_alloc{};
  session_.reset(session);
  const nghttp2_settings_entry no_push{NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &no_push, 1) != 0) throw std::bad_alloc{};
}

Http2Session::~Http2Session() = default;

bool Http2Session::accepts() const {
  return !goodbye_ && nghttp2_session_check_request_allowed(session_.get()) != 0;
}

Http2Session::StreamId Http2Session::ask(const delivery::OutboundRequest& request,
                                         const std::string& authority, Done done) {
  std::vector<std::pair<std::string, std::string>> head{{":method", request.method},
                                                        {":scheme", "https"},
                                                        {":authority", authority},
                                                        {":path", path_of(request.url)},
                                                        {"user-agent", "Parley"}};
  for (const auto& [name, value] : request.headers) head.emplace_back(lower_ascii(name), value);
  if (!request.body.empty())
    head.emplace_back("content-length", std::to_string(request.body.size()));
  std::vector<nghttp2_nv> fields;
  fields.reserve(head.size());
  for (auto& [name, value] : head)
    fields.push_back({.name = bytes_of(name),
                      .value = bytes_of(value),
                      .namelen = name.size(),
                      .valuelen = value.size(),
                      .flags = NGHTTP2_NV_FLAG_NONE});

  auto stream = std::make_unique<Stream>(
      Stream{.body = request.body, .most_bytes = request.most_bytes, .answer = {}, .done = {}});
  nghttp2_data_provider body{.source = {.ptr = stream.get()}, .read_callback = &Callbacks::read};
  const StreamId id = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                             request.body.empty() ? nullptr : &body, nullptr);
  if (id < 0) {
    done(std::unexpected(fmt::format("{}: {}", host_, nghttp2_strerror(id))));
    return id;
  }
  stream->done = std::move(done);
  streams_.emplace(id, std::move(stream));
  return id;
}

void Http2Session::finish(StreamId id, Answer answer) {
  const auto node = streams_.extract(id);
  finished_.emplace_back(std::move(node.mapped()->done), std::move(answer));
}

void Http2Session::tell_finished() {
  for (auto& [done, answer] : std::exchange(finished_, {})) done(std::move(answer));
}

void Http2Session::give_up(StreamId id, const std::string& why) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  // The library may still read the body until the stream is closed.
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  const Done done = std::exchange(found->second->done, ignore);
  done(std::unexpected(why));
}

void Http2Session::give_up_all(const std::string& why) {
  for (auto& [id, stream] : streams_)
    finished_.emplace_back(std::exchange(stream->done, ignore), std::unexpected(why));
  tell_finished();
}

bool Http2Session::receive(std::span<const unsigned char> bytes) {
  const auto taken = nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
  tell_finished();
  return taken == static_cast<ssize_t>(bytes.size());
}

std::string Http2Session::output() {
  std::string bytes;
  while (bytes.size() < kMostOutput) {
    const std::uint8_t* part = nullptr;
    const auto size = nghttp2_session_mem_send(session_.get(), &part);
    if (size <= 0) break;
    bytes.append(reinterpret_cast<const char*>(part), static_cast<std::size_t>(size));
  }
  tell_finished();
  return bytes;
}

bool Http2Session::ended() const {
  return nghttp2_session_want_read(session_.get()) == 0 &&
         nghttp2_session_want_write(session_.get()) == 0;
}

}  // namespace parley::senders
