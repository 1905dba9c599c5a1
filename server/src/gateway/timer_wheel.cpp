#include "gateway/timer_wheel.h"

#include <algorithm>

namespace parley::gateway {

void TimerWheel::Timer::leave() {
  if (!next_) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
}

TimerWheel::Head::Head() { next_ = previous_ = this; }

TimerWheel::TimerWheel(Loop& loop) : ticker_(loop), tick_(tick_of(Clock::now())) {}

TimerWheel::~TimerWheel() {
  for (Head& head : slots_) {
    while (head.next_ != &head) head.next_->leave();
  }
}

void TimerWheel::set(Timer& timer, Clock::time_point due) {
  timer.leave();
  timer.due_ = due;
  // Rounded up: a timer is late, never early.
  Head& head = slots_[std::max(tick_of(due) + 1, tick_ + 1) % kSlots];
  timer.previous_ = head.previous_;
  timer.next_ = &head;
  head.previous_->next_ = &timer;
  head.previous_ = &timer;
}

void TimerWheel::start() { wait(); }

void TimerWheel::wait() {
  ticker_.expires_after(kTick);
  ticker_.async_wait([this](const boost::system::error_code& stopped) {
    if (stopped) return;
    advance(Clock::now());
    wait();
  });
}

void TimerWheel::advance(Clock::time_point now) {
  // After a long pause every slot needs one look, not one per missed tick.
  const std::size_t target = tick_of(now);
  if (target > tick_ + kSlots) tick_ = target - kSlots;
  while (tick_ < target) {
    Head& head = slots_[++tick_ % kSlots];
    // Moved to a list of its own first: a timer that is called may set itself or others anew.
    Head due;
    for (Timer* timer = head.next_; timer != &head;) {
      Timer* const next = timer->next_;
      if (timer->due_ <= now) {
        timer->leave();
        timer->previous_ = due.previous_;
        timer->next_ = &due;
        due.previous_->next_ = timer;
        due.previous_ = timer;
      }
      timer = next;
    }
    while (due.next_ != &due) {
      Timer* const timer = due.next_;
      timer->leave();
      timer->expired();
    }
    due.leave();
  }
}

}  // namespace parley::gateway
