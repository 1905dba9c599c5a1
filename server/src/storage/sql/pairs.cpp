#include "storage/sql/pairs.h"

#include <boost/json.hpp>

namespace parley::storage {

std::string text_list(const std::vector<std::string>& texts) {
  return boost::json::serialize(boost::json::array(texts.begin(), texts.end()));
}

}  // namespace parley::storage
