#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Target {
  std::string host;
  std::uint16_t port = 0;
};

// A process whose CPU is reported beside the server's, that of the processes it started included.
struct Beside {
  std::string name;
  int pid = 0;
};

// What one run does; see usage() for the meaning of each.
struct Options {
  std::string scenario;
  std::vector<Target> targets;
  int pid = 0;
  std::vector<Beside> beside;
  bool apart = false;
  std::string seed;
  std::size_t connections = 200;
  std::size_t window = 1;
  std::size_t senders = 1;
  std::size_t content = 150;
  double rate = 0;
  double warmup = 1;
  double seconds = 5;
  double stall = 10;
  bool read_back = true;
  bool strict_order = true;
  std::vector<std::uint64_t> messages{10'000, 1'000'000};
  std::size_t requests = 2000;
  int kill = 0;
  std::size_t gone = 20;
  double within = 30;
  double noticed = 60;
};

// Throws std::invalid_argument with a sentence for the user.
Options parse_options(int argc, char** argv);

const char* usage();

}  // namespace bench
