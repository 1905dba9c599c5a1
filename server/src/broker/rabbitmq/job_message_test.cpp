#include "broker/rabbitmq/job_message.h"

#include <gmock/gmock.h>

namespace parley::broker {
namespace {

using delivery::JobId;
using std::chrono::milliseconds;

constexpr Timestamp kNow{milliseconds{1'795'000'000'000}};

WorkJob job() {
  return {.id = JobId{9'007'199'254'740'993},
          .kind = "mail",
          .payload = R"({"code":"123456"})",
          .tries = 2,
          .due = kNow + milliseconds{31'000}};
}

// What `publication` looks like when it comes out of the queue of mails.
Delivery delivered(const Publication& publication) {
  return {.queue = Topology{}.queue_of("mail"),
          .routing_key = publication.routing_key,
          .message_id = publication.message_id,
          .type = publication.type,
          .headers = publication.headers,
          .body = publication.body,
          .size = publication.body.size()};
}

Delivery with(std::string_view header, HeaderValue value) {
  Delivery delivery = delivered(to_work(job(), {}, kNow));
  for (auto& [name, old] : delivery.headers)
    if (name == header) old = value;
  return delivery;
}

std::string refusal(const Delivery& delivery) {
  const auto read = read_job(delivery, {});
  return read ? "" : read.error();
}

TEST(JobMessage, AJobArrivesAsItWas) {
  const auto read = read_job(delivered(to_work(job(), {}, kNow)), {});
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->id, job().id);
  EXPECT_EQ(read->kind, "mail");
  EXPECT_EQ(read->payload, job().payload);
  EXPECT_EQ(read->tries, 2);
  EXPECT_EQ(read->due, job().due);
}

TEST(JobMessage, GoesByItsKindOrByTheTierNearestToItsWait) {
  EXPECT_EQ(to_work(job(), {}, kNow).exchange, "parley.work");
  EXPECT_EQ(to_work(job(), {}, kNow).routing_key, "mail");
  EXPECT_EQ(to_tier(job(), {}, kNow).exchange, "parley.retry.30s");
  EXPECT_EQ(to_tier(job(), {}, kNow).routing_key, "mail");
  EXPECT_EQ(to_tier(job(), {}, kNow + std::chrono::hours{1}).exchange, "parley.retry.5s");
}

TEST(JobMessage, ADeadOneKeepsItsReasonAndNoSecret) {
  const Publication dead = to_dead(job(), {}, kNow, "no such mailbox");
  EXPECT_EQ(dead.exchange, "parley.dead");
  EXPECT_EQ(dead.headers.text("reason"), "no such mailbox");
  EXPECT_EQ(dead.headers.text("kind"), "mail");
  EXPECT_EQ(dead.headers.number("tries"), 2);
  EXPECT_EQ(dead.headers.number("size"), 17);
  EXPECT_EQ(dead.body, "");

  Delivery odd = delivered(to_work(job(), {}, kNow));
  odd.size = UINT64_MAX;
  const Publication buried = to_dead(odd, {}, kNow, "it is too long");
  EXPECT_EQ(buried.headers.text("kind"), "mail");
  EXPECT_EQ(buried.headers.number("size"), INT64_MAX);
  EXPECT_EQ(buried.body, "");
}

TEST(JobMessage, WhatIsNoJobIsToldFromOne) {
  Delivery delivery = delivered(to_work(job(), {}, kNow));
  delivery.type = "parley.job.sms";
  EXPECT_EQ(refusal(delivery), "it is not of the kind of its queue");
  delivery.type = "";
  EXPECT_EQ(refusal(delivery), "it is not of the kind of its queue");
  delivery = delivered(to_work(job(), {}, kNow));
  delivery.queue = "somebody.elses";
  EXPECT_EQ(refusal(delivery), "it is not of the kind of its queue");
  for (const char* id : {"", "0", "-1", "x", "12 ", "99999999999999999999"}) {
    delivery = delivered(to_work(job(), {}, kNow));
    delivery.message_id = id;
    EXPECT_EQ(refusal(delivery), "it has not the id of a job") << id;
  }
  EXPECT_EQ(refusal(with("version", std::int64_t{2})), "its version is 2, not 1");
  EXPECT_EQ(refusal(with("version", std::string{"1"})), "its version is 0, not 1");
  for (const std::int64_t tries : {std::int64_t{-1}, INT64_MIN, INT64_MAX})
    EXPECT_EQ(refusal(with("tries", tries)), "it does not say how often it was tried");
  for (const std::int64_t due : {std::int64_t{-1}, INT64_MIN, INT64_MAX})
    EXPECT_EQ(refusal(with("due", due)), "it does not say when it is due");
  delivery = delivered(to_work(job(), {}, kNow));
  delivery.too_long = true;
  delivery.size = 5'000'000;
  EXPECT_EQ(refusal(delivery), "it is too long, with 5000000 bytes");
}

TEST(JobMessage, APayloadIsJson) {
  const auto with_body = [](std::string body) {
    Delivery delivery = delivered(to_work(job(), {}, kNow));
    delivery.body = std::move(body);
    return refusal(delivery);
  };
  for (const char* fine : {"{}", "1", "\"x\"", " [null] ", R"({"a":{"b":[1,2.5e3,true]}})"})
    EXPECT_EQ(with_body(fine), "") << fine;
  for (const std::string& bad :
       {std::string{}, std::string{"{"}, std::string{"{}x"}, std::string{"later"},
        std::string{"\"\xff\""}, std::string{"{}\0", 3}, std::string(100'000, '[')})
    EXPECT_EQ(with_body(bad), "it is not JSON") << bad.substr(0, 10);
}

}  // namespace
}  // namespace parley::broker
