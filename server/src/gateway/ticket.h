#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe.hpp>

#include "gateway/operations.h"
#include "model/session.h"

namespace parley::gateway {

// One run of a node's process, drawn at random when it starts.
using NodeStart = Id<struct NodeStartKind>;
using TicketNumber = Id<struct TicketNumberKind>;

// What a node says of an operation that it forwards: for whom, how long there is for it, and that
// it is said once, by this process to that one. It goes in the header kTicketHeader as
// `v1 <base64url of JSON>.<base64url of a MAC>`; the MAC also covers the name of the operation and
// the whole body.
struct Ticket {
  UserId user_id;
  SessionId session_id;
  Role role = Role::user;
  Id<struct ConnectionKind> connection;
  std::string address;
  std::string user_agent;
  bool keeps_cookies = false;
  Form form = Form::rest;
  std::int64_t parameters = 0;  // how many bytes of the body are path and query; JSON follows
  std::int64_t within_ms = 0;   // what is left of the time for it
  Timestamp at;                 // by the clock of who asks
  std::string trace;            // traceparent
  NodeStart from;
  TicketNumber number;  // another one for every ticket of `from`
  NodeStart to;

  static Ticket of(const Caller& caller);
  Caller caller() const;
};
BOOST_DESCRIBE_STRUCT(Ticket, (),
                      (user_id, session_id, role, connection, address, user_agent, keeps_cookies,
                       form, parameters, within_ms, at, trace, from, number, to))

// What a node says of its answer, in kAnswerHeader of the same form; the MAC also covers that of
// the ticket and the whole body. The body is what a client gets: of a refusal, the error.
struct AnswerNote {
  std::int64_t status = 200;
  std::string content_type;
  std::int64_t max_age = 0;
  bool refused = false;
  std::optional<std::string> refresh_cookie;
  std::optional<Timestamp> renewed_until;
};
BOOST_DESCRIBE_STRUCT(AnswerNote, (),
                      (status, content_type, max_age, refused, refresh_cookie, renewed_until))

inline constexpr std::string_view kTicketHeader = "Parley-Cluster";
inline constexpr std::string_view kAnswerHeader = "Parley-Answer";
inline constexpr std::string_view kNodeHeader = "Parley-Node";        // the start of who refuses
inline constexpr std::string_view kRefusedHeader = "Parley-Refused";  // a word of `Distrust`
inline constexpr std::string_view kOperationsPath = "/internal/v1/operations/";

// Why a node does not take a ticket. The operation has not been begun.
BOOST_DEFINE_ENUM_CLASS(Distrust, no_secret, unsigned_request, forged, misdirected, expired,
                        replayed, too_long, elsewhere, stopping)

// ClusterSeal signs tickets and answers with the secret that all nodes share, and checks them.
// Safe to call from any thread.
class ClusterSeal {
 public:
  // Without a secret nothing is signed, and nothing is right.
  explicit ClusterSeal(std::string secret) : secret_(std::move(secret)) {}

  bool has_secret() const { return !secret_.empty(); }

  std::string sign(const Ticket& ticket, std::string_view operation, std::string_view body) const;
  std::expected<Ticket, Distrust> check(std::string_view header, std::string_view operation,
                                        std::string_view body) const;

  // `ticket` is the whole header of the request that is answered.
  std::string sign(const AnswerNote& note, std::string_view ticket, std::string_view body) const;
  std::optional<AnswerNote> check_answer(std::string_view header, std::string_view ticket,
                                         std::string_view body) const;

 private:
  std::string seal(std::string_view purpose, std::string_view json, std::string_view bound_to,
                   std::string_view body) const;
  // The JSON, if the header is right.
  std::optional<std::string> open(std::string_view purpose, std::string_view header,
                                  std::string_view bound_to, std::string_view body) const;
  std::string mac(std::string_view purpose, std::string_view payload, std::string_view bound_to,
                  std::string_view body) const;

  const std::string secret_;
};

}  // namespace parley::gateway
