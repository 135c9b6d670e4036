// SPDX-License-Identifier: MIT
#include "penstock/queue/wait_line.hpp"

#include "catch.hpp"

namespace penstock {
namespace {

using Line = detail::WaitLine<int>;  // nobody is woken here

TEST_CASE("waiters are granted their turn in the order in which they joined") {
  Line::Waiter a, b, c;
  Line line;
  line.join(a, 1);
  line.join(b, 3);
  line.join(c, 1);
  CHECK(line.size() == 3);
  CHECK(line.bulks() == 1);
  CHECK(line.first() == &a);
  CHECK(line.grant_first() == &a);
  CHECK(a.granted);
  CHECK(line.granted() == 1);
  CHECK(line.first() == &b);
  line.leave(a);
  CHECK(line.granted() == 0);
  CHECK(line.size() == 2);
}

TEST_CASE("who rejoins stands first again") {
  Line::Waiter a, b;
  Line line;
  line.join(a, 1);
  line.join(b, 1);
  line.grant_first();
  line.rejoin(a);
  CHECK_FALSE(a.granted);
  CHECK(line.granted() == 0);
  CHECK(line.grant_first() == &a);
  line.leave(a);
  CHECK(line.grant_first() == &b);
  line.rejoin(b);
  CHECK(line.first() == &b);
  line.leave(b);
  CHECK(line.first() == nullptr);
  CHECK(line.size() == 0);
}

TEST_CASE("those who rejoin stand in the order in which they joined at first, whoever comes back first") {
  for (const bool swapped : {false, true}) {
    Line::Waiter a, b, c;
    Line line;
    for (Line::Waiter* waiter : {&a, &b, &c}) line.join(*waiter, 1);
    line.grant_first();
    line.grant_first();
    line.rejoin(swapped ? b : a);
    line.rejoin(swapped ? a : b);
    CHECK(line.grant_first() == &a);
    CHECK(line.grant_first() == &b);
    CHECK(line.grant_first() == &c);
    line.rejoin(c);
    line.rejoin(b);
    line.leave(b);
    line.leave(c);
    CHECK(line.first() == nullptr);
    line.leave(a);
    CHECK(line.size() == 0);
  }
}

TEST_CASE("a waiter leaves from any place and the others close up") {
  Line::Waiter a, b, c, d;
  Line line;
  for (Line::Waiter* waiter : {&a, &b, &c, &d}) line.join(*waiter, 2);
  line.leave(b);  // from the middle
  line.leave(d);  // the last
  CHECK(line.grant_first() == &a);
  CHECK(line.grant_first() == &c);
  CHECK(line.first() == nullptr);
  line.leave(c);
  line.leave(a);
  CHECK(line.bulks() == 0);
  CHECK(line.granted() == 0);
  line.join(d, 1);
  CHECK(line.first() == &d);
}

TEST_CASE("the pool hands out a waiter again that was given back") {
  detail::WaiterPool<int> pool;
  Line::Waiter& a = pool.take();
  Line::Waiter& b = pool.take();
  CHECK(&a != &b);
  pool.give_back(a);
  CHECK(&pool.take() == &a);
  CHECK(&pool.take() != &b);
}

}  // namespace
}  // namespace penstock
