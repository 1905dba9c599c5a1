#include "broker/rabbitmq/connection.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/waiter.h"

namespace parley::broker {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kSetup = 1;
constexpr std::uint16_t kDeliveries = 2;
constexpr std::uint16_t kPublishes[] = {3, 4};  // in turn: a nack ends the one in use

constexpr milliseconds kTick{1'000};
// A connection that has lasted so long does not count as another failure when it ends.
constexpr milliseconds kLasted{10'000};
constexpr milliseconds kGoodbye{2'000};

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::vector<Published> all_of(std::size_t count, Published outcome) {
  return std::vector<Published>(count, outcome);
}

// Half of it or more, so that nodes do not come back in step.
milliseconds with_jitter(milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds{
      std::uniform_int_distribution<std::int64_t>{wait.count() / 2, wait.count()}(random)};
}

}  // namespace

struct RabbitConnection::Session {
  Session(const Options& options, const Host& host) : wire(options.address, host, options.wire) {}

  std::uint16_t publishes() const { return kPublishes[turn % 2]; }

  Wire wire;
  std::size_t turn = 0;
  bool renew = false;      // the channel for publishes
  bool redeclare = false;  // something is not there that was
  std::set<std::string> consumed{};
  Clock::time_point next_declaration{};
  Clock::time_point next_count{};
};

RabbitConnection::RabbitConnection(Options options, Consumer* consumer)
    : options_(std::move(options)),
      consumer_(consumer),
      wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "rabbitmq");
}

RabbitConnection::~RabbitConnection() {
  stop();
  ::close(wakeup_);
}

void RabbitConnection::stop() {
  {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    wake();
    // It may be stuck in a send to somebody who does not read.
    if (!end_.wait_for(lock, kGoodbye, [this] { return ended_; }) && wire_ != nullptr)
      ::shutdown(wire_->descriptor(), SHUT_RDWR);
  }
  if (thread_.joinable()) thread_.join();
}

Task<RabbitConnection::Outcomes> RabbitConnection::publish(std::vector<Publication> publications) {
  struct Wait : Waiter {
    Outcomes outcomes;
  };
  Wait waiting;
  co_await waiting.wait([this, &waiting, &publications] {
    publish(std::move(publications), [&waiting](Outcomes outcomes) {
      waiting.outcomes = std::move(outcomes);
      std::vector<Wait*> one{&waiting};
      resume_all(one);
    });
  });
  co_return std::move(waiting.outcomes);
}

void RabbitConnection::publish(std::vector<Publication> publications, Then then) {
  const std::size_t count = publications.size();
  {
    const std::lock_guard lock{mutex_};
    const bool room = queued_ + count <= options_.most_queued;
    if (count > 0 && room && !stopping_ && state() == State::up) {
      queued_ += count;
      new_batches_.push_back({.publications = std::move(publications),
                              .outcomes = all_of(count, Published::unknown),
                              .open = count,
                              .deadline = Clock::now() + options_.patience,
                              .then = std::move(then)});
      wake();
      return;
    }
  }
  then(all_of(count, Published::away));
}

void RabbitConnection::consume(std::string queue, std::uint16_t prefetch) {
  const std::lock_guard lock{mutex_};
  if (consumed_.try_emplace(std::move(queue), prefetch).second) wake();
}

void RabbitConnection::settle(Delivery::Receipt receipt, Settling settling) {
  const std::lock_guard lock{mutex_};
  new_settlings_.emplace_back(receipt, settling);
  wake();
}

RabbitConnection::Status RabbitConnection::status() const {
  const std::lock_guard lock{mutex_};
  return {state(), sentence_};
}

RabbitConnection::Totals RabbitConnection::totals() const {
  return {.connects = counters_.connects,
          .confirmed = counters_.confirmed,
          .unroutable = counters_.unroutable,
          .refused = counters_.refused,
          .unknown = counters_.unknown,
          .delivered = counters_.delivered,
          .acked = counters_.acked,
          .requeued = counters_.requeued};
}

std::map<std::string, std::int64_t> RabbitConnection::waiting() const {
  const std::lock_guard lock{mutex_};
  std::map<std::string, std::int64_t> waiting;
  for (const auto& [queue, counts] : counts_) waiting[queue] = counts.messages;
  return waiting;
}

std::map<std::string, std::int64_t> RabbitConnection::consumers() const {
  const std::lock_guard lock{mutex_};
  std::map<std::string, std::int64_t> consumers;
  for (const auto& [queue, counts] : counts_) consumers[queue] = counts.consumers;
  return consumers;
}

void RabbitConnection::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeup_, &one, sizeof one);
}

bool RabbitConnection::stopping() const {
  const std::lock_guard lock{mutex_};
  return stopping_;
}

void RabbitConnection::set(State state, std::string sentence) {
  const std::lock_guard lock{mutex_};
  if (state_ == state && sentence_ == sentence) return;
  state_ = state;
  sentence_ = std::move(sentence);
  if (state == State::up) {
    log::info("RabbitMQ takes what we have");
  } else if (!stopping_) {
    log::warning("RabbitMQ is away", {{"why", sentence_}});
  }
}

void RabbitConnection::use(Wire* wire) {
  const std::lock_guard lock{mutex_};
  wire_ = wire;
  if (wire == nullptr) counts_.clear();
}

void RabbitConnection::run() {
  while (!stopping()) {
    const Ended ended = connect_and_serve();
    if (ended != Ended::late) ++failures_;
    if (ended == Ended::late) failures_ = 1;
    ++next_host_;
    if (!stopping()) pause(ended);
  }
  set(State::down, "shutting down");
  give_up_queued();
  const std::lock_guard lock{mutex_};
  ended_ = true;
  end_.notify_all();
}

RabbitConnection::Ended RabbitConnection::connect_and_serve() {
  const auto& hosts = options_.address.hosts;
  Clock::time_point since = Clock::time_point::max();
  Ended ended = Ended::soon;
  try {
    Session session{options_, hosts[next_host_ % hosts.size()]};
    use(&session.wire);
    try {
      session.wire.open_channel(kSetup);
      options_.topology.declare(session.wire, kSetup);
      session.wire.open_channel(kDeliveries);
      session.wire.open_channel(session.publishes());
      session.wire.confirm(session.publishes());
      since = Clock::now();
      ++connection_;
      ++counters_.connects;
      set(State::up, "ok");
      serve(session);
      session.wire.close();
    } catch (...) {
      use(nullptr);
      throw;
    }
    use(nullptr);
  } catch (const WireFailure& failure) {
    if (failure.kind == WireFailure::Kind::refused) ended = Ended::refused;
    if (!stopping()) set(State::down, failure.what());
  }
  if (stopping()) set(State::down, "shutting down");
  decide(confirms_.abandon());
  give_up_queued();
  if (consumer_ != nullptr && since != Clock::time_point::max()) consumer_->lost();
  if (since < Clock::now() - kLasted) ended = Ended::late;
  return ended;
}

void RabbitConnection::pause(Ended ended) {
  // Another node of the cluster may be there now; when all have been tried, wait.
  const std::size_t round = failures_ / options_.address.hosts.size();
  if (ended != Ended::refused && failures_ % options_.address.hosts.size() != 0) return;
  milliseconds longest = options_.longest_wait;
  if (ended != Ended::refused && round < 16)
    longest = std::min(longest, options_.first_wait * (1 << round) / 2);
  const auto end = Clock::now() + with_jitter(longest);
  while (!stopping() && Clock::now() < end) {
    tick();
    sleep(-1, false, std::chrono::ceil<milliseconds>(end - Clock::now()));
    const std::lock_guard lock{mutex_};
    new_settlings_.clear();  // of a connection that is gone
  }
}

void RabbitConnection::serve(Session& session) {
  while (!stopping()) {
    take_requests(session);
    repair(session);
    look_into_queues(session);
    publish_queued(session);
    listen(session);
    give_up_late();
    tick();
    if (!session.renew) wait(session);
  }
  take_requests(session);
}

void RabbitConnection::take_requests(Session& session) {
  std::deque<Batch> batches;
  std::vector<std::pair<Delivery::Receipt, Settling>> settlings;
  std::vector<std::pair<std::string, std::uint16_t>> queues;
  {
    const std::lock_guard lock{mutex_};
    batches.swap(new_batches_);
    settlings.swap(new_settlings_);
    for (const auto& consumed : consumed_)
      if (!session.consumed.contains(consumed.first)) queues.push_back(consumed);
  }
  for (Batch& batch : batches) {
    const std::uint64_t number = next_batch_++;
    for (std::size_t i = 0; i < batch.open; ++i) unsent_.push_back({number, i});
    batches_.emplace(number, std::move(batch));
  }
  for (const auto& [receipt, settling] : settlings) {
    if (receipt.connection != connection_) continue;
    if (settling == Settling::ack) {
      session.wire.ack(kDeliveries, receipt.tag);
      ++counters_.acked;
    } else {
      session.wire.requeue(kDeliveries, receipt.tag);
      ++counters_.requeued;
    }
  }
  for (const auto& [queue, prefetch] : queues) {
    session.wire.consume(kDeliveries, queue, prefetch);
    session.consumed.insert(queue);
  }
}

void RabbitConnection::repair(Session& session) {
  if (session.renew) {
    session.renew = false;
    decide(confirms_.abandon());
    session.wire.close_channel(session.publishes());
    ++session.turn;
    session.wire.open_channel(session.publishes());
    session.wire.confirm(session.publishes());
  }
  // A question to a RabbitMQ that is low on memory is not answered, so it is asked only while it
  // owes us no confirms.
  if (session.redeclare && confirms_.open() == 0 && Clock::now() >= session.next_declaration) {
    session.redeclare = false;
    session.next_declaration = Clock::now() + kTick;
    options_.topology.declare(session.wire, kSetup);
  }
}

void RabbitConnection::look_into_queues(Session& session) {
  if (options_.count_interval <= milliseconds{0} || confirms_.open() > 0 || state() != State::up ||
      Clock::now() < session.next_count)
    return;
  session.next_count = Clock::now() + options_.count_interval;
  std::map<std::string, QueueCounts> counts;
  for (const std::string& queue : options_.topology.queues())
    counts[queue] = session.wire.look_into(kSetup, queue);
  const std::lock_guard lock{mutex_};
  counts_ = std::move(counts);
}

void RabbitConnection::publish_queued(Session& session) {
  while (!unsent_.empty() && state() == State::up && confirms_.open() < options_.most_open &&
         confirms_.bytes() < options_.most_open_bytes) {
    const Confirms::Place place = unsent_.front();
    const auto batch = batches_.find(place.batch);
    if (batch != batches_.end()) {
      if (!session.wire.writable()) return;
      const Publication& publication = batch->second.publications[place.index];
      // Remembered first: when the send fails, part of it may have arrived.
      confirms_.sent(place, publication.message_id, publication.body.size());
      unsent_.pop_front();
      session.wire.publish(session.publishes(), publication);
    } else {
      unsent_.pop_front();
    }
  }
}

void RabbitConnection::listen(Session& session) {
  while (auto told = session.wire.next()) hear(session, std::move(*told));
}

void RabbitConnection::hear(Session& session, Wire::Told told) {
  std::visit(Overloaded{[&](const Wire::Acked& acked) {
                          if (acked.channel != session.publishes()) return;
                          decide(confirms_.settled(acked.tag, acked.multiple, acked.refused));
                          session.renew = session.renew || acked.refused;
                        },
                        [&](const Wire::Returned& returned) {
                          if (returned.channel == session.publishes())
                            confirms_.returned(returned.message_id);
                          session.redeclare = true;
                        },
                        [&](Delivery& delivery) {
                          ++counters_.delivered;
                          delivery.receipt.connection = connection_;
                          if (consumer_ != nullptr) consumer_->received(std::move(delivery));
                        },
                        [](const Wire::Cancelled& cancelled) {
                          throw WireFailure{WireFailure::Kind::unreachable,
                                            "the queue " + cancelled.queue + " is gone"};
                        },
                        [&](const Wire::Blocked& blocked) {
                          set(State::blocked,
                              "RabbitMQ takes nothing at the moment: " + blocked.reason);
                          give_up_queued();
                        },
                        [&](const Wire::Unblocked&) { set(State::up, "ok"); }},
             told);
}

void RabbitConnection::decide(const Confirms::Outcomes& outcomes) {
  for (const auto& [place, outcome] : outcomes) decide(place, outcome);
}

void RabbitConnection::decide(Confirms::Place place, Published outcome) {
  const auto batch = batches_.find(place.batch);
  if (batch == batches_.end()) return;  // it came too late
  batch->second.outcomes[place.index] = outcome;
  switch (outcome) {
    case Published::confirmed:
      ++counters_.confirmed;
      break;
    case Published::unroutable:
      ++counters_.unroutable;
      break;
    case Published::refused:
      ++counters_.refused;
      break;
    case Published::unknown:
      ++counters_.unknown;
      break;
    case Published::away:
      break;
  }
  if (--batch->second.open == 0) finish(place.batch);
}

void RabbitConnection::finish(std::uint64_t number) {
  Batch batch = std::move(batches_.extract(number).mapped());
  {
    const std::lock_guard lock{mutex_};
    queued_ -= batch.publications.size();
  }
  batch.then(std::move(batch.outcomes));
}

void RabbitConnection::give_up_queued() {
  std::deque<Batch> batches;
  {
    const std::lock_guard lock{mutex_};
    batches.swap(new_batches_);
    for (const Batch& batch : batches) queued_ -= batch.publications.size();
  }
  for (Batch& batch : batches) batch.then(all_of(batch.publications.size(), Published::away));
  for (const auto place : std::exchange(unsent_, {})) decide(place, Published::away);
}

void RabbitConnection::give_up_late() {
  const auto now = Clock::now();
  std::vector<std::uint64_t> late;
  for (const auto& [number, batch] : batches_)
    if (batch.deadline <= now) late.push_back(number);
  for (const std::uint64_t number : late) {
    counters_.unknown += batches_.at(number).open;
    finish(number);
  }
}

void RabbitConnection::tick() {
  const auto now = Clock::now();
  if (now < next_tick_) return;
  next_tick_ = now + kTick;
  if (consumer_ != nullptr) consumer_->tick();
}

void RabbitConnection::wait(const Session& session) {
  auto until = next_tick_;
  for (const auto& [number, batch] : batches_) until = std::min(until, batch.deadline);
  const bool for_room = !unsent_.empty() && state() == State::up &&
                        confirms_.open() < options_.most_open &&
                        confirms_.bytes() < options_.most_open_bytes;
  sleep(session.wire.descriptor(), for_room, std::chrono::ceil<milliseconds>(until - Clock::now()));
}

void RabbitConnection::sleep(int socket, bool for_room, milliseconds longest) {
  const auto events = static_cast<short>(for_room ? POLLIN | POLLOUT : POLLIN);
  pollfd both[] = {{.fd = wakeup_, .events = POLLIN, .revents = 0},
                   {.fd = socket, .events = events, .revents = 0}};  // a negative one is left out
  const auto most = std::clamp(longest, milliseconds{0}, kTick);
  ::poll(both, 2, static_cast<int>(most.count()));
  std::uint64_t woken = 0;
  [[maybe_unused]] const auto read = ::read(wakeup_, &woken, sizeof woken);
}

}  // namespace parley::broker
