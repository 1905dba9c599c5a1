#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "broker/rabbitmq/message.h"

namespace parley::broker {

// Confirms remembers what was published on a channel until RabbitMQ has said what became of it:
// channels number publishes 1, 2, 3 … and confirms name these numbers, one or all up to one, in
// any order. What cannot be routed is returned first, and then confirmed nevertheless.
class Confirms {
 public:
  // Which of whose publications it was.
  struct Place {
    std::uint64_t batch = 0;
    std::size_t index = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };
  using Outcomes = std::vector<std::pair<Place, Published>>;

  void sent(Place place, std::string message_id, std::size_t size);

  // The oldest one of that id that waits and has not been returned.
  void returned(const std::string& message_id);

  // What has been decided by this; a tag that nobody waits for decides nothing.
  Outcomes settled(std::uint64_t tag, bool multiple, bool refused);

  // The channel is gone: nobody will ever know. The next publish is number 1 again.
  Outcomes abandon();

  std::size_t open() const { return open_; }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    Place place;
    std::string message_id;
    std::size_t size;
    bool returned = false;
    bool settled = false;
  };

  void settle(Entry& entry, Published outcome, Outcomes& outcomes);

  std::deque<Entry> entries_;    // beginning with the oldest that is open
  std::uint64_t first_tag_ = 1;  // of the first entry
  std::size_t open_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace parley::broker
