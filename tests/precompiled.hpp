// SPDX-License-Identifier: MIT
#pragma once

// What the unit tests share as a precompiled header in developer builds: Catch2 and the costly standard headers. That
// each header of the library includes what it uses is held by all_verify_interface_header_sets, which knows nothing of
// this.

#include "catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <ranges>
#include <span>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>
