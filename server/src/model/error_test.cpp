#include "model/error.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(ErrorTable, NamesAreUniqueAndFitForTheWire) {
  std::set<std::string_view> names;
  for (const ErrorInfo& error : kErrors) {
    EXPECT_TRUE(names.insert(error.name).second) << error.name;
    EXPECT_EQ(error.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << error.name;
  }
}

TEST(ErrorTable, TextsAreSentencesThatTransportsFinish) {
  for (const ErrorInfo& error : kErrors) {
    ASSERT_FALSE(error.text.empty()) << error.name;
    EXPECT_TRUE(error.text.front() >= 'A' && error.text.front() <= 'Z') << error.name;
    EXPECT_NE(error.text.back(), '.') << error.name;
  }
}

TEST(ErrorTable, RetryingIsForWhatPasses) {
  for (const ErrorInfo& error : kErrors) {
    const bool passes = error.http_status == 408 || error.http_status == 429 ||
                        error.http_status == 500 || error.http_status == 503;
    EXPECT_EQ(error.retry, passes) << error.name;
  }
}

TEST(ErrorTable, EveryErrorHasAClass) {
  EXPECT_EQ(error_class(Errc::validation_failed), "ValidationError");
  EXPECT_EQ(error_class(Errc::malformed_request), "ValidationError");
  EXPECT_EQ(error_class(Errc::token_expired), "Unauthorized");
  EXPECT_EQ(error_class(Errc::csrf_failed), "Forbidden");
  EXPECT_EQ(error_class(Errc::chat_not_found), "NotFound");
  EXPECT_EQ(error_class(Errc::username_taken), "Conflict");
  EXPECT_EQ(error_class(Errc::rate_limited), "RateLimitExceeded");
  EXPECT_EQ(error_class(Errc::busy), "Unavailable");
  EXPECT_EQ(error_class(Errc::internal), "Internal");
}

TEST(Error, FailingAFieldNamesIt) {
  const Result<int> result = fail_field("name", "is missing");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::validation_failed);
  ASSERT_EQ(result.error().fields.size(), 1u);
  EXPECT_EQ(result.error().fields[0].field, "name");
  EXPECT_EQ(result.error().fields[0].text, "is missing");
}

}  // namespace
}  // namespace parley
