#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/resource.h>

#include "relay.h"

namespace {

constexpr const char* kUsage =
    R"(parley-floor --listen=HOST:PORT --seed=FILE --journal=FILE [--history=on] [--misbehave=KIND]

The least a durable relay costs: speaks enough of Parley's protocol for parley-load to measure it.
For testing parley-load: --history=on keeps messages in memory and answers `history`, --misbehave
goes wrong now and then: lose, double, reorder, gap, mismatch, alter or forget; or always: refuse,
deaf, absent or present.
)";

const std::map<std::string_view, bench::Misbehave> kMisbehaviours{
    {"none", bench::Misbehave::none},     {"lose", bench::Misbehave::lose},
    {"double", bench::Misbehave::twice},  {"reorder", bench::Misbehave::reorder},
    {"gap", bench::Misbehave::gap},       {"mismatch", bench::Misbehave::mismatch},
    {"alter", bench::Misbehave::alter},   {"forget", bench::Misbehave::forget},
    {"refuse", bench::Misbehave::refuse}, {"deaf", bench::Misbehave::deaf},
    {"absent", bench::Misbehave::absent}, {"present", bench::Misbehave::present},
};

int serve(int argc, char** argv) {
  std::map<std::string_view, std::string> given{{"misbehave", "none"}};
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto equals = word.find('=');
    if (!word.starts_with("--") || equals == word.npos) throw std::invalid_argument(kUsage);
    given[word.substr(2, equals - 2)] = word.substr(equals + 1);
  }
  const std::string& listen = given["listen"];
  const auto colon = listen.rfind(':');
  const auto misbehave = kMisbehaviours.find(given["misbehave"]);
  if (colon == listen.npos || misbehave == kMisbehaviours.end() || given["journal"].empty()) {
    throw std::invalid_argument(kUsage);
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  const std::string host = listen.substr(0, colon);
  const auto port = static_cast<std::uint16_t>(std::stoul(listen.substr(colon + 1)));
  bench::Journal journal{given["journal"]};
  bench::Relay relay{host,
                     port,
                     bench::read_seed(given["seed"]),
                     journal,
                     misbehave->second,
                     given["history"] == "on"};
  std::fprintf(stderr,
               R"({"level":"info","event":"ready","url":"http://%s:%u"})"
               "\n",
               host.c_str(), static_cast<unsigned>(relay.port()));
  relay.run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "parley-floor: %s\n", failure.what());
    return 2;
  }
}
