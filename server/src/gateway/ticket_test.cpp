#include "gateway/ticket.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "gateway/json_write.h"

namespace parley::gateway {
namespace {

const ClusterSeal kSeal{std::string(32, 's')};
constexpr std::string_view kOperation = "message:send";
constexpr std::string_view kBody = R"({"chatId":"5"})";

const Trace kTrace = next_step({});

Ticket example() {
  Ticket ticket = Ticket::of({.user_id = UserId{7},
                              .session_id = SessionId{8},
                              .role = Role::moderator,
                              .connection = 9,
                              .address = "10.0.0.1",
                              .user_agent = "Firefox \xc3\xa9",
                              .keeps_cookies = true,
                              .trace = kTrace});
  ticket.form = Form::socket;
  ticket.parameters = 3;
  ticket.within_ms = 9'000;
  ticket.at = Timestamp{std::chrono::milliseconds{1'700'000'000'123}};
  ticket.from = NodeStart{11};
  ticket.number = TicketNumber{12};
  ticket.to = NodeStart{13};
  return ticket;
}

Distrust distrust(const std::expected<Ticket, Distrust>& checked) {
  EXPECT_FALSE(checked);
  return checked ? Distrust::elsewhere : checked.error();
}

std::string encoded(std::string_view text) {
  return base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

TEST(Ticket, SaysEverythingOfTheCaller) {
  const Ticket given = example();
  const auto got = kSeal.check(kSeal.sign(given, kOperation, kBody), kOperation, kBody);
  ASSERT_TRUE(got);
  EXPECT_EQ(json::to_json(*got), json::to_json(given));
  const Caller caller = got->caller();
  EXPECT_EQ(caller.user_id, UserId{7});
  EXPECT_EQ(caller.session_id, SessionId{8});
  EXPECT_EQ(caller.role, Role::moderator);
  EXPECT_EQ(caller.connection, 9u);
  EXPECT_EQ(caller.address, "10.0.0.1");
  EXPECT_EQ(caller.user_agent, "Firefox \xc3\xa9");
  EXPECT_TRUE(caller.keeps_cookies);
  EXPECT_EQ(traceparent(caller.trace), given.trace);
}

TEST(Ticket, TakesHeadersThatAreNoText) {
  Caller caller;
  caller.user_agent = "bad \xff\xfe" + std::string(5'000, 'x');
  const auto got = kSeal.check(kSeal.sign(Ticket::of(caller), kOperation, ""), kOperation, "");
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->user_agent.starts_with("bad ??xx"));
  EXPECT_EQ(got->user_agent.size(), 1'024u);
}

// Each field changed on its own, under the old signature.
TEST(Ticket, NoFieldCanBeChanged) {
  const std::string header = kSeal.sign(example(), kOperation, kBody);
  const std::string mac = header.substr(header.find('.'));
  const std::vector<std::function<void(Ticket&)>> changes{
      [](Ticket& t) { t.user_id = UserId{1}; },
      [](Ticket& t) { t.session_id = SessionId{1}; },
      [](Ticket& t) { t.role = Role::admin; },
      [](Ticket& t) { t.connection = decltype(t.connection){1}; },
      [](Ticket& t) { t.address = "10.0.0.2"; },
      [](Ticket& t) { t.user_agent = ""; },
      [](Ticket& t) { t.keeps_cookies = false; },
      [](Ticket& t) { t.form = Form::rest; },
      [](Ticket& t) { t.parameters = 4; },
      [](Ticket& t) { t.within_ms = 10'000; },
      [](Ticket& t) { t.at += std::chrono::milliseconds{1}; },
      [](Ticket& t) { t.trace = traceparent(next_step({})); },
      [](Ticket& t) { t.from = NodeStart{1}; },
      [](Ticket& t) { t.number = TicketNumber{13}; },
      [](Ticket& t) { t.to = NodeStart{1}; },
  };
  ASSERT_EQ(changes.size(), boost::mp11::mp_size<json::Members<Ticket>>::value);
  ASSERT_TRUE(kSeal.check("v1 " + encoded(json::to_json(example())) + mac, kOperation, kBody));
  for (const auto& change : changes) {
    Ticket changed = example();
    change(changed);
    const std::string text = json::to_json(changed);
    ASSERT_NE(text, json::to_json(example()));
    EXPECT_EQ(distrust(kSeal.check("v1 " + encoded(text) + mac, kOperation, kBody)),
              Distrust::forged)
        << text;
  }
}

TEST(Ticket, CountsForItsOperationAndBodyOnly) {
  const std::string header = kSeal.sign(example(), kOperation, kBody);
  EXPECT_EQ(distrust(kSeal.check(header, "message:read", kBody)), Distrust::forged);
  EXPECT_EQ(distrust(kSeal.check(header, kOperation, R"({"chatId":"6"})")), Distrust::forged);
  EXPECT_EQ(distrust(kSeal.check(header, kOperation, "")), Distrust::forged);
}

TEST(Ticket, NoByteOfTheHeaderCanBeChanged) {
  const std::string header = kSeal.sign(example(), kOperation, kBody);
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::string changed = header;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(distrust(kSeal.check(changed, kOperation, kBody)), Distrust::forged) << i;
    EXPECT_FALSE(kSeal.check(header.substr(0, i), kOperation, kBody)) << i;
  }
  EXPECT_EQ(distrust(kSeal.check(header + "A", kOperation, kBody)), Distrust::forged);
  EXPECT_EQ(distrust(kSeal.check("v2" + header.substr(2), kOperation, kBody)), Distrust::forged);
}

TEST(Ticket, NeedsTheSameSecret) {
  const std::string header = kSeal.sign(example(), kOperation, kBody);
  const ClusterSeal other{std::string(32, 't')};
  EXPECT_EQ(distrust(other.check(header, kOperation, kBody)), Distrust::forged);
  EXPECT_EQ(distrust(kSeal.check("", kOperation, kBody)), Distrust::unsigned_request);
}

TEST(Ticket, WithoutASecretNothingIsRight) {
  const ClusterSeal none{""};
  EXPECT_FALSE(none.has_secret());
  EXPECT_EQ(distrust(none.check(none.sign(example(), kOperation, kBody), kOperation, kBody)),
            Distrust::no_secret);
  EXPECT_FALSE(none.check_answer(none.sign(AnswerNote{}, "t", "b"), "t", "b"));
}

TEST(AnswerNote, CountsForItsTicketAndBodyOnly) {
  const AnswerNote note{.status = 201,
                        .content_type = "application/json",
                        .max_age = 5,
                        .refused = false,
                        .refresh_cookie = "secret",
                        .renewed_until = Timestamp{std::chrono::milliseconds{5}}};
  const std::string header = kSeal.sign(note, "ticket", "body");
  const auto got = kSeal.check_answer(header, "ticket", "body");
  ASSERT_TRUE(got);
  EXPECT_EQ(json::to_json(*got), json::to_json(note));
  EXPECT_FALSE(kSeal.check_answer(header, "another", "body"));
  EXPECT_FALSE(kSeal.check_answer(header, "ticket", "another"));
  EXPECT_FALSE(kSeal.check_answer("", "ticket", "body"));
  EXPECT_FALSE(kSeal.check_answer("garbage", "ticket", "body"));
}

TEST(AnswerNote, IsNoTicket) {
  // A node can be made to sign answers; none of them is good for asking.
  const Ticket ticket = example();
  const std::string header = kSeal.sign(AnswerNote{}, kOperation, kBody);
  EXPECT_EQ(distrust(kSeal.check(header, kOperation, kBody)), Distrust::forged);
  EXPECT_FALSE(kSeal.check_answer(kSeal.sign(ticket, "t", "b"), "t", "b"));
}

}  // namespace
}  // namespace parley::gateway
