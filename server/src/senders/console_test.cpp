#include "senders/console.h"

#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/await_for_test.h"

namespace parley::senders {
namespace {

using notification::Sending;

// A file that is read back.
class Paper {
 public:
  std::FILE* file() const { return file_.get(); }
  // What has arrived, whoever holds the file.
  std::string text() const {
    std::string bytes(1 << 20, '\0');
    const auto size = ::pread(::fileno(file()), bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_{std::tmpfile()};
};

TEST(Console, PrintsAMail) {
  const Paper paper;
  ConsoleMailer mailer{paper.file()};
  const Sending sending = await(mailer.send({.to = "ann@example.com",
                                             .subject = "Grüße",
                                             .text = "Hello\n\nYour code: 123456\n",
                                             .html = "<p>Hello"}));
  EXPECT_EQ(sending.outcome, Sending::Outcome::sent);
  EXPECT_EQ(paper.text(),
            "┌── mail\n"
            "│ To: ann@example.com\n"
            "│ Subject: Grüße\n"
            "│\n"
            "│ Hello\n"
            "│\n"
            "│ Your code: 123456\n"
            "└──\n");
}

TEST(Console, PrintsATextMessage) {
  const Paper paper;
  ConsoleSmsSender sender{paper.file()};
  await(sender.send({.to = "+15550100", .text = "Your code: 123456"}));
  EXPECT_EQ(paper.text(), "┌── sms\n│ To: +15550100\n│\n│ Your code: 123456\n└──\n");
}

TEST(Console, CommandsNoTerminal) {
  const Paper paper;
  ConsoleSmsSender sender{paper.file()};
  await(sender.send({.to = "+1", .text = "\x1b[2J\r\x7f\tend"}));
  EXPECT_EQ(paper.text(), "┌── sms\n│ To: +1\n│\n│ ?[2J???end\n└──\n");
}

TEST(Console, KeepsBlocksApart) {
  const Paper paper;
  ConsoleSmsSender sender{paper.file()};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n) await(sender.send({.to = "+1", .text = "one\ntwo"}));
      });
  }
  std::string expected;
  for (int n = 0; n < 200; ++n) expected += "┌── sms\n│ To: +1\n│\n│ one\n│ two\n└──\n";
  EXPECT_EQ(paper.text(), expected);
}

TEST(Console, SaysWhenItCannotPrint) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> full{std::fopen("/dev/full", "w"),
                                                                &std::fclose};
  ConsoleSmsSender sender{full.get()};
  const Sending sending = await(sender.send({.to = "+1", .text = "one"}));
  EXPECT_EQ(sending.outcome, Sending::Outcome::try_later);
  EXPECT_EQ(sending.why, "the console cannot be written to");
}

}  // namespace
}  // namespace parley::senders
