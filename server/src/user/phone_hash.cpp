#include "user/phone_hash.h"

#include <openssl/sha.h>

namespace parley::user {

std::string phone_hash(std::string_view salt, std::string_view phone_number) {
  std::string text{salt};
  text += phone_number;
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

}  // namespace parley::user
