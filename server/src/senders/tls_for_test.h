#pragma once

#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "senders/signature_for_test.h"

namespace parley::senders {

using TlsPeer = std::unique_ptr<SSL, FreeWith<SSL_free>>;

// TLS with a certificate that nobody has signed but itself.
class SelfSigned {
 public:
  // `name` is what the certificate is for; `protocol` is agreed on by ALPN when the client offers
  // it, empty for a server that does not know ALPN.
  explicit SelfSigned(const char* name = "IP:127.0.0.1", std::string protocol = {})
      : protocol_(std::move(protocol)) {
    std::signal(SIGPIPE, SIG_IGN);  // clients hang up on us
    const TestKey key{EVP_EC_gen("P-256")};
    const std::unique_ptr<X509, FreeWith<X509_free>> certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> names{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name)};
    X509_add_ext(certificate.get(), names.get(), -1);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    if (SSL_CTX_use_certificate(context_.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1)
      throw std::runtime_error("the certificate for the test cannot be made");
    if (!protocol_.empty()) SSL_CTX_set_alpn_select_cb(context_.get(), &choose, &protocol_);

    const std::unique_ptr<BIO, FreeWith<BIO_free>> out{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(out.get(), certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    pem_.assign(text, static_cast<std::size_t>(size));
  }
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  // The certificate, for clients that are to trust it.
  const std::string& pem() const { return pem_; }

  // Encrypts from here on. Nothing when the client does not agree.
  TlsPeer accept(int handle) const {
    TlsPeer tls{SSL_new(context_.get())};
    SSL_set_fd(tls.get(), handle);
    if (SSL_accept(tls.get()) != 1) tls.reset();
    return tls;
  }

 private:
  static int choose(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* wanted) {
    const auto& protocol = *static_cast<const std::string*>(wanted);
    const std::string entry = static_cast<char>(protocol.size()) + protocol;
    const std::string_view offers{reinterpret_cast<const char*>(offered), offered_size};
    const auto at = offers.find(entry);
    if (at == std::string_view::npos) return SSL_TLSEXT_ERR_NOACK;
    *chosen = offered + at + 1;
    *chosen_size = static_cast<unsigned char>(protocol.size());
    return SSL_TLSEXT_ERR_OK;
  }

  std::string protocol_;
  std::string pem_;
  std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>> context_{SSL_CTX_new(TLS_server_method())};
};

}  // namespace parley::senders
