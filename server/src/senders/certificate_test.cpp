#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/await_for_test.h"
#include "senders/http_client.h"
#include "senders/server_for_test.h"
#include "senders/smtp.h"

namespace parley::senders {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

// TLS with a certificate for 127.0.0.1 that nobody has signed but itself.
class SelfSigned {
 public:
  SelfSigned() {
    std::signal(SIGPIPE, SIG_IGN);  // clients hang up on us
    const std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>> key{EVP_EC_gen("P-256")};
    const std::unique_ptr<X509, FreeWith<X509_free>> certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> name{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1")};
    X509_add_ext(certificate.get(), name.get(), -1);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), key.get()), 1);
  }

  // Encrypts from here on, and says nothing.
  void accept(Peer& peer) const {
    const std::unique_ptr<SSL, FreeWith<SSL_free>> tls{SSL_new(context_.get())};
    SSL_set_fd(tls.get(), peer.handle());
    if (SSL_accept(tls.get()) != 1) return;
    char byte;
    while (SSL_read(tls.get(), &byte, 1) == 1) ++heard;
  }

  // How many bytes a client has entrusted to us.
  mutable std::atomic<int> heard = 0;

 private:
  std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>> context_{SSL_CTX_new(TLS_server_method())};
};

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
  TestServer server{[&](Peer& peer) { tls.accept(peer); }};
  CurlHttpClient client;
  const auto got =
      await(client.fetch({.url = fmt::format("https://127.0.0.1:{}/", server.port())}));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), "127.0.0.1: SSL peer certificate or SSH remote key was not OK");
  EXPECT_EQ(tls.heard, 0);
}

TEST(Certificate, OfAMailServerIsVerified) {
  const SelfSigned tls;
  TestServer server{[&](Peer& peer) { tls.accept(peer); }};
  expect_untrusted(send(fmt::format("smtps://127.0.0.1:{}", server.port())));
  EXPECT_EQ(tls.heard, 0);
}

TEST(Certificate, OfAMailServerIsVerifiedWhenItStartsTls) {
  const SelfSigned tls;
  TestServer server{[&](Peer& peer) {
    std::string line;
    peer.write("220 mail.example\r\n");
    if (!peer.read_line(line)) return;
    peer.write("250-mail.example\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n");
    if (!peer.read_line(line) || line != "STARTTLS") return;
    peer.write("220 go\r\n");
    tls.accept(peer);
  }};
  expect_untrusted(send(fmt::format("smtp://127.0.0.1:{}", server.port())));
  EXPECT_EQ(tls.heard, 0);
}

}  // namespace
}  // namespace parley::senders
