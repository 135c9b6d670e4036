// SPDX-License-Identifier: MIT
// Owns the precompiled header that the unit tests share.
#include "precompiled.hpp"
