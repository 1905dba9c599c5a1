#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "notification/mailer.h"

namespace parley::senders {

// Who a mail is from or to: Parley <no-reply@example.com>
struct Mailbox {
  std::string name{};  // UTF-8, may be empty
  std::string address;

  std::string_view domain() const;
};

// Reads `local@domain` and `Name <local@domain>`. Yields nothing for what is neither, for
// addresses that are not plain ASCII, and for names with control characters.
std::optional<Mailbox> read_mailbox(std::string_view text);

// The mail as a mail server takes it (RFC 5322, MIME): 7-bit, in lines of at most 76 bytes (but
// for long addresses and URLs) that end with CRLF, as plain text and as HTML. Otherwise a sentence
// that says what is wrong with it.
std::expected<std::string, std::string> mime_message(const notification::Mail& mail,
                                                     const Mailbox& from, Timestamp now);

}  // namespace parley::senders
