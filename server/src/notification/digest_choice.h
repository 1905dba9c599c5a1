#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/session.h"
#include "notification/digest_store.h"
#include "notification/unsubscribe_tokens.h"

namespace parley::notification {

struct AskAboutDigests {
  std::string token;  // from the link in a digest

  static constexpr std::array kLimits{Limit{"token", Limit::Of::characters, 1, 128}};
};
BOOST_DESCRIBE_STRUCT(AskAboutDigests, (), (token))

struct EndDigests {
  static constexpr std::size_t kMostBytes = 1024;

  std::string token;
  std::string bytes;  // what a mail program says (RFC 8058 §3.2), or a form; it does not matter

  static constexpr std::array kLimits{Limit{"token", Limit::Of::characters, 1, 128}};
};
BOOST_DESCRIBE_STRUCT(EndDigests, (), (token))

// A page for people who came by a link, and need not be signed in.
struct Page {
  std::string content_type = "text/html; charset=utf-8";
  std::string bytes;
  std::int64_t max_age = 0;
};
BOOST_DESCRIBE_STRUCT(Page, (), ())

// DigestChoice lets people who are mailed a digest say, by the link in it, that they want no more
// of them. Whoever merely looks at the link, as mail programs and scanners do, changes nothing.
class DigestChoice {
 public:
  DigestChoice(DigestStore& store, const UnsubscribeTokens& tokens)
      : store_(store), tokens_(tokens) {}

  // Both refuse with invalid_link.
  Task<Result<Page>> ask(Caller caller, AskAboutDigests command);
  Task<Result<Page>> end(Caller caller, EndDigests command);

 private:
  DigestStore& store_;
  const UnsubscribeTokens& tokens_;
};

}  // namespace parley::notification
