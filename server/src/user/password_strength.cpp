#include "user/password_strength.h"

#include <cmath>
#include <vector>

#include <zxcvbn.h>

#include "base/ascii.h"

namespace parley::user {
namespace {

// zxcvbn's time grows with more than the square of the length, so pieces of 16 bytes it is.
constexpr std::size_t kPiece = 16;
constexpr std::size_t kPieces = 3;
const double kFewestBits = std::log2(1e6);

constexpr std::size_t kShortestWord = 3;
constexpr std::size_t kLongestWord = 32;
constexpr std::size_t kMostWords = 24;

bool parts_words(char c) {
  constexpr std::string_view kBetween = " \t\r\n.,;:-_+@/'\"()";
  return c == '\0' || kBetween.find(c) != std::string_view::npos;
}

std::vector<std::string> words_of(std::span<const std::string> texts) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (word.size() >= kShortestWord && word.size() <= kLongestWord && words.size() < kMostWords)
      words.push_back(lower_ascii(word));
    word.clear();
  };
  for (const std::string& text : texts) {
    for (const char c : text) {
      if (parts_words(c))
        finish();
      else
        word += c;
    }
    finish();
  }
  return words;
}

}  // namespace

Strength strength_of(std::string_view password, std::span<const std::string> about_the_user) {
  const std::vector<std::string> words = words_of(about_the_user);
  std::vector<const char*> dictionary;
  for (const std::string& word : words) dictionary.push_back(word.c_str());
  dictionary.push_back(nullptr);

  bool named = false;
  // A password is at least as strong as its strongest piece.
  for (std::size_t i = 0; i < kPieces && i * kPiece < password.size(); ++i) {
    const std::string piece{password.substr(i * kPiece, kPiece)};
    ZxcMatch_t* matches = nullptr;
    const double bits = ZxcvbnMatch(piece.c_str(), dictionary.data(), &matches);
    for (const ZxcMatch_t* match = matches; match; match = match->Next) {
      const int type = match->Type & ~MULTIPLE_MATCH;
      named |= type == USER_MATCH || type == USER_LEET_MATCH;
    }
    ZxcvbnFreeInfo(matches);
    if (bits >= kFewestBits) return Strength::good;
  }
  return named ? Strength::holds_a_name : Strength::guessable;
}

}  // namespace parley::user
