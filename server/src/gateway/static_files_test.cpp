#include "gateway/static_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string name = (fs::temp_directory_path() / "parley-web-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    directory = name;
    write("web/index.html", "<html>");
    write("web/sw.js", "worker");
    write("web/assets/app-1a2b.js", "identity of the script");
    write("web/assets/app-1a2b.js.br", "BR");
    write("web/assets/app-1a2b.js.gz", "GZIP");
    write("web/assets/only-gzip.css", "identity of the style");
    write("web/assets/only-gzip.css.gz", "GZ");
    write("web/with space.txt", "space");
    write("web/unknown.xyz", "?");
    write("secret.txt", "not for the world");
    files.emplace(directory / "web");
  }
  ~StaticFilesTest() override { fs::remove_all(directory); }

  void write(const std::string& name, std::string_view content) const {
    fs::create_directories((directory / name).parent_path());
    std::ofstream{directory / name, std::ios::binary} << content;
  }

  HttpResponse get(std::string path, Headers headers = {}) const {
    HttpRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.headers = std::move(headers);
    return files->answer(request);
  }

  HttpResponse script(std::string accept_encoding, Headers more = {}) const {
    more.emplace_back("Accept-Encoding", std::move(accept_encoding));
    return get("/assets/app-1a2b.js", std::move(more));
  }

  static std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [header, value] : response.headers)
      if (header == name) return value;
    return "";
  }

  fs::path directory;
  std::optional<StaticFiles> files;
};

TEST_F(StaticFilesTest, AnswersWithTheFileAndItsType) {
  EXPECT_EQ(get("/sw.js").body, "worker");
  EXPECT_EQ(get("/sw.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/assets/only-gzip.css").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(get("/unknown.xyz").content_type, "application/octet-stream");
  EXPECT_EQ(get("/with%20space.txt").body, "space");
}

TEST_F(StaticFilesTest, AnswersTheRootWithTheIndex) {
  EXPECT_EQ(get("/").body, "<html>");
  EXPECT_EQ(get("/").content_type, "text/html; charset=utf-8");
}

TEST_F(StaticFilesTest, AnswersABrowsersNavigationWithTheIndex) {
  const Headers navigation{{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};
  EXPECT_EQ(get("/chats/42", navigation).body, "<html>");
  EXPECT_EQ(get("/chats/42").status, 404) << "no browser that navigates";
  EXPECT_EQ(get("/chats/42", {{"Accept", "*/*"}}).status, 404);
  EXPECT_EQ(get("/assets/gone-9f.js", navigation).status, 404) << "a file, not a page";
  // The index is asked for again, under whatever name it was answered.
  EXPECT_EQ(header(get("/assets/lost", navigation), "Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, NeverLeavesItsDirectory) {
  for (const auto* const path :
       {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt",
        "//secret.txt", "/./sw.js", "../secret.txt", "secret.txt", "", "/sw.js%00", "/%zz",
        "/web/sw.js", "/..\\secret.txt"})
    EXPECT_EQ(get(path).status, 404) << path;
  EXPECT_EQ(get(directory.string() + "/secret.txt").status, 404);
}

TEST_F(StaticFilesTest, KeepsHashedFilesForEverAndAsksAgainForOthers) {
  EXPECT_EQ(header(get("/assets/app-1a2b.js"), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(header(get("/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(header(get("/sw.js"), "Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, ChoosesTheBestFormTheClientTakes) {
  EXPECT_EQ(script("").body, "identity of the script");
  EXPECT_EQ(script("gzip").body, "GZIP");
  EXPECT_EQ(script("br").body, "BR");
  EXPECT_EQ(script("gzip, deflate, br, zstd").body, "BR");
  EXPECT_EQ(script("br;q=0.2, gzip;q=0.8").body, "GZIP");
  EXPECT_EQ(script("br;q=0, gzip").body, "GZIP");
  EXPECT_EQ(script("br; q=0,gzip;q=0.0").body, "identity of the script");
  EXPECT_EQ(script("deflate, brotli").body, "identity of the script");
  EXPECT_EQ(script("br;q=nonsense").body, "identity of the script");
  EXPECT_EQ(get("/assets/only-gzip.css", {{"Accept-Encoding", "br, gzip"}}).body, "GZ");
  EXPECT_EQ(get("/sw.js", {{"Accept-Encoding", "br, gzip"}}).body, "worker");
}

TEST_F(StaticFilesTest, SaysWhichFormItIs) {
  EXPECT_EQ(header(script("br"), "Content-Encoding"), "br");
  EXPECT_EQ(header(script("gzip"), "Content-Encoding"), "gzip");
  EXPECT_EQ(header(script(""), "Content-Encoding"), "");
  EXPECT_EQ(script("br").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(header(script(""), "Vary"), "Accept-Encoding");
}

TEST_F(StaticFilesTest, TagsEveryFormOfAFileDifferently) {
  const std::string plain = header(script(""), "ETag");
  EXPECT_THAT(plain, testing::MatchesRegex("\"[^\"]+\""));
  EXPECT_NE(header(script("br"), "ETag"), plain);
  EXPECT_NE(header(script("gzip"), "ETag"), plain);
  EXPECT_NE(header(script("gzip"), "ETag"), header(script("br"), "ETag"));
  EXPECT_NE(header(get("/sw.js"), "ETag"), plain);
}

TEST_F(StaticFilesTest, AnswersNotModifiedToWhoHasIt) {
  for (const auto* const accept : {"", "br", "gzip"}) {
    const std::string etag = header(script(accept), "ETag");
    for (const std::string& have : {etag, "W/" + etag, "\"other\", " + etag, std::string{"*"}}) {
      const HttpResponse answer = script(accept, {{"If-None-Match", have}});
      EXPECT_EQ(answer.status, 304) << have;
      EXPECT_EQ(answer.body, "");
      EXPECT_EQ(header(answer, "ETag"), etag);
      EXPECT_THAT(header(answer, "Cache-Control"), HasSubstr("immutable"));
    }
  }
  EXPECT_EQ(script("", {{"If-None-Match", "\"other\""}}).status, 200);
  EXPECT_EQ(script("", {{"If-None-Match", header(script("br"), "ETag")}}).status, 200);
}

TEST_F(StaticFilesTest, AnswersFromMemoryWhatItReadOnce) {
  write("web/sw.js", "changed");
  write("web/new.js", "new");
  EXPECT_EQ(get("/sw.js").body, "worker");
  EXPECT_EQ(get("/new.js").status, 404);
  const std::string old_tag = header(get("/sw.js"), "ETag");
  files.emplace(directory / "web");
  EXPECT_EQ(get("/sw.js").body, "changed");
  EXPECT_NE(header(get("/sw.js"), "ETag"), old_tag);
}

TEST_F(StaticFilesTest, RefusesADirectoryThatIsNotThere) {
  EXPECT_THROW(StaticFiles{directory / "nowhere"}, std::runtime_error);
}

}  // namespace
}  // namespace parley::gateway
