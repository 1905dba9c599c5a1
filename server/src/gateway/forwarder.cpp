#include "gateway/forwarder.h"

#include <algorithm>
#include <charconv>

#include <boost/describe/enum_from_string.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "gateway/error_response.h"

namespace parley::gateway {
namespace {

using std::chrono::milliseconds;

// Counts what a peer is being asked, for as long as this lives.
class InFlight {
 public:
  explicit InFlight(Peer& peer) : peer_(peer), before_(peer.in_flight.fetch_add(1)) {}
  ~InFlight() { peer_.in_flight.fetch_sub(1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  std::size_t before() const { return before_; }

 private:
  Peer& peer_;
  const std::size_t before_;
};

std::chrono::seconds until(CircuitBreaker::Clock::time_point next) {
  const auto wait = std::chrono::ceil<std::chrono::seconds>(next - CircuitBreaker::Clock::now());
  return std::max(wait, std::chrono::seconds{1});
}

}  // namespace

Forwarder::Forwarder(Peers& peers, const ClusterSeal& seal, NodeStart self,
                     const parley::Clock& clock, milliseconds patience)
    : peers_(peers), seal_(seal), self_(self), clock_(clock), patience_(patience) {}

Task<Result<Answer>> Forwarder::forward(const Operation& operation, Request request) {
  request.caller.trace = next_step(request.caller.trace);
  Totals& totals = totals_[static_cast<std::size_t>(operation.role)];
  const milliseconds patience =
      operation.answers_bytes ? std::max<milliseconds>(patience_, kPatienceForBytes) : patience_;
  const auto deadline = Clock::now() + patience;
  const auto peers = peers_.with(operation.role);
  std::string why = peers.empty() ? "no node is known that could" : "no node answers";
  std::chrono::seconds retry_after{peers.empty() ? 5 : 1};

  for (std::size_t i = 0; i < peers.size(); ++i) {
    Peer& peer = *peers[i];
    const InFlight in_flight{peer};
    if (in_flight.before() >= kMostInFlight) {
      why = "too much is asked of " + peer.address;
      continue;
    }
    // What may be repeated leaves time for doing so.
    const auto now = Clock::now();
    if (now >= deadline) break;
    const bool others = i + 1 < peers.size();
    const auto share = operation.repeatable && others ? now + (deadline - now) / 2 : deadline;
    if (!peer.breaker.let_pass(now)) {
      retry_after = until(peer.breaker.next_try());
      continue;
    }

    auto asked = co_await ask(peer, operation, request, share);
    for (int more = 2; !asked && asked.error().again && more > 0; --more) {
      totals.repeated.fetch_add(1, std::memory_order_relaxed);
      asked = co_await ask(peer, operation, request, share);
    }
    if (asked || !asked.error().blame) {
      peer.breaker.succeeded();
    } else {
      peer.breaker.failed(Clock::now());
    }
    if (asked) {
      totals.answered.fetch_add(1, std::memory_order_relaxed);
      co_return std::move(*asked);
    }
    why = fmt::format("{}: {}", peer.address, asked.error().why);
    if (asked.error().begun && !operation.repeatable) break;
    if (others) totals.repeated.fetch_add(1, std::memory_order_relaxed);
  }
  totals.failed.fetch_add(1, std::memory_order_relaxed);
  co_return std::unexpected(give_up(operation, request, why, retry_after));
}

Task<Forwarder::Asked> Forwarder::ask(Peer& peer, const Operation& operation,
                                      const Request& request, Clock::time_point deadline) {
  Ticket ticket = Ticket::of(request.caller);
  ticket.form = request.form;
  ticket.parameters = static_cast<std::int64_t>(request.parameters.size());
  ticket.within_ms = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  ticket.at = clock_.now();
  ticket.from = self_;
  ticket.number = TicketNumber{tickets_.fetch_add(1) + 1};
  ticket.to = NodeStart{peer.start.load()};

  PeerRequest message{.target = std::string{kOperationsPath} + std::string{operation.name},
                      .body = request.parameters + request.payload,
                      .most_bytes = kMostAnswer};
  const std::string header = seal_.sign(ticket, operation.name, message.body);
  message.headers.emplace_back(kTicketHeader, header);
  message.headers.emplace_back("Content-Type", "application/octet-stream");
  message.headers.emplace_back("traceparent", ticket.trace);

  const auto answer = co_await client_.ask(peer, message, deadline);
  if (!answer) {
    co_return std::unexpected(
        Trouble{.why = answer.error().why,
                .begun = answer.error().kind != PeerFailure::Kind::unreachable,
                .again = answer.error().kind == PeerFailure::Kind::lost && answer.error().kept &&
                         operation.repeatable});
  }
  co_return read(peer, *answer, header);
}

Forwarder::Asked Forwarder::read(Peer& peer, const PeerAnswer& answer, const std::string& ticket) {
  if (auto note = seal_.check_answer(answer.header("parley-answer"), ticket, answer.body)) {
    if (note->refused) return Result<Answer>{std::unexpected(read_error(answer.body))};
    Answer read{.status = static_cast<int>(note->status),
                .body = answer.body,
                .content_type = std::move(note->content_type),
                .max_age = note->max_age,
                .refresh_cookie = std::move(note->refresh_cookie),
                .renewed_until = note->renewed_until};
    return Result<Answer>{std::move(read)};
  }

  const std::string_view word = answer.header("parley-refused");
  auto distrust = Distrust::forged;
  if (!boost::describe::enum_from_string(std::string{word}.c_str(), distrust)) {
    return std::unexpected(
        Trouble{.why = fmt::format("status {} without a signature of ours", answer.status)});
  }
  Trouble trouble{.why = fmt::format("it refuses what this node asks: {}", word), .begun = false};
  if (distrust == Distrust::misdirected) {
    const std::string_view text = answer.header("parley-node");
    std::uint64_t start = 0;
    std::from_chars(text.data(), text.data() + text.size(), start);
    trouble.again = start != 0 && start != peer.start.exchange(start);
  }
  trouble.begun = distrust == Distrust::replayed;  // the first time it came
  trouble.blame = distrust != Distrust::elsewhere && distrust != Distrust::too_long;
  return std::unexpected(std::move(trouble));
}

Error Forwarder::give_up(const Operation& operation, const Request& request, const std::string& why,
                         std::chrono::seconds retry_after) {
  if (const auto held_back = told_.let_pass()) {
    log::warning("operation not forwarded", {{"operation", operation.name},
                                             {"role", delivery::name_of(operation.role)},
                                             {"why", why},
                                             {"trace", trace_id(request.caller.trace)},
                                             {"and_before", *held_back}});
  }
  Error error{.code = Errc::unavailable};
  error.retry_after = retry_after;
  return error;
}

}  // namespace parley::gateway
