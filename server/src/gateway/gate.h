#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/handler.h"

namespace parley::gateway {

// Gate stands before a node's Handler. Until there is one, and while the gate is shut, nobody is
// served, but the operator's pages are; whoever else comes is told when to come back. Safe to use
// from any thread.
class Gate final : public Handler {
 public:
  // Answers an operator's page, or nothing when the path is not one.
  using Pages = std::function<std::optional<HttpResponse>(std::string_view path)>;

  // `pages` are what can be said while there is no handler.
  explicit Gate(Pages pages) : pages_(std::move(pages)) {}

  // From now on `behind` is asked. It is there until nobody asks any more.
  void lead_to(Handler& behind) { behind_.store(&behind, std::memory_order_release); }
  void set_open(bool open) { open_ = open; }

  Task<HttpResponse> answer(HttpRequest request) override;
  Task<std::expected<Admission, HttpResponse>> admit(const HttpRequest& request) override;
  void opened(Connection& connection) override;

  bool owns(std::string_view path) const override;
  std::size_t body_limit(std::string_view method, std::string_view path) const override;
  std::size_t longest_body() const override;
  void received(Connection& connection, std::string_view text) override;
  void closed(Connection& connection) override;
  std::string encode(const Event& event) const override;

 private:
  Handler* behind() const { return behind_.load(std::memory_order_acquire); }

  const Pages pages_;
  std::atomic<Handler*> behind_{nullptr};
  std::atomic<bool> open_{true};
};

}  // namespace parley::gateway
