#include "read_back.h"

#include "wire/fields.h"

namespace bench {

std::string ReadBack::request() {
  return R"({"id":)" + std::to_string(next_request_++) + R"(,"op":"history","data":{"chatId":")" +
         std::to_string(chat_) + R"(","after":)" + std::to_string(next_seq_ - 1) +
         R"(,"limit":100}})";
}

void ReadBack::take(std::string_view data, Contents& contents, Checks& checks) {
  const std::string chat = std::to_string(chat_);
  bool any = false;
  for (Elements page{member(data, "messages")}; page.next() && !done();) {
    any = true;
    const Received entry = parse_message(page.value);
    if (entry.seq != next_seq_) {
      return checks.violation("stored: chat " + chat + " has seq " + std::to_string(entry.seq) +
                              " where " + std::to_string(next_seq_) + " was due");
    }
    const Written& due = written_[next_seq_ - first_seq_];
    if (entry.content != contents.of(due.author, due.index) ||
        entry.client_message_id != contents.client_message_id(due.author, due.index)) {
      return checks.violation(
          "stored: seq " + std::to_string(next_seq_) + " of chat " + chat +
          " is not what was acknowledged: " + std::string{page.value.substr(0, 200)});
    }
    ++next_seq_;
  }
  if (!any) {
    checks.violation("stored: chat " + chat + " ends before seq " + std::to_string(next_seq_) +
                     ", which was acknowledged");
  }
}

}  // namespace bench
