#include "broker/contract/rabbit_probe.h"

#include <stdexcept>
#include <thread>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

namespace parley::broker {
namespace {

amqp_bytes_t bytes(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}

std::string text(amqp_bytes_t from) {
  return from.len == 0 ? std::string{}
                       : std::string{static_cast<const char*>(from.bytes), from.len};
}

Headers headers_of(const amqp_table_t& table) {
  Headers headers;
  for (int i = 0; i < table.num_entries; ++i) {
    const auto& [key, value] = table.entries[i];
    if (value.kind == AMQP_FIELD_KIND_UTF8)
      headers.emplace_back(text(key), text(value.value.bytes));
    if (value.kind == AMQP_FIELD_KIND_I64) headers.emplace_back(text(key), value.value.i64);
  }
  return headers;
}

Delivery read(const amqp_message_t& message) {
  const amqp_basic_properties_t& properties = message.properties;
  Delivery delivery;
  if (properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG)
    delivery.message_id = text(properties.message_id);
  if (properties._flags & AMQP_BASIC_TYPE_FLAG) delivery.type = text(properties.type);
  if (properties._flags & AMQP_BASIC_HEADERS_FLAG)
    delivery.headers = headers_of(properties.headers);
  delivery.body = text(message.body);
  delivery.size = delivery.body.size();
  return delivery;
}

}  // namespace

RabbitProbe::RabbitProbe(const std::string& url) : state_(amqp_new_connection()) {
  const RabbitAddress address = parse_rabbit_url(url).value();
  amqp_socket_t* const socket = amqp_tcp_socket_new(state_);
  const auto& host = address.hosts.front();
  if (amqp_socket_open(socket, host.name.c_str(), host.port) != AMQP_STATUS_OK)
    throw std::runtime_error{"nobody is at " + host.text()};
  const auto reply =
      amqp_login(state_, address.vhost.c_str(), 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                 AMQP_SASL_METHOD_PLAIN, address.user.c_str(), address.password.c_str());
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error{"it does not let us in"};
  amqp_channel_open(state_, 1);
  check("opening a channel");
}

RabbitProbe::~RabbitProbe() { amqp_destroy_connection(state_); }

void RabbitProbe::check(const char* doing) {
  const auto reply = amqp_get_rpc_reply(state_);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
  std::string why = doing;
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
      reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
    why += ": " + text(static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_text);
  throw std::runtime_error{why};
}

std::string RabbitProbe::listen(const std::string& exchange, const std::string& routing_key) {
  const auto* const declared =
      amqp_queue_declare(state_, 1, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
  check("declaring a queue");
  const std::string queue = text(declared->queue);
  bind(queue, exchange, routing_key);
  return queue;
}

void RabbitProbe::declare(const std::string& queue, std::int64_t max_length) {
  amqp_table_entry_t entries[2]{};
  entries[0].key = amqp_cstring_bytes("x-max-length");
  entries[0].value.kind = AMQP_FIELD_KIND_I64;
  entries[0].value.value.i64 = max_length;
  entries[1].key = amqp_cstring_bytes("x-overflow");
  entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
  amqp_queue_declare(state_, 1, bytes(queue), 0, 1, 0, 0, {2, entries});
  check("declaring a queue");
}

void RabbitProbe::bind(const std::string& queue, const std::string& exchange,
                       const std::string& routing_key) {
  amqp_queue_bind(state_, 1, bytes(queue), bytes(exchange), bytes(routing_key), amqp_empty_table);
  check("binding a queue");
}

void RabbitProbe::publish(const Publication& publication) {
  amqp_basic_properties_t properties{};
  properties._flags =
      AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.message_id = bytes(publication.message_id);
  properties.type = bytes(publication.type);
  if (amqp_basic_publish(state_, 1, bytes(publication.exchange), bytes(publication.routing_key), 0,
                         0, &properties, bytes(publication.body)) != AMQP_STATUS_OK)
    throw std::runtime_error{"publishing"};
}

std::optional<Delivery> RabbitProbe::get(const std::string& queue,
                                         std::chrono::milliseconds patience) {
  const auto late = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto reply = amqp_basic_get(state_, 1, bytes(queue), 1);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error{"looking into a queue"};
    if (reply.reply.id == AMQP_BASIC_GET_OK_METHOD) break;
    if (std::chrono::steady_clock::now() >= late) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  amqp_message_t message;
  if (amqp_read_message(state_, 1, &message, 0).reply_type != AMQP_RESPONSE_NORMAL)
    throw std::runtime_error{"reading a message"};
  Delivery delivery = read(message);
  amqp_destroy_message(&message);
  amqp_maybe_release_buffers(state_);
  return delivery;
}

std::int64_t RabbitProbe::waiting(const std::string& queue) {
  const auto* const found =
      amqp_queue_declare(state_, 1, bytes(queue), 1, 0, 0, 0, amqp_empty_table);
  check("looking for a queue");
  return found->message_count;
}

void RabbitProbe::purge(const std::string& queue) {
  amqp_queue_purge(state_, 1, bytes(queue));
  check("emptying a queue");
}

void RabbitProbe::delete_queue(const std::string& queue) {
  amqp_queue_delete(state_, 1, bytes(queue), 0, 0);
  check("deleting a queue");
}

void RabbitProbe::delete_exchange(const std::string& exchange) {
  amqp_exchange_delete(state_, 1, bytes(exchange), 0);
  check("deleting an exchange");
}

}  // namespace parley::broker
