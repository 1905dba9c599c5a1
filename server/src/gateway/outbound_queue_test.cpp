#include "gateway/outbound_queue.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/websocket_frame.h"

namespace parley::gateway {
namespace {

constexpr std::size_t kAll = 1'000'000;

std::string text(std::string_view payload) {
  std::string frame;
  append_frame(frame, Opcode::text, payload);
  return frame;
}

delivery::Frame shared(std::string frame) {
  return std::make_shared<const std::string>(std::move(frame));
}

OutboundQueue queue_of(const std::vector<std::string>& frames) {
  OutboundQueue queue;
  for (const std::string& frame : frames) queue.push(shared(frame));
  return queue;
}

std::string waiting(const OutboundQueue& queue) {
  std::string out;
  queue.copy_to(out, kAll);
  return out;
}

TEST(OutboundQueueTest, BeginsEmpty) {
  const OutboundQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(waiting(queue), "");
}

TEST(OutboundQueueTest, KeepsOrderAndCountsBytes) {
  const OutboundQueue queue = queue_of({"one", "three", "seven"});
  EXPECT_EQ(waiting(queue), "onethreeseven");
  EXPECT_EQ(queue.bytes(), 13u);
  EXPECT_EQ(queue.size(), 3u);
}

TEST(OutboundQueueTest, CopiesNoMoreThanWhatIsAsked) {
  const OutboundQueue queue = queue_of({"aaaa", "bbbb", "cccc"});
  std::string out;
  queue.copy_to(out, 5);
  EXPECT_EQ(out, "aaaab");
  EXPECT_EQ(queue.front(), "aaaa");
}

TEST(OutboundQueueTest, LosesNothingWhenWritesAreCutAnywhere) {
  const std::vector<std::string> frames{"a", "bcd", "ef", "ghijk"};
  const std::string all = "abcdefghijk";
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    OutboundQueue queue = queue_of(frames);
    queue.drop(cut);
    EXPECT_EQ(waiting(queue), all.substr(cut)) << cut;
    EXPECT_EQ(queue.bytes(), all.size() - cut);
    EXPECT_EQ(queue.empty(), cut == all.size());
  }
  OutboundQueue queue = queue_of(frames);
  std::string written;
  while (!queue.empty()) {
    written += waiting(queue)[0];
    queue.drop(1);
  }
  EXPECT_EQ(written, all);
}

TEST(OutboundQueueTest, LetsGoOfAFrameOnceItIsWritten) {
  OutboundQueue queue;
  const auto first = shared("first");
  queue.push(first);
  queue.push(shared("second"));
  queue.drop(4);
  EXPECT_EQ(first.use_count(), 2);
  queue.drop(1);
  EXPECT_EQ(first.use_count(), 1);
}

TEST(OutboundQueueTest, DropsWhatWasNotBegun) {
  for (std::size_t cut = 0; cut < 4; ++cut) {
    OutboundQueue queue = queue_of({"aaaa", "bb", "c"});
    queue.drop(cut);
    queue.drop_unwritten();
    const std::string left = cut == 0 ? "" : std::string(4 - cut, 'a');
    EXPECT_EQ(waiting(queue), left);
    EXPECT_EQ(queue.bytes(), left.size());
    queue.push(shared("end"));
    EXPECT_EQ(waiting(queue), left + "end");
  }
}

TEST(OutboundQueueTest, PutsWaitingTextsInOneArray) {
  OutboundQueue queue = queue_of({text("{\"a\":1}"), text("{\"b\":2}"), text("{\"c\":3}")});
  queue.batch();
  EXPECT_EQ(waiting(queue), text("[{\"a\":1},{\"b\":2},{\"c\":3}]"));
  EXPECT_EQ(queue.bytes(), waiting(queue).size());
  EXPECT_EQ(queue.size(), 1u);
}

TEST(OutboundQueueTest, LeavesASingleTextAlone) {
  OutboundQueue queue = queue_of({text("{}")});
  queue.batch();
  EXPECT_EQ(waiting(queue), text("{}"));
}

TEST(OutboundQueueTest, NeverBatchesAFrameThatIsHalfWritten) {
  const std::string half = text("{\"half\":0}");
  for (std::size_t cut = 1; cut < half.size(); ++cut) {
    OutboundQueue queue = queue_of({half, text("{\"a\":1}"), text("{\"b\":2}")});
    queue.drop(cut);
    queue.batch();
    EXPECT_EQ(waiting(queue), half.substr(cut) + text("[{\"a\":1},{\"b\":2}]"));
    EXPECT_EQ(queue.bytes(), waiting(queue).size());
  }
}

TEST(OutboundQueueTest, NeverPutsABatchIntoABatch) {
  OutboundQueue queue = queue_of({text("{\"a\":1}"), text("{\"b\":2}")});
  queue.batch();
  queue.push(shared(text("{\"c\":3}")));
  queue.push(shared(text("{\"d\":4}")));
  queue.batch();
  EXPECT_EQ(waiting(queue), text("[{\"a\":1},{\"b\":2}]") + text("[{\"c\":3},{\"d\":4}]"));
}

TEST(OutboundQueueTest, BatchesNoControlFrames) {
  std::string ping;
  append_frame(ping, Opcode::ping, "");
  OutboundQueue queue = queue_of({text("{}"), ping, text("{}")});
  queue.batch();
  EXPECT_EQ(waiting(queue), text("{}") + ping + text("{}"));
}

TEST(OutboundQueueTest, KeepsNoMemoryForWhatIsGone) {
  OutboundQueue queue;
  queue.push(shared("first"));
  // A client that always reads a little less than there is.
  for (int i = 0; i < 100'000; ++i) {
    queue.push(shared("frame"));
    queue.drop(5);
  }
  EXPECT_EQ(queue.bytes(), 5u);
  EXPECT_LT(queue.places(), 1'000u);

  for (int i = 0; i < 1'000; ++i) queue.push(shared("frame"));
  queue.drop(queue.bytes());
  EXPECT_TRUE(queue.empty());
  EXPECT_LE(queue.places(), 8u);
}

}  // namespace
}  // namespace parley::gateway
