#pragma once

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chat/fakes_for_test.h"
#include "chat/groups.h"
#include "chat/receipts.h"
#include "chat/service.h"
#include "gateway/forwarder.h"
#include "gateway/node_endpoints.h"
#include "gateway/server.h"
#include "gateway/server_for_test.h"

namespace parley::gateway {

inline const std::string kSecret(32, 's');

// A node with the role chat: the real service on a store in memory, behind a real server.
class ChatNode {
 public:
  explicit ChatNode(const Clock& clock, std::uint64_t start, std::string secret = kSecret,
                    std::uint16_t port = 0)
      : seal(std::move(secret)), clock_(clock), start_(start) {
    NetworkOptions options;
    options.port = port;
    options.max_connections = 200;
    server = std::make_unique<Server>(options, handler, router, clock_);
    router.make_hub(loop);
    server->start();
  }
  ~ChatNode() { server->stop(std::chrono::milliseconds{500}); }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(server->port()); }

  chat::FakeChats store;
  const UserId alice = store.add_user("alice");
  const UserId bob = store.add_user("bob");
  const ChatId direct = store.add_chat(ChatType::direct, {alice, bob});
  const ClusterSeal seal;
  Loop loop{1};
  delivery::Router router;
  std::atomic<bool> ready = true;

 private:
  const Clock& clock_;
  const NodeStart start_;
  chat::Receipts receipts_{router, loop};
  chat::Service service_{store, store, router, receipts_, 64};
  chat::Groups groups_{store, service_, router};
  Api api_{.chats = &service_, .groups = &groups_};

 public:
  InternalEndpoint internal{api_, seal, start_, clock_, 4'096};

 private:
  Peers nobody_{{}, start_.value()};
  PeerClient client_;
  PartHealth health_{delivery::NodeRoles::read("chat"), [this] { return ready.load(); }, nobody_,
                     client_};
  NodeEndpoints endpoints_{.pages = [this](std::string_view path) { return page(path); },
                           .health = health_,
                           .internal = internal};

  std::optional<HttpResponse> page(std::string_view path) const {
    if (path != "/ready") return {};
    return HttpResponse{.status = ready ? 200 : 503, .body = "{}", .headers = {}};
  }

 public:
  PartHandler handler{endpoints_};
  std::unique_ptr<Server> server;
};

// Something at a port that is no node of ours. `answer` is given each request as it came and yields
// the bytes to say, or nothing: then it says nothing until the connection is closed by the other
// side. Empty bytes close the connection at once.
class NoNode {
 public:
  using AnswerBytes = std::function<std::optional<std::string>(const std::string& request)>;

  explicit NoNode(AnswerBytes answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { accept_all(); }};
  }
  ~NoNode() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const auto& served : served_) shutdown(served->socket, SHUT_RDWR);
    for (const auto& served : served_) {
      served->thread.join();
      close(served->socket);
    }
    close(listener_);
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }
  int requests() const { return requests_; }

 private:
  struct Served {
    int socket;
    std::thread thread;
  };

  void accept_all() {
    for (;;) {
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      ++connections_;
      auto served = std::make_unique<Served>(Served{peer, {}});
      served->thread = std::thread{[this, peer] { serve(peer); }};
      served_.push_back(std::move(served));
    }
  }

  void serve(int peer) {
    std::string text;
    char bytes[8192];
    for (;;) {
      const auto head = text.find("\r\n\r\n");
      std::size_t length = 0;
      if (const auto at = text.find("Content-Length: "); at < head)
        length = std::stoul(text.substr(at + 16));
      if (head == text.npos || text.size() < head + 4 + length) {
        const auto got = recv(peer, bytes, sizeof bytes, 0);
        if (got <= 0) return;
        text.append(bytes, static_cast<std::size_t>(got));
        continue;
      }
      ++requests_;
      const auto said = answer_(text.substr(0, head + 4 + length));
      text.erase(0, head + 4 + length);
      if (!said) continue;
      if (!said->empty()) send(peer, said->data(), said->size(), MSG_NOSIGNAL);
      if (said->empty()) {
        shutdown(peer, SHUT_RDWR);
        return;
      }
    }
  }

  const AnswerBytes answer_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
  std::list<std::unique_ptr<Served>> served_;  // of the accepting thread, until it ends
};

// An HTTP response, whole.
inline std::string http_bytes(std::string_view status, std::string_view body,
                              std::string_view headers = "") {
  return "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string{headers} + "\r\n" + std::string{body};
}

}  // namespace parley::gateway
