#include "notification/templates.h"

#include <array>

namespace parley::notification {
namespace {

struct Template {
  std::string_view name;
  std::string_view language;
  std::string_view subject;  // none: a text message
  std::string_view text;     // paragraphs; one that is {link} or {unsubscribe} becomes a link
};

#define PARLEY_WHO "It came from {device}, address {address}, on {at}."
#define PARLEY_WHY_DIGEST                                                                        \
  "You are sent one such mail while you are away, unless your settings say otherwise. Here you " \
  "can say that you want no more of them:\n\n{unsubscribe}"
#define PARLEY_NOT_YOU                                                                          \
  "If that was you, there is nothing to do. If not, sign in, end the sessions you do not know " \
  "and choose a new password."

constexpr std::array kTemplates{
    Template{"verify_email", "en", "Verify your e-mail address",
             "Hello {name},\n\nplease open this link to show that this address is yours:\n\n"
             "{link}\n\nIt works once, within two days. If you know nothing of it, somebody has "
             "mistyped their address: do nothing."},
    Template{"reset_password", "en", "Choose a new password",
             "Hello {name},\n\nopen this link to choose a new password:\n\n{link}\n\nIt works "
             "once, within an hour. If you did not ask for it, do nothing: your password stays as "
             "it is."},
    Template{"new_device", "en", "New sign-in from {device}",
             "Hello {name},\n\nsomebody has signed in to your account on a device that was not "
             "used before. " PARLEY_WHO "\n\n" PARLEY_NOT_YOU},
    Template{"many_failures", "en", "Failed sign-ins",
             "Hello {name},\n\nsomebody has tried to sign in to your account with wrong passwords, "
             "so it is locked for a quarter of an hour. The last try: {device}, address {address}, "
             "on {at}.\n\nYour password has not been guessed. If it is a weak one, choose a "
             "better one."},
    Template{"token_reuse", "en", "A session was ended",
             "Hello {name},\n\na key to your account was used a second time, which happens when it "
             "has been copied. So that session was ended. " PARLEY_WHO "\n\nSign in again; if you "
             "know nothing of it, choose a new password."},
    Template{"password_changed", "en", "Your password was changed",
             "Hello {name},\n\nthe password of your account was changed. " PARLEY_WHO
             "\n\n" PARLEY_NOT_YOU},
    Template{"password_reset", "en", "Your password was changed",
             "Hello {name},\n\na new password was chosen by a link in a mail, and all sessions "
             "were ended. " PARLEY_WHO "\n\n" PARLEY_NOT_YOU},
    Template{"second_factor_on", "en", "Second factor turned on",
             "Hello {name},\n\nfrom now on, signing in takes a code of your authenticator as "
             "well. " PARLEY_WHO "\n\n" PARLEY_NOT_YOU},
    Template{"second_factor_off", "en", "Second factor turned off",
             "Hello {name},\n\nsigning in no longer takes a code of your authenticator. " PARLEY_WHO
             "\n\n" PARLEY_NOT_YOU},
    Template{"passkey_added", "en", "Passkey added",
             "Hello {name},\n\na passkey was added to your account. " PARLEY_WHO
             "\n\n" PARLEY_NOT_YOU},
    Template{"passkey_removed", "en", "Passkey removed",
             "Hello {name},\n\na passkey was removed from your account. " PARLEY_WHO
             "\n\n" PARLEY_NOT_YOU},
    Template{"email_changed", "en", "Your e-mail address was changed",
             "Hello {name},\n\nthe e-mail address of your account was changed. " PARLEY_WHO
             "\n\n" PARLEY_NOT_YOU},
    Template{"phone_changed", "en", "Your phone number was changed",
             "Hello {name},\n\nthe phone number of your account was changed. " PARLEY_WHO
             "\n\n" PARLEY_NOT_YOU},
    Template{"sessions_ended", "en", "Signed out everywhere",
             "Hello {name},\n\nsessions of your account were ended all at once. " PARLEY_WHO
             "\n\n" PARLEY_NOT_YOU},
    Template{"role_changed", "en", "Your role was changed",
             "Hello {name},\n\nan administrator has changed what your account may do. Please sign "
             "in again."},
    Template{"suspended", "en", "Your account was suspended",
             "Hello {name},\n\nyour account was suspended by those who run this server. Ask them "
             "for the reason."},
    Template{"digest", "en", "{messages} in {chats}",
             "Hello {name},\n\nwhile you were away, {messages} in {chats} came for you.\n\n{link}"
             "\n\n" PARLEY_WHY_DIGEST},
    Template{"digest_with_names", "en", "{messages} in {chats}",
             "Hello {name},\n\nwhile you were away, {messages} in {chats} came for you: {names}."
             "\n\n{link}\n\n" PARLEY_WHY_DIGEST},
    Template{"one_time_code", "en", "",
             "{code} is your Parley code. It is good for 10 minutes. Tell it to nobody."},
};

const Template* find(std::string_view name, std::string_view language) {
  const Template* english = nullptr;
  for (const Template& one : kTemplates) {
    if (one.name != name) continue;
    if (one.language == language) return &one;
    if (one.language == "en") english = &one;
  }
  return english;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string filled(std::string_view text, const Values& values) {
  std::string out;
  while (true) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = text.find('}', open);
    const auto value = values.find(text.substr(open + 1, close - open - 1));
    if (value != values.end()) out += value->second;
    text.remove_prefix(close + 1);
  }
}

// One line without control characters, so that nothing in it can pass for another header.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = ' ';
  return text;
}

std::string html_of(std::string_view text, const Values& values) {
  Values safe;
  for (const auto& [name, value] : values) safe[name] = escaped(value);
  std::string out =
      "<!doctype html><html><body style=\"font:16px/1.5 sans-serif;max-width:34em\">\n";
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    const std::string_view paragraph = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
    const std::string content = filled(paragraph, safe);
    const bool is_link = paragraph == "{link}" || paragraph == "{unsubscribe}";
    out += is_link ? "<p><a href=\"" + content + "\">" + content + "</a></p>\n"
                   : "<p>" + content + "</p>\n";
  }
  return out + "</body></html>\n";
}

}  // namespace

std::optional<Mail> render_mail(std::string_view name, std::string_view language,
                                const Values& values) {
  const Template* const found = find(name, language);
  if (!found || found->subject.empty()) return std::nullopt;
  const auto unsubscribe = values.find("unsubscribe");
  return Mail{.to = {},
              .subject = one_line(filled(found->subject, values)),
              .text = filled(found->text, values) + "\n",
              .html = html_of(found->text, values),
              .unsubscribe = unsubscribe == values.end() ? std::string{} : unsubscribe->second};
}

std::optional<std::string> render_sms(std::string_view name, std::string_view language,
                                      const Values& values) {
  const Template* const found = find(name, language);
  if (!found || !found->subject.empty()) return std::nullopt;
  return filled(found->text, values);
}

}  // namespace parley::notification
