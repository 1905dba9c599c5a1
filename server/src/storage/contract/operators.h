#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/contract/people.h"

namespace parley::storage::contract {

// The base of the suites about operators: an admin and a moderator, some people, and the audit log.
template <class E>
class OperatorSuite : public Suite<E> {
 public:
  void SetUp() override {
    root = promoted("root", Role::admin);
    mod = promoted("mod", Role::moderator);
    alice = this->user("alice");
    bob = this->user("bob");
  }

  static Caller by(UserId user) {
    Caller caller;
    caller.user_id = user;
    caller.address = "192.0.2.7";
    return caller;
  }

  UserId promoted(const std::string& name, Role role) {
    const UserId user = this->user(name);
    EXPECT_TRUE(await(admin().set_role(by(kOperator), user, role)).has_value());
    return user;
  }

  user::AdminStore& admin() { return this->engine.admin(); }

  // The newest entry of the log that is not about reading the log.
  AuditEntry newest() {
    for (const AuditEntry& entry : await(admin().audit(by(kOperator), {}, {}, 100)).value().entries)
      if (entry.action != "admin:audit") return entry;
    return {};
  }
  // How many entries there are, but for those about reading the log.
  std::int64_t entries() {
    const auto page = await(admin().audit(by(kOperator), {}, {}, 1000)).value();
    return std::ranges::count_if(
        page.entries, [](const AuditEntry& entry) { return entry.action != "admin:audit"; });
  }

  UserId root, mod, alice, bob;
};

}  // namespace parley::storage::contract
