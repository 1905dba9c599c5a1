#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/await_for_test.h"
#include "base/port_for_test.h"
#include "broker/redis/client.h"

// The servers that the Redis adapters are tried on.

namespace parley::broker::redis {

inline constexpr const char* kServerProgram = "/usr/bin/redis-server";
inline constexpr const char* kPassword = "secret";

// Until it holds, or half a minute is over. A server that hangs up when it is asked counts as not
// yet: sentinels close the connections of whoever gets another part.
template <class Condition>
bool eventually(Condition condition,
                std::chrono::milliseconds limit = std::chrono::milliseconds{30'000}) {
  const auto late = std::chrono::steady_clock::now() + limit;
  for (;;) {
    try {
      if (condition()) return true;
    } catch (const boost::system::system_error&) {
      if (std::chrono::steady_clock::now() > late) throw;
    }
    if (std::chrono::steady_clock::now() > late) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

// A private Redis on loopback in a temporary directory, with a password, until this object is
// gone. The lines are added to its configuration.
class Server {
 public:
  explicit Server(std::vector<std::string> lines = {}, bool sentinel = false)
      : sentinel_(sentinel) {
    std::string pattern = std::filesystem::temp_directory_path() / "parley-redis-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
    directory_ = pattern;
    std::ofstream file{directory_ / "redis.conf"};
    file << "bind 127.0.0.1\nport " << port() << "\ndir " << pattern << "\nlogfile " << pattern
         << "/log\n";
    if (!sentinel)
      file << "requirepass " << kPassword << "\nmasterauth " << kPassword
           << "\nsave ''\nappendonly no\nenable-debug-command local\n";
    for (const std::string& line : lines) file << line << "\n";
    file.close();
    start();
  }
  ~Server() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_.number(); }
  std::string url(const std::string& password = kPassword) const {
    return "redis://:" + password + "@127.0.0.1:" + port_.text();
  }

  // Returns when it takes connections.
  void start() {
    const std::string configuration = directory_ / "redis.conf";
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int nothing = ::open("/dev/null", O_RDWR);
      for (const int standard : {0, 1, 2}) ::dup2(nothing, standard);
      ::execl(kServerProgram, kServerProgram, configuration.c_str(),
              sentinel_ ? "--sentinel" : nullptr, nullptr);
      ::_exit(127);
    }
    if (!eventually([this] { return answers(); }))
      throw std::runtime_error{"redis-server does not start"};
  }
  // At once, as a power cut would.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  bool running() const { return pid_ > 0; }
  // It keeps its connections and says nothing more.
  void freeze() const { ::kill(pid_, SIGSTOP); }
  void thaw() const { ::kill(pid_, SIGCONT); }

  // One command, on a connection of its own.
  Reply ask(std::vector<std::string> command, const std::string& password = kPassword) const {
    std::vector<std::vector<std::string>> commands;
    if (!sentinel_) commands.push_back({"AUTH", password});
    commands.push_back(std::move(command));
    return await(converse(port(), std::move(commands))).back();
  }

 private:
  static Task<std::vector<Reply>> converse(std::uint16_t port,
                                           std::vector<std::vector<std::string>> commands) {
    auto& loop = (co_await boost::asio::this_coro::executor).context();
    const auto socket = std::make_shared<Socket>(loop, nullptr);
    const Watchdog watchdog{loop, socket, std::chrono::seconds{10}};
    co_await socket->connect({"127.0.0.1", port});
    ReplyReader reader;
    auto replies = co_await exchange(*socket, reader, std::move(commands));
    socket->close();
    co_return replies;
  }

  bool answers() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool taken =
        ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return taken;
  }

  const bool sentinel_;
  const OwnPort port_;
  std::filesystem::path directory_;
  pid_t pid_ = -1;
};

inline bool installed() { return std::filesystem::exists(kServerProgram); }

// A Redis that tests may use, but must leave as it is: PARLEY_TEST_REDIS, or one for the whole
// run, started when it is first asked for.
inline std::string shared_url() {
  const char* const given = std::getenv("PARLEY_TEST_REDIS");
  if (given != nullptr && *given != '\0') return given;
  static Server server;
  return server.url();
}
inline bool has_shared() {
  const char* const given = std::getenv("PARLEY_TEST_REDIS");
  return (given != nullptr && *given != '\0') || installed();
}

// Of a client that does not give up a Redis because the machine had no time for either of them.
inline Client::Options options_for(const std::string& url) {
  Client::Options options{.url = parse_url(url).value()};
  options.patience = std::chrono::milliseconds{20'000};
  options.keepalive = std::chrono::milliseconds{500};
  return options;
}
// Of one that notices soon that Redis hangs. It may believe so of a slow machine, too.
inline Client::Options hasty_options_for(const std::string& url) {
  auto options = options_for(url);
  options.patience = std::chrono::milliseconds{1'000};
  return options;
}

// A test that needs redis-server.
class RedisTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!installed()) GTEST_SKIP() << "redis-server is not installed";
  }
};

}  // namespace parley::broker::redis
