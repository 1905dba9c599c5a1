#include "client.h"

#include <stdexcept>

#include "process.h"
#include "wire/fields.h"

namespace bench {

Said parse_said(std::string_view frame) {
  Said said;
  for (Fields fields{frame}; fields.next();) {
    if (fields.key == "re") {
      said.re = number(fields.value);
      said.is_reply = true;
    } else if (fields.key == "event") {
      said.event = text(fields.value);
    } else if (fields.key == "data") {
      said.data = fields.value;
    } else if (fields.key == "error") {
      said.error = fields.value;
    }
  }
  return said;
}

Client::Client(const Options& options, Checks& checks)
    : options_(options), checks_(checks), users_(read_seed(options.seed)), loop_(options.targets) {}

std::size_t Client::target_of(std::size_t user) const {
  return (options_.apart ? user : user / 2) % options_.targets.size();
}

void Client::connect(std::size_t first, std::size_t count) {
  if (first + count > users_.size()) {
    throw std::runtime_error("the seed file has " + std::to_string(users_.size()) +
                             " users, the run needs " + std::to_string(first + count));
  }
  const std::size_t expected = loop_.size() + count;
  for (std::size_t i = 0; i < count; ++i) {
    loop_.connect(users_[first + i].token, target_of(first + i));
    if (i % 64 == 0) loop_.turn(0, *this);
  }
  const std::int64_t deadline = now_ns() + 10'000'000'000;
  if (!turn_until(deadline, [&] { return ready_ >= expected; })) {
    throw std::runtime_error("only " + std::to_string(ready_) + " of " + std::to_string(expected) +
                             " sockets became ready");
  }
}

bool Client::turn_until(std::int64_t deadline, const std::function<bool()>& done) {
  while (checks_.good()) {
    if (done()) return true;
    if (now_ns() >= deadline) return false;
    loop_.turn(options_.rate == 0 ? 10 : 1, *this);
  }
  return false;
}

void Client::on_text(std::size_t connection, std::string_view text_frame) {
  const auto [is_reply, re, event, data, error] = parse_said(text_frame);
  if (!error.empty()) {
    return checks_.violation("refused: user " + users_[connection % users_.size()].name +
                             ", request " + std::to_string(re) + ": " + std::string{error});
  }
  if (is_reply) return on_reply(connection, re, data);
  if (event == "ready") {
    ++ready_;
  } else if (!event.empty()) {
    on_event(connection, event, data);
  } else {
    checks_.violation("malformed: neither reply nor event: " +
                      std::string{text_frame.substr(0, 200)});
  }
}

void Client::on_closed(std::size_t connection, const std::string& why) {
  checks_.violation("closed: socket " + std::to_string(connection) + ": " + why);
}

}  // namespace bench
