#include "user/letters.h"

#include <boost/describe.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "user/client_description.h"

namespace parley::user {
namespace {

boost::json::object object_of(Values values) {
  boost::json::object object;
  for (const auto& [name, value] : values) object[name] = value;
  return object;
}

}  // namespace

delivery::NewJob mail_to(const Profile& user, std::string_view template_name, Values values) {
  boost::json::object letter = {{"to", user.email.value_or("")},
                                {"template", template_name},
                                {"language", user.language.value_or("en")},
                                {"values", object_of(values)}};
  letter["values"].as_object()["name"] = user.display_name;
  return {.kind = "mail", .payload = boost::json::serialize(letter)};
}

delivery::NewJob text_message_to(std::string_view phone_number, std::string_view template_name,
                                 Values values) {
  const boost::json::object message = {
      {"to", phone_number}, {"template", template_name}, {"values", object_of(values)}};
  return {.kind = "sms", .payload = boost::json::serialize(message)};
}

delivery::NewJob notice_mail(const Profile& user, const SecurityEvent& event) {
  const auto second = std::chrono::floor<std::chrono::seconds>(event.at);
  return mail_to(user, boost::describe::enum_to_string(event.kind, "security_event"),
                 {{"device", describe_client(event.user_agent).device},
                  {"address", event.address},
                  {"at", fmt::format("{:%Y-%m-%d %H:%M} UTC",
                                     fmt::gmtime(std::chrono::system_clock::to_time_t(second)))}});
}

}  // namespace parley::user
