// Boost.Asio's non-template code, compiled here once for the whole server.
#include <boost/asio/impl/src.hpp>
