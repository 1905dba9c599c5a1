#include "app/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "base/ascii.h"

namespace parley::app {
namespace {

using Kind = Option::Kind;

constexpr std::array kOptions{
    Option{.name = "listen",
           .initial = "127.0.0.1:8080",
           .text = "Address and port to serve on; 0.0.0.0 or [::] for every network, port 0 for "
                   "any free one. Change it to be reachable from other machines."},
    Option{.name = "public-url",
           .initial = "",
           .text = "Where people reach this server, as in https://chat.example.org: links in mails "
                   "and passkeys need it. Left out, it is http://localhost with our port.",
           .most = 255},
    Option{.name = "data",
           .kind = Kind::path,
           .initial = "./data",
           .text = "The directory that keeps everything. Put it on a disk you back up."},
    Option{.name = "web",
           .kind = Kind::path,
           .initial = "",
           .text = "A directory with the built web client, to serve instead of the one in the "
                   "binary. For working on the client."},
    Option{.name = "roles",
           .kind = Kind::list,
           .initial = "gateway,user,chat,processor,notification",
           .text = "The parts this node runs. This release runs all of them in one process.",
           .least = 1,
           .most = 5,
           .choices = "gateway,user,chat,processor,notification"},
    Option{.name = "threads",
           .kind = Kind::integer,
           .initial = "0",
           .text = "Threads that serve connections; 0 means one per core.",
           .most = 63},
    Option{.name = "node-id",
           .kind = Kind::integer,
           .initial = "0",
           .text = "Goes into every id. Two servers that share data must have different ones.",
           .most = 1023},
    Option{.name = "log-level",
           .kind = Kind::choice,
           .initial = "info",
           .text = "How much to log; `debug` when something has to be understood.",
           .choices = "debug,info,warning,error"},
    Option{.name = "log-format",
           .kind = Kind::choice,
           .initial = "auto",
           .text = "`text` for people, `json` for machines; `auto` is text on a terminal.",
           .choices = "auto,text,json"},
    Option{
        .name = "rate-limits",
        .kind = Kind::toggle,
        .initial = "on",
        .text = "Turn it off for tests and load only: then nothing slows a guesser of passwords."},
    Option{.name = "rate-policies",
           .kind = Kind::list,
           .initial = "",
           .text = "Other limits, as in messages=60/1m/120: a policy or an operation, how many in "
                   "how long, and how many at once. The rest stays as docs/operations.md says.",
           .most = 64},
    Option{.name = "registration",
           .kind = Kind::choice,
           .initial = "open",
           .text = "Who may make an account: everybody, who has an invite (`parley invite "
                   "create`), or nobody but operators (`parley user create`).",
           .choices = "open,invite,closed"},
    Option{.name = "email-domains",
           .kind = Kind::list,
           .initial = "",
           .text = "New accounts need an e-mail address of one of these domains, as in "
                   "example.org. Left out, none is needed.",
           .most = 64},
    Option{.name = "bcrypt-cost",
           .kind = Kind::integer,
           .initial = "12",
           .text = "How slow a password is to hash; each step doubles it. Lower it in tests only.",
           .least = 4,
           .most = 16},
    Option{.name = "token-secret",
           .initial = "",
           .text = "Signs access tokens, at least 32 bytes. Left out, a key is made and kept in "
                   "the data directory.",
           .least = 32,
           .most = 512,
           .secret = true},
    Option{.name = "access-token-ttl",
           .kind = Kind::seconds,
           .initial = "24h",
           .text = "How long an access token works. Shorter means stolen ones expire sooner.",
           .least = 5,
           .most = 30 * 86'400},
    Option{.name = "browser-access-token-ttl",
           .kind = Kind::seconds,
           .initial = "15m",
           .text = "The same for browsers, which renew it with a cookie.",
           .least = 5,
           .most = 30 * 86'400},
    Option{.name = "refresh-token-ttl",
           .kind = Kind::seconds,
           .initial = "7d",
           .text = "How long somebody who does not come back stays signed in.",
           .least = 60,
           .most = 365 * 86'400},
    Option{.name = "max-content",
           .kind = Kind::bytes,
           .initial = "64K",
           .text = "The longest message. Raise it together with max-json.",
           .least = 1,
           .most = 1 << 20},
    Option{.name = "max-json",
           .kind = Kind::bytes,
           .initial = "512K",
           .text = "The longest body of a REST request.",
           .least = 1024,
           .most = 16 << 20},
    Option{.name = "max-frame",
           .kind = Kind::bytes,
           .initial = "1M",
           .text = "The longest message a client may send on a socket.",
           .least = 1024,
           .most = 16 << 20},
    Option{.name = "max-group",
           .kind = Kind::integer,
           .initial = "1024",
           .text = "The most participants a group may have. Every message is told to all of them.",
           .least = 2,
           .most = 100'000},
    Option{.name = "max-connections",
           .kind = Kind::integer,
           .initial = "100000",
           .text = "Connections beyond this are closed at once. Each needs a descriptor and about "
                   "8 KiB, half of it in the kernel.",
           .least = 1,
           .most = 10'000'000},
    Option{.name = "outbound-queue",
           .kind = Kind::bytes,
           .initial = "1M",
           .text = "How much may wait for a client that reads slowly before events are dropped "
                   "and it is told to resync.",
           .least = 4096,
           .most = 1 << 30},
    Option{.name = "dedup-window",
           .kind = Kind::integer,
           .initial = "1000000",
           .text = "How many client message ids are kept in memory to recognise resent messages; "
                   "older ones are looked up on disk.",
           .least = 1,
           .most = 100'000'000},
    Option{.name = "ping-interval",
           .kind = Kind::seconds,
           .initial = "25s",
           .text = "How often silent sockets are pinged. Must be shorter than the idle timeout of "
                   "a proxy in front.",
           .least = 1,
           .most = 55},
    Option{.name = "request-timeout",
           .kind = Kind::seconds,
           .initial = "10s",
           .text = "How long a request may take to arrive.",
           .least = 1,
           .most = 300},
    Option{.name = "allowed-origins",
           .kind = Kind::list,
           .initial = "",
           .text = "Origins, beside our own, whose pages may use the API and open sockets: "
                   "https://chat.example.org.",
           .most = 64},
    Option{.name = "trusted-proxies",
           .kind = Kind::list,
           .initial = "",
           .text = "Addresses or networks of proxies in front, whose X-Forwarded-For and "
                   "X-Forwarded-Proto are believed.",
           .most = 64},
    Option{.name = "smtp-url",
           .initial = "",
           .text = "The mail server that takes our mails: smtp://host:587 (STARTTLS is required "
                   "unless it is this machine, or with ?tls=off) or smtps://host:465. Left out, "
                   "mails are printed to standard output.",
           .most = 255},
    Option{
        .name = "smtp-from",
        .initial = "",
        .text = "Who our mails come from, as in Parley <parley@example.org>. Needed with smtp-url.",
        .most = 254},
    Option{.name = "smtp-user",
           .initial = "",
           .text = "Signs in to the mail server, together with smtp-password.",
           .most = 255},
    Option{.name = "smtp-password",
           .initial = "",
           .text = "See smtp-user. Better set by the environment or the file than by a flag, which "
                   "others on the machine can read.",
           .most = 255,
           .secret = true},
    Option{.name = "sms-url",
           .initial = "",
           .text = "Where text messages are posted as a form with To, From and Body, as Twilio's "
                   "Messages.json takes them. Left out, they are printed to standard output.",
           .most = 1024},
    Option{.name = "sms-from",
           .initial = "",
           .text = "The number or name our text messages come from. Needed with sms-url.",
           .most = 64},
    Option{.name = "sms-user",
           .initial = "",
           .text = "Signs in to the provider of text messages (HTTP Basic), together with "
                   "sms-password.",
           .most = 255},
    Option{.name = "sms-password",
           .initial = "",
           .text = "See sms-user, and smtp-password.",
           .most = 255,
           .secret = true},
};

// Takes "127.0.0.1:8080" and "[::1]:8080" apart.
void read_listen(const std::string& listen, NodeSettings& settings) {
  const auto colon = listen.rfind(':');
  std::string_view port = listen;
  const bool has_port = colon != std::string::npos;
  if (has_port) port.remove_prefix(colon + 1);
  const char* const end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, settings.port);
  if (!has_port || port.empty() || parsed.ec != std::errc{} || parsed.ptr != end)
    throw std::invalid_argument("listen must be an address and a port, as in 127.0.0.1:8080");
  settings.host = listen.substr(0, colon);
  if (settings.host.starts_with('[') && settings.host.ends_with(']'))
    settings.host = settings.host.substr(1, settings.host.size() - 2);
}

std::string public_url(std::string url, std::uint16_t port) {
  if (url.empty()) return fmt::format("http://localhost:{}", port);
  const bool is_url = url.starts_with("https://") || url.starts_with("http://");
  const auto host = url.find("//") + 2;
  if (url.ends_with('/')) url.pop_back();
  if (!is_url || url.size() <= host || url.find_first_of("/?#@ \t\r\n", host) != url.npos)
    throw std::invalid_argument(
        "public-url must be a scheme and a host, as in https://chat.example.org");
  return url;
}

user::RegistrationRules registration_rules(const Config& config) {
  const std::string& mode = config.text("registration");
  user::RegistrationRules rules{.mode = mode == "closed"   ? user::Registration::closed
                                        : mode == "invite" ? user::Registration::invite
                                                           : user::Registration::open};
  for (const std::string& domain : config.list("email-domains")) {
    if (!domain.contains('.') || domain.find_first_of("@ /") != domain.npos)
      throw std::invalid_argument(
          fmt::format("email-domains: '{}' is no domain, as in example.org", domain));
    rules.email_domains.push_back(lower_ascii(domain));
  }
  return rules;
}

unsigned threads_or_cores(std::int64_t threads) {
  if (threads > 0) return static_cast<unsigned>(threads);
  return std::clamp(std::thread::hardware_concurrency(), 1U, 63U);
}

}  // namespace

std::span<const Option> options() { return kOptions; }

NodeSettings settings_from(const Config& config) {
  NodeSettings settings;
  read_listen(config.text("listen"), settings);
  settings.public_url = public_url(config.text("public-url"), settings.port);
  settings.data = config.path("data");
  settings.web = config.path("web");
  settings.threads = threads_or_cores(config.integer("threads"));
  settings.node_id = static_cast<std::uint32_t>(config.integer("node-id"));
  settings.rate_limits = config.on("rate-limits");
  settings.rate_rules = gateway::read_rate_rules(config.list("rate-policies"));
  settings.registration = registration_rules(config);
  settings.bcrypt_cost = static_cast<int>(config.integer("bcrypt-cost"));
  settings.token_secret = config.text("token-secret");
  settings.lifetimes = {.access = config.seconds("access-token-ttl"),
                        .browser_access = config.seconds("browser-access-token-ttl"),
                        .refresh = config.seconds("refresh-token-ttl")};
  settings.max_content = config.bytes("max-content");
  settings.max_json = config.bytes("max-json");
  settings.max_frame = config.bytes("max-frame");
  settings.max_group = static_cast<std::size_t>(config.integer("max-group"));
  settings.max_connections = static_cast<std::size_t>(config.integer("max-connections"));
  settings.outbound_queue = config.bytes("outbound-queue");
  settings.dedup_window = static_cast<std::size_t>(config.integer("dedup-window"));
  settings.ping_interval = config.seconds("ping-interval");
  settings.request_timeout = config.seconds("request-timeout");
  settings.allowed_origins = config.list("allowed-origins");
  settings.trusted_proxies = config.list("trusted-proxies");
  settings.senders = sender_settings_from(config);
  if (config.list("roles").size() != 5)
    throw std::invalid_argument("this release runs all roles in one process: leave `roles` out");
  if (settings.max_content > settings.max_json || settings.max_content > settings.max_frame)
    throw std::invalid_argument("max-content must not be greater than max-json or max-frame");
  return settings;
}

}  // namespace parley::app
