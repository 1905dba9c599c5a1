#include "base/private_file.h"

#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace parley {
namespace {

namespace fs = std::filesystem;

class PrivateFile : public ::testing::Test {
 protected:
  PrivateFile() {
    std::string name = fs::temp_directory_path() / "parley-file-XXXXXX";
    directory = ::mkdtemp(name.data());
  }
  ~PrivateFile() override { fs::remove_all(directory); }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{directory}, {}));
  }

  fs::path directory;
};

TEST_F(PrivateFile, HoldsWhatWasWrittenLast) {
  const fs::path file = directory / "key";
  EXPECT_EQ(read_file(file), std::nullopt);
  write_private_file(file, "first, and longer");
  const std::string bytes{"\0\n\xff", 3};
  write_private_file(file, bytes);
  EXPECT_EQ(read_file(file), bytes);
  EXPECT_EQ(files(), 1U) << "nothing unfinished stays";
  write_private_file(file, "");
  EXPECT_EQ(read_file(file), "");
}

TEST_F(PrivateFile, IsForItsOwnerAlone) {
  const fs::path file = directory / "key";
  const mode_t previous = ::umask(0);
  write_private_file(file, "secret");
  ::umask(previous);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(PrivateFile, DoesNotWriteThroughALink) {
  const fs::path target = directory / "target";
  write_private_file(target, "of somebody else");
  const fs::path file = directory / "key";
  fs::create_symlink(target, file);
  write_private_file(file, "secret");
  EXPECT_EQ(read_file(target), "of somebody else");
  EXPECT_FALSE(fs::is_symlink(file));
}

TEST_F(PrivateFile, SaysWhichFileCannotBeWrittenAndWhy) {
  const fs::path file = directory / "nowhere" / "key";
  try {
    write_private_file(file, "secret");
    FAIL() << "there is no such directory";
  } catch (const std::runtime_error& problem) {
    const std::string sentence = problem.what();
    EXPECT_NE(sentence.find(file.string()), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("No such file"), std::string::npos) << sentence;
  }
  // A directory of that name is in the way.
  fs::create_directories(directory / "taken" / "inside");
  EXPECT_THROW(write_private_file(directory / "taken", "secret"), std::runtime_error);
  EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace parley
