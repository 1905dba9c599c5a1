#include "broker/redis/cluster.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace parley::broker::redis {
namespace {

using Clock = Connection::Clock;
using std::chrono::milliseconds;

constexpr int kMostHops = 5;
constexpr std::size_t kMostEarly = 10'000;
constexpr milliseconds kSoon{100};
constexpr milliseconds kWhileTroubled{500};

// "MOVED 3999 127.0.0.1:6381". Without a name it is the host that says so.
std::optional<Host> redirection(const std::string& text, const Host& from) {
  const auto space = text.rfind(' ');
  const auto colon = text.rfind(':');
  if (space == text.npos || colon == text.npos || colon < space) return {};
  unsigned port = 0;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (port == 0 || port > 65535) return {};
  const std::string name = text.substr(space + 1, colon - space - 1);
  return Host{name.empty() ? from.name : name, static_cast<std::uint16_t>(port)};
}

}  // namespace

ClusterRoute::ClusterRoute(Loop& loop, std::shared_ptr<std::vector<Host>> hosts,
                           Connection::Options options)
    : loop_(loop),
      hosts_(std::move(hosts)),
      seeds_(*hosts_),
      options_(std::move(options)),
      looks_(loop.get_executor()) {}

void ClusterRoute::start() { ask_for_map(); }

void ClusterRoute::stop() {
  stopping_ = true;
  looks_.cancel();
  for (const auto& [name, node] : nodes_) node->stop();
  fail_early("it is being stopped");
}

void ClusterRoute::restart(const std::string& why) {
  for (const auto& [name, node] : nodes_) node->restart(why);
}

std::optional<std::string> ClusterRoute::trouble() const {
  const std::lock_guard lock{mutex_};
  if (map_trouble_) return map_trouble_;
  for (const auto& [name, node] : nodes_)
    if (auto trouble = node->trouble()) return trouble;
  return {};
}

ClusterRoute::Node ClusterRoute::node(const Host& host) {
  const std::string name = host.text();
  if (const auto found = nodes_.find(name); found != nodes_.end()) return found->second;
  const auto where = std::make_shared<const std::vector<Host>>(1, host);
  Connection::Events events{.up = {}, .down = [this] { look(kSoon); }, .told = {}};
  const auto made = std::make_shared<Connection>(loop_, std::make_unique<TurnEndpoints>(where),
                                                 options_, std::move(events));
  {
    const std::lock_guard lock{mutex_};
    nodes_.emplace(name, made);
  }
  made->start();
  return made;
}

void ClusterRoute::send(Command command, Clock::time_point deadline, Connection::Done done) {
  launch(std::make_unique<Flight>(std::move(command), deadline, std::move(done)));
}

void ClusterRoute::launch(std::unique_ptr<Flight> flight) {
  if (stopping_) return flight->done(std::unexpected("it is being stopped"));
  if (!has_map_) {
    if (failures_ > 0 || early_.size() >= kMostEarly)
      return flight->done(std::unexpected(trouble().value_or("no node of the cluster answers")));
    early_.push_back(std::move(flight));
    return;
  }
  const Node to = slots_[flight->command.slot];
  if (!to) return flight->done(std::unexpected("no node of the cluster has this slot"));
  launch(std::move(flight), to, false);
}

void ClusterRoute::launch(std::unique_ptr<Flight> flight, const Node& to, bool asking) {
  if (asking) {
    std::string bytes;
    append_command(bytes, {"ASKING"});
    to->send(bytes, flight->deadline, [](Outcome) {});
  }
  const std::string bytes = flight->command.bytes;  // goes on living when it has to go on
  const auto deadline = flight->deadline;
  to->send(bytes, deadline, [this, to, flight = std::move(flight)](Outcome outcome) mutable {
    landed(std::move(flight), to, std::move(outcome));
  });
}

void ClusterRoute::landed(std::unique_ptr<Flight> flight, const Node& from, Outcome outcome) {
  if (stopping_ || !outcome || !outcome->is_error() || flight->hops >= kMostHops) {
    if (!outcome && !stopping_) look(kSoon);
    return flight->done(std::move(outcome));
  }
  const bool moved = outcome->is_error("MOVED");
  if (!moved && !outcome->is_error("ASK")) return flight->done(std::move(outcome));
  const auto host = redirection(outcome->text, from->host());
  if (!host) return flight->done(std::move(outcome));
  ++flight->hops;
  const Node to = node(*host);
  if (moved) {
    slots_[flight->command.slot] = to;
    look(kSoon);
  }
  launch(std::move(flight), to, !moved);
}

void ClusterRoute::look(milliseconds later) {
  if (stopping_ || std::exchange(looking_, true)) return;
  looks_.expires_after(later);
  looks_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) ask_for_map();
  });
}

void ClusterRoute::ask_for_map() {
  if (stopping_) return;
  looking_ = true;
  // Nodes we know first; the hosts of the URL are still there when all of those are new.
  std::vector<Host> all = *hosts_;
  all.insert(all.end(), seeds_.begin(), seeds_.end());
  const Host host = all[turn_++ % all.size()];
  const Node asked = node(host);
  std::string bytes;
  append_command(bytes, {"CLUSTER", "SLOTS"});
  asked->send(bytes, Clock::now() + options_.patience, [this, asked, host](Outcome outcome) {
    if (stopping_) return;
    looking_ = false;
    if (outcome && read_map(*outcome, host)) {
      failures_ = 0;
      // A node that is lost may be replaced soon.
      const bool well =
          std::ranges::all_of(slots_, [](const Node& node) { return node && node->is_up(); });
      if (!well) look(kWhileTroubled);
      auto early = std::exchange(early_, {});
      for (auto& flight : early) launch(std::move(flight));
      return;
    }
    ++failures_;
    const std::string why = !outcome              ? outcome.error()
                            : outcome->is_error() ? outcome->text
                                                  : "a node gives no map of the cluster";
    if (!has_map_ && failures_ >= seeds_.size()) {
      const std::lock_guard lock{mutex_};
      map_trouble_ = why;
    }
    if (failures_ >= seeds_.size()) fail_early(why);
    look(failures_ < hosts_->size() ? kSoon : kWhileTroubled);
  });
}

bool ClusterRoute::read_map(const Reply& map, const Host& from) {
  if (map.kind != Reply::Kind::list || map.items.empty()) return false;
  std::array<Node, kSlots> slots;
  std::vector<Host> hosts;
  for (const Reply& range : map.items) {
    if (range.items.size() < 3 || range.items[2].items.size() < 2) return false;
    const auto first = range.items[0].number, last = range.items[1].number;
    const Reply& master = range.items[2];
    const auto port = master.items[1].number;
    if (first < 0 || last >= kSlots || first > last || port < 1 || port > 65535) return false;
    const std::string& name = master.items[0].text;
    const Host host{name.empty() ? from.name : name, static_cast<std::uint16_t>(port)};
    if (std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
    const Node owner = node(host);
    for (auto slot = first; slot <= last; ++slot) slots[static_cast<std::size_t>(slot)] = owner;
  }
  slots_ = std::move(slots);
  has_map_ = true;
  *hosts_ = hosts;

  std::set<std::string> kept;
  for (const Host& host : hosts) kept.insert(host.text());
  std::vector<Node> gone;
  {
    const std::lock_guard lock{mutex_};
    map_trouble_.reset();
    std::erase_if(nodes_, [&](const auto& entry) {
      if (kept.contains(entry.first)) return false;
      gone.push_back(entry.second);
      return true;
    });
  }
  for (const Node& node : gone) node->stop();
  return true;
}

void ClusterRoute::fail_early(const std::string& why) {
  auto early = std::exchange(early_, {});
  for (auto& flight : early) flight->done(std::unexpected(why));
}

}  // namespace parley::broker::redis
