#pragma once

#include "base/task.h"
#include "gateway/client_address.h"
#include "gateway/network_thread.h"
#include "gateway/static_files.h"

namespace parley::gateway {

// What answers the requests of a node, beside the Handler.
struct HttpServices {
  const StaticFiles& files;
  const TrustedProxies& proxies;
};

// Serves one client connection: reads requests, one after the other, bounded in size and time,
// and answers them, until either side has had enough. A request that becomes a WebSocket takes
// the socket with it.
Task<void> serve_http(NetworkThread& thread, const HttpServices& services, Socket socket);

}  // namespace parley::gateway
