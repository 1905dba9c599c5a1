#include "notification/templates.h"

#include <boost/describe.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/session.h"

namespace parley::notification {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TemplatesTest, FillsInWhatItIsGiven) {
  const auto mail = render_mail("verify_email", "en",
                                {{"name", "Anna"}, {"link", "https://chat.example.org/v#abc"}});
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->subject, "Verify your e-mail address");
  EXPECT_THAT(mail->text, HasSubstr("Hello Anna,\n"));
  EXPECT_THAT(mail->text, HasSubstr("\nhttps://chat.example.org/v#abc\n"));
  EXPECT_THAT(mail->html, HasSubstr("<a href=\"https://chat.example.org/v#abc\">"));
  EXPECT_THAT(mail->text, Not(HasSubstr("{")));
}

TEST(TemplatesTest, ValuesAreTextInHtml) {
  const auto mail = render_mail("verify_email", "en", {{"name", "<b>\"A\" & B</b>"}});
  EXPECT_THAT(mail->html, HasSubstr("&lt;b&gt;&quot;A&quot; &amp; B&lt;/b&gt;"));
  EXPECT_THAT(mail->html, Not(HasSubstr("<b>")));
}

TEST(TemplatesTest, AValueIsNoTemplate) {
  const auto mail = render_mail("verify_email", "en", {{"name", "{link}"}, {"link", "secret"}});
  EXPECT_THAT(mail->text, HasSubstr("Hello {link},"));
}

TEST(TemplatesTest, ASubjectIsOneLine) {
  const auto mail =
      render_mail("new_device", "en", {{"device", "Firefox\r\nBcc: all@example.org"}});
  EXPECT_EQ(mail->subject, "New sign-in from Firefox  Bcc: all@example.org");
}

TEST(TemplatesTest, EnglishStandsInForOtherLanguages) {
  EXPECT_EQ(render_mail("verify_email", "tlh", {})->subject, "Verify your e-mail address");
  EXPECT_EQ(render_sms("one_time_code", "", {{"code", "123456"}}),
            "123456 is your Parley code. It is good for 10 minutes. Tell it to nobody.");
}

TEST(TemplatesTest, ADigestSaysHowToGetNoMoreOfThem) {
  const Values values{{"name", "Bob"},
                      {"messages", "2 unread messages"},
                      {"chats", "1 chat"},
                      {"names", "<Anna> (2)"},
                      {"link", "https://chat.example.org/"},
                      {"unsubscribe", "https://chat.example.org/u?token=abc"}};
  const auto mail = render_mail("digest", "en", values);
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->subject, "2 unread messages in 1 chat");
  EXPECT_EQ(mail->unsubscribe, "https://chat.example.org/u?token=abc");
  EXPECT_THAT(mail->text, HasSubstr("\nhttps://chat.example.org/u?token=abc\n"));
  EXPECT_THAT(mail->html, HasSubstr("<a href=\"https://chat.example.org/u?token=abc\">"));
  EXPECT_THAT(mail->text, Not(HasSubstr("Anna")));
  const auto named = render_mail("digest_with_names", "en", values);
  EXPECT_THAT(named->text, HasSubstr("2 unread messages in 1 chat came for you: <Anna> (2).\n"));
  EXPECT_THAT(named->html, HasSubstr("&lt;Anna&gt; (2)"));
  EXPECT_TRUE(render_mail("verify_email", "en", {{"link", "x"}})->unsubscribe.empty());
}

TEST(TemplatesTest, AMailIsNoTextMessage) {
  EXPECT_FALSE(render_mail("nonsense", "en", {}));
  EXPECT_FALSE(render_mail("one_time_code", "en", {}));
  EXPECT_FALSE(render_sms("verify_email", "en", {}));
}

TEST(TemplatesTest, ThereIsAMailForEveryKindOfSecurityEvent) {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<SecurityEventKind>>(
      [](auto kind) { EXPECT_TRUE(render_mail(kind.name, "en", {})) << kind.name; });
}

}  // namespace
}  // namespace parley::notification
