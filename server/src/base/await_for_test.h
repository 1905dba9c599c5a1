#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "base/task.h"

namespace parley {

// Runs a coroutine to its end on `loop`, and yields what it returns or throws what it throws.
template <class T>
T await(Loop& loop, Task<T> task) {
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
  std::exception_ptr failure;
  bool done = false;
  const auto guard = boost::asio::make_work_guard(loop);  // others may have to wake it
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr caught) {
      failure = std::move(caught);
      done = true;
    });
  } else {
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr caught, T result) {
      failure = std::move(caught);
      if (!failure) value.emplace(std::move(result));
      done = true;
    });
  }
  loop.restart();
  while (!done) loop.run_one();
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

// The same on a loop of its own.
template <class T>
T await(Task<T> task) {
  Loop loop{1};
  return await(loop, std::move(task));
}

}  // namespace parley
