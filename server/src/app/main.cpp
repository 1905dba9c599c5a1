// The parley binary: reads what it is asked to do and with which settings, and does it.
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "app/backup_commands.h"
#include "app/describe.h"
#include "app/keys.h"
#include "app/operator_commands.h"
#include "app/options.h"
#include "app/print.h"
#include "app/seed.h"
#include "app/serve.h"
#include "app/settings.h"
#include "app/storage_commands.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"

namespace {

using namespace parley;

constexpr int kBadUsage = 2;

// Exit code 2 and a sentence per problem when the configuration is not right.
struct BadConfiguration {
  Config::Problems problems;
};

Config read_config(const Flags& flags) {
  auto config = Config::read(app::options(), flags);
  if (!config) throw BadConfiguration{std::move(config.error())};
  return std::move(*config);
}

app::NodeSettings settings_from(const Config& config) {
  try {
    return app::settings_from(config);
  } catch (const std::invalid_argument& problem) {
    throw BadConfiguration{{problem.what()}};
  }
}

void set_up_log(const Config& config) {
  const std::string& level = config.text("log-level");
  const std::string& format = config.text("log-format");
  log::setup(level == "debug"     ? log::Level::debug
             : level == "warning" ? log::Level::warning
             : level == "error"   ? log::Level::error
                                  : log::Level::info,
             format == "json"   ? log::Format::json
             : format == "text" ? log::Format::text
                                : log::Format::automatic);
}

void describe(const std::string& what) {
  if (what == "protocol") return app::print(app::describe_protocol());
  if (what == "errors") return app::print(app::describe_errors());
  if (what == "typescript") return app::print(app::describe_typescript());
  if (what == "openapi") return app::print(app::describe_openapi());
  if (what == "metrics") return app::print(app::describe_metrics());
  app::print(app::describe_configuration());
}

int run(int argc, char** argv) {
  CLI::App cli{"Parley, a messaging server. Run `parley serve` and open http://localhost:8080."};
  cli.require_subcommand(1);
  cli.set_version_flag("--version", PARLEY_VERSION);
  Flags flags;

  const auto command = [&](const char* name, const char* text, std::function<void()> act) {
    CLI::App* const sub = cli.add_subcommand(name, text);
    sub->final_callback(std::move(act));
    return sub;
  };
  const auto configured = [&](const char* name, const char* text, std::function<void()> act) {
    CLI::App* const sub = command(name, text, std::move(act));
    add_options(*sub, app::options(), flags);
    return sub;
  };

  configured("serve", "Runs the server until it is told to stop.", [&] {
    const Config config = read_config(flags);
    set_up_log(config);
    app::serve(settings_from(config));
  });

  app::SeedOptions seeding;
  CLI::App* const seed =
      configured("seed", "Makes accounts for tests and load in an empty data directory.", [&] {
        const Config config = read_config(flags);
        set_up_log(config);
        app::seed(settings_from(config), seeding);
      });
  seed->add_option("--users", seeding.users, "How many users")
      ->required()
      ->check(CLI::Range(1, 1'000'000));
  seed->add_option("--group", seeding.group, "How many of them share a group")
      ->check(CLI::Range(0, 100'000));
  seed->add_option("--out", seeding.out, "The file to write a line per user to")->required();

  configured("check-config", "Says whether the configuration is right.", [&] {
    settings_from(read_config(flags));
    app::print("The configuration is right.\n");
  });
  configured("print-config", "Prints every setting and where it comes from, without secrets.",
             [&] { app::print(read_config(flags).print()); });

  // `parley keys rotate` is a command of a command.
  CLI::App* const keys = cli.add_subcommand("keys", "The keys that sign access tokens.");
  keys->require_subcommand(1);
  const auto key_command = [&](const char* name, const char* text, auto act) {
    CLI::App* const sub = keys->add_subcommand(name, text);
    add_options(*sub, app::options(), flags);
    sub->final_callback([&, act] { app::print(act(settings_from(read_config(flags)))); });
  };
  key_command("rotate", "Makes a new key; a running server signs with it within two seconds.",
              app::rotate_keys);
  key_command("list", "Names the keys, the active one first.", app::list_keys);

  app::add_operator_commands(cli, flags, [&] { return settings_from(read_config(flags)); });
  app::add_storage_commands(cli, flags, [&] { return settings_from(read_config(flags)); });
  app::add_backup_commands(cli, flags, [&] { return settings_from(read_config(flags)); });

  std::string what;
  command("describe", "Prints a page of the reference.", [&] { describe(what); })
      ->add_option("what", what, "Which page")
      ->required()
      ->check(CLI::IsMember(
          {"protocol", "errors", "configuration", "metrics", "typescript", "openapi"}));

  const auto is_asked = [&](const CLI::App* sub) { return sub->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && cli.get_subcommands(is_asked).empty()) {
    std::fprintf(stderr, "parley: there is no command '%s'; see parley --help\n", argv[1]);
    return kBadUsage;
  }
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    const int code = cli.exit(problem);
    return code == 0 ? 0 : kBadUsage;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const BadConfiguration& bad) {
    for (const std::string& problem : bad.problems)
      std::fprintf(stderr, "parley: %s\n", problem.c_str());
    return kBadUsage;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "parley: %s\n", failure.what());
    return 1;
  }
}
