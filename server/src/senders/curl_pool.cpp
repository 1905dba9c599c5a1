#include "senders/curl_pool.h"

#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>

#include <curl/curl.h>

namespace parley::senders {
namespace {

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, thread-safely
  if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

struct Cleanup {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};

int give_up_when_stopping(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(stopping) ? 1 : 0;
}

}  // namespace

CurlPool::CurlPool(std::string name, unsigned threads, std::size_t longest_queue)
    : pool_((start_curl(), std::move(name)), threads, longest_queue) {}

CurlPool::~CurlPool() { stop(); }

void CurlPool::stop() {
  stopping_ = true;
  pool_.stop();
}

void* CurlPool::fresh_handle() {
  thread_local const std::unique_ptr<CURL, Cleanup> kept{curl_easy_init()};
  CURL* curl = kept.get();
  if (curl == nullptr) throw std::bad_alloc{};
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  // As other programs with OpenSSL do; libcurl itself does not look.
  if (const char* trusted = std::getenv("SSL_CERT_FILE"))
    curl_easy_setopt(curl, CURLOPT_CAINFO, trusted);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &give_up_when_stopping);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopping_);
  return curl;
}

}  // namespace parley::senders
