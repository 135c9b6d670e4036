// SPDX-License-Identifier: MIT
// EXPECT: a Result of an Error cannot tell the two apart
#include "penstock/core/result.hpp"

penstock::Result<penstock::Error> ambiguous(penstock::Error error) { return error; }
