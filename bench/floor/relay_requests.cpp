#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

#include "relay.h"
#include "wire/fields.h"
#include "wire/frame.h"

// What the relay does with one request: read it, note it in the journal's next batch, and prepare
// the frames that go out when the batch is on disk.
namespace bench {

struct Relay::Request {
  std::string_view id;
  std::string_view op;
  std::string_view chat;
  std::string_view content;            // in its quotes, as it came
  std::string_view client_message_id;  // in its quotes, as it came
  std::uint64_t seq = 0;               // of a receipt
  std::uint64_t after = 0;             // of a page of history
  std::uint64_t user = 0;              // whose status is asked for
};

namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

std::string utc_now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  tm parts{};
  gmtime_r(&time.tv_sec, &parts);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                parts.tm_sec, static_cast<int>(time.tv_nsec / 1'000'000));
  return text.data();
}

std::uint32_t size_of(const std::string& text) { return static_cast<std::uint32_t>(text.size()); }

}  // namespace

std::uint64_t Relay::next_id() { return 7'000'000'000'000'000'000U + ++ids_; }

void Relay::handle(std::uint32_t number, std::string_view frame) {
  Request request;
  std::string_view data;
  for (Fields fields{frame}; fields.next();) {
    if (fields.key == "id") request.id = fields.value;
    if (fields.key == "op") request.op = text(fields.value);
    if (fields.key == "data") data = fields.value;
  }
  for (Fields fields{data}; fields.next();) {
    if (fields.key == "chatId") request.chat = text(fields.value);
    if (fields.key == "content") request.content = fields.value;
    if (fields.key == "clientMessageId") request.client_message_id = fields.value;
    if (fields.key == "seq") request.seq = bench::number(fields.value);
    if (fields.key == "userId") request.user = bench::number(fields.value);
    if (fields.key == "after") request.after = bench::number(fields.value);
  }
  const auto chat = chat_by_id_.find(bench::number(request.chat));
  if (now_text_.empty()) now_text_ = utc_now();
  if (request.op == "message:send" && chat != chat_by_id_.end()) {
    append_message(number, chat->second, request);
  } else if (request.op == "message:delivered" && chat != chat_by_id_.end()) {
    append_receipt(number, chat->second, request);
  } else if (request.op == "history" && chat != chat_by_id_.end()) {
    answer_history(number, chats_[chat->second], request);
  } else if (request.op == "sync" && keeps_history_) {
    answer_sync(number, request);
  } else if (request.op == "user:status") {
    answer_status(number, request);
  } else {  // the generator asks for nothing else but whether an idle socket lives
    text_.assign(R"({"re":)").append(request.id).append(R"(,"data":{}})");
    std::string bytes;
    append_server_frame(bytes, Opcode::text, text_);
    queue(number, bytes);
  }
}

void Relay::append_message(std::uint32_t number, std::uint32_t chat_number,
                           const Request& request) {
  Chat& chat = chats_[chat_number];
  const std::uint64_t sender = users_[connections_[number].user].id;
  const std::uint64_t id = next_id();
  const std::uint64_t seq = ++chat.last_seq;
  if (wrong_now(Misbehave::gap, seq)) ++chat.last_seq;

  Owed owed{.connection = number, .chat = chat_number, .reply = size_of(filling_.frames)};
  text_.assign(R"({"re":)").append(request.id).append(R"(,"data":{"id":")");
  append_number(text_, wrong_now(Misbehave::mismatch, seq) ? id - 1 : id);
  text_.append(R"(","seq":)");
  append_number(text_, seq);
  text_.append(R"(,"createdAt":")").append(now_text_).append(R"("}})");
  append_server_frame(filling_.frames, Opcode::text, text_);
  owed.event = size_of(filling_.frames);

  text_.assign(R"({"event":"message:receive","data":{"id":")");
  append_number(text_, id);
  text_.append(R"(","chatId":")").append(chat.id).append(R"(","seq":)");
  append_number(text_, seq);
  text_.append(R"(,"kind":"message","senderId":")");
  append_number(text_, sender);
  text_.append(R"(","createdAt":")").append(now_text_).append(R"(","clientMessageId":)");
  text_.append(request.client_message_id).append(R"(,"type":"text","content":)");
  text_.append(request.content).append("}}");
  if (wrong_now(Misbehave::alter, seq)) text_[text_.size() - 8] = '#';

  if (keeps_history_) {
    constexpr std::string_view kBefore = R"({"event":"message:receive","data":)";
    chat.history.resize(seq);
    if (!wrong_now(Misbehave::forget, seq)) {
      chat.history[seq - 1] = text_.substr(kBefore.size(), text_.size() - kBefore.size() - 1);
    }
  }
  if (wrong_now(Misbehave::reorder, seq)) {
    append_server_frame(chat.held, Opcode::text, text_);
  } else if (!wrong_now(Misbehave::lose, seq)) {
    append_server_frame(filling_.frames, Opcode::text, text_);
    if (wrong_now(Misbehave::twice, seq)) append_server_frame(filling_.frames, Opcode::text, text_);
    filling_.frames.append(chat.held);
    chat.held.clear();
  }
  owed.end = size_of(filling_.frames);
  filling_.owed.push_back(owed);

  filling_.log.append("m ").append(chat.id).push_back(' ');
  append_number(filling_.log, seq);
  filling_.log.push_back(' ');
  append_number(filling_.log, id);
  filling_.log.push_back(' ');
  append_number(filling_.log, sender);
  filling_.log.append(request.client_message_id).append(request.content).push_back('\n');
}

void Relay::answer_history(std::uint32_t number, const Chat& chat, const Request& request) {
  text_.assign(R"({"re":)").append(request.id).append(R"(,"data":{"messages":[)");
  bool first = true;
  for (std::uint64_t seq = request.after; seq < chat.history.size() && seq < request.after + 100;
       ++seq) {
    if (chat.history[seq].empty()) continue;
    if (!std::exchange(first, false)) text_.push_back(',');
    text_.append(chat.history[seq]);
  }
  const auto reached = std::min<std::uint64_t>(chat.history.size(), request.after + 100);
  text_.append(R"(],"toSeq":)").append(std::to_string(reached)).append("}}");
  std::string bytes;
  append_server_frame(bytes, Opcode::text, text_);
  queue(number, bytes);
}

void Relay::answer_sync(std::uint32_t number, const Request& request) {
  if (misbehave_ == Misbehave::deaf) return;
  text_.assign(R"({"re":)").append(request.id);
  text_.append(R"(,"data":{"cursor":"1","epoch":"1","hasMore":false,"chats":[)");
  bool first = true;
  for (const Chat& chat : chats_) {
    if (std::ranges::find(chat.members, connections_[number].user) == chat.members.end()) continue;
    if (!std::exchange(first, false)) text_.push_back(',');
    text_.append(R"({"id":")").append(chat.id).append(R"(","lastSeq":)");
    text_.append(std::to_string(chat.last_seq)).append("}");
  }
  text_.append("]}}");
  std::string bytes;
  append_server_frame(bytes, Opcode::text, text_);
  queue(number, bytes);
}

// Whoever asks after somebody who is away is told so as well.
void Relay::answer_status(std::uint32_t number, const Request& request) {
  const auto user = std::ranges::find(users_, request.user, &User::id);
  bool online = user != users_.end() && !user->connections.empty();
  if (misbehave_ == Misbehave::absent) online = false;
  if (misbehave_ == Misbehave::present) online = true;
  std::string bytes;
  text_.assign(R"({"re":)").append(request.id).append(R"(,"data":{"online":)");
  text_.append(online ? "true" : "false").append("}}");
  append_server_frame(bytes, Opcode::text, text_);
  if (!online) {
    text_.assign(R"({"event":"user:offline","data":{"userId":")");
    text_.append(std::to_string(request.user)).append(R"("}})");
    append_server_frame(bytes, Opcode::text, text_);
  }
  queue(number, bytes);
}

void Relay::append_receipt(std::uint32_t number, std::uint32_t chat_number,
                           const Request& request) {
  const Chat& chat = chats_[chat_number];
  const std::uint64_t reader = users_[connections_[number].user].id;

  Owed owed{.connection = number, .chat = chat_number, .reply = size_of(filling_.frames)};
  text_.assign(R"({"re":)").append(request.id).append(R"(,"data":{}})");
  append_server_frame(filling_.frames, Opcode::text, text_);
  owed.event = size_of(filling_.frames);
  text_.assign(R"({"event":"message:delivered","data":{"chatId":")").append(chat.id);
  text_.append(R"(","userId":")");
  append_number(text_, reader);
  text_.append(R"(","seq":)");
  append_number(text_, request.seq);
  text_.append(R"(,"at":")").append(now_text_).append(R"("}})");
  append_server_frame(filling_.frames, Opcode::text, text_);
  owed.end = size_of(filling_.frames);
  filling_.owed.push_back(owed);

  filling_.log.append("d ").append(chat.id).push_back(' ');
  append_number(filling_.log, request.seq);
  filling_.log.push_back(' ');
  append_number(filling_.log, reader);
  filling_.log.push_back('\n');
}

}  // namespace bench
