#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/port_for_test.h"

// A real PostgreSQL for tests: the one PARLEY_TEST_POSTGRES names, or a private one that goes with
// the process. Tests that need it begin with
//
//   if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
//
// and talk to a TestDatabase of their own. What breaks the server itself gets a PrivatePostgres of
// its own.

namespace parley::storage {

inline const std::filesystem::path kPostgresPrograms{"/usr/lib/postgresql/15/bin"};

inline bool postgres_installed() { return std::filesystem::exists(kPostgresPrograms / "postgres"); }

// Asks one thing on a connection of its own, and yields the first field of the answer. Throws when
// the server cannot be reached or says no.
inline std::string ask_postgres(const std::string& url, const std::string& sql) {
  PGconn* const connection = PQconnectdb(url.c_str());
  std::string failure, answer;
  if (PQstatus(connection) == CONNECTION_OK) {
    PQsetNoticeProcessor(connection, [](void*, const char*) {}, nullptr);
    PGresult* const result = PQexec(connection, sql.c_str());
    const auto status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      failure = PQresultErrorMessage(result);
    } else if (PQntuples(result) > 0) {
      answer = PQgetvalue(result, 0, 0);
    }
    PQclear(result);
  } else {
    failure = PQerrorMessage(connection);
  }
  PQfinish(connection);
  if (!failure.empty()) throw std::runtime_error(failure);
  return answer;
}

// A server on loopback with its data in memory where that can be had. It stops when this goes, and
// when the process dies. Make it on the main thread.
class PrivatePostgres {
 public:
  // `settings` are lines of postgresql.conf.
  explicit PrivatePostgres(std::string_view settings = {}) {
    const std::filesystem::path memory{"/dev/shm"};
    const auto parent =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "parley-postgres-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    directory_ = name;
    if (::geteuid() == 0) run({"chown", "postgres", name});
    // Written by whoever the server runs as; there is no secret in it.
    write("password", std::string{kPassword} + "\n");
    run(as_server({(kPostgresPrograms / "initdb").string(), "-D", data(), "-U", "app",
                   "--auth=scram-sha-256", "--pwfile=" + (directory_ / "password").string(),
                   "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}));
    std::ofstream{directory_ / "data/postgresql.conf", std::ios::app}
        << "listen_addresses = '127.0.0.1'\nport = " << port_.number()
        << "\nunix_socket_directories = '" << name
        << "'\nfsync = off\nmax_connections = 60\nshared_buffers = 32MB\n"
        << "deadlock_timeout = 100ms\n"
        << settings << '\n';
    start();
  }
  ~PrivatePostgres() {
    if (pid_ > 0) stop(SIGQUIT);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;

  std::string url(std::string_view database = "postgres") const {
    return "postgres://app:" + std::string{kPassword} + "@127.0.0.1:" + port_.text() + "/" +
           std::string{database};
  }
  int port() const { return port_.number(); }
  std::filesystem::path data_directory() const { return directory_ / "data"; }

  void start() {
    pid_ = spawn(as_server({(kPostgresPrograms / "postgres").string(), "-D", data()}));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{2};
    for (;;) {
      if (PQping(url().c_str()) == PQPING_OK) return;
      if (std::chrono::steady_clock::now() > deadline || ::waitpid(pid_, nullptr, WNOHANG) == pid_)
        throw std::runtime_error("PostgreSQL does not start: " + log());
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }
  // SIGINT ends every session in order, SIGQUIT at once, and SIGKILL is what a crash looks like.
  void stop(int signal = SIGINT) {
    const auto below = children();
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    // After a crash the backends notice by themselves, but only when they look.
    if (signal == SIGKILL)
      for (const pid_t child : below) ::kill(child, SIGKILL);
  }
  void restart(int signal = SIGINT) {
    stop(signal);
    start();
  }
  // The whole server stands still, and its sockets stay open.
  void freeze() { signal_all(SIGSTOP); }
  void thaw() { signal_all(SIGCONT); }

  std::string log() const {
    std::ifstream file{directory_ / "log"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

 private:
  static constexpr std::string_view kPassword = "secret";

  std::string data() const { return (directory_ / "data").string(); }

  void write(const char* file, const std::string& text) const {
    std::ofstream{directory_ / file} << text;
  }

  // PostgreSQL refuses to run as root.
  static std::vector<std::string> as_server(std::vector<std::string> command) {
    std::vector<std::string> all;
    if (::geteuid() == 0)
      all = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
             "--pdeathsig=QUIT"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }

  pid_t spawn(const std::vector<std::string>& command) const {
    std::vector<char*> words;
    words.reserve(command.size() + 1);
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::string log_file = (directory_ / "log").string();
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
      ::setsid();  // what interrupts the tests from a terminal is for them alone
      const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::close(STDIN_FILENO);
      for (int open = 3; open < 256; ++open) ::close(open);
      ::execvp(words[0], words.data());
      ::_exit(127);
    }
    return child;
  }

  void run(const std::vector<std::string>& command) const {
    int status = -1;
    ::waitpid(spawn(command), &status, 0);
    if (status != 0) throw std::runtime_error(command[0] + " failed: " + log());
  }

  std::vector<pid_t> children() const {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
      const std::string name = entry.path().filename().string();
      pid_t pid = 0;
      if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{}) continue;
      std::ifstream file{entry.path() / "stat"};
      std::string stat;
      std::getline(file, stat);  // which does not throw when the process goes at this very moment
      const auto name_ends = stat.rfind(") ");
      if (name_ends == std::string::npos) continue;  // gone meanwhile
      const pid_t parent = std::atoi(stat.c_str() + name_ends + 4);
      if (parent == pid_) found.push_back(pid);
    }
    return found;
  }

  void signal_all(int signal) const {
    ::kill(pid_, signal);  // first, so that it starts nobody meanwhile
    for (const pid_t child : children()) ::kill(child, signal);
  }

  std::filesystem::path directory_;
  const OwnPort port_;
  pid_t pid_ = 0;
};

// The server all tests of this process share; nothing when there is none to be had.
inline const std::optional<std::string>& postgres_for_tests() {
  static std::optional<PrivatePostgres> own;
  static const std::optional<std::string> url = [&]() -> std::optional<std::string> {
    if (const char* given = std::getenv("PARLEY_TEST_POSTGRES"); given && *given) return given;
    if (!postgres_installed()) return std::nullopt;
    return own.emplace().url();
  }();
  return url;
}

// `url` with another database in it.
inline std::string with_database(std::string_view url, std::string_view database) {
  const auto host = url.find("://") + 3;
  const auto path = std::min(url.find('/', host), url.size());
  const auto query = std::min(url.find('?', host), url.size());
  return std::string{url.substr(0, std::min(path, query))} + "/" + std::string{database} +
         std::string{url.substr(query)};
}

// An empty database that goes with it.
class TestDatabase {
 public:
  // On the server of postgres_for_tests(), or of another `server_url`. `pattern` is a database to
  // begin as a copy of; nobody may be connected to it.
  explicit TestDatabase(std::string_view pattern = "template1")
      : TestDatabase(postgres_for_tests().value(), pattern) {}
  TestDatabase(std::string server_url, std::string_view pattern) : server_(std::move(server_url)) {
    static std::atomic<int> made{0};
    name_ = "parley_test_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
    ask_postgres(admin(), "CREATE DATABASE " + name_ + " TEMPLATE " + std::string{pattern});
  }
  ~TestDatabase() {
    try {
      ask_postgres(admin(), "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
      // The server is gone, and the database with it.
    }
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& name() const { return name_; }
  std::string url() const { return with_database(server_, name_); }
  std::string ask(const std::string& sql) const { return ask_postgres(url(), sql); }

 private:
  std::string admin() const { return with_database(server_, "postgres"); }

  std::string server_;
  std::string name_;
};

}  // namespace parley::storage
