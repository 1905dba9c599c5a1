#pragma once

#include <atomic>
#include <utility>

#include "gateway/handler.h"

namespace parley::gateway {

// Gate stands before a node's Handler and can be shut: then nobody is served, but the operator's
// pages are. Safe to use from any thread.
class Gate final : public Handler {
 public:
  explicit Gate(Handler& behind) : behind_(behind) {}

  void set_open(bool open) { open_ = open; }

  Task<HttpResponse> answer(HttpRequest request) override;
  Task<std::expected<Admission, HttpResponse>> admit(const HttpRequest& request) override;
  void opened(Connection& connection) override;

  bool owns(std::string_view path) const override { return behind_.owns(path); }
  std::size_t body_limit(std::string_view method, std::string_view path) const override {
    return behind_.body_limit(method, path);
  }
  std::size_t longest_body() const override { return behind_.longest_body(); }
  void received(Connection& connection, std::string_view text) override {
    behind_.received(connection, text);
  }
  void closed(Connection& connection) override { behind_.closed(connection); }
  std::string encode(const Event& event) const override { return behind_.encode(event); }

 private:
  Handler& behind_;
  std::atomic<bool> open_{true};
};

}  // namespace parley::gateway
