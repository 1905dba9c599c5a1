// Boost.Asio's TLS, compiled here once for whoever speaks it.
#include <boost/asio/ssl/impl/src.hpp>
