#include "gateway/network_thread.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "delivery/router.h"
#include "gateway/connection.h"
#include "gateway/network_options.h"

namespace parley::gateway {

NetworkThread::NetworkThread(const NetworkOptions& network_options, Handler& its_handler,
                             delivery::Router& its_router, const parley::Clock& its_clock)
    : options(network_options),
      handler(its_handler),
      router(its_router),
      clock(its_clock),
      hub(its_router.make_hub(loop)) {
  write_buffer.reserve(kBuffer);
}

NetworkThread::~NetworkThread() = default;

void NetworkThread::flush_later(Connection& connection) {
  dirty_.push_back(&connection);
  if (flush_posted_) return;
  flush_posted_ = true;
  boost::asio::post(loop, [this] { flush(); });
}

void NetworkThread::open_connection(Socket socket, Admission admission, std::string already_read) {
  const ConnectionId id = std::uint64_t{options.node} << 53 | (hub.index() + 1) << 46 | ++opened_;
  auto& connection = *connections
                          .emplace(id, std::make_unique<Connection>(*this, std::move(socket),
                                                                    std::move(admission), id))
                          .first->second;
  connection.start(std::move(already_read));
}

void NetworkThread::close_sockets() {
  for (const auto& [id, connection] : connections)
    connection->close(CloseCode::restarting, "restarting");
}

void NetworkThread::say_goodbye() {
  stopping = true;
  close_sockets();
  for (Socket* const socket : idle) {
    boost::system::error_code ignored;
    socket->cancel(ignored);
  }
}

void NetworkThread::flush() {
  flush_posted_ = false;
  flushing_.swap(dirty_);
  for (std::size_t i = 0; i < flushing_.size(); ++i) {
    flushing_[i]->flush();
  }
  flushing_.clear();
}

}  // namespace parley::gateway
