#include "options.h"

#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace bench {

const char* usage() {
  return R"(parley-load SCENARIO --target=HOST:PORT[,…] --seed=FILE [--pid=N] [options]

Puts a server under load through its WebSocket, checks what it answers, and prints one JSON object.
Exits with 1 when a check failed, with 2 when the run could not be made.

scenarios
  pairs     the first of each pair of users sends, the second acknowledges delivery
  fanout    a few members send to a group whose other members are all online
  idle      many authenticated sockets that do nothing; memory per socket
  history   pages, chat lists and syncs at several sizes of the store
  reconnect a crowd on the first node, which is killed: it comes back to the others as the web
            client does, while friends of some of it go on writing there

options
  --target=HOST:PORT[,HOST:PORT…]  the server, or the nodes of a cluster
  --seed=FILE          what `parley seed` wrote
  --pid=N              the server's process, whose CPU and memory are measured
  --beside=NAME:PID    another process whose CPU is told beside it, and that of its children; may
                       be given several times
  --apart=on|off       with several nodes: whether the two of a pair are on two of them  [off]
  --connections=N      sockets (pairs, idle), group members online (fanout)           [200]
  --window=N           messages each sender keeps outstanding                         [1]
  --rate=N             messages a second, evenly, of all senders together (pairs,
                       reconnect) [0: as fast as the window lets them]
  --senders=N          members that send (fanout), friends that write (reconnect)     [1]
  --content=N          bytes of each message's content                                [150]
  --warmup=S           seconds before measuring                                       [1]
  --seconds=S          seconds measured                                               [5]
  --stall=S            a message outstanding for longer is reported as lost           [10]
  --order=strict|any   whether pushes of one chat may overtake each other unreported  [strict]
  --read-back=on|off   whether everything acknowledged is read from history after     [on]
  --messages=A,B,…     sizes of the store to measure at (history)              [10000,1000000]
  --requests=N         requests of each kind at each size (history)                   [2000]
  --kill=PID           the node that is killed (reconnect)
  --gone=N             how many of the crowd do not come back (reconnect)             [20]
  --within=S           by when everybody has to be served again (reconnect)           [30]
  --noticed=S          by when who did not come back has to be told gone (reconnect)  [60]
)";
}

namespace {

// What stands before and after the last colon.
std::pair<std::string, std::uint32_t> divided(const std::string& value, const char* expected) {
  const auto colon = value.rfind(':');
  if (colon == std::string::npos) throw std::invalid_argument(std::string{"expected "} + expected);
  return {value.substr(0, colon), static_cast<std::uint32_t>(std::stoul(value.substr(colon + 1)))};
}

std::vector<std::string> words_of(const std::string& value) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    words.push_back(value.substr(at, comma - at));
    at = comma + 1;
  }
  return words;
}

bool one_of(const std::string& value, std::string_view yes, std::string_view no) {
  if (value == yes) return true;
  if (value == no) return false;
  throw std::invalid_argument("expected " + std::string{yes} + " or " + std::string{no});
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::function<void(const std::string&)>, std::less<>> known{
      {"target",
       [&](const std::string& v) {
         options.targets.clear();
         for (const std::string& word : words_of(v)) {
           const auto [host, port] = divided(word, "HOST:PORT");
           options.targets.push_back({.host = host, .port = static_cast<std::uint16_t>(port)});
         }
       }},
      {"seed", [&](const std::string& v) { options.seed = v; }},
      {"pid", [&](const std::string& v) { options.pid = std::stoi(v); }},
      {"noticed", [&](const std::string& v) { options.noticed = std::stod(v); }},
      {"within", [&](const std::string& v) { options.within = std::stod(v); }},
      {"beside",
       [&](const std::string& v) {
         const auto [name, pid] = divided(v, "NAME:PID");
         options.beside.push_back({.name = name, .pid = static_cast<int>(pid)});
       }},
      {"apart", [&](const std::string& v) { options.apart = one_of(v, "on", "off"); }},
      {"kill", [&](const std::string& v) { options.kill = std::stoi(v); }},
      {"gone", [&](const std::string& v) { options.gone = std::stoull(v); }},
      {"within", [&](const std::string& v) { options.within = std::stod(v); }},
      {"connections", [&](const std::string& v) { options.connections = std::stoull(v); }},
      {"window", [&](const std::string& v) { options.window = std::stoull(v); }},
      {"rate", [&](const std::string& v) { options.rate = std::stod(v); }},
      {"senders", [&](const std::string& v) { options.senders = std::stoull(v); }},
      {"content", [&](const std::string& v) { options.content = std::stoull(v); }},
      {"warmup", [&](const std::string& v) { options.warmup = std::stod(v); }},
      {"seconds", [&](const std::string& v) { options.seconds = std::stod(v); }},
      {"stall", [&](const std::string& v) { options.stall = std::stod(v); }},
      {"order", [&](const std::string& v) { options.strict_order = one_of(v, "strict", "any"); }},
      {"read-back", [&](const std::string& v) { options.read_back = one_of(v, "on", "off"); }},
      {"requests", [&](const std::string& v) { options.requests = std::stoull(v); }},
      {"messages",
       [&](const std::string& v) {
         options.messages.clear();
         for (const std::string& word : words_of(v)) options.messages.push_back(std::stoull(word));
       }},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) {
      if (!options.scenario.empty()) throw std::invalid_argument("one scenario at a time");
      options.scenario = word;
      continue;
    }
    const auto equals = word.find('=');
    const auto found = known.find(word.substr(2, equals == word.npos ? equals : equals - 2));
    if (found == known.end() || equals == word.npos) {
      throw std::invalid_argument("unknown option " + std::string{word});
    }
    try {
      found->second(std::string{word.substr(equals + 1)});
    } catch (const std::exception& wrong) {
      throw std::invalid_argument(std::string{word} + ": " + wrong.what());
    }
  }
  if (options.targets.empty()) throw std::invalid_argument("--target is missing");
  if (options.seed.empty()) throw std::invalid_argument("--seed is missing");
  if (options.window == 0 || options.window > 4096)
    throw std::invalid_argument("--window: 1 to 4096");
  if (options.content < 64) throw std::invalid_argument("--content: at least 64");
  return options;
}

}  // namespace bench
