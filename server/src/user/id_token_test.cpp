#include "user/id_token.h"

#include <gtest/gtest.h>

#include "user/id_token_for_test.h"

namespace parley::user {
namespace {

using boost::json::object;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
constexpr std::int64_t kSeconds = kNow.time_since_epoch().count() / 1000;

const SoftProviderKey& ec_key() {
  static const SoftProviderKey key{"ec", "P-256"};
  return key;
}
const SoftProviderKey& rsa_key() {
  static const SoftProviderKey key{"rsa", "RSA"};
  return key;
}

object good_claims() {
  return {{"iss", "https://id.example.org"},
          {"aud", "parley"},
          {"sub", "4711"},
          {"nonce", "the nonce"},
          {"iat", kSeconds - 5},
          {"exp", kSeconds + 300}};
}

object with(std::string_view name, boost::json::value value) {
  object claims = good_claims();
  claims[name] = std::move(value);
  return claims;
}

object without(std::string_view name) {
  object claims = good_claims();
  claims.erase(name);
  return claims;
}

std::expected<ProviderIdentity, TokenFault> verify(std::string_view token,
                                                   const std::string& set = ec_key().set()) {
  return verify_id_token(token, ProviderKeys::parse(set).value(),
                         {.issuer = "https://id.example.org",
                          .client_id = "parley",
                          .nonce = "the nonce",
                          .now = kNow});
}

// Why a token that is signed well is refused; empty when it is not.
std::string fault(const object& claims) {
  const auto verified = verify(ec_key().token(claims));
  return verified ? "" : verified.error().why;
}
std::string fault(const std::string& token, const std::string& set = ec_key().set()) {
  const auto verified = verify(token, set);
  return verified ? "" : verified.error().why;
}

TEST(IdToken, TellsWhoSomebodyIs) {
  object claims = good_claims();
  claims["email"] = "ann@example.org";
  claims["email_verified"] = true;
  claims["name"] = "Ann Example";
  claims["preferred_username"] = "ann";
  claims["locale"] = "de";
  for (const SoftProviderKey* const key : {&ec_key(), &rsa_key()}) {
    const auto identity = verify(key->token(claims), key->set());
    ASSERT_TRUE(identity) << identity.error().why;
    EXPECT_EQ(identity->subject, "4711");
    EXPECT_EQ(identity->email, "ann@example.org");
    EXPECT_EQ(identity->name, "Ann Example");
    EXPECT_EQ(identity->preferred_username, "ann");
    EXPECT_EQ(identity->locale, "de");
  }
}

TEST(IdToken, TellsAnAddressOnlyWhenItIsVerified) {
  object claims = with("email", "ann@example.org");
  EXPECT_FALSE(verify(ec_key().token(claims))->email);
  for (const boost::json::value& no : {boost::json::value{false}, {"true"}, {1}, {nullptr}}) {
    claims["email_verified"] = no;
    EXPECT_FALSE(verify(ec_key().token(claims))->email);
  }
}

TEST(IdToken, IsRefusedFromAnotherIssuer) {
  const std::string why = "its issuer is another one";
  EXPECT_EQ(fault(with("iss", "https://id.example.org/")), why);
  EXPECT_EQ(fault(with("iss", "https://evil.example.org")), why);
  EXPECT_EQ(fault(without("iss")), why);
}

TEST(IdToken, IsRefusedForAnotherClient) {
  const std::string why = "it is for another client";
  EXPECT_EQ(fault(with("aud", "another")), why);
  EXPECT_EQ(fault(with("aud", boost::json::array{"another"})), why);
  EXPECT_EQ(fault(with("aud", boost::json::array{})), why);
  EXPECT_EQ(fault(with("aud", 7)), why);
  EXPECT_EQ(fault(without("aud")), why);
  EXPECT_EQ(fault(with("azp", "another")), why);
  EXPECT_EQ(fault(with("azp", 7)), why);
}

TEST(IdToken, MayBeForSeveralWhenWeAskedForIt) {
  EXPECT_EQ(fault(with("aud", boost::json::array{"parley"})), "");
  object claims = with("aud", boost::json::array{"another", "parley"});
  EXPECT_EQ(fault(claims), "it is for another client");
  claims["azp"] = "parley";
  EXPECT_EQ(fault(claims), "");
  claims["azp"] = "another";
  EXPECT_EQ(fault(claims), "it is for another client");
}

TEST(IdToken, IsRefusedWithAnotherNonce) {
  const std::string why = "its nonce is another one";
  EXPECT_EQ(fault(with("nonce", "another")), why);
  EXPECT_EQ(fault(with("nonce", "")), why);
  EXPECT_EQ(fault(without("nonce")), why);
}

TEST(IdToken, LivesAMinuteLongerThanItSays) {
  EXPECT_EQ(fault(with("exp", kSeconds - 59)), "");
  EXPECT_EQ(fault(with("exp", static_cast<double>(kSeconds) - 59.5)), "");
  EXPECT_EQ(fault(with("exp", kSeconds - 60)), "it has expired");
  EXPECT_EQ(fault(with("exp", "1800000000")), "it has expired");
  EXPECT_EQ(fault(without("exp")), "it has expired");
}

TEST(IdToken, MayComeFromAClockAMinuteAhead) {
  EXPECT_EQ(fault(with("iat", kSeconds + 60)), "");
  EXPECT_EQ(fault(with("iat", kSeconds + 61)), "it was issued in the future");
  EXPECT_EQ(fault(without("iat")), "it was issued in the future");
  EXPECT_EQ(fault(with("nbf", kSeconds + 60)), "");
  EXPECT_EQ(fault(with("nbf", kSeconds + 61)), "it is not valid yet");
  EXPECT_EQ(fault(with("nbf", "soon")), "it is not valid yet");
}

TEST(IdToken, NamesSomebody) {
  EXPECT_EQ(fault(without("sub")), "it names nobody");
  EXPECT_EQ(fault(with("sub", "")), "it names nobody");
  EXPECT_EQ(fault(with("sub", 4711)), "it names nobody");
  EXPECT_EQ(fault(with("sub", boost::json::string(256, '7'))), "it names nobody");
  EXPECT_EQ(fault(with("sub", boost::json::string(255, '7'))), "");
}

TEST(IdToken, IsRefusedUnsigned) {
  const std::string why = "its algorithm is none that we take";
  for (const char* const name : {"none", "None", "HS256", "RS512", "PS256", "ES384", "EdDSA", ""}) {
    object header = ec_key().header();
    header["alg"] = name;
    EXPECT_EQ(fault(ec_key().token(good_claims(), header)), why) << name;
  }
  const std::string unsigned_token = base64url_of(R"({"alg":"none"})") + '.' +
                                     base64url_of(boost::json::serialize(good_claims())) + '.';
  EXPECT_EQ(fault(unsigned_token), why);
  object header = ec_key().header();
  header.erase("alg");
  EXPECT_EQ(fault(ec_key().token(good_claims(), header)), why);
}

TEST(IdToken, IsRefusedWithAnotherSignature) {
  const std::string why = "its signature is wrong";
  const SoftProviderKey another_ec{"ec", "P-256"}, another_rsa{"rsa", "RSA"};
  EXPECT_EQ(fault(another_ec.token(good_claims())), why);
  EXPECT_EQ(fault(another_rsa.token(good_claims()), rsa_key().set()), why);

  const std::string good = ec_key().token(good_claims());
  const std::string unsigned_part = good.substr(0, good.rfind('.') + 1);
  EXPECT_EQ(fault(unsigned_part), why);
  EXPECT_EQ(fault(unsigned_part + base64url_of(std::string(64, '\0'))), why);
  EXPECT_EQ(fault(unsigned_part + base64url_of(std::string(63, '7'))), why);
  // The claims of another token under a good signature.
  const std::string claims = base64url_of(boost::json::serialize(with("sub", "1")));
  EXPECT_EQ(fault(good.substr(0, good.find('.') + 1) + claims + good.substr(good.rfind('.'))), why);
}

TEST(IdToken, IsCheckedWithAKeyOfItsAlgorithmAlone) {
  object header = rsa_key().header();
  header["kid"] = "ec";
  const auto verified = verify(rsa_key().token(good_claims(), header));
  ASSERT_FALSE(verified);
  EXPECT_TRUE(verified.error().unknown_key);
}

TEST(IdToken, SaysWhenItsKeyIsUnknown) {
  const SoftProviderKey newer{"newer", "P-256"};
  const auto verified = verify(newer.token(good_claims()));
  ASSERT_FALSE(verified);
  EXPECT_TRUE(verified.error().unknown_key);
  EXPECT_FALSE(verify(ec_key().token(without("sub"))).error().unknown_key);
}

TEST(IdToken, NeedsNoKeyIdWhenThereIsOneKey) {
  object header = ec_key().header();
  header.erase("kid");
  const std::string token = ec_key().token(good_claims(), header);
  EXPECT_EQ(fault(token), "");
  object set{{"keys", {ec_key().jwk(), rsa_key().jwk()}}};
  EXPECT_EQ(fault(token, boost::json::serialize(set)), "");
  const SoftProviderKey second{"second", "P-256"};
  set["keys"].as_array().emplace_back(second.jwk());
  EXPECT_EQ(fault(token, boost::json::serialize(set)), "its key is unknown");
}

TEST(IdToken, IsRefusedWithDemandsWeDoNotKnow) {
  object header = ec_key().header();
  header["crit"] = boost::json::array{"exp"};
  EXPECT_EQ(fault(ec_key().token(good_claims(), header)), "it demands an extension");
}

TEST(IdToken, IsThreePartsOfBase64Url) {
  const std::string good = ec_key().token(good_claims());
  const std::string end = good.substr(good.rfind('.'));
  for (const std::string& bad :
       {std::string{}, std::string{"."}, std::string{".."}, good + ".", good + "=", "." + good,
        good.substr(0, good.rfind('.')), base64url_of("[]") + '.' + base64url_of("{}") + end,
        base64url_of(R"({"alg":)") + '.' + base64url_of("{}") + end, std::string(40'000, 'a')})
    EXPECT_EQ(fault(bad), "it is no token") << bad;
}

TEST(ProviderKeys, LeaveOutWhatIsOfNoUse) {
  const auto none_of = [](std::string_view member, boost::json::value value) {
    object key = ec_key().jwk();
    key[member] = std::move(value);
    const auto keys = ProviderKeys::parse(boost::json::serialize(object{{"keys", {key}}}));
    return keys && !keys->find("ec", TokenAlgorithm::es256);
  };
  const std::string off_curve = base64url_of(std::string(32, '\7'));
  EXPECT_FALSE(none_of("use", "sig"));
  EXPECT_TRUE(none_of("use", "enc"));
  EXPECT_TRUE(none_of("alg", "ES384"));
  EXPECT_TRUE(none_of("crv", "P-384"));
  EXPECT_TRUE(none_of("kty", "oct"));
  EXPECT_TRUE(none_of("x", off_curve.c_str()));
  EXPECT_TRUE(none_of("y", "AQID"));
  EXPECT_TRUE(none_of("y", nullptr));

  const SoftProviderKey wrong_curve{"p384", "P-384"}, short_key{"short", "RSA", 1024};
  EXPECT_FALSE(ProviderKeys::parse(wrong_curve.set())->find("p384", TokenAlgorithm::es256));
  EXPECT_FALSE(ProviderKeys::parse(short_key.set())->find("short", TokenAlgorithm::rs256));
}

TEST(ProviderKeys, AreASet) {
  EXPECT_TRUE(ProviderKeys::parse(R"({"keys":[]})"));
  EXPECT_TRUE(ProviderKeys::parse(R"({"keys":[7,"x",{}]})"));
  for (const char* const bad : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[})"})
    EXPECT_FALSE(ProviderKeys::parse(bad)) << bad;
  EXPECT_FALSE(ProviderKeys::parse(std::string(300'000, ' ') + R"({"keys":[]})"));
}

}  // namespace
}  // namespace parley::user
