#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "delivery/jobs.h"
#include "model/session.h"
#include "model/user.h"

namespace parley::user {

using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Jobs for the notification part, which knows the templates (notification/templates.h): a mail, in
// the language of `user` and to their address, and a text message.
delivery::NewJob mail_to(const Profile& user, std::string_view template_name, Values values);
delivery::NewJob text_message_to(std::string_view phone_number, std::string_view template_name,
                                 Values values);

// What happened to the account of `user`, for their mailbox.
delivery::NewJob notice_mail(const Profile& user, const SecurityEvent& event);

}  // namespace parley::user
