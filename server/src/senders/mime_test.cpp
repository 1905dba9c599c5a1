#include "senders/mime.h"

#include <gmock/gmock.h>

#include "senders/mime_for_test.h"

namespace parley::senders {
namespace {

using testing::MatchesRegex;

const Mailbox kFrom{.name = "Parley", .address = "no-reply@parley.example"};
constexpr Timestamp kNow{std::chrono::milliseconds{1'767'312'245'678}};  // Friday

notification::Mail mail() {
  return {
      .to = "ann@example.com", .subject = "Your code", .text = "Hello\n", .html = "<p>Hello</p>\n"};
}
std::string written(const notification::Mail& mail, const Mailbox& from = kFrom) {
  const auto message = mime_message(mail, from, kNow);
  return message ? *message : "refused: " + message.error();
}
std::string subject_of(const std::string& message) {
  return from_encoded_words(ReadMessage{message}.headers.at("Subject"));
}

// Whether any server takes it: 7-bit, in short lines that end with CRLF.
bool is_plain(std::string_view message) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const auto byte = static_cast<unsigned char>(message[i]);
    if (message.substr(i, 2) == "\r\n") {
      column = 0;
      ++i;
    } else if ((byte < ' ' && byte != '\t') || byte >= 127 || ++column > 76) {
      return false;
    }
  }
  return column == 0;
}

TEST(Mime, WritesAMessage) {
  const std::string message = written(mail());
  EXPECT_TRUE(is_plain(message)) << message;
  const ReadMessage read{message};
  EXPECT_EQ(read.headers.at("Date"), "Fri, 02 Jan 2026 00:04:05 +0000");
  EXPECT_EQ(read.headers.at("From"), "Parley <no-reply@parley.example>");
  EXPECT_EQ(read.headers.at("To"), "ann@example.com");
  EXPECT_EQ(read.headers.at("Subject"), "Your code");
  EXPECT_EQ(read.headers.at("MIME-Version"), "1.0");
  EXPECT_THAT(read.headers.at("Message-ID"), MatchesRegex("<[0-9a-f]{32}@parley.example>"));
  EXPECT_TRUE(read.headers.at("Content-Type").starts_with("multipart/alternative; boundary="));
  EXPECT_EQ(read.part("text/plain; charset=UTF-8"), "Hello\r\n");
  EXPECT_EQ(read.part("text/html; charset=UTF-8"), "<p>Hello</p>\r\n");
  EXPECT_LT(read.body.find("text/plain"), read.body.find("text/html"));  // the best comes last
  EXPECT_NE(ReadMessage{written(mail())}.headers.at("Message-ID"), read.headers.at("Message-ID"));
}

TEST(Mime, KeepsEverySubject) {
  std::string smiles;
  for (int i = 0; i < 60; ++i) smiles += "😀";
  for (const std::string& subject :
       {std::string{}, std::string{"ü"}, std::string(60, 'a'), std::string(61, 'a'),
        std::string(500, 'a'), " " + smiles, "a" + smiles, "ab" + smiles, "abc" + smiles,
        std::string{"=?UTF-8?B?eA==?="}, std::string{" spaces "}, std::string{"a: b; \"c\" <d>"},
        std::string{"Code 123 – für Ann"}, std::string(100, '\x80')}) {
    notification::Mail other = mail();
    other.subject = subject;
    const std::string message = written(other);
    EXPECT_TRUE(is_plain(message)) << message;
    EXPECT_EQ(subject_of(message), subject);
  }
}

TEST(Mime, CutsNoCharacterOfASubject) {
  notification::Mail other = mail();
  for (int i = 0; i < 60; ++i) other.subject += i % 2 == 0 ? "€" : "😀";
  const std::string header = ReadMessage{written(other)}.headers.at("Subject");
  for (std::size_t at = 0; at < header.size();) {
    const auto size = std::min(header.find(' ', at), header.size()) - at;
    const std::string word = from_encoded_words(header.substr(at, size));
    EXPECT_NE(static_cast<unsigned char>(word.front()) & 0xC0U, 0x80U);
    at += size + 1;
  }
}

TEST(Mime, SaysHowToGetNoMoreOfThem) {
  EXPECT_FALSE(ReadMessage{written(mail())}.headers.contains("List-Unsubscribe"));
  notification::Mail other = mail();
  other.unsubscribe = "https://chat.example.org/api/v1/notifications/unsubscribe/abc";
  const ReadMessage read{written(other)};
  EXPECT_EQ(read.headers.at("List-Unsubscribe"), "<" + other.unsubscribe + ">");
  EXPECT_EQ(read.headers.at("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
  for (const std::string& url :
       {std::string{"mailto:a@example.org"}, std::string{"https://a\r\nBcc: b@example.org"},
        std::string{"https://a>, <https://b"}, "https://a/" + std::string(1000, 'a')}) {
    other.unsubscribe = url;
    EXPECT_TRUE(written(other).starts_with("refused")) << url;
  }
}

TEST(Mime, KeepsEveryText) {
  std::string bytes;
  for (int c = 0; c < 256; ++c)
    if (c != '\n') bytes += static_cast<char>(c);
  for (const std::string& text :
       {std::string{"\r\n"}, std::string{".\r\n..\r\n"}, std::string{"Grüße 😀\r\n"},
        std::string{"a \r\nb\t\r\n \r\n"}, std::string(75, 'a') + "\r\n",
        std::string(76, 'a') + "\r\n", std::string(77, 'a') + "\r\n",
        std::string(73, 'a') + "ü\r\n", std::string(74, 'a') + "=\r\n",
        std::string(5000, ' ') + "\r\n", std::string{"--=_\r\n=\r\n=3D\r\n"}, bytes + "\r\n",
        std::string{"From me\r\n"}}) {
    notification::Mail other = mail();
    other.html = text;
    std::string message = written(other);
    EXPECT_TRUE(is_plain(message)) << message;
    EXPECT_EQ(ReadMessage{message}.part("text/html"), text);
    std::erase(other.html, '\r');  // with bare line ends it is the same
    if (text != bytes + "\r\n") EXPECT_EQ(ReadMessage{written(other)}.part("text/html"), text);
  }
}

TEST(Mime, EndsTheLastLine) {
  notification::Mail other = mail();
  other.text = "no end";
  EXPECT_EQ(ReadMessage{written(other)}.part("text/plain"), "no end\r\n");
  other.text = "";
  EXPECT_EQ(ReadMessage{written(other)}.part("text/plain"), "");
}

TEST(Mime, NamesTheSenderInAnyScript) {
  const auto from = [](std::string name) {
    const std::string message =
        written(mail(), {.name = std::move(name), .address = "a@b.example"});
    EXPECT_TRUE(is_plain(message)) << message;
    return from_encoded_words(ReadMessage{message}.headers.at("From"));
  };
  EXPECT_EQ(from(""), "a@b.example");
  EXPECT_EQ(from("Ännchen"), "Ännchen <a@b.example>");
  EXPECT_EQ(from("Evil <x@y>, Ann"), "Evil <x@y>, Ann <a@b.example>");
  EXPECT_EQ(written(mail(), {.name = "x, y", .address = "a@b"}).find("x, y"), std::string::npos);
  const std::string name(200, 'a');
  EXPECT_EQ(from(name), name + " <a@b.example>");
}

TEST(Mime, RefusesWhatBreaksOutOfItsHeader) {
  for (const std::string& subject :
       {std::string{"a\r\nBcc: eve@example.com"}, std::string{"a\n"}, std::string{"a\r"},
        std::string{"\0", 1}, std::string{"\x1b"}}) {
    notification::Mail other = mail();
    other.subject = subject;
    EXPECT_EQ(written(other), "refused: the mail's subject is not one line of text");
  }
  for (const std::string& to :
       {std::string{}, std::string{"ann"}, std::string{"@b"}, std::string{"a@"},
        std::string{"a@b\r\nBcc: c@d"}, std::string{"a@b\n"}, std::string{"a@b,c@d"},
        std::string{"a@b> SIZE=1"}, std::string{"a b@c"}, std::string{"<a@b>"},
        std::string{"a@b@c"}, std::string{"\"a\"@b"}, std::string{"ü@b"}, std::string{"a@b\0", 4},
        std::string(250, 'a') + "@b.de"}) {
    notification::Mail other = mail();
    other.to = to;
    EXPECT_EQ(written(other), "refused: the mail's address is none") << to;
  }
}

TEST(Mailbox, IsAnAddressWithOrWithoutAName) {
  const auto reads = [](std::string_view text) {
    const auto mailbox = read_mailbox(text);
    return mailbox ? mailbox->name + "|" + mailbox->address : "none";
  };
  EXPECT_EQ(reads("a.b+c@d.example"), "|a.b+c@d.example");
  EXPECT_EQ(reads("<a@b>"), "|a@b");
  EXPECT_EQ(reads("Parley Ä <a@b>"), "Parley Ä|a@b");
  EXPECT_EQ(reads(" \"Parley, Inc.\"  <a@b>"), "Parley, Inc.|a@b");
  for (const auto* odd : {"", "a", "a@", "@a", "a@b c", "P <a@b", "P a@b>", "P <a>", "P <a@b> ",
                          "P\n <a@b>", "a@b\r\nc", "P <a@b><c@d>"})
    EXPECT_EQ(reads(odd), "none") << odd;
  EXPECT_EQ(Mailbox{.address = "a@b.example"}.domain(), "b.example");
}

}  // namespace
}  // namespace parley::senders
