// SPDX-License-Identifier: MIT
#pragma once

// Bounded queues, overflow policies, watermarks and rate limiters: all headers of the layer queue.
//
//   #include <penstock/queue.hpp>

// IWYU pragma: begin_exports
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/brief_lock.hpp"
#include "penstock/queue/calls.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/crossings.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/gate.hpp"
#include "penstock/queue/keyed_rate_limiter.hpp"
#include "penstock/queue/limit.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/overflow.hpp"
#include "penstock/queue/permit_supply.hpp"
#include "penstock/queue/rate_limiter.hpp"
#include "penstock/queue/rate_limiter_options.hpp"
#include "penstock/queue/ring.hpp"
#include "penstock/queue/spsc_gate.hpp"
#include "penstock/queue/spsc_queue.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/sync.hpp"
#include "penstock/queue/wait_line.hpp"
#include "penstock/queue/watermarks.hpp"
// IWYU pragma: end_exports
