#include <string>

#include <benchmark/benchmark.h>

#include "chat/message_store.h"
#include "chat/service.h"
#include "gateway/json_read.h"
#include "gateway/json_write.h"
#include "gateway/websocket.h"
#include "model/event.h"

// JSON in and out, for messages of the size `pairs` sends.
namespace {

using namespace parley;

const std::string kContent(150, 'x');

Message sample_message() {
  Message message;
  message.id = MessageId{7'300'000'000'000'000'001};
  message.chat_id = ChatId{7'300'000'000'000'000'002};
  message.sender_id = UserId{7'300'000'000'000'000'003};
  message.seq = 12'345;
  message.client_message_id = "b5e1f00d-12-345";
  message.type = MessageType::text;
  message.content = kContent;
  return message;
}

void ReadSendMessage(benchmark::State& state) {
  const std::string data = R"({"chatId":"7300000000000000002","content":")" + kContent +
                           R"(","clientMessageId":"b5e1f00d-12-345"})";
  for (auto _ : state) {
    const json::Input input{data};
    auto command = json::read_command<chat::SendMessage>(input);
    benchmark::DoNotOptimize(command);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(data.size()) * state.iterations());
}
BENCHMARK(ReadSendMessage);

void WriteMessage(benchmark::State& state) {
  const Message message = sample_message();
  std::string out;
  for (auto _ : state) {
    out.clear();
    json::write(out, message);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(out.size()) * state.iterations());
}
BENCHMARK(WriteMessage);

void WriteHistoryPage(benchmark::State& state) {
  chat::HistoryPage page;
  page.messages.assign(50, sample_message());
  std::string out;
  for (auto _ : state) {
    out.clear();
    json::write(out, page);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(out.size()) * state.iterations());
}
BENCHMARK(WriteHistoryPage);

}  // namespace
