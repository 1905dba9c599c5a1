#include "app/options.h"

#include <array>
#include <vector>

namespace parley::app {
namespace {

using Kind = Option::Kind;

constexpr std::array kNode{
    Option{.name = "listen",
           .initial = "127.0.0.1:8080",
           .text = "Address and port to serve on; 0.0.0.0 or [::] for every network, port 0 for "
                   "any free one. Change it to be reachable from other machines. A node with one "
                   "role has a port of its own unless told: 8080 gateway, 8081 user, 8082 chat, "
                   "8083 processor, 8084 notification."},
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
           .text = "The parts this node runs. With some of them only, `storage`, `cluster-secret` "
                   "and `token-secret` are needed, and `redis` or `peers`. See "
                   "docs/deployment.md.",
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
    Option{.name = "log-requests",
           .kind = Kind::toggle,
           .initial = "off",
           .text = "A line for every operation a client asks for, over REST or a socket: who, from "
                   "where, what became of it, how long it took. Never what was said."},
};

constexpr std::array kCluster{
    Option{.name = "storage",
           .initial = "",
           .text = "Where chats and accounts are kept: postgres://user:password@host:5432/parley. "
                   "Left out, they are kept in the data directory. See docs/deployment.md.",
           .most = 1024,
           .secret = true},
    Option{.name = "storage-reads",
           .initial = "",
           .text = "Another PostgreSQL URL for what only reads: pgbouncer in transaction mode, or "
                   "a streaming replica. Needs `storage`.",
           .most = 1024,
           .secret = true},
    Option{.name = "redis",
           .initial = "",
           .text = "What nodes talk through: redis://:password@host:6379/0, "
                   "redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379. "
                   "Needed as soon as there are two of them.",
           .most = 1024,
           .secret = true},
    Option{.name = "rabbitmq",
           .initial = "",
           .text = "Where work is queued and events are published: "
                   "amqp://user:password@host:5672/. Left out, work waits in the store.",
           .most = 1024,
           .secret = true},
    Option{.name = "publish-messages",
           .kind = Kind::choice,
           .initial = "away",
           .text = "For which messages `message.events` gets an event: all, those that somebody "
                   "who is away has not got, or none. docs/events.md says what each costs.",
           .choices = "all,away,none"},
    Option{.name = "publish-status",
           .kind = Kind::toggle,
           .initial = "off",
           .text = "Whether `user.events` tells who comes online and goes. docs/events.md says "
                   "what that costs, and of whom nothing is told."},
    Option{.name = "outbox-limit",
           .kind = Kind::integer,
           .initial = "1000000",
           .text = "How many events may wait while RabbitMQ is away, at some 300 bytes each; "
                   "beyond it the oldest are dropped, and /ready says so.",
           .least = 100,
           .most = 1'000'000'000},
    Option{.name = "cluster-secret",
           .initial = "",
           .text = "Signs what nodes ask each other, at least 32 bytes, the same on all of them.",
           .least = 32,
           .most = 512,
           .secret = true},
    Option{.name = "advertise",
           .initial = "",
           .text = "Where other nodes reach this one, as in http://10.0.0.5:8080. Left out, it is "
                   "the address it listens on.",
           .most = 255},
    Option{.name = "peers",
           .kind = Kind::list,
           .initial = "",
           .text = "Nodes that run what this one does not, as in user=http://10.0.0.6:8081; a role "
                   "may be named more than once. With `redis` nodes find each other.",
           .most = 64},
};

constexpr std::array kAccounts{
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
    Option{.name = "oidc-issuer",
           .initial = "",
           .text = "Lets people sign in with another server by OpenID Connect: its issuer, as in "
                   "https://id.example.org. Set public-url as well, and tell that server to send "
                   "people back to it with /sign-in/provider behind.",
           .most = 255},
    Option{
        .name = "oidc-client-id", .initial = "", .text = "What that server calls us.", .most = 255},
    Option{
        .name = "oidc-client-secret",
        .initial = "",
        .text = "What we prove it with. Leave it out if that server knows us as a public client.",
        .most = 512,
        .secret = true},
    Option{.name = "oidc-name",
           .initial = "SSO",
           .text = "What people call that server, for the button they press.",
           .least = 1,
           .most = 64},
};

constexpr std::array kNetwork{
    Option{.name = "retention",
           .kind = Kind::seconds,
           .initial = "0",
           .text =
               "How long messages are kept that everybody has got, as in 90d; 0 is for ever. At "
               "least 8d otherwise. The newest of a chat stays.",
           .most = std::int64_t{3650} * 86'400},
    Option{.name = "retention-undelivered",
           .kind = Kind::seconds,
           .initial = "365d",
           .text = "How long messages are kept that somebody has not got yet, where there is a "
                   "retention.",
           .least = 8 * 86'400,
           .most = std::int64_t{3650} * 86'400},
    Option{.name = "backup-every",
           .kind = Kind::seconds,
           .initial = "0",
           .text = "How often a backup of a store in the data directory is made and read again, as "
                   "in 24h; 0 is never. See docs/operations.md.",
           .most = std::int64_t{31} * 86'400},
    Option{.name = "backup-keep",
           .kind = Kind::integer,
           .initial = "7",
           .text = "How many of these backups are kept. Each is as large as the store.",
           .least = 1,
           .most = 1000},
    Option{.name = "backup-directory",
           .kind = Kind::path,
           .initial = "",
           .text = "Where they go. Left out, it is `backups` in the data directory; another disk "
                   "is better."},
    Option{.name = "digest-after",
           .kind = Kind::seconds,
           .initial = "24h",
           .text = "How long somebody with a verified e-mail address must have been away before "
                   "they are mailed that messages wait for them, once in an absence; 0 is never.",
           .most = std::int64_t{365} * 86'400},
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
};

constexpr std::array kSenders{
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
    Option{.name = "push-contact",
           .initial = "",
           .text =
               "Whom push services may ask about us: mailto:ops@example.org or a https URL. Left "
               "out, it is public-url.",
           .most = 255},
    Option{.name = "web-push-key",
           .initial = "",
           .text = "The private key browsers subscribe to (VAPID), in PEM or base64url. Left out, "
                   "one is made and kept in the store.",
           .most = 1024,
           .secret = true},
    Option{
        .name = "push-to-loopback",
        .kind = Kind::toggle,
        .initial = "off",
        .text = "Lets browsers name push services on this machine. For tests only: it lets "
                "people make this server ask its neighbours.",
    },
    Option{.name = "apns-key",
           .kind = Kind::path,
           .initial = "",
           .text = "The .p8 file of Apple's that signs pushes to apps on its devices, together "
                   "with apns-key-id, apns-team-id and apns-topic. Left out, there are none."},
    Option{.name = "apns-key-id",
           .initial = "",
           .text = "The ten characters that name the key at Apple.",
           .most = 16},
    Option{.name = "apns-team-id",
           .initial = "",
           .text = "The ten characters that name the developer at Apple.",
           .most = 16},
    Option{.name = "apns-topic",
           .initial = "",
           .text = "The bundle id of the app, as in org.example.chat.",
           .most = 255},
    Option{.name = "fcm-account",
           .kind = Kind::path,
           .initial = "",
           .text = "The JSON file of the Google service account that sends pushes to Android "
                   "apps. Left out, there are none."},
    Option{.name = "fcm-url",
           .initial = "https://fcm.googleapis.com",
           .text = "Where Firebase Cloud Messaging is. Change it for tests only.",
           .least = 8,
           .most = 255},
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

std::vector<Option> all() {
  std::vector<Option> table;
  for (const std::span<const Option> part :
       {std::span<const Option>{kNode}, std::span<const Option>{kCluster},
        std::span<const Option>{kAccounts}, std::span<const Option>{kNetwork},
        std::span<const Option>{kSenders}})
    table.insert(table.end(), part.begin(), part.end());
  return table;
}

}  // namespace

std::span<const Option> options() {
  static const std::vector<Option> table = all();
  return table;
}

}  // namespace parley::app
