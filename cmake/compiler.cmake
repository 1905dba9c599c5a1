# Chooses a compiler that compiles coroutines correctly, unless -DCMAKE_CXX_COMPILER or CXX says which.

if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(PARLEY_CLANGXX NAMES clang++-19 clang++-20 clang++-21 clang++)
  find_program(PARLEY_CLANG NAMES clang-19 clang-20 clang-21 clang)
  mark_as_advanced(PARLEY_CLANGXX PARLEY_CLANG)
  if(PARLEY_CLANGXX AND PARLEY_CLANG)
    set(CMAKE_CXX_COMPILER ${PARLEY_CLANGXX})
    set(CMAKE_C_COMPILER ${PARLEY_CLANG})
  endif()
endif()

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(PARLEY_CCACHE ccache)
  mark_as_advanced(PARLEY_CCACHE)
  if(PARLEY_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${PARLEY_CCACHE})
  endif()
endif()
