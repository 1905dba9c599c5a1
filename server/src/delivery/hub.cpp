#include "delivery/hub.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace parley::delivery {

bool Hub::add(Receiver& receiver) {
  auto& mine = receivers_[receiver.user_id];
  mine.push_back(&receiver);
  ++count_;
  return mine.size() == 1;
}

bool Hub::remove(Receiver& receiver) {
  const auto mine = receivers_.find(receiver.user_id);
  if (mine == receivers_.end() || std::erase(mine->second, &receiver) == 0) return false;
  --count_;
  if (!mine->second.empty()) return false;
  receivers_.erase(mine);
  return true;
}

bool Hub::attended(UserId user) const {
  const auto mine = receivers_.find(user);
  return mine != receivers_.end() && std::ranges::any_of(mine->second, &Receiver::attended);
}

void Hub::set_attended(UserId user, ConnectionId connection, bool attended) {
  const auto mine = receivers_.find(user);
  if (mine == receivers_.end()) return;
  for (Receiver* const receiver : mine->second)
    if (receiver->connection == connection) receiver->attended = attended;
}

void Hub::deliver(const Delivery& delivery) {
  for (const UserId user : delivery.recipients) {
    const auto mine = receivers_.find(user);
    if (mine == receivers_.end()) continue;
    if (delivery.announcement) {
      for (Receiver* const receiver : mine->second) {
        if (delivery.except == 0 || receiver->connection != delivery.except)
          receiver->receive(delivery.announcement);
      }
    } else {
      // Whoever signs out leaves the hub at once.
      for (Receiver* const receiver : std::vector<Receiver*>{mine->second}) {
        if (!delivery.session || receiver->session_id == delivery.session) receiver->sign_out();
      }
    }
  }
}

void Hub::hand_over(std::vector<Delivery> batch) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    if (handed_over_.empty()) {
      handed_over_ = std::move(batch);
    } else {
      for (Delivery& delivery : batch) handed_over_.push_back(std::move(delivery));
    }
    wake = !std::exchange(woken_, true);
  }
  if (wake) boost::asio::post(loop_, [this] { take_handed_over(); });
}

void Hub::take_handed_over() {
  std::vector<Delivery> batch;
  {
    const std::lock_guard lock{mutex_};
    batch.swap(handed_over_);
    woken_ = false;
  }
  for (const Delivery& delivery : batch) deliver(delivery);
}

void Hub::each(const std::function<void(Receiver&)>& visit) const {
  for (const auto& [user, receivers] : receivers_) {
    for (Receiver* const receiver : receivers) visit(*receiver);
  }
}

}  // namespace parley::delivery
