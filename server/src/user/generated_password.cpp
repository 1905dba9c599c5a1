#include "user/generated_password.h"

#include <string_view>

#include "user/password.h"
#include "user/secret.h"

namespace parley::user {
namespace {

// Without what is taken for something else; of 32 characters, so that none is likelier.
constexpr std::string_view kAlphabet = "ACDEFHKMNPRTacdefhkmnprt23456789";
static_assert(kAlphabet.size() == 32);
constexpr std::size_t kCharacters = 16;
constexpr std::size_t kGroup = 4;

}  // namespace

std::string generated_password() {
  for (;;) {
    std::string password;
    for (const unsigned char byte : random_bytes<kCharacters>()) {
      if (password.size() % (kGroup + 1) == kGroup) password += '-';
      password += kAlphabet[byte % kAlphabet.size()];
    }
    if (check_password(password)) return password;
  }
}

}  // namespace parley::user
