#include "processor/backups.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "delivery/leases_for_test.h"

namespace parley::processor {
namespace {

using namespace std::chrono_literals;
using delivery::FakeLeases;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 3h;

TEST(BackupNameTest, TellsWhenItWasMade) {
  EXPECT_EQ(backup_name(kNow + 4min + 5s + 678ms), "parley-20261121T030405Z.db");
  EXPECT_EQ(backup_time("parley-20261121T030405Z.db"), kNow + 4min + 5s);
  for (const auto* other :
       {"", "parley.db", "parley-before-6-20261121T030405Z.db", "parley-20261121T030405Z.db.7.new",
        "parley-20261321T030405Z.db", "parley-2026112xT030405Z.db", "xarley-20261121T030405Z.db"})
    EXPECT_EQ(backup_time(other), std::nullopt) << other;
}

class BackupsTest : public testing::Test {
 protected:
  BackupsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    directory = name;
  }
  ~BackupsTest() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<Backups> begin(std::uint64_t node = 1) {
    auto backups = std::make_unique<Backups>(
        leases,
        [this](const std::filesystem::path& file, const std::function<bool()>&) {
          ++tries;
          if (fails) throw std::runtime_error("no space");
          std::ofstream{file} << "12345";
          return Backups::Made{.bytes = 5, .messages = 1};
        },
        node, Backups::Settings{.directory = directory / "kept", .every = 24h, .keep = 2}, clock,
        loop, 2ms);
    boost::asio::co_spawn(loop, backups->run(), boost::asio::detached);
    return backups;
  }
  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_for(2ms);
    }
    EXPECT_TRUE(condition());
  }
  // Long enough for several turns.
  void run_a_while() {
    loop.restart();
    loop.run_for(50ms);
  }
  void end(Backups& backups) {
    backups.stop();
    loop.restart();
    loop.run();
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory / "kept"))
      names.insert(entry.path().filename().string());
    return names;
  }
  void put(const std::string& name) {
    std::filesystem::create_directories(directory / "kept");
    std::ofstream{directory / "kept" / name} << "123";
  }

  std::filesystem::path directory;
  ManualClock clock{kNow};
  FakeLeases leases;
  std::atomic<int> tries{0};
  std::atomic<bool> fails{false};
  Loop loop{1};
};

TEST_F(BackupsTest, OneIsMadeAtOnceAndThenWhenItIsDue) {
  const auto backups = begin();
  run_until([&] { return backups->made() == 1; });
  run_a_while();
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(backups->bytes(), 5u);
  EXPECT_EQ(backups->last_success(), 1795230000.0);
  EXPECT_EQ(backups->trouble(), std::nullopt);
  clock.set(kNow + 24h);
  run_until([&] { return backups->made() == 2; });
  EXPECT_EQ(files(),
            (std::set<std::string>{"parley-20261121T030000Z.db", "parley-20261122T030000Z.db"}));
  end(*backups);
}

TEST_F(BackupsTest, AfterARestartItGoesOnWithThoseThereAre) {
  put("parley-20261120T050000Z.db");
  put("parley-20361120T050000Z.db");  // of a clock that was wrong
  const auto backups = begin();
  run_until([&] { return backups->last_success() > 0; });
  run_a_while();
  EXPECT_EQ(tries, 0);
  EXPECT_EQ(backups->bytes(), 3u);
  clock.set(kNow + 2h);
  run_until([&] { return backups->made() == 1; });
  end(*backups);
}

TEST_F(BackupsTest, OldOnesGoWhenThereIsANewerOneAndNothingElseDoes) {
  for (const auto* name : {"parley-20261101T030000Z.db", "parley-20261110T030000Z.db",
                           "parley-20261115T030000Z.db", "parley-before-6-20261101T030000Z.db",
                           "parley.db", "notes.txt", "parley-20361101T030000Z.db"})
    put(name);
  fails = true;
  const auto backups = begin();
  run_until([&] { return backups->failed() == 1; });
  EXPECT_EQ(files().size(), 7u) << "a failure takes nothing away";
  end(*backups);
  fails = false;
  const auto next = begin();
  run_until([&] { return next->made() == 1; });
  EXPECT_EQ(files(),
            (std::set<std::string>{"parley-20261115T030000Z.db", "parley-20261121T030000Z.db",
                                   "parley-before-6-20261101T030000Z.db", "parley.db", "notes.txt",
                                   "parley-20361101T030000Z.db"}));
  end(*next);
}

TEST_F(BackupsTest, WhatAKilledProcessLeftGoesWhenItIsOld) {
  const std::string old = "parley-20261119T030000Z.db.71.new";
  for (const auto& name : {old, old + "-journal", std::string{"parley-20261120T050000Z.db.72.new"},
                           std::string{"mine.new"}})
    put(name);
  for (const auto& name : {old, old + "-journal", std::string{"mine.new"}})
    std::filesystem::last_write_time(directory / "kept" / name,
                                     std::filesystem::file_time_type::clock::now() - 25h);
  const auto backups = begin();
  run_until([&] { return backups->made() == 1; });
  EXPECT_EQ(files(), (std::set<std::string>{"mine.new", "parley-20261120T050000Z.db.72.new",
                                            "parley-20261121T030000Z.db"}));
  end(*backups);
}

TEST_F(BackupsTest, AFailureIsSaidAndTriedAgainLater) {
  fails = true;
  const auto backups = begin();
  run_until([&] { return backups->failed() == 1; });
  EXPECT_EQ(backups->trouble(), "no backup could be made: no space");
  EXPECT_EQ(backups->last_success(), 0);
  run_a_while();
  EXPECT_EQ(tries, 1) << "not at every turn";
  end(*backups);
}

TEST_F(BackupsTest, WhoLeavesLetsTheNextOneBeginAtOnce) {
  const auto backups = begin(1);
  run_until([&] { return backups->made() == 1; });
  EXPECT_EQ(leases.holders["backups"], 1u);
  end(*backups);
  EXPECT_FALSE(leases.holders.contains("backups"));
}

TEST_F(BackupsTest, OneThatIsOverdueIsSaid) {
  leases.holders["backups"] = 99;  // another node, which makes none
  const auto backups = begin();
  run_a_while();
  EXPECT_EQ(tries, 0);
  EXPECT_EQ(backups->trouble(), std::nullopt);
  clock.set(kNow + 24h + 12h + 11min);
  EXPECT_EQ(backups->trouble(), "no backup was made for too long");
  end(*backups);
}

}  // namespace
}  // namespace parley::processor
