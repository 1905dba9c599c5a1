#include "gateway/internal_endpoint.h"

#include <algorithm>

#include "base/log.h"
#include "base/url.h"
#include "gateway/error_response.h"
#include "gateway/json_write.h"
#include "gateway/operation_probe.h"
#include "gateway/rest.h"

namespace parley::gateway {
namespace {

struct Refusal {
  Errc code;
  std::string_view text;
};

// For the operator who looks for what is wrong.
Refusal refusal_of(Distrust why) {
  switch (why) {
    case Distrust::no_secret:
      return {Errc::forbidden, "This node has no cluster-secret and takes nothing from others"};
    case Distrust::unsigned_request:
      return {Errc::forbidden, "The header Parley-Cluster is missing"};
    case Distrust::forged:
      return {Errc::forbidden,
              "The signature is wrong: do the nodes have the same cluster-secret?"};
    case Distrust::misdirected:
      return {Errc::forbidden, "This was meant for another node, or before this one started"};
    case Distrust::expired:
      return {Errc::forbidden, "It is too late for this, or the clocks of the nodes differ"};
    case Distrust::replayed:
      return {Errc::forbidden, "This has come before"};
    case Distrust::too_long:
      return {Errc::payload_too_large, ""};
    case Distrust::elsewhere:
      return {Errc::unknown_operation, "No part of this node answers it"};
    case Distrust::stopping:
      break;
  }
  return {Errc::shutting_down, ""};
}

}  // namespace

InternalEndpoint::InternalEndpoint(const Api& api, const ClusterSeal& seal, NodeStart self,
                                   const parley::Clock& clock, std::size_t max_json)
    : api_(api),
      seal_(seal),
      self_(self),
      clock_(clock),
      max_json_(max_json),
      longest_body_(seal.has_secret() ? std::max(max_json, Rest::most_bytes()) + kMostParameters
                                      : kMostUnread) {}

Task<HttpResponse> InternalEndpoint::answer(HttpRequest request) {
  if (!request.path.starts_with(kOperationsPath))
    co_return error_response({.code = Errc::route_not_found});
  if (request.method != "POST") {
    HttpResponse response = error_response({.code = Errc::method_not_allowed});
    response.headers.emplace_back("Allow", "POST");
    co_return response;
  }
  const auto name = std::string_view{request.path}.substr(kOperationsPath.size());
  const std::string header{request.header("parley-cluster")};
  const auto ticket = seal_.check(header, name, request.body);
  if (!ticket) co_return refuse(ticket.error(), request);
  const Operation* const operation = find_operation(name);
  if (const auto why = distrust(*ticket, operation, request.body.size()))
    co_return refuse(*why, request);

  const auto parameters = static_cast<std::size_t>(ticket->parameters);
  const auto pairs = query_pairs(std::string_view{request.body}.substr(0, parameters));
  if (!pairs) co_return refuse(Distrust::forged, request);  // no node of ours wrote it
  std::vector<json::Text> texts;
  for (const auto& [key, value] : *pairs) texts.push_back({key, value});
  const std::string_view payload = std::string_view{request.body}.substr(parameters);
  const bool takes_json = operation->most_bytes == 0;

  const Asked asked{.operation = *operation,
                    .way = "node",
                    .address = ticket->address,
                    .user_id = ticket->user_id,
                    .trace = ticket->caller().trace};
  auto begun = operation->begin(api_, ticket->caller(), json::Input{takes_json ? payload : ""},
                                texts, ticket->form, takes_json ? std::string_view{} : payload);
  auto result = begun ? co_await std::move(*begun)
                      : Result<Answer>{std::unexpected(std::move(begun.error()))};
  answered_.fetch_add(1, std::memory_order_relaxed);

  AnswerNote note;
  HttpResponse response;
  if (result) {
    if (api_.probe) api_.probe->finished(asked);
    note.status = result->status;
    note.content_type = std::move(result->content_type);
    note.max_age = result->max_age;
    note.refresh_cookie = std::move(result->refresh_cookie);
    note.renewed_until = result->renewed_until;
    response.content_type = note.content_type;
    response.body = std::move(result->body);
  } else {
    if (api_.probe) api_.probe->refused(asked, result.error().code);
    response = error_response(result.error());
    note.status = response.status;
    note.content_type = response.content_type;
    note.refused = true;
  }
  // The status for a client is in the note: 204 would leave no room for a body.
  response.status = 200;
  response.headers.emplace_back(kAnswerHeader, seal_.sign(note, header, response.body));
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

std::optional<Distrust> InternalEndpoint::distrust(const Ticket& ticket, const Operation* operation,
                                                   std::size_t body) {
  if (ticket.to != self_) return Distrust::misdirected;
  const auto skew = ticket.at - clock_.now();
  if (std::chrono::abs(skew) > ReplayGuard::kLongestSkew || ticket.within_ms <= 0)
    return Distrust::expired;
  if (!replays_.let_pass(ticket.from, ticket.number, clock_.now())) return Distrust::replayed;
  if (stopping_) return Distrust::stopping;
  if (!operation || !operation->is_here(api_)) return Distrust::elsewhere;

  const auto most = operation->most_bytes == 0 ? max_json_ : operation->most_bytes;
  const auto parameters = static_cast<std::size_t>(std::max<std::int64_t>(ticket.parameters, 0));
  if (ticket.parameters < 0 || parameters > body) return Distrust::forged;
  if (parameters > kMostParameters || body - parameters > most) return Distrust::too_long;
  return std::nullopt;
}

HttpResponse InternalEndpoint::refuse(Distrust why, const HttpRequest& request) {
  refused_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  const auto [code, text] = refusal_of(why);
  const std::string_view word = json::name_of(why);
  // A node that does not know yet who runs here asks once in vain; one that stops says so.
  const bool usual = why == Distrust::misdirected || why == Distrust::stopping;
  if (const auto held_back = usual ? std::nullopt : told_.let_pass()) {
    log::warning("forwarded operation refused",
                 {{"why", word}, {"address", request.address}, {"and_before", *held_back}});
  }
  HttpResponse response = error_response({.code = code, .detail = std::string{text}});
  if (why == Distrust::misdirected) {
    response.status = 421;  // RFC 9110 §15.5.20
    response.headers.emplace_back(kNodeHeader, std::to_string(self_.value()));
  }
  response.headers.emplace_back(kRefusedHeader, word);
  return response;
}

}  // namespace parley::gateway
