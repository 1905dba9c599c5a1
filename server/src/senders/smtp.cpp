#include "senders/smtp.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

#include <curl/curl.h>
#include <fmt/format.h>

namespace parley::senders {
namespace {

using notification::Sending;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

// Empty when there is none.
std::string part_of(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

// What is still to be sent.
std::size_t read_message(char* to, std::size_t, std::size_t most, void* from) {
  auto& rest = *static_cast<std::string_view*>(from);
  const std::size_t size = std::min(most, rest.size());
  std::memcpy(to, rest.data(), size);
  rest.remove_prefix(size);
  return size;
}

// The codes of a reply, as in "550 5.1.1". Its words are left out: they like to repeat the address.
std::string codes_of(std::string_view line) {
  std::string codes{line.substr(0, line.find_first_not_of("0123456789"))};
  if (line.size() <= codes.size() + 1) return codes;
  const auto words = line.substr(codes.size() + 1);
  const auto enhanced = words.substr(0, words.find_first_not_of("0123456789."));
  if (enhanced.size() >= 5 && enhanced.size() <= 11 && enhanced[1] == '.')
    codes.append(" ").append(enhanced);
  return codes;
}

// What we said last, and what the server answered. libcurl's own record of it ends with a QUIT,
// whatever came before.
struct Conversation {
  std::string_view command{};
  std::string reply{};
  bool over = false;

  static int listen(CURL*, curl_infotype type, char* bytes, std::size_t size, void* conversation) {
    auto& heard = *static_cast<Conversation*>(conversation);
    const std::string_view line{bytes, size};
    heard.over = heard.over || (type == CURLINFO_HEADER_OUT && line.starts_with("QUIT"));
    if (heard.over) return 0;
    if (type == CURLINFO_HEADER_IN) heard.reply = codes_of(line);
    if (type == CURLINFO_HEADER_OUT) heard.say(line);
    return 0;
  }

 private:
  void say(std::string_view line) {
    constexpr std::string_view kCommands[] = {"EHLO", "HELO", "STARTTLS", "AUTH",
                                              "MAIL", "RCPT", "DATA"};
    for (const auto known : kCommands)
      if (line.starts_with(known)) command = known;
    reply.clear();
  }
};

// libcurl waits two minutes for the answer to a QUIT, which tells nothing.
struct Patience {
  const CurlPool& pool;
  const Conversation& heard;

  static int ended(void* patience, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& self = *static_cast<const Patience*>(patience);
    return self.pool.stopping() || self.heard.over ? 1 : 0;
  }
};

Sending outcome_of(CURLcode result, const Conversation& heard, std::string_view host) {
  const auto later = [](std::string why) {
    return Sending{.outcome = Sending::Outcome::try_later, .why = std::move(why)};
  };
  const bool never = heard.reply.starts_with('5');
  switch (result) {
    case CURLE_OK:
      return {};
    case CURLE_ABORTED_BY_CALLBACK:
      return later("the server is stopping");
    case CURLE_LOGIN_DENIED:
      return later(never ? fmt::format("{} does not accept smtp-user and smtp-password ({})", host,
                                       heard.reply)
                         : fmt::format("{} does not let smtp-user in ({})", host, heard.reply));
    case CURLE_USE_SSL_FAILED:
      return later(fmt::format(
          "{} does not encrypt by STARTTLS: use smtps://, or add ?tls=off to smtp-url", host));
    case CURLE_PEER_FAILED_VERIFICATION:
      return later(fmt::format("the certificate of {} cannot be verified", host));
    default:
      break;
  }
  if (!never && !heard.reply.starts_with('4'))
    return later(fmt::format("{}: {}", host, curl_easy_strerror(result)));
  Sending sending = later(fmt::format("{} answers {} to {}", host, heard.reply,
                                      heard.command.empty() ? "being connected" : heard.command));
  // Elsewhere it is about us, and mended by whoever runs one of the servers.
  if (never && (heard.command == "RCPT" || heard.command == "DATA"))
    sending.outcome = Sending::Outcome::refused;
  return sending;
}

}  // namespace

SmtpMailer::SmtpMailer(SmtpServer server, const Clock& clock)
    : server_(std::move(server)), clock_(clock) {
  const auto from = read_mailbox(server_.from);
  if (!from) throw std::invalid_argument("smtp-from must be an address: Name <local@domain>");
  from_ = *from;

  const Url url{curl_url()};
  if (url == nullptr) throw std::bad_alloc{};
  if (curl_url_set(url.get(), CURLUPART_URL, server_.url.c_str(), 0) != CURLUE_OK)
    throw std::invalid_argument("smtp-url must be smtp://host:port or smtps://host:port");
  const std::string scheme = part_of(url, CURLUPART_SCHEME), path = part_of(url, CURLUPART_PATH),
                    port = part_of(url, CURLUPART_PORT), query = part_of(url, CURLUPART_QUERY);
  host_ = part_of(url, CURLUPART_HOST);
  if ((scheme != "smtp" && scheme != "smtps") || host_.empty() || (path != "/" && !path.empty()))
    throw std::invalid_argument("smtp-url must be smtp://host:port or smtps://host:port");
  if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty())
    throw std::invalid_argument("smtp-url must not hold the login: set smtp-user, smtp-password");
  if (!query.empty() && (query != "tls=off" || scheme == "smtps"))
    throw std::invalid_argument("smtp-url may end with ?tls=off, after smtp://, and nothing else");
  encryption_ = !query.empty()       ? CURLUSESSL_NONE
                : is_loopback(host_) ? CURLUSESSL_TRY
                                     : CURLUSESSL_ALL;
  // Its path is the name we greet with.
  url_ =
      fmt::format("{}://{}{}{}/{}", scheme, host_, port.empty() ? "" : ":", port, from_.domain());
}

Task<Sending> SmtpMailer::send(notification::Mail mail) {
  const auto message = mime_message(mail, from_, clock_.now());
  if (!message) co_return Sending{.outcome = Sending::Outcome::refused, .why = message.error()};
  const auto sending =
      co_await pool_.run([&](void* curl) { return hand_over(curl, mail.to, *message); });
  if (sending) co_return *sending;
  co_return Sending{.outcome = Sending::Outcome::try_later,
                    .why = pool_.stopping() ? "the server is stopping"
                                            : "too many mails are waiting for the mail server"};
}

Sending SmtpMailer::hand_over(void* curl, const std::string& to, std::string_view message) const {
  const std::unique_ptr<curl_slist, FreeList> recipients{
      curl_slist_append(nullptr, fmt::format("<{}>", to).c_str())};
  if (recipients == nullptr) throw std::bad_alloc{};
  Conversation heard;
  Patience patience{.pool = pool_, .heard = heard};
  curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // those of the environment are for HTTP
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_USE_SSL, encryption_);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(server_.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(server_.timeout.count()));
  if (!server_.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, server_.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, server_.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, fmt::format("<{}>", from_.address).c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message.size()));
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, &read_message);
  curl_easy_setopt(curl, CURLOPT_READDATA, &message);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Patience::ended);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &patience);
  curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);  // to the next two only
  curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, &Conversation::listen);
  curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &heard);
  return outcome_of(curl_easy_perform(curl), heard, host_);
}

}  // namespace parley::senders
