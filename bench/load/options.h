#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// What one run does; see usage() for the meaning of each.
struct Options {
  std::string scenario;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  int pid = 0;
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
};

// Throws std::invalid_argument with a sentence for the user.
Options parse_options(int argc, char** argv);

const char* usage();

}  // namespace bench
