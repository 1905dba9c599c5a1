#pragma once

#include "notification/device_store.h"
#include "storage/sql/database.h"

namespace parley::storage {

// DeviceStore: a view of a Database.
class SqlDeviceStore final : public notification::DeviceStore {
 public:
  explicit SqlDeviceStore(Database& database) : database_(database) {}

  Task<Device> add(notification::NewDevice device) override;
  Task<std::vector<Device>> list(UserId user, SessionId asking) override;
  Task<Result<void>> remove(UserId user, DeviceId device) override;
  Task<std::vector<notification::KeptDevice>> of(UserId user) override;
  Task<std::optional<notification::KeptDevice>> find(DeviceId device) override;
  Task<notification::PushContext> context(UserId user, ChatId chat, Seq up_to) override;
  Task<void> record(notification::NewPushRecord push) override;
  Task<std::vector<PushRecord>> records(UserId user) override;
  Task<NotificationSettings> settings(UserId user) override;
  Task<NotificationSettings> set_settings(UserId user, NotificationSettings settings) override;
  Task<std::int64_t> prune(Timestamp before) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
