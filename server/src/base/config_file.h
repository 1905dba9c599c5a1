#pragma once

#include <map>
#include <span>
#include <string>

#include "base/config.h"

namespace parley {

// What somebody gave for an option, and where, in words for an error.
struct GivenValue {
  std::string text;
  std::string source;
};

struct ConfigFile {
  std::map<std::string, GivenValue, std::less<>> values;  // by key
  Config::Problems problems;
};

// Reads a TOML file whose keys are those of `table`. Numbers, booleans and arrays become the text
// a flag would have. Any other key is a problem, and so is a file that cannot be read.
ConfigFile read_config_file(const std::string& path, std::span<const Option> table);

}  // namespace parley
