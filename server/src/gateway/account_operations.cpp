#include "gateway/operation_row.h"
#include "user/avatars.h"
#include "user/emails.h"
#include "user/exports.h"
#include "user/passkeys.h"
#include "user/phones.h"
#include "user/providers.h"
#include "user/second_factor.h"
#include "user/service.h"
#include "user/sessions.h"

namespace parley::gateway {

using enum Access;
using user::Avatars;
using user::Emails;
using user::Exports;
using user::Passkeys;
using user::Phones;
using user::Providers;
using user::SecondFactor;
using user::Sessions;
using Users = user::Service;

std::vector<Operation> account_operations() {
  return {
      row<&Api::users, &Users::register_user>("auth:register", "POST", "/auth/register", stranger,
                                              kAuthPolicy, "Makes an account and signs in."),
      row<&Api::users, &Users::sign_in>(
          "auth:login", "POST", "/auth/login", stranger, kSignInPolicy,
          "Signs in with a username, e-mail address or phone number, and a password. Who has a "
          "second factor is refused with second_factor_required until its code comes along."),
      row<&Api::phones, &Phones::request>(
          "auth:request-otp", "POST", "/auth/request-otp", stranger, kAuthPolicy,
          "Sends a code of six digits to a phone number; the same answer whether anybody has it."),
      row<&Api::phones, &Phones::verify>(
          "auth:verify-otp", "POST", "/auth/verify-otp", stranger, kSignInPolicy,
          "Signs in with the code that was sent to a phone number; with a username, makes an "
          "account for a number that nobody has."),
      row<&Api::emails, &Emails::verify>("auth:verify-email", "POST", "/auth/verify-email",
                                         stranger, kSignInPolicy,
                                         "Verifies an e-mail address, by the link sent to it."),
      row<&Api::emails, &Emails::forgot_password>(
          "auth:forgot-password", "POST", "/auth/forgot-password", stranger, kAuthPolicy,
          "Mails a link for choosing a new password; the same answer whether anybody has the "
          "address."),
      row<&Api::emails, &Emails::reset_password>(
          "auth:reset-password", "POST", "/auth/reset-password", stranger, kAuthPolicy,
          "Sets a new password, by the link sent for it, and ends all sessions."),
      row<&Api::passkeys, &Passkeys::sign_in_options>(
          "auth:passkey-options", "POST", "/auth/passkeys/options", stranger, kSignInPolicy,
          "What navigator.credentials.get() needs for signing in with a passkey.", Repeat::always),
      row<&Api::passkeys, &Passkeys::sign_in>("auth:passkey-login", "POST", "/auth/passkeys/login",
                                              stranger, kSignInPolicy, "Signs in with a passkey."),
      row<&Api::providers, &Providers::methods>("auth:methods", "GET", "/auth/methods", stranger,
                                                kSignInPolicy,
                                                "By what ways people can sign in and register."),
      row<&Api::providers, &Providers::begin>(
          "auth:oidc-begin", "POST", "/auth/oidc/begin", stranger, kSignInPolicy,
          "Begins to sign in with a provider: send the browser to the `url`, and go on only if the "
          "same `state` comes back."),
      row<&Api::providers, &Providers::complete>(
          "auth:oidc-complete", "POST", "/auth/oidc/complete", stranger, kSignInPolicy,
          "Signs in with what the provider sent back; makes an account for who is new."),
      row<&Api::sessions, &Sessions::refresh>(
          "auth:refresh", "POST", "/auth/refresh-token", stranger, kRefreshPolicy,
          "Exchanges a refresh token for new tokens. A token used twice ends its session."),
      row<&Api::sessions, &Sessions::sign_out>("auth:logout", "POST", "/auth/logout", user,
                                               kGeneralPolicy,
                                               "Ends this session; its sockets close with 4401."),
      row<&Api::sessions, &Sessions::sign_out_everywhere>(
          "auth:logout-all", "POST", "/auth/logout-all", user, kGeneralPolicy,
          "Ends all your sessions, or all but this one."),
      row<&Api::sessions, &Sessions::renew>(
          "auth:renew", "", "", user, kGeneralPolicy,
          "Lets this socket live on with a newer access token of its session.", Repeat::always),
      row<&Api::sessions, &Sessions::list>("session:list", "GET", "/users/sessions", user,
                                           kGeneralPolicy, "Your sessions, the last used first."),
      row<&Api::sessions, &Sessions::revoke>(
          "session:revoke", "DELETE", "/users/sessions/:sessionId", user, kGeneralPolicy,
          "Ends one of your sessions; its sockets close with 4401."),
      row<&Api::sessions, &Sessions::events>("security:list", "GET", "/users/security-events", user,
                                             kGeneralPolicy,
                                             "What happened to your account, newest first."),
      row<&Api::users, &Users::profile>("user:profile", "GET", "/users/profile", user,
                                        kGeneralPolicy, "Your own profile."),
      row<&Api::users, &Users::update>("user:update", "PUT", "/users/profile", user, kGeneralPolicy,
                                       "Changes your profile.", Repeat::always),
      row<&Api::avatars, &Avatars::set>(
          "user:set-avatar", "PUT", "/users/avatar", user, kAuthPolicy,
          "Your picture: a JPEG, PNG or WebP. It is cut to a square and drawn anew.",
          Repeat::always),
      row<&Api::avatars, &Avatars::remove>("user:remove-avatar", "DELETE", "/users/avatar", user,
                                           kGeneralPolicy, "Takes your picture away.",
                                           Repeat::always),
      row<&Api::avatars, &Avatars::get>("user:avatar", "GET", "/users/:userId/avatar", user,
                                        kGeneralPolicy, "Somebody's picture, a WebP."),
      row<&Api::exports, &Exports::run>(
          "user:export", "GET", "/users/export", user, kExportPolicy,
          "Everything this server keeps of you, in one zip archive of JSON and your picture."),
      row<&Api::users, &Users::delete_account>(
          "user:delete-account", "POST", "/users/profile/delete", user, kAuthPolicy,
          "Deletes your account. What you wrote stays readable for the others, of a deleted "
          "account."),
      row<&Api::users, &Users::set_password>("user:set-password", "PUT", "/users/password", user,
                                             kAuthPolicy,
                                             "Sets another password and ends your other sessions."),
      row<&Api::emails, &Emails::set>("user:set-email", "PUT", "/users/email", user, kAuthPolicy,
                                      "Changes your e-mail address, which is to be verified then."),
      row<&Api::emails, &Emails::send_again>("user:send-verification", "POST",
                                             "/users/email/verification", user, kAuthPolicy,
                                             "Mails the link that verifies your address again."),
      row<&Api::phones, &Phones::set>("user:set-phone", "PUT", "/users/phone", user, kSignInPolicy,
                                      "Changes your phone number, with the code sent to it."),
      row<&Api::second_factor, &SecondFactor::begin>(
          "second-factor:begin", "POST", "/users/second-factor", user, kAuthPolicy,
          "A new secret for your authenticator; it counts when it is confirmed."),
      row<&Api::second_factor, &SecondFactor::confirm>(
          "second-factor:confirm", "POST", "/users/second-factor/confirm", user, kSignInPolicy,
          "Turns the second factor on, or makes new recovery codes. They are shown this once."),
      row<&Api::second_factor, &SecondFactor::remove>(
          "second-factor:remove", "POST", "/users/second-factor/remove", user, kSignInPolicy,
          "Turns the second factor off."),
      row<&Api::passkeys, &Passkeys::options>(
          "passkey:options", "POST", "/users/passkeys/options", user, kGeneralPolicy,
          "What navigator.credentials.create() needs for adding a passkey.", Repeat::always),
      row<&Api::passkeys, &Passkeys::add>("passkey:add", "POST", "/users/passkeys", user,
                                          kGeneralPolicy, "Adds a passkey to your account."),
      row<&Api::passkeys, &Passkeys::list>("passkey:list", "GET", "/users/passkeys", user,
                                           kGeneralPolicy, "Your passkeys."),
      row<&Api::passkeys, &Passkeys::remove>("passkey:remove", "DELETE",
                                             "/users/passkeys/:passkeyId", user, kGeneralPolicy,
                                             "Removes a passkey from your account."),
      row<&Api::users, &Users::find>("user:get", "GET", "/users/:username", user, kGeneralPolicy,
                                     "A user by name."),
      row<&Api::users, &Users::public_key>("user:public-key", "GET", "/users/:username/public-key",
                                           user, kGeneralPolicy,
                                           "The keys that a user has published."),
  };
}

}  // namespace parley::gateway
