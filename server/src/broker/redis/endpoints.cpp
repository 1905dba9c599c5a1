#include "broker/redis/endpoints.h"

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "broker/redis/exchange.h"

namespace parley::broker::redis {

Task<Host> TurnEndpoints::next() {
  if (hosts_->empty()) throw std::runtime_error{"no host of Redis is known"};
  co_return (*hosts_)[turn_++ % hosts_->size()];
}

SentinelEndpoints::SentinelEndpoints(Loop& loop, Url url, std::chrono::milliseconds patience)
    : loop_(loop), url_(std::move(url)), patience_(patience) {}

void SentinelEndpoints::stop() {
  stopping_ = true;
  if (asked_) asked_->close();
}

Task<Host> SentinelEndpoints::next() {
  std::string why;
  for (std::size_t i = 0; i < url_.hosts.size() && !stopping_; ++i, ++turn_) {
    const Host sentinel = url_.hosts[turn_ % url_.hosts.size()];
    try {
      co_return co_await ask(sentinel);
    } catch (const boost::system::system_error& failure) {
      why = fmt::format("sentinel {}: {}", sentinel.text(), failure.code().message());
    } catch (const std::runtime_error& failure) {
      why = fmt::format("sentinel {}: {}", sentinel.text(), failure.what());
    }
  }
  throw std::runtime_error{why};
}

Task<Host> SentinelEndpoints::ask(Host sentinel) {
  const auto socket = std::make_shared<Socket>(loop_, nullptr);
  asked_ = socket;
  const Watchdog watchdog{loop_, socket, patience_};
  co_await socket->connect(sentinel);
  ReplyReader reader;
  std::vector<std::vector<std::string>> commands;
  if (!url_.password.empty()) commands.push_back(sign_in_command(url_));
  commands.push_back({"SENTINEL", "get-master-addr-by-name", url_.master});
  // A sentinel without a password refuses ours, and answers all the same.
  const auto replies = co_await exchange(*socket, reader, std::move(commands));
  socket->close();
  const Reply& said = replies.back();
  if (said.is_error()) throw Unexpected{said.text};
  if (said.items.size() != 2) throw Unexpected{"knows no master of the name in the URL"};
  unsigned port = 0;
  const std::string& text = said.items[1].text;
  std::from_chars(text.data(), text.data() + text.size(), port);
  if (port == 0 || port > 65535) throw Unexpected{"gives no port of the master"};
  co_return Host{said.items[0].text, static_cast<std::uint16_t>(port)};
}

std::vector<std::string> sign_in_command(const Url& url) {
  if (url.password.empty()) return {};
  if (url.user.empty()) return {"AUTH", url.password};
  return {"AUTH", url.user, url.password};
}

}  // namespace parley::broker::redis
