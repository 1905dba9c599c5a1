#include "senders/console.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace parley::senders {
namespace {

using notification::Sending;

std::string printable(std::string_view text) {
  std::string printed{text};
  for (char& c : printed) {
    const auto byte = static_cast<unsigned char>(c);
    if (c != '\n' && (byte < 0x20 || byte == 0x7F)) c = '?';
  }
  return printed;
}

void add_lines(std::string& block, std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    block += fmt::format("│{}{}\n", line.empty() ? "" : " ", line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

Sending print(std::FILE* out, std::string_view kind, const std::string& head,
              std::string_view text) {
  std::string block = fmt::format("┌── {}\n", kind);
  add_lines(block, printable(head) + "\n" + printable(text));
  block += "└──\n";
  // One call: the stream is locked from the first byte to the last.
  if (std::fwrite(block.data(), 1, block.size(), out) == block.size() && std::fflush(out) == 0)
    return {};
  return {.outcome = Sending::Outcome::try_later, .why = "the console cannot be written to"};
}

}  // namespace

Task<Sending> ConsoleMailer::send(notification::Mail mail) {
  co_return print(out_, "mail", fmt::format("To: {}\nSubject: {}\n", mail.to, mail.subject),
                  mail.text);
}

Task<Sending> ConsoleSmsSender::send(notification::Sms sms) {
  co_return print(out_, "sms", fmt::format("To: {}\n", sms.to), sms.text);
}

}  // namespace parley::senders
