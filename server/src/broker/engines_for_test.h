#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/port_for_test.h"

// The servers that adapters are tried on: those named by PARLEY_TEST_<ENGINE>, or private ones.

namespace parley::broker {

// A program that is ours, with all that it starts, until this object is gone.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::map<std::string, std::string>& set,
          const std::filesystem::path& output) {
    // Prepared before the fork: the child of a process with threads may not allocate.
    std::vector<std::string> lines;
    for (char** line = environ; *line != nullptr; ++line) {
      const std::string text{*line};
      if (!set.contains(text.substr(0, text.find('=')))) lines.push_back(text);
    }
    for (const auto& [name, value] : set) lines.push_back(name + "=" + value);
    const auto environment = pointers(lines);
    const auto arguments = pointers(command);
    const std::string file = output.string();
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 1);
    ::dup2(1, 2);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  ~Process() { kill(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // At once, as a power cut would.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    wait();
  }
  // It says nothing, and is there: as if the network were gone.
  void pause() const { ::kill(-pid_, SIGSTOP); }
  void resume() const { ::kill(-pid_, SIGCONT); }
  // What it exits with.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  bool running() const { return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
  }

  pid_t pid_ = -1;
};

// A private RabbitMQ on loopback, in a temporary directory.
class RabbitServer {
 public:
  static constexpr const char* kPrograms = "/usr/lib/rabbitmq/bin/";

  static bool installed() {
    return std::filesystem::exists(std::string{kPrograms} + "rabbitmq-server");
  }

  RabbitServer() {
    std::string pattern = std::filesystem::temp_directory_path() / "parley-rabbit-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
    directory_ = pattern;
    make_certificate();
    std::ofstream{directory_ / "rabbitmq.conf"}
        << "listeners.tcp.default = 127.0.0.1:" << port_.number()
        << "\nloopback_users = none\ndefault_user = app\ndefault_pass = secret\n"
           "log.file.level = warning\nlog.console = false\n"
           "vm_memory_high_watermark.absolute = 2GB\ndisk_free_limit.absolute = 50MB\n"
           "listeners.ssl.default = 127.0.0.1:"
        << tls_port_.number() << "\nssl_options.certfile = " << certificate()
        << "\nssl_options.keyfile = " << (directory_ / "key.pem").string() << "\n";
    std::ofstream{directory_ / "enabled_plugins"} << "[].";
    const std::string at = directory_.string() + "/";
    environment_ = {{"HOME", directory_.string()},
                    {"ERL_EPMD_PORT", epmd_port_.text()},
                    {"ERL_EPMD_ADDRESS", "127.0.0.1"},
                    {"RABBITMQ_CONF_ENV_FILE", "/dev/null"},
                    {"RABBITMQ_NODENAME", node_},
                    {"RABBITMQ_NODE_PORT", port_.text()},
                    {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
                    {"RABBITMQ_DIST_PORT", dist_port_.text()},
                    {"RABBITMQ_MNESIA_BASE", at + "mnesia"},
                    {"RABBITMQ_LOG_BASE", at + "log"},
                    {"RABBITMQ_ENABLED_PLUGINS_FILE", at + "enabled_plugins"},
                    {"RABBITMQ_CONFIG_FILE", at + "rabbitmq.conf"},
                    {"RABBITMQ_PID_FILE", at + "pid"},
                    {"RABBITMQ_ADVANCED_CONFIG_FILE", at + "advanced.config"},
                    {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                     "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none "
                     "-kernel inet_dist_use_interface {127,0,0,1}"}};
    // As a child of ours: one that RabbitMQ starts by itself would stay behind.
    epmd_ = std::make_unique<Process>(
        std::vector<std::string>{"/usr/bin/epmd", "-relaxed_command_check", "-address", "127.0.0.1",
                                 "-port", epmd_port_.text()},
        environment_, directory_ / "epmd.out");
    start();
  }
  ~RabbitServer() {
    server_.reset();
    epmd_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  RabbitServer(const RabbitServer&) = delete;
  RabbitServer& operator=(const RabbitServer&) = delete;

  std::string url(const std::string& user = "app", const std::string& password = "secret") const {
    return "amqp://" + user + ":" + password + "@127.0.0.1:" + port_.text();
  }
  // Its certificate is for localhost, and vouched for by itself.
  std::string tls_url(const std::string& host) const {
    return "amqps://app:secret@" + host + ":" + tls_port_.text();
  }
  std::string certificate() const { return (directory_ / "certificate.pem").string(); }

  void kill() { server_.reset(); }
  void pause() { server_->pause(); }
  void resume() { server_->resume(); }

  // Returns when it takes connections.
  void start() {
    const auto output = directory_ / "out";
    std::filesystem::remove(output);
    server_ = std::make_unique<Process>(
        std::vector<std::string>{std::string{kPrograms} + "rabbitmq-server"}, environment_, output);
    const auto late = std::chrono::steady_clock::now() + std::chrono::minutes{3};
    while (read(output).find("completed with") == std::string::npos) {
      if (!server_->running() || std::chrono::steady_clock::now() > late)
        throw std::runtime_error{"RabbitMQ does not start: " + read(output)};
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
  }

  // Runs rabbitmqctl, which must succeed.
  void control(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{std::string{kPrograms} + "rabbitmqctl", "-n", node_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process program{command, environment_, directory_ / "ctl.out"};
    if (program.wait() != 0)
      throw std::runtime_error{"rabbitmqctl fails: " + read(directory_ / "ctl.out")};
  }

 private:
  void make_certificate() const {
    Process program{{"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                     "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                     (directory_ / "key.pem").string(), "-out", certificate()},
                    {},
                    directory_ / "openssl.out"};
    if (program.wait() != 0)
      throw std::runtime_error{"openssl fails: " + read(directory_ / "openssl.out")};
  }

  static std::string read(const std::filesystem::path& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }

  const OwnPort port_, tls_port_, dist_port_, epmd_port_;
  const std::string node_ = "parley-test-" + port_.text() + "@localhost";
  std::filesystem::path directory_;
  std::map<std::string, std::string> environment_;
  std::unique_ptr<Process> epmd_, server_;
};

// The RabbitMQ of this run that may be killed and starved: always a private one, started when it
// is first asked for.
inline RabbitServer& private_rabbit() {
  static RabbitServer server;
  return server;
}

// Where a RabbitMQ listens that tests may use, but must leave as it is.
inline std::string rabbit_url() {
  const char* const given = std::getenv("PARLEY_TEST_RABBITMQ");
  return given != nullptr && *given != '\0' ? given : private_rabbit().url();
}

// Whether rabbit_url() has an answer.
inline bool has_rabbit() {
  const char* const given = std::getenv("PARLEY_TEST_RABBITMQ");
  return (given != nullptr && *given != '\0') || RabbitServer::installed();
}

}  // namespace parley::broker
