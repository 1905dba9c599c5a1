#include "base/metrics.h"

#include <chrono>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace parley {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Type = MetricInfo::Type;

constexpr std::array kBounds{0.1, 1.0};
constexpr std::array kTable{
    MetricInfo{.name = "parley_accepted_total", .type = Type::counter, .help = "Messages."},
    MetricInfo{.name = "parley_refused_total",
               .type = Type::counter,
               .labels = "operation,code",
               .help = "Refusals."},
    MetricInfo{.name = "parley_connections", .type = Type::gauge, .help = "Sockets."},
    MetricInfo{
        .name = "parley_took_seconds", .type = Type::histogram, .help = "Time.", .bounds = kBounds},
};

class MetricsTest : public testing::Test {
 protected:
  // The value of the line that begins with `name`.
  std::optional<double> shown(const std::string& name) const {
    const std::string text = "\n" + metrics.expose();
    const auto at = text.find("\n" + name + " ");
    if (at == std::string::npos) return {};
    return std::stod(text.substr(at + name.size() + 2));
  }

  Metrics metrics{kTable};
};

TEST_F(MetricsTest, ShowsCountersWithTypeAndHelp) {
  metrics.counter("parley_accepted_total").add();
  metrics.counter("parley_accepted_total").add(4);
  EXPECT_THAT(metrics.expose(), HasSubstr("# HELP parley_accepted_total Messages.\n"
                                          "# TYPE parley_accepted_total counter\n"
                                          "parley_accepted_total 5\n"));
}

TEST_F(MetricsTest, KeepsOneChildPerLabelValues) {
  Counter& limited = metrics.counter("parley_refused_total", {"message:send", "rate_limited"});
  Counter& busy = metrics.counter("parley_refused_total", {"message:send", "busy"});
  EXPECT_EQ(&metrics.counter("parley_refused_total", {"message:send", "rate_limited"}), &limited);
  limited.add(2);
  busy.add();
  EXPECT_THAT(
      metrics.expose(),
      AllOf(HasSubstr("parley_refused_total{operation=\"message:send\",code=\"rate_limited\"} 2\n"),
            HasSubstr("parley_refused_total{operation=\"message:send\",code=\"busy\"} 1\n")));
}

TEST_F(MetricsTest, GaugesGoUpAndDown) {
  Gauge& connections = metrics.gauge("parley_connections");
  connections.add(3);
  connections.subtract();
  EXPECT_EQ(shown("parley_connections"), 2);
  connections.set(-1);
  EXPECT_EQ(shown("parley_connections"), -1);
}

TEST_F(MetricsTest, HistogramsCountUpToAndIncludingTheBound) {
  Histogram& took = metrics.histogram("parley_took_seconds");
  took.observe(0.05);
  took.observe(0.1);
  took.observe(std::chrono::milliseconds{250});
  took.observe(7.0);
  EXPECT_EQ(shown("parley_took_seconds_bucket{le=\"0.1\"}"), 2);
  EXPECT_EQ(shown("parley_took_seconds_bucket{le=\"1\"}"), 3);
  EXPECT_EQ(shown("parley_took_seconds_bucket{le=\"+Inf\"}"), 4);
  EXPECT_EQ(shown("parley_took_seconds_count"), 4);
  EXPECT_DOUBLE_EQ(shown("parley_took_seconds_sum").value(), 7.4);
}

TEST_F(MetricsTest, ReadsFromElsewhereWhenSomebodyLooks) {
  int sockets = 1;
  metrics.collect("parley_connections", [&] { return sockets; });
  EXPECT_EQ(shown("parley_connections"), 1);
  sockets = 2;
  EXPECT_EQ(shown("parley_connections"), 2);
}

TEST_F(MetricsTest, LeavesOutWhatCannotBeRead) {
  metrics.collect("parley_connections", []() -> double { throw std::runtime_error("gone"); });
  metrics.counter("parley_accepted_total");
  EXPECT_EQ(shown("parley_connections"), std::nullopt);
  EXPECT_EQ(shown("parley_accepted_total"), 0);
}

TEST_F(MetricsTest, EscapesLabelValues) {
  metrics.counter("parley_refused_total", {"a\"b\\c\nd", "x"}).add();
  EXPECT_THAT(metrics.expose(), HasSubstr(R"(operation="a\"b\\c\nd")"));
}

TEST_F(MetricsTest, RefusesWhatIsNotInTheTable) {
  EXPECT_THROW(metrics.counter("parley_unknown_total"), std::logic_error);
  EXPECT_THROW(metrics.gauge("parley_accepted_total"), std::logic_error);
  EXPECT_THROW(metrics.counter("parley_refused_total", {"one"}), std::logic_error);
  EXPECT_THROW(metrics.collect("parley_took_seconds", [] { return 1.0; }), std::logic_error);
}

TEST_F(MetricsTest, RefusesATableThatPrometheusWouldNotTake) {
  constexpr std::array bad{MetricInfo{.name = "parley accepted"}};
  constexpr std::array label{MetricInfo{.name = "x", .type = Type::histogram, .labels = "le"}};
  constexpr std::array twice{MetricInfo{.name = "x"}, MetricInfo{.name = "x"}};
  EXPECT_THROW(Metrics{bad}, std::logic_error);
  EXPECT_THROW(Metrics{label}, std::logic_error);
  EXPECT_THROW(Metrics{twice}, std::logic_error);
}

TEST_F(MetricsTest, LosesNothingBetweenThreads) {
  Counter& accepted = metrics.counter("parley_accepted_total");
  Histogram& took = metrics.histogram("parley_took_seconds");
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 10'000; ++i) {
          accepted.add();
          took.observe(0.5);
          if (i % 1000 == 0) (void)metrics.expose();
        }
      });
    }
  }
  EXPECT_EQ(shown("parley_accepted_total"), 40'000);
  EXPECT_EQ(shown("parley_took_seconds_count"), 40'000);
  EXPECT_DOUBLE_EQ(took.sum(), 20'000);
}

TEST_F(MetricsTest, KnowsTheProcess) {
  EXPECT_GT(shown("process_resident_memory_bytes").value(),
            shown("process_resident_anonymous_bytes").value());
  EXPECT_GT(shown("process_resident_anonymous_bytes").value(), 100'000);
  // It is told in hundredths of a second, of which the first may not be over yet.
  while (std::clock() < CLOCKS_PER_SEC / 20) {
  }
  EXPECT_GT(shown("process_cpu_seconds_total").value(), 0);
  EXPECT_LE(shown("process_start_time_seconds").value(),
            static_cast<double>(std::time(nullptr)) + 2);
  EXPECT_GT(shown("process_start_time_seconds").value(),
            static_cast<double>(std::time(nullptr)) - 3600);
  EXPECT_GT(shown("process_max_fds").value(), 16);

  const double before = shown("process_open_fds").value();
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(shown("process_open_fds"), before + 1);
  ::close(fd);
}

TEST(MetricsTable, BecomesDocumentation) {
  EXPECT_THAT(
      markdown_of(kTable),
      AllOf(HasSubstr("| `parley_refused_total` | counter | `operation`, `code` | Refusals. |\n"),
            HasSubstr("| `process_open_fds` | gauge |")));
}

}  // namespace
}  // namespace parley
