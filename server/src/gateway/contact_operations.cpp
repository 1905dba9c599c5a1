#include "gateway/operation_row.h"

namespace parley::gateway {

std::vector<Operation> contact_operations() { return {}; }

}  // namespace parley::gateway
