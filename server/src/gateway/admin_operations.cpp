#include "gateway/operation_row.h"

namespace parley::gateway {

std::vector<Operation> admin_operations() { return {}; }

}  // namespace parley::gateway
