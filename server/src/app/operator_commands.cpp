#include "app/operator_commands.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/operator_link.h"
#include "app/operator_table.h"
#include "app/options.h"
#include "app/print.h"
#include "base/log.h"
#include "user/generated_password.h"

namespace parley::app {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// What was given behind the command.
struct Given {
  std::string user;
  std::string reason;
  std::string role;
  std::string display_name, email, phone;
  std::string query;
  std::string invite;
  std::int64_t uses = 1;
  std::int64_t days = 7;
  bool suspended = false;
  bool password_stdin = false;
  bool yes = false;
  bool json = false;
};

void print_json(const value& what) { print(boost::json::serialize(what) + '\n'); }

// The sentence of a refusal, with what was wrong in which member.
std::string sentence(const value& body) {
  const object* const error = body.if_object();
  if (!error || !error->contains("message")) return "The server failed";
  std::string text{error->at("message").as_string()};
  if (const auto* fields = error->if_contains("fields"))
    for (const auto& [name, why] : fields->as_object())
      text += fmt::format("; {}: {}", std::string_view{name}, std::string_view{why.as_string()});
  return text;
}

class Operator {
 public:
  explicit Operator(const NodeSettings& settings) : link_(open_operator_link(settings)) {}

  value ask(std::string_view operation, object members = {}) {
    OperatorReply reply = link_->ask(operation, std::move(members));
    if (!reply.ok()) throw std::runtime_error(sentence(reply.body));
    return std::move(reply.body);
  }

  // Everything a list has, page by page.
  array all(std::string_view operation, std::string_view member, object filter) {
    array found;
    filter["limit"] = 100;
    for (;;) {
      const value page = ask(operation, filter);
      for (const auto& one : page.at(member).as_array()) found.push_back(one);
      const value& next = page.at("nextCursor");
      if (next.is_null()) return found;
      filter["cursor"] = next;
    }
  }

  // The account of that name, or of that id.
  object account(const std::string& name) {
    for (const auto& one : all("admin:user-list", "users", {{"q", name}})) {
      const object& account = one.as_object();
      if (account.at("username").as_string() == name || account.at("id").as_string() == name)
        return account;
    }
    throw std::runtime_error(fmt::format("There is no user '{}'", name));
  }
  value id_of(const std::string& name) { return account(name).at("id"); }

 private:
  std::unique_ptr<OperatorLink> link_;
};

// From the first line of stdin, or made up.
std::string password_for(const Given& given) {
  if (!given.password_stdin) return user::generated_password();
  std::string password;
  if (!std::getline(std::cin, password) || password.empty())
    throw std::runtime_error("There is no password on stdin");
  return password;
}

void put(object& members, std::string_view name, const std::string& text) {
  if (!text.empty()) members[name] = text;
}

void create_user(Operator& op, const Given& given) {
  const std::string password = password_for(given);
  object members{{"username", given.user}, {"password", password}};
  put(members, "displayName", given.display_name);
  put(members, "email", given.email);
  put(members, "phoneNumber", given.phone);
  put(members, "role", given.role);
  value account = op.ask("admin:user-create", members);
  if (given.json) {
    if (!given.password_stdin) account.as_object()["password"] = password;
    return print_json(account);
  }
  print(fmt::format("Made {} with the id {}.\n",
                    std::string_view{account.at("username").as_string()},
                    std::string_view{account.at("id").as_string()}));
  if (!given.password_stdin) print(fmt::format("Password, shown this once: {}\n", password));
}

void list_users(Operator& op, const Given& given) {
  object filter;
  put(filter, "q", given.query);
  put(filter, "role", given.role);
  if (given.suspended) filter["suspended"] = true;
  const array users = op.all("admin:user-list", "users", std::move(filter));
  if (given.json) return print_json(users);
  print(table_of(users, {{"ID", "id"},
                         {"USERNAME", "username"},
                         {"ROLE", "role"},
                         {"SUSPENDED", "suspended"},
                         {"SESSIONS", "sessionCount"},
                         {"LAST SEEN", "lastSeenAt"},
                         {"NAME", "displayName"}}));
}

void show_user(Operator& op, const Given& given) {
  const value account = op.ask("admin:user-get", {{"userId", op.id_of(given.user)}});
  if (given.json) return print_json(account);
  print(card_of(account.as_object()));
}

// A change of one account that has nothing to say but that it is done.
void change_user(Operator& op, const Given& given, std::string_view operation, object members,
                 std::string_view done) {
  const object account = op.account(given.user);
  members["userId"] = account.at("id");
  op.ask(operation, std::move(members));
  if (given.json) return print_json(object{{"id", account.at("id")}});
  print(fmt::format("{} {}.\n", std::string_view{account.at("username").as_string()}, done));
}

void reset_password(Operator& op, const Given& given) {
  object members{{"userId", op.id_of(given.user)}};
  if (given.password_stdin) members["password"] = password_for(given);
  const value reply = op.ask("admin:reset-password", std::move(members));
  if (given.json) return print_json(reply);
  if (const auto* password = reply.as_object().if_contains("password"))
    print(fmt::format("Password, shown this once: {}\n", std::string_view{password->as_string()}));
  print("Every session of theirs has ended.\n");
}

void create_invite(Operator& op, const Given& given) {
  constexpr std::int64_t kDay = 86'400;
  const value invite =
      op.ask("admin:invite-create", {{"uses", given.uses}, {"expiresIn", given.days * kDay}});
  if (given.json) return print_json(invite);
  print(fmt::format("Invite, shown this once: {}\nGood for {} until {}.\n",
                    std::string_view{invite.at("token").as_string()},
                    given.uses == 1 ? "one account" : fmt::format("{} accounts", given.uses),
                    std::string_view{invite.at("expiresAt").as_string()}));
}

void list_invites(Operator& op, const Given& given) {
  const value list = op.ask("admin:invite-list");
  if (given.json) return print_json(list.at("invites"));
  print(table_of(list.at("invites").as_array(), {{"ID", "id"},
                                                 {"USES", "uses"},
                                                 {"USED", "used"},
                                                 {"EXPIRES", "expiresAt"},
                                                 {"MADE", "createdAt"}}));
}

void remove_invite(Operator& op, const Given& given) {
  op.ask("admin:invite-remove", {{"inviteId", given.invite}});
  if (!given.json) print("The invite lets nobody in any more.\n");
}

}  // namespace

void add_operator_commands(CLI::App& cli, Flags& flags, std::function<NodeSettings()> settings) {
  const auto given = std::make_shared<Given>();
  const auto topic = [&](const char* name, const char* text) {
    CLI::App* const sub = cli.add_subcommand(name, text);
    sub->require_subcommand(1);
    return sub;
  };
  const auto command = [&](CLI::App* parent, const char* name, const char* text, auto act) {
    CLI::App* const sub = parent->add_subcommand(name, text);
    add_options(*sub, options(), flags);
    sub->add_flag("--json", given->json, "For machines");
    sub->final_callback([given, settings, act] {
      log::setup(log::Level::warning, log::Format::automatic);
      Operator op{settings()};
      act(op, *given);
    });
    return sub;
  };

  CLI::App* const user = topic("user", "Accounts, as an operator sees them.");
  const auto of_user = [&](const char* name, const char* text, auto act) {
    CLI::App* const sub = command(user, name, text, act);
    sub->add_option("user", given->user, "Their username or id")->required();
    return sub;
  };
  const auto with_password = [&](CLI::App* sub) {
    sub->add_flag("--password-stdin", given->password_stdin,
                  "Read the password from stdin, instead of making one up");
  };
  const CLI::IsMember roles{{"user", "moderator", "admin", "bot"}};

  CLI::App* const create = of_user("create", "Makes an account.", create_user);
  create->add_option("--display-name", given->display_name, "What others call them");
  create->add_option("--email", given->email, "Their e-mail address");
  create->add_option("--phone", given->phone, "Their phone number, as +4915112345678");
  create->add_option("--role", given->role, "What they may do")->check(roles);
  with_password(create);

  CLI::App* const list = command(user, "list", "Lists accounts.", list_users);
  list->add_option("--query", given->query, "Part of a name; a whole address, number or id");
  list->add_option("--role", given->role, "Only these")->check(roles);
  list->add_flag("--suspended", given->suspended, "Only these");

  of_user("show", "Shows an account.", show_user);
  of_user("suspend", "Throws somebody out, and keeps them out.",
          [](Operator& op, const Given& g) {
            change_user(op, g, "admin:suspend", {{"reason", g.reason}}, "is suspended");
          })
      ->add_option("--reason", given->reason, "Why, for those who come after you")
      ->required();
  of_user("unsuspend", "Lets somebody in again.", [](Operator& op, const Given& g) {
    change_user(op, g, "admin:unsuspend", {}, "may sign in again");
  });
  of_user("delete", "Deletes an account for good.", [](Operator& op, const Given& g) {
    if (!g.yes) throw std::runtime_error("This cannot be taken back: say --yes if you mean it");
    change_user(op, g, "admin:delete", {}, "is deleted");
  })->add_flag("--yes", given->yes, "It is meant");
  with_password(of_user("reset-password", "Gives somebody another password.", reset_password));
  of_user("make-admin", "Makes somebody an administrator.", [](Operator& op, const Given& g) {
    change_user(op, g, "admin:set-role", {{"role", "admin"}}, "is an administrator now");
  });
  of_user("set-role", "Gives somebody another role.",
          [](Operator& op, const Given& g) {
            change_user(op, g, "admin:set-role", {{"role", g.role}}, "has another role now");
          })
      ->add_option("role", given->role, "Which")
      ->required()
      ->check(roles);

  CLI::App* const invite = topic("invite", "What lets people make an account.");
  CLI::App* const make = command(invite, "create", "Makes an invite.", create_invite);
  make->add_option("--uses", given->uses, "For how many accounts")->check(CLI::Range(1, 1000));
  make->add_option("--days", given->days, "For how long")->check(CLI::Range(1, 365));
  command(invite, "list", "Lists the invites.", list_invites);
  command(invite, "remove", "Takes an invite back.", remove_invite)
      ->add_option("invite", given->invite, "Its id")
      ->required();
}

}  // namespace parley::app
