// Boost.JSON's non-template code, compiled here once for the whole server.
#include <boost/json/src.hpp>
