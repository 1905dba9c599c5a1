#include "options.h"

#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>

namespace bench {

const char* usage() {
  return R"(parley-load SCENARIO --target=HOST:PORT --seed=FILE [--pid=N] [options]

Puts a server under load through its WebSocket, checks what it answers, and prints one JSON object.
Exits with 1 when a check failed, with 2 when the run could not be made.

scenarios
  pairs     the first of each pair of users sends, the second acknowledges delivery
  fanout    a few members send to a group whose other members are all online
  idle      many authenticated sockets that do nothing; memory per socket
  history   pages, chat lists and syncs at several sizes of the store

options
  --target=HOST:PORT   the server
  --seed=FILE          what `parley seed` wrote
  --pid=N              the server's process, whose CPU and memory are measured
  --connections=N      sockets (pairs, idle), group members online (fanout)           [200]
  --window=N           messages each sender keeps outstanding                         [1]
  --rate=N             messages a second, evenly, of all senders together (pairs)
                       [0: as fast as the window lets them]
  --senders=N          members that send (fanout)                                     [1]
  --content=N          bytes of each message's content                                [150]
  --warmup=S           seconds before measuring                                       [1]
  --seconds=S          seconds measured                                               [5]
  --stall=S            a message outstanding for longer is reported as lost           [10]
  --order=strict|any   whether pushes of one chat may overtake each other unreported  [strict]
  --read-back=on|off   whether everything acknowledged is read from history after     [on]
  --messages=A,B,…     sizes of the store to measure at (history)              [10000,1000000]
  --requests=N         requests of each kind at each size (history)                   [2000]
)";
}

namespace {

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
         const auto colon = v.rfind(':');
         if (colon == std::string::npos) throw std::invalid_argument("expected HOST:PORT");
         options.host = v.substr(0, colon);
         options.port = static_cast<std::uint16_t>(std::stoul(v.substr(colon + 1)));
       }},
      {"seed", [&](const std::string& v) { options.seed = v; }},
      {"pid", [&](const std::string& v) { options.pid = std::stoi(v); }},
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
         for (std::size_t at = 0; at < v.size();) {
           const std::size_t comma = std::min(v.find(',', at), v.size());
           options.messages.push_back(std::stoull(v.substr(at, comma - at)));
           at = comma + 1;
         }
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
  if (options.port == 0) throw std::invalid_argument("--target is missing");
  if (options.seed.empty()) throw std::invalid_argument("--seed is missing");
  if (options.window == 0 || options.window > 4096)
    throw std::invalid_argument("--window: 1 to 4096");
  if (options.content < 64) throw std::invalid_argument("--content: at least 64");
  return options;
}

}  // namespace bench
