#include "delivery/cluster.h"

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/cluster_for_test.h"

namespace parley::delivery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr UserId kAlice{1};
constexpr UserId kBob{2};
constexpr UserId kCarol{3};
constexpr UserId kDave{4};

class ClusterTest : public testing::Test, protected TestCluster {
 protected:
  static Event read(Seq seq) {
    return MessageRead{.chat_id = ChatId{5}, .user_id = kAlice, .seq = seq, .at = {}};
  }
  static std::vector<Seq> seqs(const FakeReceiver& device) {
    std::vector<Seq> seqs;
    for (const MessageRead& event : device.all<MessageRead>()) seqs.push_back(event.seq);
    return seqs;
  }
  static std::size_t resyncs(const FakeReceiver& device) { return device.all<Resync>().size(); }

  TestNode& one = start(1);
  TestNode& two = start(2);
  TestNode& three = start(3);
};

TEST_F(ClusterTest, AnEventReachesConnectionsOnOtherNodes) {
  auto& alice = one.connect(kAlice);
  auto& bob = two.connect(kBob);
  auto& bobs_phone = three.connect(kBob);
  auto& carol = three.connect(kCarol);
  settle();
  one.router.deliver(read(7), {kAlice, kBob});
  settle();
  EXPECT_THAT(seqs(alice), ElementsAre(7));
  EXPECT_THAT(seqs(bob), ElementsAre(7));
  EXPECT_THAT(seqs(bobs_phone), ElementsAre(7));
  EXPECT_THAT(seqs(carol), IsEmpty());
}

TEST_F(ClusterTest, OnlyNodesThatHoldRecipientsAreSentTo) {
  one.connect(kAlice);
  two.connect(kBob);
  settle();
  network.carried = 0;
  one.router.deliver(read(7), {kAlice});
  one.router.deliver(read(7), {kCarol});
  settle();
  EXPECT_EQ(network.carried, 0);
  one.router.deliver(read(7), {kAlice, kBob, kCarol});
  settle();
  EXPECT_EQ(network.carried, 1);
}

TEST_F(ClusterTest, TheConnectionThatAskedIsLeftOutWhereverItIs) {
  auto& bob = two.connect(kBob);
  auto& bobs_phone = two.connect(kBob);
  settle();
  one.router.deliver(read(7), {kBob}, bob.connection);
  settle();
  EXPECT_THAT(seqs(bob), IsEmpty());
  EXPECT_THAT(seqs(bobs_phone), ElementsAre(7));
}

// A connection that takes the bytes as they are.
class Wire final : public Receiver {
 public:
  Wire(TestNode& node, UserId user) : node_(node) {
    user_id = user;
    node_.router.add(node_.hub, *this);
  }
  ~Wire() override { node_.router.remove(node_.hub, *this); }
  void receive(const std::shared_ptr<const Announcement>& announcement) override {
    ephemeral = announcement->info.ephemeral;
    frame = announcement->frame(Dialect::parley_v1, [this](const Event&) {
      ++encoded;
      return nullptr;
    });
  }
  void sign_out() override {}

  Frame frame;
  bool ephemeral = false;
  int encoded = 0;

 private:
  TestNode& node_;
};

TEST_F(ClusterTest, TheBytesOfAnEventCrossAndNobodyReadsThem) {
  Wire sender{one, kAlice};
  Wire recipient{two, kBob};
  settle();
  one.router.deliver(UserTyping{ChatId{5}, kAlice, true}, {kAlice, kBob});
  settle();
  ASSERT_TRUE(sender.frame && recipient.frame);
  EXPECT_EQ(*sender.frame, *recipient.frame);
  EXPECT_TRUE(recipient.ephemeral);
  EXPECT_EQ(sender.encoded + recipient.encoded, 0) << "it was, for the other node";
  EXPECT_EQ(codec.decoded, 0);
}

TEST_F(ClusterTest, SomebodyIsOnlineWhoIsSoAnywhere) {
  auto& bob = two.connect(kBob);
  settle();
  EXPECT_TRUE(one.router.online(kBob));
  EXPECT_FALSE(one.router.online_here(kBob));
  EXPECT_TRUE(two.router.online_here(kBob));
  EXPECT_EQ(one.cluster.directory_size(), 1u);
  two.disconnect(bob);
  settle();
  EXPECT_FALSE(one.router.online(kBob));
}

TEST_F(ClusterTest, WhoeverIsNowhereElseArrivesAndLeaves) {
  auto& here = one.connect(kBob);
  settle();
  EXPECT_THAT(one.visitors.take(), ElementsAre("+2"));
  EXPECT_THAT(two.visitors.take(), ElementsAre("~+2"));
  auto& there = two.connect(kBob);
  settle();
  one.disconnect(here);
  settle();
  EXPECT_THAT(one.visitors.take(), IsEmpty());
  EXPECT_THAT(two.visitors.take(), IsEmpty());
  EXPECT_THAT(three.visitors.take(), ElementsAre("~+2"));
  two.disconnect(there);
  settle();
  EXPECT_THAT(one.visitors.take(), ElementsAre("~-2"));
  EXPECT_THAT(two.visitors.take(), ElementsAre("-2"));
  EXPECT_THAT(three.visitors.take(), ElementsAre("~-2"));
}

// Each node sees them on the other, so neither tells; the one with the lowest id does.
TEST_F(ClusterTest, SomebodyIsAwayWhoIsSoEverywhere) {
  auto& phone = one.connect(kAlice);
  settle();
  auto& laptop = two.connect(kAlice);
  settle();
  for (auto* const node : {&one, &two, &three}) node->visitors.take();
  const auto say = [this](TestNode& node, const FakeReceiver& device, bool attended) {
    node.set_attended(device, attended);
    settle();
  };
  say(one, phone, false);
  for (auto* const node : {&one, &two, &three}) {
    EXPECT_TRUE(node->router.attended(kAlice));
    EXPECT_THAT(node->visitors.take(), IsEmpty());
  }
  say(two, laptop, false);
  EXPECT_THAT(one.visitors.take(), ElementsAre("~*1"));
  EXPECT_THAT(two.visitors.take(), ElementsAre("*1"));
  EXPECT_THAT(three.visitors.take(), ElementsAre("~*1"));
  for (auto* const node : {&one, &two, &three}) {
    EXPECT_FALSE(node->router.attended(kAlice));
    EXPECT_TRUE(node->router.online(kAlice));
  }
  EXPECT_TRUE(one.router.speaks_for(kAlice));
  EXPECT_FALSE(two.router.speaks_for(kAlice));
  EXPECT_FALSE(three.router.speaks_for(kAlice)) << "they are not there";
  // A new connection on a third node has somebody at it.
  auto& tablet = three.connect(kAlice);
  settle();
  for (auto* const node : {&one, &two, &three}) EXPECT_TRUE(node->router.attended(kAlice));
  EXPECT_THAT(one.visitors.take(), ElementsAre("~*1"));
  three.disconnect(tablet);
  settle();
  for (auto* const node : {&one, &two, &three}) EXPECT_FALSE(node->router.attended(kAlice));
  EXPECT_THAT(one.visitors.take(), ElementsAre("~*1"));
}

TEST_F(ClusterTest, TwoWhoSayItAtOnceAreNotMissed) {
  auto& phone = one.connect(kAlice);
  settle();
  auto& laptop = two.connect(kAlice);
  settle();
  for (auto* const node : {&one, &two}) node->visitors.take();
  one.set_attended(phone, false);
  two.set_attended(laptop, false);
  settle();
  EXPECT_FALSE(one.router.attended(kAlice));
  EXPECT_THAT(one.visitors.take(), ElementsAre("~*1"));
  EXPECT_THAT(two.visitors.take(), ElementsAre("~*1"));
}

TEST_F(ClusterTest, WhoIsAwayIsLearnedFromASnapshotToo) {
  auto& phone = one.connect(kAlice);
  one.connect(kBob);
  settle();
  network.loses = [](const auto&) { return true; };
  one.set_attended(phone, false);
  settle();
  EXPECT_TRUE(two.router.attended(kAlice));
  network.loses = {};
  beat();
  EXPECT_FALSE(two.router.attended(kAlice));
  EXPECT_TRUE(two.router.attended(kBob));
  auto& four = start(4);
  for (int i = 0; i < 4; ++i) look();
  beat();
  EXPECT_FALSE(four.router.attended(kAlice));
  EXPECT_TRUE(four.router.online(kAlice));
  network.loses = [](const auto&) { return true; };
  one.set_attended(phone, true);
  settle();
  network.loses = {};
  beat();
  EXPECT_TRUE(two.router.attended(kAlice));
  EXPECT_TRUE(four.router.attended(kAlice));
}

TEST_F(ClusterTest, ThatSomebodyIsBusyReachesEveryNode) {
  one.router.busy_changed_here(kAlice, Timestamp{std::chrono::milliseconds{5}});
  settle();
  EXPECT_THAT(one.visitors.take(), IsEmpty());
  EXPECT_THAT(two.visitors.take(), ElementsAre("~b1"));
  EXPECT_THAT(three.visitors.take(), ElementsAre("~b1"));
}

TEST_F(ClusterTest, WhoLeavesTwoNodesAtOnceIsToldOnce) {
  auto& bob = two.connect(kBob);
  auto& bobs_phone = three.connect(kBob);
  settle();
  for (TestNode* const node : {&one, &two, &three}) node->visitors.take();
  two.disconnect(bob);
  three.disconnect(bobs_phone);
  settle();
  EXPECT_THAT(one.visitors.take(), ElementsAre("~-2!"));
  EXPECT_THAT(two.visitors.take(), ElementsAre("~-2"));
  EXPECT_THAT(three.visitors.take(), ElementsAre("~-2"));
}

TEST_F(ClusterTest, AVisitThatIsOverBeforeItIsToldIsNotTold) {
  network.carried = 0;
  one.disconnect(one.connect(kBob));
  settle();
  EXPECT_EQ(network.carried, 0);
  EXPECT_THAT(one.visitors.take(), ElementsAre("+2", "-2"));
}

TEST_F(ClusterTest, TheEndOfASessionReachesEveryNode) {
  auto& bob = two.connect(kBob, SessionId{7});
  auto& bobs_phone = two.connect(kBob, SessionId{8});
  settle();
  one.router.sign_out(kBob, SessionId{7}, Timestamp{});
  settle();
  EXPECT_TRUE(bob.signed_out);
  EXPECT_FALSE(bobs_phone.signed_out);
  EXPECT_THAT(two.signed_out, ElementsAre(SessionId{7}));
  EXPECT_THAT(three.signed_out, ElementsAre(SessionId{7})) << "its tokens are refused there too";
}

TEST_F(ClusterTest, EndsOfSessionsAreToldAgainAfterAnInterruption) {
  two.port.cut();
  settle();
  two.router.sign_out(kBob, SessionId{7}, Timestamp{});
  settle();
  EXPECT_THAT(one.signed_out, IsEmpty());
  const int read_before = two.ended_read;
  two.port.heal();
  settle();
  EXPECT_THAT(one.signed_out, ElementsAre(SessionId{7}));
  // What the others ended meanwhile is in the store.
  boost::asio::co_spawn(loop, two.cluster.run(), boost::asio::detached);
  settle();
  EXPECT_EQ(two.ended_read, read_before + 1);
}

TEST_F(ClusterTest, SocketsOfSessionsFoundEndedAreClosed) {
  auto& bob = two.connect(kBob, SessionId{7});
  auto& bobs_phone = two.connect(kBob, SessionId{8});
  two.router.sign_out_here([](SessionId session) { return session == SessionId{7}; });
  settle();
  EXPECT_TRUE(bob.signed_out);
  EXPECT_FALSE(bobs_phone.signed_out);
}

// They synced when they came, but before that event was there.
TEST_F(ClusterTest, WhatWasSentBeforeAnArrivalWasHeardOfMakesThemSync) {
  auto& bob = two.connect(kBob);
  auto& carol = two.connect(kCarol);
  one.router.deliver(read(7), {kBob});
  settle();
  EXPECT_THAT(seqs(bob), IsEmpty());
  EXPECT_EQ(resyncs(bob), 1u);
  EXPECT_EQ(resyncs(carol), 0u);

  beat();
  beat();  // long ago now
  auto& bobs_phone = three.connect(kBob);
  settle();
  EXPECT_EQ(resyncs(bobs_phone), 0u);
}

TEST_F(ClusterTest, WhatCouldNotBeSentMakesItsRecipientsSync) {
  auto& bob = two.connect(kBob);
  auto& carol = two.connect(kCarol);
  auto& dave = one.connect(kDave);
  settle();
  beat();
  one.port.cut();
  one.router.deliver(read(7), {kBob, kDave});
  settle();
  EXPECT_THAT(seqs(dave), ElementsAre(7)) << "delivery here goes on";
  EXPECT_EQ(one.cluster.counts().dropped, 1u);
  EXPECT_THAT(one.cluster.trouble().value_or(""), testing::HasSubstr("bus"));
  one.port.heal();
  settle();
  EXPECT_EQ(one.cluster.trouble(), std::nullopt);
  EXPECT_EQ(resyncs(bob), 1u);
  EXPECT_EQ(resyncs(carol), 0u) << "missed nothing";
  EXPECT_EQ(resyncs(dave), 0u);
}

// As when the Redis between them is restarted.
TEST_F(ClusterTest, WhatCouldNotBeSentIsSaidWhenTheOtherNodeIsThereAgain) {
  auto& bob = two.connect(kBob);
  auto& carol = two.connect(kCarol);
  settle();
  beat();
  for (TestNode* const node : {&one, &two, &three}) node->port.cut();
  one.router.deliver(read(7), {kBob});
  settle();
  one.port.heal();
  settle();
  for (int i = 0; i < 5; ++i) beat();
  EXPECT_EQ(resyncs(bob), 0u);
  three.port.heal();
  two.port.heal();
  settle();
  EXPECT_EQ(resyncs(bob), 1u);
  EXPECT_EQ(resyncs(carol), 0u);
}

// The sender cannot know; the recipient's node sees by the numbers that something did not come.
TEST_F(ClusterTest, WhatWasLostOnTheWayMakesEverybodyThereSync) {
  auto& bob = two.connect(kBob);
  auto& carol = two.connect(kCarol);
  auto& dave = three.connect(kDave);
  settle();
  beat();
  network.loses = [](const TestNetwork::Parcel& parcel) { return parcel.to == NodeId{2}; };
  one.router.deliver(read(7), {kBob, kDave});
  settle();
  network.loses = {};
  EXPECT_THAT(seqs(bob), IsEmpty());
  beat();
  EXPECT_EQ(resyncs(bob), 1u);
  EXPECT_EQ(resyncs(carol), 1u);
  EXPECT_EQ(resyncs(dave), 0u);
  one.router.deliver(read(8), {kBob});
  settle();
  beat();
  EXPECT_THAT(seqs(bob), ElementsAre(8));
  EXPECT_EQ(resyncs(bob), 1u) << "once";
}

TEST_F(ClusterTest, WhatDoesNotMatterLaterMakesNobodySync) {
  auto& bob = two.connect(kBob);
  settle();
  beat();
  network.loses = [](const TestNetwork::Parcel&) { return true; };
  one.router.deliver(UserTyping{ChatId{5}, kAlice, true}, {kBob});
  settle();
  network.loses = {};
  beat();
  EXPECT_THAT(bob.heard, IsEmpty());
}

TEST_F(ClusterTest, AStampedeIsSpread) {
  std::vector<FakeReceiver*> there;
  for (std::uint64_t user = 1; user <= 300; ++user) there.push_back(&two.connect(UserId{user}));
  settle();
  beat();
  network.loses = [](const TestNetwork::Parcel&) { return true; };
  one.router.deliver(read(7), {UserId{1}});
  settle();
  network.loses = {};
  const auto begun = std::chrono::steady_clock::now();
  beat();
  const auto told = [&] {
    return static_cast<std::size_t>(
        std::ranges::count_if(there, [](const auto* device) { return resyncs(*device) > 0; }));
  };
  const auto first = told();
  EXPECT_GE(first, Resyncs::kFewest);
  const auto paces = (std::chrono::steady_clock::now() - begun) / Resyncs::kPace;
  EXPECT_LE(first, Resyncs::kFewest * static_cast<std::size_t>(1 + paces));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (told() < 300 && std::chrono::steady_clock::now() < deadline)
    loop.run_for(std::chrono::milliseconds{10}), loop.restart();
  EXPECT_EQ(told(), 300u);
  EXPECT_EQ(two.cluster.resyncs(), 300u);
}

TEST_F(ClusterTest, JunkIsRefusedAndCounted) {
  auto& bob = two.connect(kBob);
  settle();
  const auto receive = [&](std::string bytes) {
    network.waiting.push_back({NodeId{1}, NodeId{2}, std::move(bytes)});
    settle();
  };
  receive("");
  receive("junk");
  receive(std::string(100'000, '\xff'));
  receive(write({.incarnation = 101, .body = Goodbye{}}).substr(0, 9));
  EXPECT_EQ(two.cluster.counts().refused, 4u);
  receive(write({.incarnation = 101,
                 .body = Carried{.event = "message:read", .recipients = {kBob}, .json = "{}"}}));
  EXPECT_EQ(two.cluster.counts().refused, 5u) << "no such event";
  receive(write({.incarnation = 101,
                 .body = Carried{.event = "user:dancing", .recipients = {kBob}, .json = "{}"}}));
  EXPECT_EQ(two.cluster.counts().refused, 5u) << "of a newer node";
  EXPECT_THAT(bob.heard, IsEmpty());
  one.router.deliver(read(7), {kBob});
  settle();
  EXPECT_THAT(seqs(bob), ElementsAre(7)) << "and all goes on";
}

}  // namespace
}  // namespace parley::delivery
