#include <cstdio>
#include <exception>
#include <string>

#include "process.h"
#include "scenarios.h"

namespace {

using Scenario = void (*)(const bench::Options&, bench::Checks&, bench::Report&);

Scenario find_scenario(const std::string& name) {
  if (name == "pairs") return bench::run_pairs;
  if (name == "fanout") return bench::run_fanout;
  if (name == "idle") return bench::run_idle;
  if (name == "history") return bench::run_history;
  if (name == "reconnect") return bench::run_reconnect;
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bench::Options options = bench::parse_options(argc, argv);
    const Scenario run = find_scenario(options.scenario);
    if (run == nullptr) {
      std::fputs(bench::usage(), stderr);
      return 2;
    }
    bench::raise_file_limit();

    bench::Checks checks;
    bench::Report report;
    report.put("scenario", options.scenario);
    run(options, checks, report);

    std::string sentences = "[";
    for (const std::string& sentence : checks.sentences()) {
      std::fprintf(stderr, "violation: %s\n", sentence.c_str());
      if (sentences.size() > 1) sentences += ',';
      sentences += bench::quoted(sentence);
    }
    report.put("violationCount", checks.count());
    report.put_raw("violations", sentences + "]");
    std::puts(report.json().c_str());
    return checks.good() ? 0 : 1;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "parley-load: %s\n", failure.what());
    return 2;
  }
}
