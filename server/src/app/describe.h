#pragma once

#include <string>

namespace parley::app {

// The reference pages, made from the tables so that they cannot drift: `parley describe <what>`.
std::string describe_protocol();       // docs/protocol.md
std::string describe_errors();         // docs/errors.md
std::string describe_configuration();  // docs/configuration.md
std::string describe_metrics();        // docs/metrics.md
std::string describe_typescript();     // web/src/protocol.ts
std::string describe_openapi();        // OpenAPI 3.1, served at /api/openapi.json

}  // namespace parley::app
