#include "broker/rabbitmq/wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/time.h>

namespace parley::broker {
namespace {

using Kind = WireFailure::Kind;

amqp_bytes_t bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // rabbitmq-c only reads it
}

std::string_view view(amqp_bytes_t text) {
  return text.len == 0 ? std::string_view{}
                       : std::string_view{static_cast<const char*>(text.bytes), text.len};
}

timeval to_timeval(std::chrono::milliseconds time) {
  return {time.count() / 1000, static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

amqp_field_value_t field(const std::variant<std::string, std::int64_t>& value) {
  amqp_field_value_t field{};
  if (const auto* const text = std::get_if<std::string>(&value)) {
    field.kind = AMQP_FIELD_KIND_UTF8;
    field.value.bytes = bytes(*text);
  } else {
    field.kind = AMQP_FIELD_KIND_I64;
    field.value.i64 = std::get<std::int64_t>(value);
  }
  return field;
}

// A table that refers to `pairs`, which are to outlive it.
template <class Pairs>
std::vector<amqp_table_entry_t> entries_of(const Pairs& pairs) {
  std::vector<amqp_table_entry_t> entries;
  entries.reserve(pairs.size());
  for (const auto& [name, value] : pairs) entries.push_back({bytes(name), field(value)});
  return entries;
}

amqp_table_t table(std::vector<amqp_table_entry_t>& entries) {
  return {static_cast<int>(entries.size()), entries.data()};
}

Headers read_headers(const amqp_table_t& from) {
  Headers headers;
  for (int i = 0; i < from.num_entries; ++i) {
    const amqp_table_entry_t& entry = from.entries[i];
    const auto number = [&](std::int64_t value) {
      headers.emplace_back(std::string{view(entry.key)}, value);
    };
    switch (entry.value.kind) {
      case AMQP_FIELD_KIND_UTF8:
      case AMQP_FIELD_KIND_BYTES:
        headers.emplace_back(std::string{view(entry.key)},
                             std::string{view(entry.value.value.bytes)});
        break;
      case AMQP_FIELD_KIND_BOOLEAN:
        number(entry.value.value.boolean);
        break;
      case AMQP_FIELD_KIND_I8:
        number(entry.value.value.i8);
        break;
      case AMQP_FIELD_KIND_U8:
        number(entry.value.value.u8);
        break;
      case AMQP_FIELD_KIND_I16:
        number(entry.value.value.i16);
        break;
      case AMQP_FIELD_KIND_U16:
        number(entry.value.value.u16);
        break;
      case AMQP_FIELD_KIND_I32:
        number(entry.value.value.i32);
        break;
      case AMQP_FIELD_KIND_U32:
        number(entry.value.value.u32);
        break;
      case AMQP_FIELD_KIND_I64:
        number(entry.value.value.i64);
        break;
      default:
        break;
    }
  }
  return headers;
}

// What a message may say of itself; nothing sums up to more than fits.
constexpr std::int64_t kMostRedeliveries = 1'000'000;

// Client properties by which RabbitMQ knows what it may tell us.
struct ClientProperties {
  explicit ClientProperties(const std::string& name) {
    for (const std::string_view ability :
         {"connection.blocked", "consumer_cancel_notify", "publisher_confirms", "basic.nack"}) {
      amqp_field_value_t yes{};
      yes.kind = AMQP_FIELD_KIND_BOOLEAN;
      yes.value.boolean = 1;
      abilities.push_back({bytes(ability), yes});
    }
    amqp_field_value_t capabilities{};
    capabilities.kind = AMQP_FIELD_KIND_TABLE;
    capabilities.value.table = broker::table(abilities);
    amqp_field_value_t connection_name{};
    connection_name.kind = AMQP_FIELD_KIND_UTF8;
    connection_name.value.bytes = bytes(name);
    entries = {{bytes("capabilities"), capabilities}, {bytes("connection_name"), connection_name}};
  }
  amqp_table_t table() { return broker::table(entries); }

  std::vector<amqp_table_entry_t> abilities;
  std::vector<amqp_table_entry_t> entries;
};

amqp_socket_t* new_socket(amqp_connection_state_t state, bool tls, const std::string& ca_file) {
  if (!tls) return amqp_tcp_socket_new(state);
  amqp_socket_t* const socket = amqp_ssl_socket_new(state);
  if (socket == nullptr) return nullptr;
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 1);
  amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket)));
  } else if (amqp_ssl_socket_set_cacert(socket, ca_file.c_str()) != AMQP_STATUS_OK) {
    throw WireFailure{Kind::refused, "the certificates in " + ca_file + " cannot be read"};
  }
  return socket;
}

std::string_view why(int status) {
  switch (status) {
    case AMQP_STATUS_HEARTBEAT_TIMEOUT:
      return "it has fallen silent";
    case AMQP_STATUS_TIMEOUT:
      return "no answer in time";
    case AMQP_STATUS_SOCKET_ERROR:
      return "nobody takes the connection";
    case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED:
      return "there is no such host";
    case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
      return "its certificate is for another host";
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
      return "its certificate is not trusted";
    case AMQP_STATUS_SSL_CONNECTION_FAILED:
      return "no TLS connection: it is not spoken there, or the certificate is not trusted";
    default:
      return amqp_error_string2(status);
  }
}

struct Verdict {
  int code = 0;
  std::string_view text;
};

Verdict verdict_of(const amqp_method_t& method) {
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* const close = static_cast<const amqp_connection_close_t*>(method.decoded);
    return {close->reply_code, view(close->reply_text)};
  }
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* const close = static_cast<const amqp_channel_close_t*>(method.decoded);
    return {close->reply_code, view(close->reply_text)};
  }
  return {0, "an answer to another question"};
}

[[noreturn]] void fail(const amqp_method_t& method, const std::string& where,
                       std::string_view doing) {
  const Verdict verdict = verdict_of(method);
  const bool for_a_person = verdict.code == AMQP_ACCESS_REFUSED ||
                            verdict.code == AMQP_PRECONDITION_FAILED ||
                            verdict.code == AMQP_NOT_ALLOWED;
  throw WireFailure{for_a_person ? Kind::refused : Kind::unreachable,
                    fmt::format("RabbitMQ at {}, {}: {}", where, doing, verdict.text)};
}

void check(const amqp_rpc_reply_t& reply, const std::string& where, std::string_view doing) {
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) fail(reply.reply, where, doing);
  throw WireFailure{Kind::unreachable,
                    fmt::format("RabbitMQ at {}, {}: {}", where, doing, why(reply.library_error))};
}

std::string_view text_of(const amqp_table_t& from, std::string_view name) {
  for (int i = 0; i < from.num_entries; ++i) {
    const amqp_table_entry_t& entry = from.entries[i];
    if (view(entry.key) == name && entry.value.kind == AMQP_FIELD_KIND_UTF8)
      return view(entry.value.value.bytes);
  }
  return {};
}

// Before 3.10 a dead letter of a quorum queue could be lost. Who is no RabbitMQ may know how.
void check_version(const amqp_table_t& server, const std::string& where) {
  constexpr std::pair kLeast{3, 10};
  const std::string_view version = text_of(server, "version");
  std::pair is{0, 0};
  const char* const end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, is.first);
  if (text_of(server, "product") != "RabbitMQ" || major.ec != std::errc{} || major.ptr == end)
    return;
  std::from_chars(major.ptr + 1, end, is.second);
  if (is < kLeast)
    throw WireFailure{
        Kind::refused,
        fmt::format("RabbitMQ at {}: version {} is too old: Parley needs {}.{} or newer", where,
                    version, kLeast.first, kLeast.second)};
}

}  // namespace

struct Wire::Content {
  enum class Kind : std::uint8_t { delivery, returned } kind = Kind::delivery;
  Delivery message;
  std::uint64_t missing = 0;
};

Wire::Wire(const RabbitAddress& address, const Host& host, const Options& options)
    : state_(amqp_new_connection()), where_(host.text()), longest_body_(options.longest_body) {
  try {
    if (state_ == nullptr) throw std::bad_alloc{};
    const timeval patience = to_timeval(options.patience);
    amqp_set_handshake_timeout(state_, &patience);
    amqp_set_rpc_timeout(state_, &patience);
    amqp_socket_t* const socket = new_socket(state_, address.tls, options.ca_file);
    if (socket == nullptr) throw std::bad_alloc{};
    const int opened = amqp_socket_open_noblock(socket, host.name.c_str(), host.port, &patience);
    need(opened == AMQP_STATUS_OK, opened, "connecting");
    ClientProperties properties{options.name};
    const amqp_table_t table = properties.table();
    check(amqp_login_with_properties(state_, address.vhost.c_str(), 0, AMQP_DEFAULT_FRAME_SIZE,
                                     static_cast<int>(options.heartbeat.count()), &table,
                                     AMQP_SASL_METHOD_PLAIN, address.user.c_str(),
                                     address.password.c_str()),
          where_, "signing in");
    check_version(*amqp_get_server_properties(state_), where_);
  } catch (...) {
    amqp_destroy_connection(state_);
    throw;
  }
}

Wire::~Wire() { amqp_destroy_connection(state_); }

void Wire::need(bool well, int status, std::string_view doing) const {
  if (!well)
    throw WireFailure{Kind::unreachable,
                      fmt::format("RabbitMQ at {}, {}: {}", where_, doing, why(status))};
}

void Wire::need_reply(std::string_view doing) const {
  check(amqp_get_rpc_reply(state_), where_, doing);
}

void Wire::open_channel(std::uint16_t channel) {
  amqp_channel_open(state_, channel);
  need_reply("opening a channel");
}

void Wire::close_channel(std::uint16_t channel) {
  check(amqp_channel_close(state_, channel, AMQP_REPLY_SUCCESS), where_, "closing a channel");
  contents_.erase(channel);
}

void Wire::confirm(std::uint16_t channel) {
  amqp_confirm_select(state_, channel);
  need_reply("asking for confirms");
}

void Wire::declare_exchange(std::uint16_t channel, const std::string& name,
                            const std::string& type) {
  amqp_exchange_declare(state_, channel, bytes(name), bytes(type), 0, 1, 0, 0, amqp_empty_table);
  need_reply("declaring the exchange " + name);
}

void Wire::declare_queue(std::uint16_t channel, const std::string& name,
                         const Arguments& arguments) {
  auto entries = entries_of(arguments);
  amqp_queue_declare(state_, channel, bytes(name), 0, 1, 0, 0, table(entries));
  need_reply("declaring the queue " + name);
}

void Wire::bind(std::uint16_t channel, const std::string& queue, const std::string& exchange,
                const std::string& routing_key) {
  amqp_queue_bind(state_, channel, bytes(queue), bytes(exchange), bytes(routing_key),
                  amqp_empty_table);
  need_reply("binding the queue " + queue);
}

QueueCounts Wire::look_into(std::uint16_t channel, const std::string& queue) {
  const auto* const found =
      amqp_queue_declare(state_, channel, bytes(queue), 1, 1, 0, 0, amqp_empty_table);
  need_reply("looking into the queue " + queue);
  const QueueCounts counts{.messages = found->message_count, .consumers = found->consumer_count};
  amqp_maybe_release_buffers_on_channel(state_, channel);
  return counts;
}

void Wire::publish(std::uint16_t channel, const Publication& publication) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG |
                      AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                      AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_APP_ID_FLAG;
  properties.content_type = bytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.message_id = bytes(publication.message_id);
  properties.type = bytes(publication.type);
  properties.app_id = bytes("parley");
  properties.timestamp = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(publication.time).time_since_epoch().count());
  auto headers = entries_of(publication.headers);
  properties.headers = table(headers);
  const int sent = amqp_basic_publish(state_, channel, bytes(publication.exchange),
                                      bytes(publication.routing_key), publication.mandatory, 0,
                                      &properties, bytes(publication.body));
  need(sent == AMQP_STATUS_OK, sent, "publishing");
}

void Wire::consume(std::uint16_t channel, const std::string& queue, std::uint16_t prefetch) {
  amqp_basic_qos(state_, channel, 0, prefetch, 0);
  need_reply("bounding what is delivered");
  // The consumer bears the name of its queue, so that a cancellation tells which one it is.
  amqp_basic_consume(state_, channel, bytes(queue), bytes(queue), 0, 0, 0, amqp_empty_table);
  need_reply("consuming " + queue);
}

void Wire::ack(std::uint16_t channel, std::uint64_t tag) {
  const int sent = amqp_basic_ack(state_, channel, tag, 0);
  need(sent == AMQP_STATUS_OK, sent, "settling a message");
}

void Wire::requeue(std::uint16_t channel, std::uint64_t tag) {
  const int sent = amqp_basic_reject(state_, channel, tag, 1);
  need(sent == AMQP_STATUS_OK, sent, "giving a message back");
}

std::optional<Wire::Told> Wire::next() {
  for (;;) {
    amqp_frame_t frame;
    const timeval at_once{};
    const int status = amqp_simple_wait_frame_noblock(state_, &frame, &at_once);
    if (status == AMQP_STATUS_TIMEOUT) return std::nullopt;
    need(status == AMQP_STATUS_OK, status, "listening");
    auto told = read(frame);
    amqp_maybe_release_buffers_on_channel(state_, frame.channel);
    if (told) return told;
  }
}

std::optional<Wire::Told> Wire::read(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) return read_method(frame);
  const auto found = contents_.find(frame.channel);
  if (found == contents_.end()) return std::nullopt;  // of a channel that we have closed
  Content& content = *found->second;
  Delivery& message = content.message;
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    const auto& from =
        *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    if (from._flags & AMQP_BASIC_MESSAGE_ID_FLAG) message.message_id = view(from.message_id);
    if (from._flags & AMQP_BASIC_TYPE_FLAG) message.type = view(from.type);
    if (from._flags & AMQP_BASIC_HEADERS_FLAG) message.headers = read_headers(from.headers);
    message.redeliveries = std::clamp<std::int64_t>(message.headers.number("x-delivery-count"),
                                                    message.redeliveries, kMostRedeliveries);
    message.size = content.missing = frame.payload.properties.body_size;
    message.too_long = message.size > longest_body_;
    if (!message.too_long) message.body.reserve(message.size);
  } else if (frame.frame_type == AMQP_FRAME_BODY) {
    const std::string_view part = view(frame.payload.body_fragment);
    if (!message.too_long) message.body += part;
    content.missing -= std::min<std::uint64_t>(part.size(), content.missing);
  }
  if (content.missing > 0) return std::nullopt;
  return finish(frame.channel);
}

std::optional<Wire::Told> Wire::finish(std::uint16_t channel) {
  const auto content = std::move(contents_.extract(channel).mapped());
  if (content->kind == Content::Kind::returned)
    return Returned{channel, std::move(content->message.message_id)};
  return std::move(content->message);
}

std::optional<Wire::Told> Wire::read_method(const amqp_frame_t& frame) {
  const amqp_method_t& method = frame.payload.method;
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* const ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      return Acked{frame.channel, ack->delivery_tag, ack->multiple != 0, false};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* const nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
      return Acked{frame.channel, nack->delivery_tag, nack->multiple != 0, true};
    }
    case AMQP_BASIC_RETURN_METHOD: {
      auto content = std::make_unique<Content>();
      content->kind = Content::Kind::returned;
      contents_[frame.channel] = std::move(content);
      return std::nullopt;
    }
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto* const deliver = static_cast<const amqp_basic_deliver_t*>(method.decoded);
      auto content = std::make_unique<Content>();
      content->message.receipt.tag = deliver->delivery_tag;
      content->message.queue = view(deliver->consumer_tag);
      content->message.routing_key = view(deliver->routing_key);
      content->message.redeliveries = deliver->redelivered ? 1 : 0;
      contents_[frame.channel] = std::move(content);
      return std::nullopt;
    }
    case AMQP_BASIC_CANCEL_METHOD: {
      const auto* const cancel = static_cast<const amqp_basic_cancel_t*>(method.decoded);
      return Cancelled{std::string{view(cancel->consumer_tag)}};
    }
    case AMQP_CONNECTION_BLOCKED_METHOD: {
      const auto* const blocked = static_cast<const amqp_connection_blocked_t*>(method.decoded);
      return Blocked{std::string{view(blocked->reason)}};
    }
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      return Unblocked{};
    case AMQP_CONNECTION_CLOSE_METHOD:
    case AMQP_CHANNEL_CLOSE_METHOD:
      fail(method, where_, "closing");
    default:
      return std::nullopt;
  }
}

int Wire::descriptor() const { return amqp_get_sockfd(state_); }

bool Wire::writable() const {
  pollfd socket{.fd = descriptor(), .events = POLLOUT, .revents = 0};
  return ::poll(&socket, 1, 0) == 1 && (socket.revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
}

void Wire::close() {
  const timeval patience = to_timeval(std::chrono::milliseconds{1'000});
  amqp_set_rpc_timeout(state_, &patience);
  amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
}

}  // namespace parley::broker
