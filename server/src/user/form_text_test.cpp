#include "user/form_text.h"

#include <gtest/gtest.h>

namespace parley::user {
namespace {

TEST(FormText, KeepsOnlyWhatIsPlain) {
  EXPECT_EQ(form_text("aZ9-._~"), "aZ9-._~");
  EXPECT_EQ(form_text(" +&=%/?#\n\xff"), "%20%2B%26%3D%25%2F%3F%23%0A%FF");
  EXPECT_EQ(form_text({{"a b", "c&d"}, {"e", ""}}), "a%20b=c%26d&e=");
}

}  // namespace
}  // namespace parley::user
