// SPDX-License-Identifier: MIT
#pragma once

// detail::Listener, which lives in core/listener.hpp.

#include "penstock/core/listener.hpp"
