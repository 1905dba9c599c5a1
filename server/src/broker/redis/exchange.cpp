#include "broker/redis/exchange.h"

#include <array>
#include <utility>

namespace parley::broker::redis {

Watchdog::Watchdog(Loop& loop, std::shared_ptr<Socket> socket, std::chrono::milliseconds patience)
    : timer_(loop.get_executor(), patience) {
  timer_.async_wait([socket = std::move(socket)](boost::system::error_code cancelled) {
    if (!cancelled) socket->close();
  });
}

Watchdog::~Watchdog() { timer_.cancel(); }

Task<std::vector<Reply>> exchange(Socket& socket, ReplyReader& reader,
                                  std::vector<std::vector<std::string>> commands) {
  std::string bytes;
  for (const auto& command : commands) append_command(bytes, command);
  socket.send(bytes);
  std::vector<Reply> replies;
  std::array<char, 4096> buffer;
  while (replies.size() < commands.size()) {
    auto reply = reader.next();
    if (!reply) throw Unexpected{reply.error()};
    if (*reply) {
      replies.push_back(std::move(**reply));
      continue;
    }
    std::size_t size = 0;
    try {
      size = co_await socket.read(buffer);
    } catch (const boost::system::system_error&) {
      // Why it hung up, as that there are too many clients.
      if (!replies.empty() && replies.front().is_error()) throw Unexpected{replies.front().text};
      throw;
    }
    reader.feed({buffer.data(), size});
  }
  co_return replies;
}

}  // namespace parley::broker::redis
