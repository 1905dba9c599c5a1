#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/task.h"
#include "chat/away.h"

namespace parley::processor {

// AwayUsers sees to it that what was sent reaches people who are away (FEATURES S90): when some of
// a chat's participants have not acknowledged a message within the wait, they are left a push, one
// for all messages of the burst.
//
// It looks after what this node accepted. What a node that died had accepted is found by the sweep,
// which one node at a time does.
class AwayUsers final : public chat::AwayWatch {
 public:
  static constexpr std::chrono::milliseconds kWait{3'000};
  static constexpr std::chrono::milliseconds kLook{250};
  static constexpr std::size_t kMostTraces = 64;  // of one burst

  AwayUsers(chat::AwayStore& store, Loop& loop, std::chrono::milliseconds wait = kWait)
      : store_(store), wait_(wait), timer_(loop) {}

  void sent(ChatId chat, Seq seq, const Trace& trace) override;
  void arrived(ChatId chat, Seq seq) override;

  // Looks what is due, until stop(); main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`

  // Pushes left since the start. From any thread.
  std::uint64_t pushes() const { return pushes_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                  Loop::executor_type>;
  struct Due {
    Clock::time_point at;
    Seq up_to = 0;
    std::vector<std::pair<Seq, Trace>> traces{};
  };

  std::vector<chat::Burst> take_due();
  Task<void> look_after(chat::Burst burst);

  chat::AwayStore& store_;
  const std::chrono::milliseconds wait_;
  Timer timer_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> pushes_{0};

  std::mutex mutex_;  // guards what follows
  std::unordered_map<ChatId, Due> due_;
};

}  // namespace parley::processor
