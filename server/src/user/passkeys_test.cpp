#include "user/passkeys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "user/webauthn_for_test.h"
#include "user/world_for_test.h"

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

std::string encoded(std::string_view text) {
  return base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

struct PasskeysTest : UserServiceTest {
  SignedIn alice = sign_up("alice");
  Caller caller = caller_of(alice.access_token);
  SoftPasskey device;

  AddPasskey registration() {
    const auto options = await(loop, passkeys.options(caller, {})).value();
    device.challenge = *from_base64url(options.challenge);
    return {.name = "Anna's phone",
            .credential_id = encoded(device.credential_id),
            .client_data_json = encoded(device.client_data("webauthn.create")),
            .attestation_object = encoded(device.attestation())};
  }
  void add() { ASSERT_TRUE(await(loop, passkeys.add(caller, registration()))); }

  PasskeySignIn assertion() {
    const auto options = await(loop, passkeys.sign_in_options(stranger(), {})).value();
    device.challenge = *from_base64url(options.challenge);
    return again();
  }
  PasskeySignIn again() {
    const Assertion said = device.assertion();
    return {.credential_id = encoded(device.credential_id),
            .client_data_json = encoded(said.client_data_json),
            .authenticator_data = encoded(said.authenticator_data),
            .signature = encoded(said.signature)};
  }
  Result<SignedIn> sign_in_by(PasskeySignIn command) {
    return await(loop, passkeys.sign_in(stranger(), std::move(command)));
  }
};

TEST_F(PasskeysTest, APasskeySignsItsOwnerIn) {
  add();
  const auto signed_in = sign_in_by(assertion());
  ASSERT_TRUE(signed_in);
  EXPECT_EQ(signed_in->user.id, alice.user.id);
  EXPECT_THAT(mailbox.told_to(alice.user.id), ElementsAre(SecurityEventKind::passkey_added));
}

TEST_F(PasskeysTest, TellsTheBrowserWhatItNeeds) {
  const auto options = await(loop, passkeys.options(caller, {})).value();
  EXPECT_EQ(options.rp_id, "chat.example.org");
  EXPECT_EQ(options.user_name, "alice");
  EXPECT_EQ(from_base64url(options.user_handle)->find("alice"), std::string::npos);
  EXPECT_THAT(options.exclude_credential_ids, SizeIs(0));
  add();
  EXPECT_THAT(await(loop, passkeys.options(caller, {}))->exclude_credential_ids,
              ElementsAre(encoded(device.credential_id)));
}

TEST_F(PasskeysTest, AChallengeIsGoodOnce) {
  add();
  ASSERT_TRUE(sign_in_by(assertion()));
  EXPECT_EQ(refusal(sign_in_by(again())), Errc::invalid_passkey);
}

TEST_F(PasskeysTest, AChallengeIsOurs) {
  add();
  device.challenge = std::string(32, 'x');
  EXPECT_EQ(refusal(sign_in_by(again())), Errc::invalid_passkey);
  const PasskeySignIn late = assertion();
  clock.advance(5min);
  EXPECT_EQ(refusal(sign_in_by(late)), Errc::invalid_passkey);
}

TEST_F(PasskeysTest, AChallengeForAddingBelongsToWhoAsked) {
  const AddPasskey mine = registration();
  const Caller bob = caller_of(sign_up("bob").access_token);
  EXPECT_EQ(refusal(await(loop, passkeys.add(bob, mine))), Errc::invalid_passkey);
  EXPECT_THAT(factors.kept, SizeIs(0));
}

TEST_F(PasskeysTest, AnUnknownPasskeyIsRefusedAsAWrongOne) {
  EXPECT_EQ(refusal(sign_in_by(assertion())), Errc::invalid_passkey);
  add();
  SoftPasskey other;
  PasskeySignIn forged = assertion();
  forged.signature = encoded(other.signature("something"));
  EXPECT_EQ(refusal(sign_in_by(forged)), Errc::invalid_passkey);
  PasskeySignIn junk = assertion();
  junk.signature = "not base64url!";
  EXPECT_EQ(refusal(sign_in_by(junk)), Errc::invalid_passkey);
}

TEST_F(PasskeysTest, ACopyIsNoticedByItsCounter) {
  device.sign_count = 5;
  add();
  device.sign_count = 6;
  ASSERT_TRUE(sign_in_by(assertion()));
  EXPECT_EQ(refusal(sign_in_by(assertion())), Errc::invalid_passkey);
}

TEST_F(PasskeysTest, ARemovedPasskeyOpensNothing) {
  add();
  const auto list = await(loop, passkeys.list(caller, {}))->passkeys;
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_EQ(list[0].name, "Anna's phone");
  const Caller bob = caller_of(sign_up("bob").access_token);
  EXPECT_EQ(refusal(await(loop, passkeys.remove(bob, {list[0].id}))), Errc::passkey_not_found);
  ASSERT_TRUE(await(loop, passkeys.remove(caller, {list[0].id})));
  EXPECT_EQ(refusal(sign_in_by(assertion())), Errc::invalid_passkey);
}

}  // namespace
}  // namespace parley::user
