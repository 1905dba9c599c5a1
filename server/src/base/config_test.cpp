#include "base/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace parley {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Kind = Option::Kind;

constexpr std::array kTable{
    Option{.name = "listen", .kind = Kind::text, .initial = "127.0.0.1:8080", .text = "Where."},
    Option{.name = "threads",
           .kind = Kind::integer,
           .initial = "2",
           .text = "How many.",
           .least = 1,
           .most = 64},
    Option{.name = "rate-limits", .kind = Kind::toggle, .initial = "on", .text = "Off in tests."},
    Option{.name = "ping-interval",
           .kind = Kind::seconds,
           .initial = "25",
           .text = "Pings.",
           .least = 1,
           .most = 3600},
    Option{.name = "max-frame",
           .kind = Kind::bytes,
           .initial = "1M",
           .text = "Frames.",
           .least = 1024,
           .most = 16 << 20},
    Option{.name = "web", .kind = Kind::path, .text = "A folder."},
    Option{.name = "allowed-origins", .kind = Kind::list, .text = "Pages."},
    Option{.name = "roles",
           .kind = Kind::list,
           .initial = "gateway",
           .text = "Which parts.",
           .least = 1,
           .most = 2,
           .choices = "gateway,processor"},
    Option{.name = "log-format",
           .kind = Kind::choice,
           .initial = "auto",
           .text = "Lines.",
           .choices = "json,text,auto"},
    Option{.name = "token-secret",
           .kind = Kind::text,
           .text = "Signs tokens.",
           .least = 32,
           .secret = true},
};

class ConfigTest : public testing::Test {
 protected:
  ~ConfigTest() override { std::filesystem::remove(file); }

  std::expected<Config, Config::Problems> read() {
    return Config::read(kTable, flags, [this](const char* name) -> const char* {
      const auto found = environment.find(name);
      return found == environment.end() ? nullptr : found->second.c_str();
    });
  }

  Config good() {
    auto config = read();
    if (!config) throw std::runtime_error(config.error().front());
    return std::move(*config);
  }

  Config::Problems problems() {
    auto config = read();
    return config ? Config::Problems{} : config.error();
  }

  void write_file(const std::string& text) {
    std::ofstream{file} << text;
    flags["config"] = file;
  }

  const std::string file =
      std::filesystem::temp_directory_path() / ("parley_config_" + std::to_string(getpid()));
  Flags flags;
  Flags environment;
};

TEST_F(ConfigTest, HasTheDefaultsWhenNobodySaysOtherwise) {
  const Config config = good();
  EXPECT_EQ(config.text("listen"), "127.0.0.1:8080");
  EXPECT_EQ(config.integer("threads"), 2);
  EXPECT_TRUE(config.on("rate-limits"));
  EXPECT_EQ(config.seconds("ping-interval"), std::chrono::seconds{25});
  EXPECT_EQ(config.bytes("max-frame"), 1U << 20);
  EXPECT_EQ(config.path("web"), "");
  EXPECT_THAT(config.list("allowed-origins"), IsEmpty());
  EXPECT_THAT(config.list("roles"), ElementsAre("gateway"));
  EXPECT_EQ(config.text("log-format"), "auto");
  EXPECT_FALSE(config.is_set("listen"));
}

TEST_F(ConfigTest, TakesTheFlagBeforeTheEnvironmentBeforeTheFile) {
  write_file("threads = 3\nlisten = \"file:1\"\nlog_format = \"text\"");
  environment = {{"PARLEY_THREADS", "4"}, {"PARLEY_LISTEN", "environment:1"}};
  flags["threads"] = "5";
  const Config config = good();
  EXPECT_EQ(config.integer("threads"), 5);
  EXPECT_EQ(config.text("listen"), "environment:1");
  EXPECT_EQ(config.text("log-format"), "text");
  EXPECT_TRUE(config.is_set("log-format"));
}

TEST_F(ConfigTest, FindsItsFileThroughTheEnvironment) {
  write_file("threads = 3");
  flags.clear();
  environment["PARLEY_CONFIG"] = file;
  EXPECT_EQ(good().integer("threads"), 3);
}

TEST_F(ConfigTest, CountsAnEmptyVariableAsNotSet) {
  environment["PARLEY_THREADS"] = "";
  EXPECT_EQ(good().integer("threads"), 2);
}

TEST_F(ConfigTest, ReadsTheTypesOfToml) {
  write_file(R"(
rate_limits = false
ping_interval = "15m"
max_frame = 2048
allowed_origins = ["https://a.example", "https://b.example"]
roles = "gateway, processor"
)");
  const Config config = good();
  EXPECT_FALSE(config.on("rate-limits"));
  EXPECT_EQ(config.seconds("ping-interval"), std::chrono::minutes{15});
  EXPECT_EQ(config.bytes("max-frame"), 2048U);
  EXPECT_THAT(config.list("allowed-origins"),
              ElementsAre("https://a.example", "https://b.example"));
  EXPECT_THAT(config.list("roles"), ElementsAre("gateway", "processor"));
}

TEST_F(ConfigTest, ReadsUnits) {
  for (const auto& [text, seconds] :
       {std::pair{"90", 90}, {"90s", 90}, {"2m", 120}, {"1h", 3600}}) {
    flags["ping-interval"] = text;
    EXPECT_EQ(good().seconds("ping-interval").count(), seconds) << text;
  }
  for (const auto& [text, bytes] : {std::pair{"4096", 4096U}, {"64K", 65536U}, {"2M", 2U << 20}}) {
    flags["max-frame"] = text;
    EXPECT_EQ(good().bytes("max-frame"), bytes) << text;
  }
}

TEST_F(ConfigTest, RefusesWhatIsNotAllowed) {
  for (const auto& [name, text] : {std::pair{"threads", "0"},
                                   {"threads", "65"},
                                   {"threads", "two"},
                                   {"threads", ""},
                                   {"threads", "1.5"},
                                   {"threads", "99999999999999999999"},
                                   {"rate-limits", "maybe"},
                                   {"ping-interval", "2d"},
                                   {"ping-interval", "5w"},
                                   {"ping-interval", "m"},
                                   {"max-frame", "1"},
                                   {"max-frame", "9999999999G"},
                                   {"log-format", "xml"},
                                   {"roles", "gateway,cook"},
                                   {"roles", ""},
                                   {"token-secret", "short"}}) {
    flags = {{name, text}};
    EXPECT_EQ(problems().size(), 1u) << name << "=" << text;
  }
}

TEST_F(ConfigTest, NamesOptionSourceAndBoundsOfEverythingThatIsWrong) {
  write_file("\nlog_format = \"xml\"\nthreads = [1]");
  environment["PARLEY_RATE_LIMITS"] = "maybe";
  flags["max-frame"] = "12";
  EXPECT_THAT(
      problems(),
      testing::UnorderedElementsAre(
          "threads (" + file + ", line 3) must be a whole number from 1 to 64.",
          "log_format (" + file + ", line 2) is \"xml\", but it must be json, text or auto.",
          "PARLEY_RATE_LIMITS is \"maybe\", but it must be on or off.",
          "--max-frame is \"12\", but it must be a number of bytes from 1024 to 16777216 (also "
          "like 64K, 1M, 2G)."));
}

TEST_F(ConfigTest, SuggestsTheNearestKey) {
  write_file("rate_limit = \"off\"\nzzzzzzzz = 1\n[server]\nthreads = 2");
  EXPECT_THAT(problems(), testing::UnorderedElementsAre(
                              "rate_limit (" + file +
                                  ", line 1) is not an option; did you mean "
                                  "rate_limits?",
                              "zzzzzzzz (" + file + ", line 2) is not an option.",
                              HasSubstr("server (" + file + ", line 3) is not an option")));
}

TEST_F(ConfigTest, SaysWhereAFileIsBroken) {
  write_file("threads = 1\nlisten = \n");
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr(file), HasSubstr("line 2"))));
  flags["config"] = "/nonexistent/parley.toml";
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("/nonexistent/parley.toml")));
}

TEST_F(ConfigTest, NeverShowsASecret) {
  flags["token-secret"] = "hush-hush";
  EXPECT_THAT(problems(), ElementsAre(AllOf(HasSubstr("--token-secret"), HasSubstr("32"),
                                            Not(HasSubstr("hush")))));
  flags["token-secret"] = std::string(32, 'k');
  EXPECT_THAT(good().print(), AllOf(Not(HasSubstr("kkk")),
                                    HasSubstr("# token_secret is set, from --token-secret,")));
}

TEST_F(ConfigTest, PrintsAFileThatSaysTheSame) {
  flags = {{"web", "a \"b\"\\c"}, {"allowed-origins", "x,y"}, {"rate-limits", "off"}};
  const std::string printed = good().print();
  EXPECT_THAT(printed, HasSubstr("threads = 2  # default\n"));
  EXPECT_THAT(printed, HasSubstr("rate_limits = \"off\"  # from --rate-limits\n"));
  flags.clear();
  write_file(printed);
  const Config again = good();
  EXPECT_EQ(again.path("web"), "a \"b\"\\c");
  EXPECT_THAT(again.list("allowed-origins"), ElementsAre("x", "y"));
  EXPECT_FALSE(again.on("rate-limits"));
}

TEST_F(ConfigTest, ThrowsWhenTheProgramAsksForWhatIsNotThere) {
  const Config config = good();
  EXPECT_THROW(config.text("colour"), std::logic_error);
  EXPECT_THROW(config.integer("listen"), std::logic_error);
}

class ConfigFlagsTest : public testing::Test {
 protected:
  ConfigFlagsTest() { add_options(app, kTable, flags); }

  CLI::App app;
  Flags flags;
};

TEST_F(ConfigFlagsTest, CollectsWhatWasGiven) {
  app.parse("--rate-limits=off --threads 3 --config x.toml");
  EXPECT_EQ(flags, (Flags{{"rate-limits", "off"}, {"threads", "3"}, {"config", "x.toml"}}));
}

TEST_F(ConfigFlagsTest, TakesTheLastOfSeveralAndAllOfAList) {
  app.parse("--threads=1 --threads=2 --allowed-origins=a --allowed-origins=b,c");
  EXPECT_EQ(flags, (Flags{{"threads", "2"}, {"allowed-origins", "a,b,c"}}));
}

TEST_F(ConfigFlagsTest, TakesNothingForAnAnswer) {
  app.parse("--web= --threads=2");
  EXPECT_EQ(flags, (Flags{{"threads", "2"}, {"web", ""}}));
}

TEST_F(ConfigFlagsTest, HelpsWithEveryOption) {
  const std::string help = app.help();
  for (const Option& option : kTable) {
    EXPECT_THAT(
        help,
        AllOf(HasSubstr("--" + std::string{option.name}), HasSubstr(environment_name(option.name)),
              HasSubstr(std::string{option.text}), HasSubstr(std::string{option.initial})));
  }
}

TEST(ConfigTable, BecomesDocumentation) {
  EXPECT_THAT(markdown_of(kTable),
              HasSubstr("| `--threads` | `PARLEY_THREADS` | `threads` | a whole number from 1 to "
                        "64 | `2` | How many. |\n"));
}

}  // namespace
}  // namespace parley
