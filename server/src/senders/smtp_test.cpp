#include "senders/smtp.h"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/await_for_test.h"
#include "base/port_for_test.h"
#include "senders/mime_for_test.h"
#include "senders/server_for_test.h"

namespace parley::senders {
namespace {

using notification::Sending;
using Outcome = Sending::Outcome;
using testing::ElementsAre;
using testing::StartsWith;

// A mail server that says what it is told to say.
class FakeMailServer {
 public:
  // The answer to a command ("RCPT"), to being connected ("") or to a message ("."); "hang": none.
  void set_answers(std::map<std::string, std::string> answers) {
    const std::lock_guard lock{mutex_};
    answers_ = std::move(answers);
  }
  std::atomic<bool> hangs = false;

  std::uint16_t port() const { return server_.port(); }
  std::vector<std::string> said() const {
    const std::lock_guard lock{mutex_};
    return said_;
  }
  // The last one, as it came through.
  std::string message() const {
    const std::lock_guard lock{mutex_};
    return message_;
  }

 private:
  void converse(Peer& peer) {
    if (!answer(peer, "", "220 mail.example")) return;
    std::string line;
    while (peer.read_line(line)) {
      if (line == "QUIT") return peer.write("221 bye\r\n");
      {
        const std::lock_guard lock{mutex_};
        said_.push_back(line);
      }
      const std::string command = line.substr(0, line.find(' '));
      if (!answer(peer, command, command == "DATA" ? "354 go on" : "250 2.0.0 fine")) return;
      if (command == "DATA" && !told("DATA") && !take_message(peer)) return;
    }
  }

  bool take_message(Peer& peer) {
    std::string text, line;
    while (peer.read_line(line) && line != ".")
      text += line.substr(line.starts_with('.') ? 1 : 0) + "\r\n";
    {
      const std::lock_guard lock{mutex_};
      message_ = text;
    }
    return answer(peer, ".", "250 2.0.0 it is ours");
  }

  // False when the conversation is over.
  bool answer(Peer& peer, const std::string& command, const std::string& usual) {
    const std::string text = told(command).value_or(usual);
    if (text == "hang") {
      hangs = true;
      hangs.notify_all();
      peer.hang();
      return false;
    }
    peer.write(text + "\r\n");
    return true;
  }

  std::optional<std::string> told(const std::string& command) const {
    const std::lock_guard lock{mutex_};
    const auto found = answers_.find(command);
    return found == answers_.end() ? std::nullopt : std::optional{found->second};
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::vector<std::string> said_;
  std::string message_;
  TestServer server_{[this](Peer& peer) { converse(peer); }};
};

class SmtpTest : public testing::Test {
 protected:
  SmtpServer settings(std::string_view host = "127.0.0.1", std::string_view query = "") const {
    return {.url = fmt::format("smtp://{}:{}{}", host, mail_server.port(), query),
            .from = "Parley <no-reply@parley.example>"};
  }
  Sending send(SmtpServer server, notification::Mail mail = kMail) {
    SmtpMailer mailer{std::move(server), clock};
    return await(*loop, mailer.send(std::move(mail)));
  }
  Sending send() { return send(settings()); }
  Sending send_when(const std::string& command, const std::string& answer) {
    mail_server.set_answers({{command, answer}});
    return send();
  }

  inline static const notification::Mail kMail{.to = "ann@example.com",
                                               .subject = "Grüße",
                                               .text = ".hidden\n.\nDATA\nüber\n",
                                               .html = "<p>.</p>\n"};
  const BorrowedLoop loop;
  SystemClock clock;
  FakeMailServer mail_server;
};

TEST_F(SmtpTest, HandsOverAMail) {
  const Sending sending = send();
  EXPECT_EQ(sending.outcome, Outcome::sent) << sending.why;
  EXPECT_EQ(sending.why, "");
  EXPECT_THAT(mail_server.said(),
              ElementsAre("EHLO parley.example", StartsWith("MAIL FROM:<no-reply@parley.example>"),
                          "RCPT TO:<ann@example.com>", "DATA"));
  const ReadMessage read{mail_server.message()};
  EXPECT_EQ(from_encoded_words(read.headers.at("Subject")), "Grüße");
  EXPECT_EQ(read.headers.at("From"), "Parley <no-reply@parley.example>");
  EXPECT_EQ(read.part("text/plain"), ".hidden\r\n.\r\nDATA\r\nüber\r\n");
  EXPECT_EQ(read.part("text/html"), "<p>.</p>\r\n");
}

TEST_F(SmtpTest, TriesAgainWhatTheServerCannotTakeNow) {
  for (const std::string command : {"", "MAIL", "RCPT", "DATA", "."}) {
    const Sending sending = send_when(command, "451 4.7.1 <ann@example.com> is greylisted");
    EXPECT_EQ(sending.outcome, Outcome::try_later) << command;
    EXPECT_THAT(sending.why, StartsWith("127.0.0.1 answers 451 4.7.1 to "));
    EXPECT_THAT(sending.why, testing::Not(testing::HasSubstr("ann")));
  }
  EXPECT_EQ(send_when("RCPT", "451 later").why, "127.0.0.1 answers 451 to RCPT");
}

TEST_F(SmtpTest, GivesUpAMailThatTheServerRefuses) {
  EXPECT_EQ(send_when("RCPT", "550 5.1.1 <ann@example.com>: who?").why,
            "127.0.0.1 answers 550 5.1.1 to RCPT");
  for (const std::string command : {"RCPT", "DATA", "."})
    EXPECT_EQ(send_when(command, "550 5.1.1 no").outcome, Outcome::refused) << command;
}

TEST_F(SmtpTest, TriesAgainWhenItIsUsThatTheServerRefuses) {
  for (const std::string command : {"", "MAIL"}) {
    const Sending sending = send_when(command, "554 5.7.1 not from you");
    EXPECT_EQ(sending.outcome, Outcome::try_later) << command;
    EXPECT_THAT(sending.why, StartsWith("127.0.0.1 answers 554 5.7.1 to "));
  }
}

TEST_F(SmtpTest, TriesAgainWhenTheServerHangs) {
  for (const std::string command : {"", "RCPT", "."}) {
    mail_server.set_answers({{command, "hang"}});
    SmtpServer hasty = settings();
    hasty.timeout = std::chrono::milliseconds{100};
    const Sending sending = send(hasty);
    EXPECT_EQ(sending.outcome, Outcome::try_later) << command;
    EXPECT_EQ(sending.why, "127.0.0.1: Timeout was reached");
  }
}

TEST_F(SmtpTest, TriesAgainWhenThereIsNoServer) {
  const OwnPort nobody;
  SmtpServer deserted = settings();
  deserted.url = fmt::format("smtp://127.0.0.1:{}", nobody.number());
  const Sending sending = send(deserted);
  EXPECT_EQ(sending.outcome, Outcome::try_later);
  EXPECT_EQ(sending.why, "127.0.0.1: Couldn't connect to server");
}

TEST_F(SmtpTest, LogsIn) {
  SmtpServer known = settings();
  known.user = "me";
  known.password = "it's";
  const std::string secret = "AG1lAGl0J3M=";  // base64 of \0me\0it's
  std::map<std::string, std::string> answers{
      {"EHLO", "250-mail.example\r\n250 AUTH PLAIN"}, {"AUTH", "334 "}, {secret, "235 2.7.0 in"}};
  mail_server.set_answers(answers);
  const Sending sending = send(known);
  EXPECT_EQ(sending.outcome, Outcome::sent) << sending.why;
  EXPECT_EQ(mail_server.said().at(1), "AUTH PLAIN");
  EXPECT_EQ(mail_server.said().at(2), secret);

  answers[secret] = "535 5.7.8 no";
  mail_server.set_answers(answers);
  const Sending denied = send(known);
  EXPECT_EQ(denied.outcome, Outcome::try_later);
  EXPECT_EQ(denied.why, "127.0.0.1 does not accept smtp-user and smtp-password (535 5.7.8)");

  answers[secret] = "454 4.7.0 not now";
  mail_server.set_answers(answers);
  EXPECT_EQ(send(known).why, "127.0.0.1 does not let smtp-user in (454 4.7.0)");

  answers.erase("EHLO");  // one that knows no logins needs none
  mail_server.set_answers(answers);
  EXPECT_EQ(send(known).outcome, Outcome::sent);
}

TEST_F(SmtpTest, SpeaksInTheClearOnlyToThisHostOrWhenToldTo) {
  // A name that is not a loopback one to look at, but leads here.
  const Sending refusing = send(settings("0.0.0.0"));
  EXPECT_EQ(refusing.outcome, Outcome::try_later);
  EXPECT_EQ(refusing.why,
            "0.0.0.0 does not encrypt by STARTTLS: use smtps://, or add ?tls=off to smtp-url");
  for (const auto& line : mail_server.said()) EXPECT_FALSE(line.starts_with("MAIL")) << line;
  EXPECT_EQ(send(settings("0.0.0.0", "?tls=off")).outcome, Outcome::sent);
  EXPECT_EQ(send(settings("localhost")).outcome, Outcome::sent);
}

TEST_F(SmtpTest, StartsTlsWhereItIsOffered) {
  mail_server.set_answers(
      {{"EHLO", "250-mail.example\r\n250 STARTTLS"}, {"STARTTLS", "220 go\r\n?"}});
  const Sending sending = send();
  EXPECT_EQ(sending.outcome, Outcome::try_later);  // what follows is no TLS
  EXPECT_EQ(mail_server.said().at(1), "STARTTLS");
}

TEST_F(SmtpTest, RefusesWhatBreaksOutOfItsPlace) {
  notification::Mail odd = kMail;
  odd.to = "ann@example.com>\r\nRCPT TO:<eve@example.com";
  EXPECT_EQ(send(settings(), odd).outcome, Outcome::refused);
  odd = kMail;
  odd.subject = "Hello\r\nBcc: eve@example.com";
  EXPECT_EQ(send(settings(), odd).outcome, Outcome::refused);
  EXPECT_THAT(mail_server.said(), testing::IsEmpty());
}

TEST_F(SmtpTest, RefusesSettingsThatMakeNoSense) {
  const auto refuses = [&](const std::string& url, const std::string& from) {
    EXPECT_THROW((SmtpMailer{{.url = url, .from = from}, clock}), std::invalid_argument)
        << url << ' ' << from;
  };
  for (const auto* url : {"", "mail.example", "http://mail.example", "smtp://", "smtp://a:b:c",
                          "smtp://a/path", "smtp://user:pass@a", "smtp://a?verify=off",
                          "smtp://a?tls=off&x", "smtps://a?tls=off", "smtp://a\r\nb"})
    refuses(url, "a@b.example");
  for (const auto* from : {"", "Parley", "a@b\r\nc", "A <a@b"}) refuses("smtp://a", from);
  for (const auto* url : {"smtp://a", "smtp://a:587/", "smtps://[::1]:465", "smtp://a?tls=off"})
    EXPECT_NO_THROW((SmtpMailer{{.url = url, .from = "a@b.example"}, clock})) << url;
}

TEST_F(SmtpTest, BreaksOffWhenItStops) {
  mail_server.set_answers({{"EHLO", "hang"}});
  SmtpMailer mailer{settings(), clock};
  Sending under_way;
  boost::asio::co_spawn(*loop, mailer.send(kMail),
                        [&](std::exception_ptr, Sending sending) { under_way = sending; });
  loop->poll();
  mail_server.hangs.wait(false);
  mailer.stop();
  EXPECT_EQ(await(*loop, mailer.send(kMail)).why, "the server is stopping");
  EXPECT_EQ(under_way.outcome, Outcome::try_later);
  EXPECT_EQ(under_way.why, "the server is stopping");
}

}  // namespace
}  // namespace parley::senders
