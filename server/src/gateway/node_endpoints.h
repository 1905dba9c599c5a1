#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "gateway/handler.h"
#include "gateway/internal_endpoint.h"
#include "gateway/part_health.h"

namespace parley::gateway {

// What every node answers, whatever its roles: the operator's pages, the health of parts, and what
// other nodes forward.
struct NodeEndpoints {
  // Answers an operator's page, or nothing when the path is not one.
  using Pages = std::function<std::optional<HttpResponse>(std::string_view path)>;

  Pages pages;
  PartHealth& health;
  InternalEndpoint& internal;

  bool owns(std::string_view path) const;
  // The answer; 404 for what is not here.
  Task<HttpResponse> answer(HttpRequest request) const;
};

// PartHandler is the Handler of a node without the role gateway: NodeEndpoints, and nothing else.
class PartHandler final : public Handler {
 public:
  explicit PartHandler(const NodeEndpoints& endpoints) : endpoints_(endpoints) {}

  Task<HttpResponse> answer(HttpRequest request) override;
  bool owns(std::string_view) const override { return true; }
  std::size_t body_limit(std::string_view method, std::string_view path) const override;
  std::size_t longest_body() const override { return endpoints_.internal.longest_body(); }
  Task<std::expected<Admission, HttpResponse>> admit(const HttpRequest& request) override;
  void opened(Connection& connection) override;
  void received(Connection& connection, std::string_view text) override;
  void closed(Connection& connection) override;
  std::string encode(const Event& event) const override;

 private:
  const NodeEndpoints& endpoints_;
};

}  // namespace parley::gateway
