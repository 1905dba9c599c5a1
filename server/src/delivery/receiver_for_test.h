#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "delivery/receiver.h"
#include "delivery/router.h"

namespace parley::delivery {

// A connection that remembers what it was told.
class FakeReceiver final : public Receiver {
 public:
  FakeReceiver(Router& router, Hub& hub, UserId user, SessionId session, ConnectionId number,
               bool is_attended = true)
      : router_(router), hub_(hub) {
    attended = is_attended;
    user_id = user;
    session_id = session;
    connection = number;
    router_.add(hub_, *this);
  }
  ~FakeReceiver() override { leave(); }
  FakeReceiver(const FakeReceiver&) = delete;
  FakeReceiver& operator=(const FakeReceiver&) = delete;

  void leave() {
    if (std::exchange(there_, false)) router_.remove(hub_, *this);
  }

  void receive(const std::shared_ptr<const Announcement>& announcement) override {
    if (const Event* const event = announcement->event()) heard.push_back(*event);
  }
  void sign_out() override { signed_out = true; }

  // Everything of one kind it heard, in order.
  template <class E>
  std::vector<E> all() const {
    std::vector<E> found;
    for (const Event& event : heard)
      if (const auto* const one = std::get_if<E>(&event)) found.push_back(*one);
    return found;
  }

  std::vector<Event> heard;
  bool signed_out = false;

 private:
  Router& router_;
  Hub& hub_;
  bool there_ = true;
};

}  // namespace parley::delivery
