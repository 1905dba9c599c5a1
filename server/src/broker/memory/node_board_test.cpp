#include "broker/memory/node_board.h"

#include "broker/contract/node_board_suite.h"

namespace parley::broker {
namespace {

struct InMemory {
  delivery::NodeBoard& board() { return memory; }
  void advance(std::chrono::milliseconds by) { now += by; }

  std::chrono::nanoseconds now = std::chrono::hours{1};
  MemoryNodeBoard memory{[this] { return now; }};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, NodeBoardContract, InMemory);

}  // namespace
}  // namespace parley::broker
