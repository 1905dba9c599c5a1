#include "base/unfinished_file.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/private_file.h"

namespace parley {
namespace {

class UnfinishedFileTest : public testing::Test {
 protected:
  UnfinishedFileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    directory = name;
  }
  ~UnfinishedFileTest() override { std::filesystem::remove_all(directory); }
  bool is_empty() const { return std::filesystem::is_empty(directory); }

  std::filesystem::path directory;
};

TEST_F(UnfinishedFileTest, StandsUnderItsNameWhenItIsFinishedOnly) {
  const auto file = directory / "file";
  {
    UnfinishedFile unfinished{file};
    std::ofstream{unfinished.path()} << "all of it";
    EXPECT_FALSE(std::filesystem::exists(file));
    unfinished.sync();
    unfinished.finish();
  }
  EXPECT_EQ(*read_file(file), "all of it");
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(UnfinishedFileTest, GoesWithWhatWasBesideIt) {
  {
    const UnfinishedFile unfinished{directory / "file"};
    std::ofstream{unfinished.path()} << "half of it";
    std::ofstream{unfinished.path().string() + "-journal"} << "x";
  }
  EXPECT_TRUE(is_empty());
}

TEST_F(UnfinishedFileTest, NeverTakesThePlaceOfAnother) {
  const auto file = directory / "file";
  {
    UnfinishedFile unfinished{file};
    std::ofstream{file} << "somebody was faster";
    EXPECT_THROW(unfinished.finish(), std::runtime_error);
  }
  EXPECT_THROW(UnfinishedFile{file}, std::runtime_error);
  EXPECT_EQ(*read_file(file), "somebody was faster");
  EXPECT_THROW(UnfinishedFile{directory / "nowhere" / "file"}, std::runtime_error);
}

}  // namespace
}  // namespace parley
