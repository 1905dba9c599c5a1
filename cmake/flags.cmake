# The language, the warnings and the sanitizers of our own code.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    message(FATAL_ERROR "Parley needs GCC 14 or newer, or Clang 19: older GCC miscompiles coroutines "
                        "(found GCC ${CMAKE_CXX_COMPILER_VERSION}).")
  endif()
elseif(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Parley needs Clang 19 or newer, or GCC 14 "
                      "(found ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}).")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
add_compile_options(-fno-omit-frame-pointer)

# simdjson chooses its kernels when it is compiled: without these it falls back to plain code. Any
# server of the last fifteen years has them.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(PARLEY_ARCH "-march=x86-64-v2 -mpclmul" CACHE STRING "The processors the binary is made for")
  separate_arguments(PARLEY_ARCH_OPTIONS UNIX_COMMAND "${PARLEY_ARCH}")
  add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:${PARLEY_ARCH_OPTIONS}>")
endif()

# Warnings are errors in our folders and nowhere else; headers of dependencies are SYSTEM.
add_library(parley_warnings INTERFACE)
target_compile_options(parley_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror>)

set(PARLEY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them; set by the presets")
if(PARLEY_SANITIZE)
  add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PARLEY_SANITIZE})
endif()

option(PARLEY_COVERAGE "Record which lines tests reach" OFF)
if(PARLEY_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

option(PARLEY_FUZZ "Build the fuzz targets" OFF)
if(PARLEY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=lld PARLEY_HAS_LLD)
if(PARLEY_HAS_LLD)
  add_link_options(-fuse-ld=lld)
endif()
