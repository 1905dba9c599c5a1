#include "app/metric_table.h"

#include <array>

#include "app/describe.h"
#include "app/options.h"
#include "app/settings.h"

namespace parley::app {
namespace {

using Type = MetricInfo::Type;

constexpr std::array kMetrics{
    MetricInfo{.name = "parley_operations_total",
               .type = Type::counter,
               .labels = "operation,outcome",
               .help = "Operations by outcome: succeeded, refused (the caller's doing) or failed "
                       "(ours). Look for any that failed."},
    MetricInfo{.name = "parley_operation_seconds",
               .type = Type::histogram,
               .labels = "operation",
               .help = "How long successful operations took, the disk included. Look for "
                       "message:send above 50 ms."},
    MetricInfo{.name = "parley_refusals_total",
               .type = Type::counter,
               .labels = "code",
               .help = "Refusals by error code. rate_limited and invalid_credentials rise under "
                       "attack."},
    MetricInfo{.name = "parley_connections",
               .type = Type::gauge,
               .help = "Open sockets. Look for max_connections coming near."},
    MetricInfo{
        .name = "parley_http_connections", .type = Type::gauge, .help = "Open HTTP connections."},
    MetricInfo{.name = "parley_accepted_total",
               .help = "Connections accepted. A jump is a reconnect storm."},
    MetricInfo{.name = "parley_frames_received_total", .help = "Messages from sockets."},
    MetricInfo{.name = "parley_frames_sent_total", .help = "Frames queued for sockets."},
    MetricInfo{.name = "parley_bytes_received_total", .help = "Bytes read from sockets."},
    MetricInfo{.name = "parley_bytes_sent_total", .help = "Bytes written to sockets."},
    MetricInfo{.name = "parley_socket_writes_total",
               .help = "Write calls to sockets; fewer than frames, since writes are coalesced."},
    MetricInfo{.name = "parley_dropped_events_total",
               .help = "Events not given to clients that read too slowly; they resync."},
    MetricInfo{.name = "parley_slow_consumers_closed_total",
               .help = "Sockets closed because they did not read (4408)."},
    MetricInfo{.name = "parley_http_responses_total",
               .labels = "class",
               .help = "HTTP responses by class of status. Look for 5xx."},
    MetricInfo{.name = "parley_store_commits_total",
               .help = "Transactions written. Messages per commit tell how well they share."},
    MetricInfo{.name = "parley_store_conflicts_total",
               .help = "Transactions that met others and were begun again (PostgreSQL). Look for"
                       " more than one in twenty commits."},
    MetricInfo{.name = "parley_store_reads_waiting",
               .type = Type::gauge,
               .help = "Reads that wait for a thread. Look for it staying above zero."},
    MetricInfo{.name = "parley_store_available",
               .type = Type::gauge,
               .help = "1 when the store can write, 0 when the last write failed. Look for 0: "
                       "a full disk."},
    MetricInfo{.name = "parley_store_bytes",
               .type = Type::gauge,
               .labels = "part",
               .help = "What a store in the data directory takes of the disk: database, log, and "
                       "free, the part of the database that is used again before it grows."},
    MetricInfo{.name = "parley_store_reads_up",
               .type = Type::gauge,
               .help = "1 while the server of `storage-reads` is read, 0 while the primary is read "
                       "in its place. Where `storage-reads` is set. Look for 0."},
    MetricInfo{.name = "parley_store_reads_lag_seconds",
               .type = Type::gauge,
               .help = "How far the replica of `storage-reads` is behind the primary. Beyond 0.1 "
                       "it is not read."},
    MetricInfo{.name = "parley_store_reads_total",
               .labels = "server",
               .help = "Reads by who did them: reads (the server of `storage-reads`) or primary "
                       "(in its place)."},
    MetricInfo{.name = "parley_redis_up",
               .type = Type::gauge,
               .help = "1 while Redis answers. Where `redis` is set. Look for 0."},
    MetricInfo{.name = "parley_rate_limits_unasked_total",
               .type = Type::counter,
               .labels = "outcome",
               .help = "What the limits of all nodes together could not be asked about, because "
                       "Redis was away: it passed, or was refused (sign-in and codes). Look for "
                       "any."},
    MetricInfo{
        .name = "parley_jobs_total",
        .labels = "kind,outcome",
        .help =
            "Mails, text messages and pushes by outcome: sent, postponed (nobody took it; it is "
            "tried again) or dead (given up). Look for any that are dead."},
    MetricInfo{.name = "parley_housekeeping_leads",
               .type = Type::gauge,
               .help = "1 on the node that keeps house. Look for the sum over all nodes: it is 1."},
    MetricInfo{.name = "parley_housekeeping_removed_total",
               .help = "Sign-ins, codes, links and devices taken out because they had expired."},
    MetricInfo{.name = "parley_housekeeping_entries_cut_total",
               .help = "Entries of chats taken out by retention."},
    MetricInfo{.name = "parley_pushes_left_total",
               .help = "Pushes left for people who did not acknowledge in time, before they were "
                       "spread over devices."},
    MetricInfo{.name = "parley_digests_left_total",
               .help = "Mails left for people who had been away for digest-after with something "
                       "to read."},
    MetricInfo{.name = "parley_backup_last_success_timestamp_seconds",
               .type = Type::gauge,
               .help =
                   "When the newest backup that was read again and found whole was made; 0 when "
                   "there is none. Where `backup-every` is set."},
    MetricInfo{.name = "parley_backup_interval_seconds",
               .type = Type::gauge,
               .help = "What `backup-every` says. Look for a last success longer ago."},
    MetricInfo{.name = "parley_backup_bytes",
               .type = Type::gauge,
               .help = "How large the newest backup is. Look for the room `backup-keep` of them "
                       "take."},
    MetricInfo{.name = "parley_backup_seconds",
               .type = Type::gauge,
               .help = "How long the last one took to make and to read again."},
    MetricInfo{.name = "parley_backups_total",
               .labels = "outcome",
               .help =
                   "Backups made, and those that failed. Look for any that failed: the log says "
                   "why."},
    MetricInfo{
        .name = "parley_jobs_waiting",
        .type = Type::gauge,
        .help = "Jobs that are not done yet, counted every few seconds. Look for it growing."},
    MetricInfo{.name = "parley_forwarded_total",
               .type = Type::counter,
               .labels = "role,outcome",
               .help =
                   "Operations that another node was asked for: answered, failed (nobody could) "
                   "or repeated (asked once more). Look for any that failed."},
    MetricInfo{.name = "parley_peers",
               .type = Type::gauge,
               .labels = "role,state",
               .help = "Other nodes with a role: known, and of these answering. Look for fewer "
                       "answering than known."},
    MetricInfo{.name = "parley_internal_requests_total",
               .type = Type::counter,
               .labels = "outcome",
               .help = "What other nodes asked of this one: answered, or refused and why. Look for "
                       "forged and unsigned_request: somebody reaches this port who should not."},
    MetricInfo{.name = "parley_bus_messages_total",
               .type = Type::counter,
               .labels = "direction",
               .help = "Messages between nodes: in, out, dropped (the way was interrupted) or "
                       "refused (no message of ours). Look for any that were refused."},
    MetricInfo{.name = "parley_bus_bytes_total",
               .labels = "direction",
               .help = "Bytes of messages between nodes, in and out."},
    MetricInfo{.name = "parley_bus_snapshots_total",
               .help = "How often another node was asked for all its users: when it is new, and "
                       "when messages of it were lost. Look for it growing all the time."},
    MetricInfo{.name = "parley_bus_resyncs_total",
               .help = "Users told to sync because events of other nodes may not have reached "
                       "them."},
    MetricInfo{.name = "parley_directory_users",
               .type = Type::gauge,
               .help = "Users with sockets on other nodes, as this one knows of them."},
    MetricInfo{.name = "parley_nodes_alive",
               .type = Type::gauge,
               .help = "Nodes of the cluster that this one knows of, itself included. Look for "
                       "nodes that differ in it."},
    MetricInfo{.name = "parley_rabbitmq_up",
               .type = Type::gauge,
               .help = "Whether RabbitMQ takes and gives work now: 0 when not, and work waits in "
                       "the store."},
    MetricInfo{.name = "parley_rabbitmq_publishes_total",
               .type = Type::counter,
               .labels = "outcome",
               .help = "What became of jobs and events that were published: confirmed, or tried "
                       "again because it was unroutable, refused or unknown."},
    MetricInfo{.name = "parley_rabbitmq_deliveries_total",
               .type = Type::counter,
               .labels = "outcome",
               .help = "Jobs delivered to this node, acked by it, and given back (requeued)."},
    MetricInfo{.name = "parley_rabbitmq_jobs_total",
               .type = Type::counter,
               .labels = "outcome",
               .help = "Jobs that went another way than to be done: duplicate (they were done "
                       "already), dead (brought to parley.dead), expired (not done in time)."},
    MetricInfo{.name = "parley_rabbitmq_waiting",
               .type = Type::gauge,
               .labels = "queue",
               .help = "Messages that waited in a queue some seconds ago, as a node that sends "
                       "sees it. Look for one that grows, and for parley.dead."},
    MetricInfo{.name = "parley_jobs_relayed_total",
               .type = Type::counter,
               .help = "Jobs brought from the store to RabbitMQ."},
    MetricInfo{.name = "parley_events_published_total",
               .type = Type::counter,
               .help = "Events that RabbitMQ has confirmed, repetitions included."},
    MetricInfo{.name = "parley_events_leads",
               .type = Type::gauge,
               .help = "1 on the node that publishes events. Look for a cluster where no node "
                       "does."},
    MetricInfo{.name = "parley_events_waiting",
               .type = Type::gauge,
               .help = "Events in the store that were not published some seconds ago, as the node "
                       "that publishes sees it. Look for one that grows towards `outbox-limit`."},
    MetricInfo{.name = "parley_events_dropped_total",
               .type = Type::counter,
               .help = "Events that were dropped because more than `outbox-limit` waited."},
    MetricInfo{.name = "parley_breaker_state",
               .type = Type::gauge,
               .labels = "name",
               .help = "Whether we speak to a server of others: 0 we do, 1 one call tries whether "
                       "it answers again, 2 it does not answer and is left alone for a while."},
};

}  // namespace

std::span<const MetricInfo> metric_table() { return kMetrics; }

std::string describe_metrics() {
  return "# Metrics\n\nMade by `./dev docs` from the table. `/metrics` shows them in the text "
         "format of "
         "Prometheus.\n\n" +
         markdown_of(kMetrics);
}

std::string describe_configuration() {
  return "# Configuration\n\nMade by `./dev docs` from the table. A flag wins over the "
         "environment, "
         "the environment over the file named by `--config` (TOML), the file over the default. "
         "`parley check-config` says whether it is right, `parley print-config` where each value "
         "comes from.\n\n" +
         markdown_of(options());
}

}  // namespace parley::app
