#pragma once

#include <deque>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "delivery/http_client.h"

namespace parley::senders {

// HttpClient that keeps what it is asked and answers what it is told: first what stands in
// `answers`, then `answer`.
class FakeHttp final : public delivery::HttpClient {
 public:
  using Answer = std::expected<delivery::OutboundAnswer, std::string>;

  Task<Answer> fetch(delivery::OutboundRequest request) override {
    asked.push_back(std::move(request));
    if (answers.empty()) co_return answer;
    Answer next = std::move(answers.front());
    answers.pop_front();
    co_return next;
  }

  Answer answer;
  std::deque<Answer> answers;
  std::vector<delivery::OutboundRequest> asked;
};

// The header of that name; empty when there is none.
inline std::string header_of(const delivery::OutboundRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

}  // namespace parley::senders
