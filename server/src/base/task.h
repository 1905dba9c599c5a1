#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace parley {

// One thread's event loop. Every coroutine of the server runs on exactly one.
using Loop = boost::asio::io_context;

// The coroutine type of the whole server. The executor is concrete, which spares a virtual call
// and an allocation per step (DESIGN.md §6).
template <class T>
using Task = boost::asio::awaitable<T, Loop::executor_type>;

using UseTask = boost::asio::use_awaitable_t<Loop::executor_type>;
inline constexpr UseTask use_task{};

}  // namespace parley
