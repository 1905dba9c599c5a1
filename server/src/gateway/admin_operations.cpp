#include "gateway/operation_row.h"
#include "user/admin.h"
#include "user/invites.h"
#include "user/reports.h"

namespace parley::gateway {

using enum Access;
using user::Admin;
using user::Invites;
using user::Reports;

std::vector<Operation> admin_operations() {
  return {
      row<&Api::reports, &Reports::create>(
          "report:create", "POST", "/reports", user, kGeneralPolicy,
          "Tells the moderators about a user, or about a message, which is kept for them as it "
          "reads now. The same once more, while it is open, is the first report."),
      row<&Api::admin, &Admin::list>("admin:user-list", "GET", "/admin/users", moderator,
                                     kGeneralPolicy, "Accounts, by id."),
      row<&Api::admin, &Admin::get>("admin:user-get", "GET", "/admin/users/:userId", moderator,
                                    kGeneralPolicy, "An account."),
      row<&Api::admin, &Admin::create>("admin:user-create", "POST", "/admin/users", admin,
                                       kGeneralPolicy,
                                       "Makes an account, whatever registration allows."),
      row<&Api::admin, &Admin::suspend>(
          "admin:suspend", "POST", "/admin/users/:userId/suspend", moderator, kGeneralPolicy,
          "Ends all sessions of a user, who cannot sign in until it is taken back. Never of an "
          "administrator."),
      row<&Api::admin, &Admin::unsuspend>("admin:unsuspend", "POST",
                                          "/admin/users/:userId/unsuspend", moderator,
                                          kGeneralPolicy, "Lets a suspended user sign in again."),
      row<&Api::admin, &Admin::remove>(
          "admin:delete", "DELETE", "/admin/users/:userId", admin, kGeneralPolicy,
          "Deletes an account for good: nothing personal stays but what they said to others."),
      row<&Api::admin, &Admin::reset_password>(
          "admin:reset-password", "POST", "/admin/users/:userId/reset-password", admin,
          kGeneralPolicy,
          "Gives a user another password, a generated one unless told, and ends their sessions."),
      row<&Api::admin, &Admin::set_role>(
          "admin:set-role", "PUT", "/admin/users/:userId/role", admin, kGeneralPolicy,
          "Gives a user another role and ends their sessions. Some administrator remains."),
      row<&Api::reports, &Reports::list>("admin:report-list", "GET", "/admin/reports", moderator,
                                         kGeneralPolicy, "What was reported, newest first."),
      row<&Api::reports, &Reports::resolve>("admin:report-resolve", "POST",
                                            "/admin/reports/:reportId/resolve", moderator,
                                            kGeneralPolicy, "Says what came of a report."),
      row<&Api::admin, &Admin::audit>("admin:audit", "GET", "/admin/audit", admin, kGeneralPolicy,
                                      "Everything that operators did and looked at, newest first."),
      row<&Api::invites, &Invites::create>("admin:invite-create", "POST", "/admin/invites", admin,
                                           kGeneralPolicy,
                                           "Makes an invite, whose token is shown this once."),
      row<&Api::invites, &Invites::list>("admin:invite-list", "GET", "/admin/invites", admin,
                                         kGeneralPolicy, "The invites, newest first."),
      row<&Api::invites, &Invites::remove>("admin:invite-remove", "DELETE",
                                           "/admin/invites/:inviteId", admin, kGeneralPolicy,
                                           "Takes an invite back."),
  };
}

}  // namespace parley::gateway
