#include "user/webauthn.h"

#include <functional>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "user/cose_key.h"
#include "user/webauthn_for_test.h"

namespace parley::user {
namespace {

using namespace std::string_literals;
using Algorithm = SoftPasskey::Algorithm;

const RelyingParty kParty{"chat.example.org",
                          {"https://chat.example.org", "https://old.example.org"}};
const std::string kChallenge = SoftPasskey{}.challenge;

Result<RegisteredPasskey> registered(const SoftPasskey& passkey) {
  return verify_registration(kParty, kChallenge, passkey.client_data("webauthn.create"),
                             passkey.attestation());
}

Result<std::uint32_t> asserted(const SoftPasskey& passkey, std::uint32_t kept_count = 0) {
  return verify_assertion(kParty, kChallenge, passkey.public_key, kept_count, passkey.assertion());
}

template <class T>
std::string refusal(const Result<T>& result) {
  if (result) return "";
  EXPECT_EQ(result.error().code, Errc::invalid_passkey);
  return result.error().detail;
}

using Spoil = std::function<void(SoftPasskey&)>;

// What every ceremony checks: one thing wrong at a time, and what is said of it.
const std::vector<std::pair<Spoil, std::string>> kSpoiled{
    {[](auto& p) { p.challenge = "another challenge"; }, "The challenge is another one"},
    {[](auto& p) { p.challenge = ""; }, "The challenge is another one"},
    {[](auto& p) { p.challenge.pop_back(); }, "The challenge is another one"},
    {[](auto& p) { p.origin = "https://evil.example"; }, "The origin is another one"},
    {[](auto& p) { p.origin = "http://chat.example.org"; }, "The origin is another one"},
    {[](auto& p) { p.origin = "https://chat.example.org:8443"; }, "The origin is another one"},
    {[](auto& p) { p.origin = "https://chat.example.org.evil.example"; },
     "The origin is another one"},
    {[](auto& p) { p.origin = ""; }, "The origin is another one"},
    {[](auto& p) { p.more_client_data = R"(,"crossOrigin":true)"; },
     "The page was framed by another origin"},
    {[](auto& p) { p.more_client_data = R"(,"tokenBinding":{"status":"present","id":"x"})"; },
     "The client data is bound to another connection"},
    {[](auto& p) { p.more_client_data = R"(,"x":)" + std::string(20, '['); },
     "The client data is no JSON object"},
    {[](auto& p) { p.more_client_data = ",\"x\":\"" + std::string(9'000, 'x') + '"'; },
     "The client data is too long"},
    {[](auto& p) { p.rp_id = "evil.example"; }, "The passkey spoke to another site"},
    {[](auto& p) { p.flags = 0x04; }, "The user was not present"},
    {[](auto& p) { p.flags = 0x01; }, "The user was not verified"},
    {[](auto& p) { p.rest = "x"; }, "The authenticator data cannot be read"},
    {[](auto& p) { p.flags |= 0x80; }, "The authenticator data cannot be read"},
    {[](auto& p) { p.extensions = cbor::map({}); }, "The authenticator data cannot be read"},
    {[](auto& p) { p.flags |= 0x80, p.extensions = cbor::integer(1); },
     "The authenticator data cannot be read"},
};

TEST(Registration, AnswersWithThePasskey) {
  for (const auto algorithm : {Algorithm::es256, Algorithm::rs256, Algorithm::ed25519}) {
    SoftPasskey passkey{algorithm};
    passkey.sign_count = 7;
    passkey.aaguid = "0123456789abcdef";
    const auto made = registered(passkey);
    ASSERT_EQ(refusal(made), "");
    EXPECT_EQ(made->credential_id, passkey.credential_id);
    EXPECT_EQ(made->public_key, passkey.public_key);
    EXPECT_EQ(made->sign_count, 7u);
    EXPECT_EQ(made->aaguid, "0123456789abcdef");
  }
}

TEST(Registration, TakesWhatItNeedNotUnderstand) {
  SoftPasskey passkey;
  passkey.origin = "https://old.example.org";
  passkey.more_client_data =
      R"(,"crossOrigin":false,"tokenBinding":{"status":"supported"},"other_keys":["x"])";
  passkey.flags |= 0x80 | 0x18;  // extensions, and the flags of backups
  passkey.extensions = cbor::map({cbor::text("credProtect"), cbor::integer(2)});
  passkey.format = "packed";
  passkey.statement = cbor::map(
      {cbor::text("alg"), cbor::integer(-7), cbor::text("sig"), cbor::bytes("not looked at")});
  EXPECT_EQ(refusal(registered(passkey)), "");
}

TEST(Registration, IsRefusedWhenOneThingIsWrong) {
  for (const auto& [spoil, why] : kSpoiled) {
    SoftPasskey passkey;
    spoil(passkey);
    EXPECT_EQ(refusal(registered(passkey)), why);
  }
}

TEST(Registration, IsNoSignIn) {
  const SoftPasskey passkey;
  for (const std::string type : {"webauthn.get", "webauthn.Create", "", "payment.get"})
    EXPECT_EQ(refusal(verify_registration(kParty, kChallenge, passkey.client_data(type),
                                          passkey.attestation())),
              "The client data is of another ceremony");
}

TEST(Registration, NeedsAChallengeOfOurs) {
  SoftPasskey passkey;
  passkey.challenge = "";
  EXPECT_EQ(refusal(verify_registration(kParty, "", passkey.client_data("webauthn.create"),
                                        passkey.attestation())),
            "The challenge is another one");
}

TEST(Registration, NeedsWellFormedClientData) {
  const std::string attestation = SoftPasskey{}.attestation();
  for (const std::string& json : {""s, "{"s, "null"s, "[]"s, "{}x"s, "\xff"s,
                                  SoftPasskey{}.client_data("webauthn.create") + 'x'})
    EXPECT_EQ(refusal(verify_registration(kParty, kChallenge, json, attestation)),
              "The client data is no JSON object")
        << json;
  for (const std::string& json : {"{}"s, R"({"type":7})"s})
    EXPECT_EQ(refusal(verify_registration(kParty, kChallenge, json, attestation)),
              "The client data is of another ceremony");
  for (const std::string challenge : {"7", "\"\"", "\"?\"", "null", "\"dGhl\""})
    EXPECT_EQ(refusal(verify_registration(
                  kParty, kChallenge,
                  R"({"type":"webauthn.create","origin":"https://chat.example.org","challenge":)" +
                      challenge + '}',
                  attestation)),
              "The challenge is another one");
}

TEST(Registration, NeedsACompleteAttestation) {
  const SoftPasskey passkey;
  const std::string json = passkey.client_data("webauthn.create");
  const std::string whole = passkey.attestation();
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(verify_registration(kParty, kChallenge, json, whole.substr(0, length))), "")
        << length;
  EXPECT_EQ(refusal(verify_registration(kParty, kChallenge, json, whole + '\0')),
            "The attestation object cannot be read");
  EXPECT_EQ(refusal(verify_registration(kParty, kChallenge, json, std::string(70'000, '\xa0'))),
            "The attestation object is too long");

  using cbor::bytes, cbor::integer, cbor::map, cbor::text;
  const std::string data = bytes(passkey.registration_data());
  for (const std::string& object :
       {map({text("fmt"), text("none"), text("attStmt"), map({})}),
        map({text("fmt"), text("none"), text("authData"), data}),
        map({text("attStmt"), map({}), text("authData"), data}),
        map({text("fmt"), bytes("none"), text("attStmt"), map({}), text("authData"), data}),
        map({text("fmt"), text("none"), text("attStmt"), integer(0), text("authData"), data}),
        map({text("fmt"), text("none"), text("attStmt"), map({}), text("authData"), text("x")})})
    EXPECT_EQ(refusal(verify_registration(kParty, kChallenge, json, object)),
              "The attestation object is not complete");
}

TEST(Registration, RefusesAnAttestationWhereThereIsNone) {
  SoftPasskey passkey;
  passkey.statement = cbor::map({cbor::text("alg"), cbor::integer(-7)});
  EXPECT_EQ(refusal(registered(passkey)), "There is an attestation where there is none");
}

TEST(Registration, NeedsACredential) {
  const SoftPasskey passkey;
  const std::string object =
      cbor::map({cbor::text("fmt"), cbor::text("none"), cbor::text("attStmt"), cbor::map({}),
                 cbor::text("authData"), cbor::bytes(passkey.assertion().authenticator_data)});
  EXPECT_EQ(refusal(verify_registration(kParty, kChallenge, passkey.client_data("webauthn.create"),
                                        object)),
            "There is no credential");
}

TEST(Registration, BoundsTheIdOfACredential) {
  SoftPasskey passkey;
  passkey.credential_id = std::string(1023, 'c');
  EXPECT_EQ(refusal(registered(passkey)), "");
  for (const std::size_t length : {0u, 1024u, 65'535u}) {
    passkey.credential_id = std::string(length, 'c');
    EXPECT_NE(refusal(registered(passkey)), "") << length;
  }
}

TEST(Registration, TakesKeysOfThreeKinds) {
  using cbor::bytes, cbor::integer, cbor::map;
  const SoftPasskey es256, rs256{Algorithm::rs256}, ed25519{Algorithm::ed25519};
  const std::string x(32, 'x');
  const std::string why = "The key is of no kind that we take";
  for (const std::string& key :
       {es256.cose_key(-35), es256.cose_key(-8), es256.cose_key(-257), rs256.cose_key(-7),
        rs256.cose_key(-37), rs256.cose_key(-65535), ed25519.cose_key(-7), map({}), integer(7),
        // A point that is not on the curve, one of another curve, one that is cut.
        map({integer(1), integer(2), integer(3), integer(-7), integer(-1), integer(1), integer(-2),
             bytes(x), integer(-3), bytes(x)}),
        map({integer(1), integer(2), integer(3), integer(-7), integer(-1), integer(2), integer(-2),
             bytes(x), integer(-3), bytes(x)}),
        map({integer(1), integer(2), integer(3), integer(-7), integer(-1), integer(1), integer(-2),
             bytes(x)}),
        // RSA of 1024 bits, with an even modulus, with exponent 1, with a huge one.
        map({integer(1), integer(3), integer(3), integer(-257), integer(-1),
             bytes(std::string(128, '\x81')), integer(-2), bytes("\3")}),
        map({integer(1), integer(3), integer(3), integer(-257), integer(-1),
             bytes(std::string(256, '\x80')), integer(-2), bytes("\3")}),
        map({integer(1), integer(3), integer(3), integer(-257), integer(-1),
             bytes(std::string(256, '\x81')), integer(-2), bytes("\1")}),
        map({integer(1), integer(3), integer(3), integer(-257), integer(-1),
             bytes(std::string(256, '\x81')), integer(-2), bytes(x)}),
        map({integer(1), integer(1), integer(3), integer(-8), integer(-1), integer(6), integer(-2),
             bytes("short")})}) {
    SoftPasskey passkey;
    passkey.public_key = key;
    EXPECT_EQ(refusal(registered(passkey)), why) << testing::PrintToString(key);
  }
}

TEST(AssertionOfAPasskey, SignsIn) {
  for (const auto algorithm : {Algorithm::es256, Algorithm::rs256, Algorithm::ed25519}) {
    SoftPasskey passkey{algorithm};
    const auto made = registered(passkey);
    ASSERT_TRUE(made);
    EXPECT_EQ(
        refusal(verify_assertion(kParty, kChallenge, made->public_key, 0, passkey.assertion())),
        "");
  }
}

TEST(AssertionOfAPasskey, IsRefusedWhenOneThingIsWrong) {
  for (const auto& [spoil, why] : kSpoiled) {
    SoftPasskey passkey;
    spoil(passkey);
    EXPECT_EQ(refusal(asserted(passkey)), why);
  }
}

TEST(AssertionOfAPasskey, IsNoRegistration) {
  const SoftPasskey passkey;
  EXPECT_EQ(refusal(verify_assertion(kParty, kChallenge, passkey.public_key, 0,
                                     passkey.assertion("webauthn.create"))),
            "The client data is of another ceremony");
  Assertion assertion = passkey.assertion();
  assertion.authenticator_data = passkey.registration_data();
  EXPECT_EQ(refusal(verify_assertion(kParty, kChallenge, passkey.public_key, 0, assertion)),
            "The authenticator data cannot be read");
}

TEST(AssertionOfAPasskey, NeedsItsSignature) {
  const std::string why = "The signature is not the passkey's";
  for (const auto algorithm : {Algorithm::es256, Algorithm::rs256, Algorithm::ed25519}) {
    const SoftPasskey passkey{algorithm};
    const SoftPasskey other{algorithm};
    const Assertion good = passkey.assertion();
    const auto refused = [&](const Assertion& assertion, const std::string& key) {
      return refusal(verify_assertion(kParty, kChallenge, key, 0, assertion));
    };
    EXPECT_EQ(refused(good, passkey.public_key), "");
    EXPECT_EQ(refused(good, other.public_key), why);
    EXPECT_EQ(refused(good, ""), why);
    EXPECT_EQ(refused(good, passkey.public_key + '\0'), why);

    Assertion bad = good;
    for (const std::string& signature :
         {""s, "x"s, good.signature.substr(1), good.signature + 'x', std::string(2'000, 'x'),
          std::string(good.signature.size(), '\0'), other.assertion().signature}) {
      bad.signature = signature;
      EXPECT_EQ(refused(bad, passkey.public_key), why);
    }
    bad = good;
    bad.client_data_json += ' ';  // the same JSON, but not what was signed
    EXPECT_EQ(refused(bad, passkey.public_key), why);
    bad = good;
    bad.authenticator_data[36] = 1;  // the count
    EXPECT_EQ(refused(bad, passkey.public_key), why);
  }
}

TEST(AssertionOfAPasskey, NeedsWholeAuthenticatorData) {
  const SoftPasskey passkey;
  Assertion assertion = passkey.assertion();
  const std::string whole = assertion.authenticator_data;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    assertion.authenticator_data = whole.substr(0, length);
    EXPECT_EQ(refusal(verify_assertion(kParty, kChallenge, passkey.public_key, 0, assertion)),
              "The authenticator data cannot be read");
  }
}

TEST(AssertionOfAPasskey, CountsUp) {
  const std::string why = "The passkey has been copied: its count did not grow";
  SoftPasskey passkey;
  EXPECT_EQ(asserted(passkey, 0), 0u) << "one that does not count";
  EXPECT_EQ(refusal(asserted(passkey, 5)), why);
  passkey.sign_count = 5;
  EXPECT_EQ(asserted(passkey, 4), 5u);
  EXPECT_EQ(asserted(passkey, 0), 5u);
  EXPECT_EQ(refusal(asserted(passkey, 5)), why);
  EXPECT_EQ(refusal(asserted(passkey, 6)), why);
  passkey.sign_count = UINT32_MAX;
  EXPECT_EQ(asserted(passkey, UINT32_MAX - 1), UINT32_MAX);
}

TEST(Challenge, IsNeverTheSame) {
  EXPECT_EQ(new_challenge().size(), 32u);
  EXPECT_NE(new_challenge(), new_challenge());
}

RC_GTEST_PROP(AnyAttestation, IsRefusedWhenAByteIsChanged, ()) {
  static const SoftPasskey passkey;
  // Of what we look at: the format of the object, and of the data all but what we only keep.
  std::string object = passkey.attestation();
  const auto kept = object.find(passkey.registration_data());
  const auto at = *rc::gen::inRange<std::size_t>(0, kept + 32);
  const auto by = *rc::gen::inRange(1, 256);
  object[at] = static_cast<char>(object[at] ^ by);
  const auto made =
      verify_registration(kParty, kChallenge, passkey.client_data("webauthn.create"), object);
  // Another name of a format is as good as any.
  RC_ASSERT(!made || (at >= 5 && at < 10));
}

}  // namespace
}  // namespace parley::user
