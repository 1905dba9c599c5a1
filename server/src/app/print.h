#pragma once

#include <cstdio>
#include <string>

namespace parley::app {

// What a command answers goes to standard output.
inline void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

}  // namespace parley::app
