#include "notification/devices.h"

#include <algorithm>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/base64url.h"

namespace parley::notification {
namespace {

constexpr std::size_t kPointBytes = 65;  // an uncompressed point of P-256
constexpr std::size_t kAuthBytes = 16;   // RFC 8291 §3.2

// base64url as browsers write it, with or without padding.
std::optional<std::string> bytes_of(std::string text, std::size_t length) {
  while (text.ends_with('=')) text.pop_back();
  auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != length) return std::nullopt;
  return bytes;
}

Result<DeviceAddress> web_address(RegisterDevice command) {
  if (!command.token.starts_with("https://") && !command.token.starts_with("http://"))
    return fail_field("token", "must be the endpoint of a subscription: a URL");
  auto p256dh = bytes_of(command.p256dh.value_or(""), kPointBytes);
  if (!p256dh || p256dh->front() != 4)
    return fail_field("p256dh",
                      "must be the p256dh key of the subscription: 65 bytes in base64url");
  auto auth = bytes_of(command.auth.value_or(""), kAuthBytes);
  if (!auth)
    return fail_field("auth", "must be the auth secret of the subscription: 16 bytes in base64url");
  return DeviceAddress{.service = PushService::web,
                       .token = std::move(command.token),
                       .p256dh = std::move(*p256dh),
                       .auth = std::move(*auth)};
}

Result<DeviceAddress> address_of(RegisterDevice command) {
  const bool readable =
      std::ranges::all_of(command.token, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!readable) return fail_field("token", "has characters that no token has");
  if (command.service == PushService::web) return web_address(std::move(command));
  if (command.p256dh || command.auth)
    return fail_field("p256dh", "only browsers' subscriptions have keys");
  return DeviceAddress{.service = command.service,
                       .token = std::move(command.token),
                       .sandbox = command.sandbox.value_or(false)};
}

}  // namespace

Task<Result<PushServices>> Devices::services(Caller, Nothing) { co_return services_; }

Task<Result<Device>> Devices::add(Caller caller, RegisterDevice command) {
  const bool served = command.service == PushService::web   ? services_.web.has_value()
                      : command.service == PushService::fcm ? services_.fcm
                                                            : services_.apns;
  if (!served) co_return fail(Errc::push_not_configured);
  std::string name = command.name.value_or("");
  auto address = address_of(std::move(command));
  if (!address) co_return std::unexpected(address.error());
  co_return co_await store_.add({.user_id = caller.user_id,
                                 .session_id = caller.session_id,
                                 .address = std::move(*address),
                                 .name = std::move(name),
                                 .platform = {}});
}

Task<Result<DeviceList>> Devices::list(Caller caller, Nothing) {
  co_return DeviceList{co_await store_.list(caller.user_id, caller.session_id)};
}

Task<Result<Nothing>> Devices::remove(Caller caller, OneDevice command) {
  const auto removed = co_await store_.remove(caller.user_id, command.device_id);
  if (!removed) co_return std::unexpected(removed.error());
  co_return Nothing{};
}

Task<Result<TestPush>> Devices::test(Caller caller, Nothing) {
  const auto devices = co_await store_.of(caller.user_id);
  for (const KeptDevice& device : devices) {
    const auto id = std::to_string(device.id.value());
    co_await jobs_.add(
        {.kind = "push",
         .payload = boost::json::serialize(boost::json::object{{"device", id}, {"reason", "test"}}),
         .key = "test:" + id});
  }
  co_return TestPush{std::ssize(devices)};
}

Task<Result<PushLog>> Devices::log(Caller caller, Nothing) {
  co_return PushLog{co_await store_.records(caller.user_id)};
}

Task<Result<NotificationSettings>> Devices::settings(Caller caller, Nothing) {
  co_return co_await store_.settings(caller.user_id);
}

Task<Result<NotificationSettings>> Devices::change(Caller caller,
                                                   ChangeNotificationSettings command) {
  NotificationSettings settings = co_await store_.settings(caller.user_id);
  if (command.preview) settings.preview = *command.preview;
  if (command.email_digest) settings.email_digest = *command.email_digest;
  if (command.quiet_until) settings.quiet_until = *command.quiet_until;
  co_return co_await store_.set_settings(caller.user_id, settings);
}

}  // namespace parley::notification
