#include "broker/rabbitmq/job_message.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

namespace parley::broker {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMostTries = 1'000'000;
constexpr std::int64_t kLatest = 32'503'680'000'000;  // the year 3000
constexpr std::string_view kSchema = "parley.job.";

std::string schema_of(std::string_view kind) { return std::string{kSchema} + std::string{kind}; }

std::int64_t number_of(Timestamp time) { return time.time_since_epoch().count(); }

Publication publication_of(const WorkJob& job, const std::string& exchange, Timestamp now) {
  return {.exchange = exchange,
          .routing_key = job.kind,
          .message_id = std::to_string(job.id.value()),
          .type = schema_of(job.kind),
          .time = now,
          .headers = {{"schema", schema_of(job.kind)},
                      {"version", kVersion},
                      {"tries", job.tries},
                      {"due", number_of(job.due)}},
          .body = job.payload};
}

// Sees that it is JSON, and keeps nothing.
struct Syntax {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  using Error = boost::system::error_code;
  using Text = boost::json::string_view;
  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return true; }
  bool on_object_end(std::size_t, Error&) { return true; }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t, Error&) { return true; }
  bool on_key_part(Text, std::size_t, Error&) { return true; }
  bool on_key(Text, std::size_t, Error&) { return true; }
  bool on_string_part(Text, std::size_t, Error&) { return true; }
  bool on_string(Text, std::size_t, Error&) { return true; }
  bool on_number_part(Text, Error&) { return true; }
  bool on_int64(std::int64_t, Text, Error&) { return true; }
  bool on_uint64(std::uint64_t, Text, Error&) { return true; }
  bool on_double(double, Text, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }
};

bool is_json(std::string_view text) {
  boost::json::basic_parser<Syntax> parser{boost::json::parse_options{}};
  boost::system::error_code wrong;
  return parser.write_some(false, text.data(), text.size(), wrong) == text.size() && !wrong;
}

}  // namespace

Publication to_work(const WorkJob& job, const Topology& topology, Timestamp now) {
  return publication_of(job, topology.work, now);
}

Publication to_tier(const WorkJob& job, const Topology& topology, Timestamp now) {
  return publication_of(job, topology.tier_for(job.due - now).name, now);
}

Publication to_dead(const WorkJob& job, const Topology& topology, Timestamp now,
                    std::string_view reason) {
  Publication publication = publication_of(job, topology.dead, now);
  publication.headers = {{"reason", std::string{reason}},
                         {"kind", job.kind},
                         {"tries", job.tries},
                         {"size", static_cast<std::int64_t>(job.payload.size())}};
  publication.body.clear();
  return publication;
}

Publication to_dead(const Delivery& delivery, const Topology& topology, Timestamp now,
                    std::string_view reason) {
  return {
      .exchange = topology.dead,
      .routing_key = delivery.routing_key,
      .message_id = delivery.message_id,
      .type = delivery.type,
      .time = now,
      .headers = {
          {"reason", std::string{reason}},
          {"kind", std::string{topology.kind_of(delivery.queue)}},
          {"tries", delivery.redeliveries},
          {"size", static_cast<std::int64_t>(std::min<std::uint64_t>(delivery.size, INT64_MAX))}}};
}

std::expected<WorkJob, std::string> read_job(const Delivery& delivery, const Topology& topology) {
  const std::string_view kind = topology.kind_of(delivery.queue);
  if (kind.empty() || delivery.type != schema_of(kind))
    return std::unexpected("it is not of the kind of its queue");
  const std::int64_t version = delivery.headers.number("version");
  if (version != kVersion)
    return std::unexpected(fmt::format("its version is {}, not {}", version, kVersion));
  std::uint64_t id = 0;
  const char* const end = delivery.message_id.data() + delivery.message_id.size();
  const auto [stopped, error] = std::from_chars(delivery.message_id.data(), end, id);
  if (error != std::errc{} || stopped != end || id == 0)
    return std::unexpected("it has not the id of a job");
  if (delivery.too_long)
    return std::unexpected(fmt::format("it is too long, with {} bytes", delivery.size));
  if (!is_json(delivery.body)) return std::unexpected("it is not JSON");
  const std::int64_t tries = delivery.headers.number("tries", -1);
  if (tries < 0 || tries > kMostTries)
    return std::unexpected("it does not say how often it was tried");
  const std::int64_t due = delivery.headers.number("due", -1);
  if (due < 0 || due > kLatest) return std::unexpected("it does not say when it is due");
  return WorkJob{.id = delivery::JobId{id},
                 .kind = std::string{kind},
                 .payload = delivery.body,
                 .tries = tries,
                 .due = Timestamp{std::chrono::milliseconds{due}}};
}

}  // namespace parley::broker
