#include "senders/mime.h"

#include <algorithm>
#include <ctime>
#include <random>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace parley::senders {
namespace {

constexpr std::size_t kLongestLine = 76;      // RFC 2045 §6.7, RFC 2047 §2
constexpr std::size_t kBytesOfWord = 39;      // as base64, with its frame and "Subject: ": 73
constexpr std::size_t kLongestPlain = 60;     // of a header that need not be folded
constexpr std::size_t kLongestAddress = 254;  // RFC 5321 §4.5.3.1
constexpr std::size_t kLongestUrl = 900;      // RFC 5322 §2.1.1: a line has at most 998

constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~.";  // before the @

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Nothing in it has a meaning in a header or an SMTP command, so that it is one address for sure.
bool is_address(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  const auto local = text.substr(0, at), domain = text.substr(at + 1);
  return text.size() <= kLongestAddress &&
         std::ranges::all_of(local,
                             [](char c) { return is_letter_or_digit(c) || kSigns.contains(c); }) &&
         std::ranges::all_of(domain,
                             [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; });
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> std::uint32_t {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
    };
    const std::uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kAlphabet[three >> 18];
    out += kAlphabet[three >> 12 & 63];
    out += i + 1 < bytes.size() ? kAlphabet[three >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kAlphabet[three & 63] : '=';
  }
  return out;
}

// RFC 2047: words on lines of their own, none of which ends within a character.
std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::size_t size = std::min(kBytesOfWord, text.size());
    for (int i = 0; i < 3 && size < text.size() && continues_character(text[size]); ++i) --size;
    words +=
        fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return words;
}

std::string header_text(std::string_view text) {
  const bool plain = text.size() <= kLongestPlain && !text.starts_with(' ') &&
                     !text.ends_with(' ') && !text.contains("=?") &&
                     std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 127; });
  return plain ? std::string{text} : encoded_words(text);
}

std::string header_mailbox(const Mailbox& mailbox) {
  if (mailbox.name.empty()) return mailbox.address;
  const bool is_atoms = std::ranges::all_of(
      mailbox.name, [](char c) { return is_letter_or_digit(c) || c == ' ' || c == '-'; });
  // On a line of its own, lest it is too long.
  return fmt::format("{}\r\n <{}>",
                     is_atoms ? header_text(mailbox.name) : encoded_words(mailbox.name),
                     mailbox.address);
}

// RFC 2045 §6.7. It never yields "=_", of which boundaries are made.
std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  const auto add = [&](std::string_view piece, bool ends_line) {
    if (column + piece.size() > kLongestLine - (ends_line ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto rest = text.substr(i + 1);
    const bool ends_line = rest.empty() || rest.starts_with('\n') || rest.starts_with("\r\n");
    if (c == '\r' && rest.starts_with('\n')) continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
    } else if ((c > ' ' && c < 127 && c != '=') || ((c == ' ' || c == '\t') && !ends_line)) {
      add({&c, 1}, ends_line);
    } else {
      add(fmt::format("={:02X}", static_cast<unsigned char>(c)), ends_line);
    }
  }
  if (column > 0) out += "\r\n";
  return out;
}

std::string part(std::string_view type, std::string_view text) {
  return fmt::format(
      "Content-Type: {}; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
      type, quoted_printable(text));
}

// What a mail program may ask for in its reader's name, by POST and without asking them again
// (RFC 8058). On a line of its own: it is long.
std::string unsubscribe_headers(std::string_view url) {
  if (url.empty()) return {};
  return fmt::format(
      "List-Unsubscribe:\r\n <{}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", url);
}

bool is_plain_url(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://")) &&
         text.size() <= kLongestUrl && std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < 127 && c != '<' && c != '>' && c != ',';
         });
}

std::string random_name() {
  std::random_device random;  // the kernel's
  std::string name;
  for (int i = 0; i < 4; ++i) name += fmt::format("{:08x}", random());
  return name;
}

}  // namespace

std::string_view Mailbox::domain() const {
  return std::string_view{address}.substr(address.find('@') + 1);
}

std::optional<Mailbox> read_mailbox(std::string_view text) {
  Mailbox mailbox{.address = std::string{text}};
  if (const auto open = text.find('<'); open != std::string_view::npos && text.ends_with('>')) {
    std::string_view name = text.substr(0, open);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
      name = name.substr(1, name.size() - 2);
    mailbox.name = name;
    mailbox.address = text.substr(open + 1, text.size() - open - 2);
  }
  if (!is_address(mailbox.address) || std::ranges::any_of(mailbox.name, is_control))
    return std::nullopt;
  return mailbox;
}

std::expected<std::string, std::string> mime_message(const notification::Mail& mail,
                                                     const Mailbox& from, Timestamp now) {
  if (!is_address(mail.to)) return std::unexpected("the mail's address is none");
  if (std::ranges::any_of(mail.subject, is_control))
    return std::unexpected("the mail's subject is not one line of text");
  if (!mail.unsubscribe.empty() && !is_plain_url(mail.unsubscribe))
    return std::unexpected("what ends the mails is no URL");
  const std::string boundary = "=_" + random_name();
  std::string message = fmt::format(
      "Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n"
      "Message-ID: <{}@{}>\r\n"
      "From: {}\r\n"
      "To: {}\r\n"
      "Subject: {}\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "{}"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative;\r\n boundary=\"{}\"\r\n\r\n",
      fmt::gmtime(std::chrono::system_clock::to_time_t(now)), random_name(), from.domain(),
      header_mailbox(from), mail.to, header_text(mail.subject),
      unsubscribe_headers(mail.unsubscribe), boundary);
  message += fmt::format("--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n", boundary,
                         part("text/plain", mail.text), part("text/html", mail.html));
  return message;
}

}  // namespace parley::senders
