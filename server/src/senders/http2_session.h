#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "delivery/http_client.h"

struct nghttp2_session;

namespace parley::senders {

// Http2Session is the client's side of one connection of HTTP/2, without the connection: it is
// given the bytes that arrive and yields those that are to be sent. Requests beyond what the server
// takes at once wait inside. On one thread.
class Http2Session {
 public:
  using Answer = std::expected<delivery::OutboundAnswer, std::string>;
  using Done = std::function<void(Answer)>;
  using StreamId = std::int32_t;

  // `host` is what sentences call the server.
  explicit Http2Session(std::string host);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // Whether ask() may be called: the server has not said goodbye, and there are numbers left.
  bool accepts() const;
  // `done` is called once, from within another call of the session, which is not to be destroyed
  // by it.
  StreamId ask(const delivery::OutboundRequest& request, const std::string& authority, Done done);
  // Answers with `why`, unless that stream has been answered.
  void give_up(StreamId stream, const std::string& why);
  void give_up_all(const std::string& why);

  // False when the server speaks no HTTP/2; nothing is to be given after that.
  bool receive(std::span<const unsigned char> bytes);
  // The next bytes to send; empty when there is nothing to say now.
  std::string output();
  // Nothing is left to say or to hear.
  bool ended() const;
  std::size_t open_streams() const { return streams_.size(); }

 private:
  struct Stream;
  struct Callbacks;
  struct FreeSession {
    void operator()(nghttp2_session* session) const;
  };

  void finish(StreamId id, Answer answer);
  void tell_finished();

  const std::string host_;
  bool goodbye_ = false;
  std::unique_ptr<nghttp2_session, FreeSession> session_;
  std::map<StreamId, std::unique_ptr<Stream>> streams_;
  // Answered while the library was at work: told when it is not.
  std::vector<std::pair<Done, Answer>> finished_;
};

}  // namespace parley::senders
