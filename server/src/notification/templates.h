#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "notification/mailer.h"

namespace parley::notification {

using Values = std::map<std::string, std::string, std::less<>>;

// The mail of that name, in that language or else in English, with its {values} filled in; in the
// HTML part they are text, whatever they hold. Nothing when there is no such mail.
std::optional<Mail> render_mail(std::string_view name, std::string_view language,
                                const Values& values);

// The same for text messages.
std::optional<std::string> render_sms(std::string_view name, std::string_view language,
                                      const Values& values);

}  // namespace parley::notification
