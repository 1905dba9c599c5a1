#include "user/providers.h"

#include <algorithm>

#include "user/id_token_for_test.h"
#include "user/world_for_test.h"

namespace parley::user {
namespace {

using boost::json::object;

constexpr std::string_view kIssuer = "https://id.example.org";

// A provider. Its members are what it will say.
class FakeProvider final : public delivery::HttpClient {
 public:
  Task<std::expected<delivery::OutboundAnswer, std::string>> fetch(
      delivery::OutboundRequest request) override {
    requests.push_back(request);
    if (down) co_return std::unexpected("id.example.org does not answer");
    if (request.url == std::string{kIssuer} + "/.well-known/openid-configuration")
      co_return delivery::OutboundAnswer{.status = 200, .body = serialize(discovery)};
    if (request.url == "https://id.example.org/keys")
      co_return delivery::OutboundAnswer{.status = 200, .body = keys};
    if (request.url == "https://id.example.org/token")
      co_return delivery::OutboundAnswer{.status = token_status, .body = serialize(token_answer)};
    co_return delivery::OutboundAnswer{.status = 404, .body = "<html>"};
  }

  std::size_t count(std::string_view url) const {
    return static_cast<std::size_t>(
        std::ranges::count(requests, url, &delivery::OutboundRequest::url));
  }

  bool down = false;
  object discovery{{"issuer", kIssuer},
                   {"authorization_endpoint", "https://id.example.org/authorize"},
                   {"token_endpoint", "https://id.example.org/token"},
                   {"jwks_uri", "https://id.example.org/keys"}};
  std::string keys;
  int token_status = 200;
  object token_answer{{"token_type", "Bearer"}, {"access_token", "of no use"}};
  std::vector<delivery::OutboundRequest> requests;
};

class ProvidersTest : public UserServiceTest {
 protected:
  Result<ProviderPage> begin(std::string name = "SSO") {
    return await(loop, providers.begin(stranger(), {.provider = std::move(name)}));
  }
  Result<SignedIn> complete(CompleteProviderSignIn command) {
    return await(loop, providers.complete(stranger(), std::move(command)));
  }
  // As the provider tells it of the question that begin() made the URL of.
  object claims_for(const ProviderPage& page, std::string subject = "4711") {
    return {{"iss", kIssuer},
            {"aud", "parley"},
            {"sub", subject},
            {"nonce", parameter(page.url, "nonce")},
            {"iat", kNow.time_since_epoch().count() / 1000},
            {"exp", kNow.time_since_epoch().count() / 1000 + 300}};
  }
  static object claims_with_email(object claims, std::string_view email, bool verified = true) {
    claims["email"] = email;
    claims["email_verified"] = verified;
    return claims;
  }
  static std::string parameter(std::string_view url, std::string_view name) {
    const auto at = url.find(std::string{name} + '=');
    if (at == url.npos) return "";
    url.remove_prefix(at + name.size() + 1);
    return std::string{url.substr(0, url.find('&'))};
  }
  // Signs in with these claims, if a function makes them of the page.
  template <class Claims>
  Result<SignedIn> sign_in_with(Claims claims, CompleteProviderSignIn command = {}) {
    const ProviderPage page = begin().value();
    provider.token_answer["id_token"] = key.token(claims(page));
    command.code = "the code";
    command.state = page.state;
    return complete(std::move(command));
  }
  Result<SignedIn> sign_in_as(std::string subject) {
    return sign_in_with([&](const ProviderPage& page) { return claims_for(page, subject); });
  }
  std::size_t questions() const { return secrets.secrets.size(); }

  SoftProviderKey key{"first"};
  FakeProvider provider;
  ProviderSettings settings{.name = "SSO",
                            .issuer = std::string{kIssuer},
                            .client_id = "parley",
                            .client_secret = "s3cret+/ö"};
  Providers providers = make({settings});

  Providers make(const std::vector<ProviderSettings>& with) {
    provider.keys = key.set();
    return {with,     provider, secrets,
            factors,  store,    accounts,
            sessions, clock,    "https://chat.example.org"};
  }
};

TEST_F(ProvidersTest, AreNamedAmongTheMethods) {
  const auto methods = await(loop, providers.methods(stranger(), {}));
  EXPECT_EQ(methods->providers, std::vector<std::string>{"SSO"});
  EXPECT_EQ(methods->registration, Registration::open);
  EXPECT_TRUE(methods->phone && methods->email && methods->passkeys);

  Providers none = make({});
  EXPECT_TRUE(await(loop, none.methods(stranger(), {}))->providers.empty());
}

TEST_F(ProvidersTest, AskForACodeThatOnlyWeCanRedeem) {
  const auto page = begin();
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->url.starts_with("https://id.example.org/authorize?response_type=code&"));
  EXPECT_EQ(parameter(page->url, "client_id"), "parley");
  EXPECT_EQ(parameter(page->url, "redirect_uri"),
            "https%3A%2F%2Fchat.example.org%2Fsign-in%2Fprovider");
  EXPECT_EQ(parameter(page->url, "scope"), "openid%20email%20profile");
  EXPECT_EQ(parameter(page->url, "state"), page->state);
  EXPECT_EQ(parameter(page->url, "code_challenge_method"), "S256");
  ASSERT_EQ(questions(), 1u);
  const Secret& kept = secrets.secrets.begin()->second;
  EXPECT_EQ(kept.hash, hash_of_token(page->state));
  EXPECT_EQ(kept.expires_at, kNow + std::chrono::minutes{10});
  const object data = boost::json::parse(kept.data).as_object();
  const std::string verifier{data.at("verifier").as_string()};
  EXPECT_EQ(parameter(page->url, "code_challenge"), base64url_of(hash_of_token(verifier)));
  EXPECT_EQ(data.at("nonce").as_string(), parameter(page->url, "nonce"));
  EXPECT_NE(begin()->state, page->state);
}

TEST_F(ProvidersTest, LeaveAQueryInTheAddressAsItIs) {
  provider.discovery["authorization_endpoint"] = "https://id.example.org/authorize?tenant=7";
  EXPECT_TRUE(begin()->url.starts_with("https://id.example.org/authorize?tenant=7&response_type="));
}

TEST_F(ProvidersTest, AreOnlyThoseOfTheConfiguration) {
  EXPECT_EQ(refused_field(begin("another")), "provider");
  EXPECT_EQ(questions(), 0u);
}

TEST_F(ProvidersTest, AreAskedOnceAnHourWhereTheirEndpointsAre) {
  const std::string url = std::string{kIssuer} + "/.well-known/openid-configuration";
  ASSERT_TRUE(begin() && begin());
  clock.advance(std::chrono::minutes{59});
  ASSERT_TRUE(begin());
  EXPECT_EQ(provider.count(url), 1u);
  clock.advance(std::chrono::minutes{1});
  ASSERT_TRUE(begin());
  EXPECT_EQ(provider.count(url), 2u);
}

TEST_F(ProvidersTest, AreUnavailableWithoutAGoodDiscoveryDocument) {
  provider.down = true;
  EXPECT_EQ(refusal(begin()), Errc::provider_unavailable);
  provider.down = false;
  const object good = provider.discovery;
  const auto spoiled = [&](std::string_view member, std::string_view value) {
    provider.discovery = good;
    provider.discovery[member] = value;
    return refusal(begin());
  };
  EXPECT_EQ(spoiled("issuer", "https://id.example.org/"), Errc::provider_unavailable);
  EXPECT_EQ(spoiled("authorization_endpoint", "javascript:alert(1)"), Errc::provider_unavailable);
  EXPECT_EQ(spoiled("authorization_endpoint", "http://id.example.org/authorize"),
            Errc::provider_unavailable);
  EXPECT_EQ(spoiled("token_endpoint", "http://id.example.org/token"), Errc::provider_unavailable);
  EXPECT_EQ(spoiled("jwks_uri", ""), Errc::provider_unavailable);
  EXPECT_EQ(questions(), 0u);
  provider.discovery = good;
  EXPECT_TRUE(begin());
}

TEST_F(ProvidersTest, MakeAnAccountAndKnowItAgain) {
  const auto first = sign_in_with([&](const ProviderPage& page) {
    object claims = claims_with_email(claims_for(page), "Ann@example.org");
    claims["preferred_username"] = "Ann";
    claims["name"] = "Ann Example";
    claims["locale"] = "de-AT";
    return claims;
  });
  ASSERT_TRUE(first);
  EXPECT_EQ(first->user.username, "ann");
  EXPECT_EQ(first->user.display_name, "Ann Example");
  EXPECT_EQ(first->user.email, "ann@example.org");
  EXPECT_TRUE(first->user.email_verified);
  EXPECT_EQ(first->user.language, "de-AT");
  EXPECT_FALSE(first->user.has_password);
  EXPECT_TRUE(tokens.check(first->access_token));
  EXPECT_TRUE(mailbox.letters.empty());  // there is nothing to verify

  const auto again = sign_in_as("4711");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->user.id, first->user.id);
  const auto other = sign_in_as("4712");
  ASSERT_TRUE(other);
  EXPECT_NE(other->user.id, first->user.id);
}

TEST_F(ProvidersTest, RedeemTheCodeAsTheClientTheyAre) {
  ASSERT_TRUE(sign_in_as("4711"));
  const auto& request = provider.requests[1];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.user, "parley");
  EXPECT_EQ(request.password, "s3cret%2B%2F%C3%B6");
  EXPECT_TRUE(request.body.starts_with(
      "grant_type=authorization_code&code=the%20code&redirect_uri=https%3A%2F%2Fchat.example.org"
      "%2Fsign-in%2Fprovider&code_verifier="))
      << request.body;
  EXPECT_FALSE(request.body.contains("client_"));

  settings.client_secret.clear();
  Providers of_public_client = make({settings});
  const auto page = await(loop, of_public_client.begin(stranger(), {.provider = "SSO"}));
  provider.token_answer["id_token"] = key.token(claims_for(*page));
  provider.requests.clear();
  ASSERT_TRUE(
      await(loop, of_public_client.complete(stranger(), {.code = "code", .state = page->state})));
  EXPECT_EQ(provider.requests[0].user, "");
  EXPECT_TRUE(provider.requests[0].body.ends_with("&client_id=parley"));
}

TEST_F(ProvidersTest, FindTheOwnerOfAVerifiedAddress) {
  const UserId ann = sign_up(reachable("ann@example.org")).value().user.id;
  const auto by_address = [&](std::string subject, bool verified) {
    return sign_in_with([&](const ProviderPage& page) {
      return claims_with_email(claims_for(page, subject), "ann@example.org", verified);
    });
  };
  // Who only claims an address is not its owner, on either side.
  const auto unverified_there = by_address("1", false);
  ASSERT_TRUE(unverified_there);
  EXPECT_NE(unverified_there->user.id, ann);
  EXPECT_FALSE(unverified_there->user.email);

  store.users.at(ann).profile.email_verified = true;
  const auto both = by_address("2", true);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->user.id, ann);
  EXPECT_EQ(sign_in_as("2")->user.id, ann);
}

TEST_F(ProvidersTest, GiveAnotherUsernameWhenOneIsTaken) {
  sign_up("ann");
  const auto named = [&](std::string subject, CompleteProviderSignIn command = {}) {
    return sign_in_with(
        [&](const ProviderPage& page) {
          object claims = claims_for(page, subject);
          claims["preferred_username"] = "ann";
          return claims;
        },
        std::move(command));
  };
  EXPECT_EQ(named("1")->user.username, "ann2");
  EXPECT_EQ(named("2")->user.username, "ann3");
  EXPECT_EQ(named("3", {.code = "", .state = "", .username = "Annie"})->user.username, "annie");
  EXPECT_EQ(refusal(named("4", {.code = "", .state = "", .username = "ann"})),
            Errc::username_taken);
}

TEST_F(ProvidersTest, LetAUsernameBeCorrected) {
  const auto page = begin().value();
  provider.token_answer["id_token"] = key.token(claims_for(page));
  const CompleteProviderSignIn wrong{.code = "code", .state = page.state, .username = "-ann"};
  EXPECT_EQ(refused_field(complete(wrong)), "username");
  EXPECT_TRUE(complete({.code = "code", .state = page.state, .username = "ann"}));
}

TEST_F(ProvidersTest, TakeAStateOnce) {
  const auto page = begin().value();
  provider.token_answer["id_token"] = key.token(claims_for(page));
  const CompleteProviderSignIn command{.code = "code", .state = page.state};
  EXPECT_EQ(refusal(complete({.code = "code", .state = "x" + page.state.substr(1)})),
            Errc::invalid_sign_in);
  EXPECT_TRUE(complete(command));
  EXPECT_EQ(refusal(complete(command)), Errc::invalid_sign_in);

  const auto late = begin().value();
  clock.advance(Providers::kTimeout);
  EXPECT_EQ(refusal(complete({.code = "code", .state = late.state})), Errc::invalid_sign_in);
}

TEST_F(ProvidersTest, RefuseAnAnswerToAnotherQuestion) {
  const auto one = begin().value(), other = begin().value();
  provider.token_answer["id_token"] = key.token(claims_for(one));
  EXPECT_EQ(refusal(complete({.code = "code", .state = other.state})), Errc::invalid_sign_in);
  EXPECT_TRUE(store.users.empty());
}

TEST_F(ProvidersTest, TellNothingOfWhatIsWrong) {
  const auto refused = [&](auto spoil) {
    provider.token_status = 200;
    const auto page = begin().value();
    provider.token_answer["id_token"] = key.token(claims_for(page));
    spoil(page);
    const auto done = complete({.code = "code", .state = page.state});
    return !done && done.error().code == Errc::invalid_sign_in && done.error().detail.empty() &&
           done.error().fields.empty();
  };
  EXPECT_TRUE(refused([&](const ProviderPage&) {
    provider.token_status = 400;
    provider.token_answer["error"] = "invalid_grant";
  }));
  EXPECT_TRUE(refused([&](const ProviderPage&) { provider.token_answer.erase("id_token"); }));
  EXPECT_TRUE(refused([&](const ProviderPage&) { provider.token_answer["id_token"] = "a.b.c"; }));
  EXPECT_TRUE(refused([&](const ProviderPage& page) {
    const SoftProviderKey forged{"first"};
    provider.token_answer["id_token"] = forged.token(claims_for(page));
  }));
  EXPECT_TRUE(store.users.empty());
}

TEST_F(ProvidersTest, AreUnavailableWhenTheyFailWhileACodeIsRedeemed) {
  const auto page = begin().value();
  provider.token_status = 503;
  EXPECT_EQ(refusal(complete({.code = "code", .state = page.state})), Errc::provider_unavailable);
  const auto next = begin().value();
  provider.down = true;
  EXPECT_EQ(refusal(complete({.code = "code", .state = next.state})), Errc::provider_unavailable);
}

TEST_F(ProvidersTest, MayChangeTheirKeys) {
  const std::string url = "https://id.example.org/keys";
  ASSERT_TRUE(sign_in_as("1"));
  ASSERT_TRUE(sign_in_as("2"));
  EXPECT_EQ(provider.count(url), 1u);

  const SoftProviderKey next{"next"};
  provider.keys = next.set();
  const auto sign_in_with_next = [&] {
    const auto page = begin().value();
    provider.token_answer["id_token"] = next.token(claims_for(page));
    return complete({.code = "code", .state = page.state});
  };
  EXPECT_FALSE(sign_in_with_next());  // too soon: whoever makes tokens up must not make us ask
  EXPECT_EQ(provider.count(url), 1u);
  clock.advance(IdentityProvider::kKeysPause);
  EXPECT_TRUE(sign_in_with_next());
  EXPECT_EQ(provider.count(url), 2u);
}

TEST_F(ProvidersTest, DoNotOpenASuspendedAccount) {
  const UserId ann = sign_in_as("4711")->user.id;
  session_store.suspended.insert(ann);
  EXPECT_EQ(refusal(sign_in_as("4711")), Errc::account_suspended);
}

}  // namespace
}  // namespace parley::user
