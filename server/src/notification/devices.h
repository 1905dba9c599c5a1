#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "delivery/jobs.h"
#include "model/error.h"
#include "model/limit.h"
#include "notification/device_store.h"

namespace parley::notification {

// Says how to wake the device that asks. `token` is what FCM or APNs gave it; a browser gives the
// endpoint of its PushSubscription as `token`, with its keys in base64url.
struct RegisterDevice {
  PushService service = PushService::web;
  std::string token;
  std::optional<std::string> p256dh;
  std::optional<std::string> auth;
  std::optional<bool> sandbox;
  std::optional<std::string> name;

  static constexpr std::array kLimits{Limit{"token", Limit::Of::characters, 8, 2048},
                                      Limit{"p256dh", Limit::Of::characters, 87, 88},
                                      Limit{"auth", Limit::Of::characters, 22, 24},
                                      Limit{"name", Limit::Of::characters, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(RegisterDevice, (), (service, token, p256dh, auth, sandbox, name))

struct OneDevice {
  DeviceId device_id;
};
BOOST_DESCRIBE_STRUCT(OneDevice, (), (device_id))

struct DeviceList {
  std::vector<Device> devices;
};
BOOST_DESCRIBE_STRUCT(DeviceList, (), (devices))

struct PushLog {
  std::vector<PushRecord> pushes;
};
BOOST_DESCRIBE_STRUCT(PushLog, (), (pushes))

// What a client needs before it can register. `web` is the key browsers subscribe with
// (applicationServerKey, RFC 8292), in base64url; left out when this server sends none.
struct PushServices {
  std::optional<std::string> web;
  bool fcm = false;
  bool apns = false;
};
BOOST_DESCRIBE_STRUCT(PushServices, (), (web, fcm, apns))

// What is given is changed. `quietUntil` of a time that has passed ends the quiet.
struct ChangeNotificationSettings {
  std::optional<bool> preview;
  std::optional<bool> email_digest;
  std::optional<Timestamp> quiet_until;
};
BOOST_DESCRIBE_STRUCT(ChangeNotificationSettings, (), (preview, email_digest, quiet_until))

// How many devices a test went to; what became of it stands in the log a moment later.
struct TestPush {
  std::int64_t devices = 0;
};
BOOST_DESCRIBE_STRUCT(TestPush, (), (devices))

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

// Devices answers what users ask about being woken (FEATURES S88, S89).
class Devices {
 public:
  Devices(DeviceStore& store, delivery::Jobs& jobs, PushServices services)
      : store_(store), jobs_(jobs), services_(std::move(services)) {}

  Task<Result<PushServices>> services(Caller caller, Nothing command);
  Task<Result<Device>> add(Caller caller, RegisterDevice command);
  Task<Result<DeviceList>> list(Caller caller, Nothing command);
  Task<Result<Nothing>> remove(Caller caller, OneDevice command);
  Task<Result<TestPush>> test(Caller caller, Nothing command);
  Task<Result<PushLog>> log(Caller caller, Nothing command);
  Task<Result<NotificationSettings>> settings(Caller caller, Nothing command);
  Task<Result<NotificationSettings>> change(Caller caller, ChangeNotificationSettings command);

 private:
  DeviceStore& store_;
  delivery::Jobs& jobs_;
  const PushServices services_;
};

}  // namespace parley::notification
