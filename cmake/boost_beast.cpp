// Boost.Beast's non-template code, compiled here once for the whole server.
#include <boost/beast/src.hpp>
