#include "user/letters.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

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

}  // namespace parley::user
