#include <atomic>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "senders/http_client.h"
#include "senders/server_for_test.h"
#include "senders/smtp.h"
#include "senders/tls_for_test.h"

namespace parley::senders {
namespace {

// Encrypts from here on, and counts the bytes that a client entrusts to it.
void listen(const SelfSigned& tls, Peer& peer, std::atomic<int>& heard) {
  const auto client = tls.accept(peer.handle());
  if (!client) return;
  char byte;
  while (SSL_read(client.get(), &byte, 1) == 1) ++heard;
}

notification::Sending send(const std::string& url) {
  const SystemClock clock;
  SmtpMailer mailer{{.url = url, .from = "a@b.example", .user = "me", .password = "it's"}, clock};
  return await(mailer.send({.to = "ann@example.com", .subject = "s", .text = "t", .html = "h"}));
}

void expect_untrusted(const notification::Sending& sending) {
  EXPECT_EQ(sending.outcome, notification::Sending::Outcome::try_later);
  EXPECT_EQ(sending.why, "the certificate of 127.0.0.1 cannot be verified");
}

TEST(Certificate, OfAServerByHttpIsVerified) {
  ::setenv("no_proxy", "*", 1);
  const SelfSigned tls;
  std::atomic<int> heard = 0;
  TestServer server{[&](Peer& peer) { listen(tls, peer, heard); }};
  CurlHttpClient client;
  const auto got =
      await(client.fetch({.url = fmt::format("https://127.0.0.1:{}/", server.port())}));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), "127.0.0.1: SSL peer certificate or SSH remote key was not OK");
  EXPECT_EQ(heard, 0);
}

TEST(Certificate, OfAMailServerIsVerified) {
  const SelfSigned tls;
  std::atomic<int> heard = 0;
  TestServer server{[&](Peer& peer) { listen(tls, peer, heard); }};
  expect_untrusted(send(fmt::format("smtps://127.0.0.1:{}", server.port())));
  EXPECT_EQ(heard, 0);
}

TEST(Certificate, OfAMailServerIsVerifiedWhenItStartsTls) {
  const SelfSigned tls;
  std::atomic<int> heard = 0;
  TestServer server{[&](Peer& peer) {
    std::string line;
    peer.write("220 mail.example\r\n");
    if (!peer.read_line(line)) return;
    peer.write("250-mail.example\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n");
    if (!peer.read_line(line) || line != "STARTTLS") return;
    peer.write("220 go\r\n");
    listen(tls, peer, heard);
  }};
  expect_untrusted(send(fmt::format("smtp://127.0.0.1:{}", server.port())));
  EXPECT_EQ(heard, 0);
}

}  // namespace
}  // namespace parley::senders
