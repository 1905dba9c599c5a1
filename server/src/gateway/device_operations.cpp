#include "gateway/operation_row.h"
#include "notification/devices.h"
#include "notification/digest_choice.h"

namespace parley::gateway {

using enum Access;
using notification::Devices;
using notification::DigestChoice;

std::vector<Operation> device_operations() {
  return {
      row<&Api::devices, &Devices::services>(
          "device:services", "GET", "/devices/services", user, kGeneralPolicy,
          "Which push services this server speaks with, and the key browsers subscribe with."),
      row<&Api::devices, &Devices::add>(
          "device:register", "POST", "/devices", user, kGeneralPolicy,
          "Lets this device be woken when you are away. It belongs to the sign-in that asks, and "
          "goes with it; a token that is known is taken over.",
          Repeat::always),
      row<&Api::devices, &Devices::list>("device:list", "GET", "/devices", user, kGeneralPolicy,
                                         "Your devices that can be woken."),
      row<&Api::devices, &Devices::remove>("device:remove", "DELETE", "/devices/:deviceId", user,
                                           kGeneralPolicy, "Wakes a device no more."),
      row<&Api::devices, &Devices::test>(
          "device:test", "POST", "/devices/test", user, kGeneralPolicy,
          "Sends a test notification to every device of yours. What became of it is in the log."),
      row<&Api::devices, &Devices::log>(
          "device:log", "GET", "/devices/log", user, kGeneralPolicy,
          "The last hundred pushes to your devices, and what their services said."),
      row<&Api::devices, &Devices::settings>("notification:settings", "GET",
                                             "/notifications/settings", user, kGeneralPolicy,
                                             "What you want to be woken for."),
      row<&Api::devices, &Devices::change>(
          "notification:change-settings", "PUT", "/notifications/settings", user, kGeneralPolicy,
          "Changes what pushes show, whether a mail follows a longer absence, and until when there "
          "is quiet.",
          Repeat::always),
      row<&Api::digest_choice, &DigestChoice::ask>(
          "notification:unsubscribe-page", "GET", "/notifications/unsubscribe/:token", stranger,
          kGeneralPolicy,
          "The page behind the link in a digest: it asks, and changes nothing by itself."),
      row<&Api::digest_choice, &DigestChoice::end>(
          "notification:unsubscribe", "POST", "/notifications/unsubscribe/:token", stranger,
          kGeneralPolicy,
          "Ends digests by the token in the link; also what mail programs ask for (RFC 8058). Any "
          "body will do.",
          Repeat::always),
  };
}

}  // namespace parley::gateway
