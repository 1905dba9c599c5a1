#include "notification/digest_choice.h"

#include <string_view>

namespace parley::notification {
namespace {

Page page(std::string_view body) {
  Page page;
  page.bytes =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" "
      "content=\"noindex\"><title>Parley</title></head>\n<body>\n";
  page.bytes += body;
  page.bytes += "\n</body></html>\n";
  return page;
}

}  // namespace

Task<Result<Page>> DigestChoice::ask(Caller, AskAboutDigests command) {
  if (!tokens_.check(command.token)) co_return fail(Errc::invalid_link);
  // The form goes to where it came from, token and all.
  co_return page(
      "<h1>Mails about unread messages</h1>\n"
      "<p>While you are away, you are sent a mail when messages wait for you.</p>\n"
      "<form method=\"post\"><button type=\"submit\">Send me no more of them</button></form>");
}

Task<Result<Page>> DigestChoice::end(Caller, EndDigests command) {
  const auto user = tokens_.check(command.token);
  if (!user) co_return fail(Errc::invalid_link);
  co_await store_.turn_off(*user);
  co_return page(
      "<h1>Mails about unread messages</h1>\n"
      "<p>You will get no more of them. You can turn them on again in your settings.</p>");
}

}  // namespace parley::notification
