// SPDX-License-Identifier: MIT
// The queues and their lock under a scheduler that tries one interleaving after the other: each history is explained by
// the sequential model, nobody sleeps for ever, and at rest the books are straight.
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/brief_lock.hpp"
#include "penstock/queue/spsc_queue.hpp"
#include "penstock/queue/watermarks.hpp"

#include "catch.hpp"
#include "unit/queue/explorer.hpp"
#include "unit/queue/history.hpp"
#include "unit/queue/model_sync.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <type_traits>
#include <vector>

#if defined(__SANITIZE_THREAD__)
#define PENSTOCK_TEST_THREADS_WATCHED
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PENSTOCK_TEST_THREADS_WATCHED
#endif
#endif

namespace penstock {
namespace {

#if defined(PENSTOCK_TEST_THREADS_WATCHED)

TEST_CASE("interleavings") { SKIP("fibers of one thread: nothing for ThreadSanitizer to see, which takes them ill"); }

#else

using explore::ModelClock;
using explore::ModelSync;
using explore::Scheduler;
using history::Kind;
using history::Operation;
using enum QueueStatus;

/// A queue, what a few threads do with it, and what came of it.
template <class Queue>
class Play {
 public:
  explicit Play(const QueueOptions& options) : queue(options) {
    queue.on_watermark([this](Crossing crossing) {
      if (telling_) wrong_ = "two crossings told at once";
      telling_ = true;
      Scheduler::instance().point(nullptr, false);
      told_.push_back(crossing);
      telling_ = false;
    });
    if constexpr (evicts) queue.on_drop([this](int item) { evicted_[me()].push_back(item); });
    operations_.reserve(64);  // they stay where they are; no more can be explained
  }

  Queue queue;
  std::vector<std::function<void()> > threads;

  bool push(std::vector<int> values, bool obeys = false) {
    return run({.kind = Kind::push, .values = std::move(values), .waits = true, .obeys = obeys});
  }
  bool push(int value, bool obeys = false) { return push(std::vector<int>{value}, obeys); }
  bool try_push(int value) { return run({.kind = Kind::push, .values = {value}}); }
  bool pop(bool obeys = false) { return run({.kind = Kind::pop, .waits = true, .obeys = obeys}); }
  bool try_pop() { return run({.kind = Kind::pop}); }
  bool push_until(int value, TimePoint deadline) {
    return run({.kind = Kind::push, .values = {value}, .waits = true}, deadline);
  }
  bool pop_until(TimePoint deadline) { return run({.kind = Kind::pop, .waits = true}, deadline); }
  bool look() { return run({.kind = Kind::wait_readable, .waits = true}); }
  bool size() { return run({.kind = Kind::size}); }
  bool close() { return run({.kind = Kind::close}); }
  void stop() {
    Scheduler& scheduler = Scheduler::instance();
    scheduler.stamp_next(stop_.begin);
    scheduler.point(nullptr, true);
    scheduler.fence();
    source_.request_stop();
    stop_.end = scheduler.stamp();
  }

  std::string verdict() {
    const QueueStats stats = queue.stats();
    const Watermarks marks{
        {.capacity = queue.capacity(), .high = queue.options().high_watermark, .low = queue.options().low_watermark}};
    const std::size_t depth = queue.size();
    for (std::size_t i = 0; i < told_.size(); ++i) {
      if (told_[i] != (i % 2 == 0 ? Crossing::rose : Crossing::fell)) wrong_ = "crossings do not alternate";
    }
    if (told_.size() != stats.crossings) wrong_ = "a crossing was not told";
    if (queue.throttled() != (told_.size() % 2 == 1)) wrong_ = "throttled, but the last crossing told fell; or not";
    if (depth >= marks.high() ? !queue.throttled() : depth <= marks.low() && queue.throttled()) {
      wrong_ = "depth " + std::to_string(depth) + ", throttled " + std::to_string(queue.throttled());
    }
    if (stats.waiting_pushes + stats.waiting_pops > 0) wrong_ = "a waiter is left";
    std::uint64_t accepted = 0;
    std::uint64_t taken = 0;
    std::uint64_t others = 0;
    for (const Operation& op : operations_) {
      const std::size_t n = op.values.size();
      (op.kind == Kind::push && op.status == ok ? accepted : op.kind == Kind::pop ? taken : others) += n;
    }
    if (stats.accepted != accepted || stats.taken != taken || accepted - taken - stats.evicted != depth ||
        stats.depth != depth || stats.max_depth > queue.capacity() ||
        stats.rejected + stats.closed + stats.timed_out + stats.stopped + stats.dropped != others) {
      wrong_ = "the counters do not add up";
    }
    for (std::size_t left = queue.capacity() + 1; left > 0 && try_pop(); --left) {
    }  // what is left is what the model says is left
    const bool late = !evicts && Scheduler::instance().memory == explore::Memory::store_buffers;
    if (!explains({queue.options(), marks.high(), marks.low()}, operations_, stop_, late)) wrong_ = "not explained";
    return wrong_.empty() ? wrong_ : wrong_ + "\n" + history::describe(operations_);
  }

 private:
  static constexpr bool evicts = requires(Queue& q) { q.on_drop([](int) {}); };

  static std::size_t me() { return Scheduler::instance().current(); }

  bool run(Operation op, TimePoint deadline = TimePoint::max()) {
    Scheduler& scheduler = Scheduler::instance();
    const std::stop_token stop = op.obeys ? source_.get_token() : std::stop_token{};
    const bool single = op.values.size() == 1;
    evicted_[me()].clear();
    if (op.obeys) scheduler.point(nullptr, false);  // looks at the token at once
    op.obeys ? void(op.begin = scheduler.stamp()) : scheduler.stamp_next(op.begin);
    switch (op.kind) {
      case Kind::push:
        op.status = !op.waits ? queue.try_push(op.values[0])
                    : single  ? queue.push_until(op.values[0], deadline, stop)
                              : queue.push_bulk_until(op.values, deadline, stop);
        break;
      case Kind::pop: {
        int out = 0;
        op.status = op.waits ? queue.pop_until(out, deadline, stop) : queue.try_pop(out);
        if (op.status == ok) op.values = {out};
        break;
      }
      case Kind::wait_readable: op.status = queue.wait_readable_until(deadline, stop); break;
      case Kind::size: op.number = queue.size(); break;
      default: queue.close();
    }
    op.evicted = evicted_[me()];
    op.thread = me() + 1;
    operations_.push_back(op);
    scheduler.stamp_when_out(operations_.back().end);
    return op.status == ok;
  }

  std::vector<Operation> operations_{};
  std::vector<int> evicted_[Scheduler::most_threads + 1]{};
  std::vector<Crossing> told_{};
  bool telling_ = false;
  std::stop_source source_{};
  history::Span stop_{};
  std::string wrong_{};
};

using Bounded = Play<BoundedQueue<int, ModelClock, ModelSync> >;
using Spsc = Play<SpscQueue<int, ModelClock, ModelSync> >;

const QueueOptions one{.capacity = 1, .high_watermark = 1, .low_watermark = 0};
const QueueOptions two{.capacity = 2, .high_watermark = 1, .low_watermark = 0};
const QueueOptions eight{.capacity = 8, .high_watermark = 0.75, .low_watermark = 0.25};
const TimePoint soon{std::chrono::milliseconds(1)};

template <class Make>
void check(const char* name, std::size_t preemptions, const Make& make) {
  // So many times more schedules than as a rule: for those who change the queues.
  const char* const more = std::getenv("PENSTOCK_EXPLORE");
  const std::size_t most = 10'000 * (more != nullptr ? std::strtoull(more, nullptr, 10) : 1);
  const explore::Result systematic = explore::depth_first(preemptions, make, most);
  if (more != nullptr) {
    WARN(name << ": " << systematic.schedules << ", all with fewer than " << systematic.complete << " preemptions");
  }
  INFO(name << ": " << systematic.text());
  CHECK(systematic.failure.empty());
  const explore::Result random = explore::at_random(most / 4, make);
  INFO("at random: " << random.text());
  CHECK(random.failure.empty());
}

/// `cast(play)` says what each thread does, and does what is to be done before.
template <class P, class Cast>
void check(const char* name, const QueueOptions& options, std::size_t preemptions, const Cast& cast) {
  check(name, preemptions, [&] {
    auto play = std::make_unique<P>(options);
    cast(*play);
    return play;
  });
}

/// What the lock is for: one at a time.
struct Sections {
  Sections(std::size_t count, int each) : times(each) {
    threads.assign(count, [this] {
      for (int i = 0; i < times; ++i) {
        const std::scoped_lock section(lock);
        const int seen = entered;
        Scheduler::instance().point(&entered, true);
        entered = seen + 1;
      }
    });
  }
  std::string verdict() const {
    const int all = static_cast<int>(threads.size()) * times;
    return entered == all ? "" : "entered " + std::to_string(entered) + " times of " + std::to_string(all);
  }

  detail::BriefLock<ModelSync> lock{};
  int times;
  int entered = 0;
  std::vector<std::function<void()> > threads{};
};

/// A counter that forgets, and a sleeper that nobody may wake.
struct Careless {
  explicit Careless(bool sleeps) {
    threads.assign(2, [this] { count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); });
    if (!sleeps) return;
    threads[1] = [this] {
      if (count.load(std::memory_order_relaxed) > 0) return;
      asleep.store(1, std::memory_order_relaxed);
      parker.sleep(ModelClock{}, TimePoint::max());
    };
    threads[0] = [this] {
      count.store(1, std::memory_order_relaxed);
      if (asleep.load(std::memory_order_relaxed) == 1) parker.wake();
    };
  }
  std::string verdict() const { return count.load(std::memory_order_relaxed) > 0 ? "" : "lost"; }

  ModelSync::Atomic<int> count{-1};
  ModelSync::Atomic<int> asleep{0};
  ModelSync::Parker<ModelClock> parker{};
  std::vector<std::function<void()> > threads{};
};

TEST_CASE("the explorer finds a lost update and a lost wake-up, and can replay them") {
  for (const bool sleeps : {false, true}) {
    const auto make = [&] { return std::make_unique<Careless>(sleeps); };
    CHECK(explore::depth_first(0, make).failure.empty());
    const std::string failure = sleeps ? "nobody can go on; asleep: 1" : "lost";
    const explore::Result found = explore::depth_first(1, make);
    CHECK(found.failure == failure);
    REQUIRE_FALSE(found.schedule.empty());
    CHECK(explore::replay(found.schedule, make) == failure);
    CHECK(explore::replay({}, make).empty());
    const explore::Result random = explore::at_random(1000, make);
    CHECK(random.failure == failure);
    CHECK(explore::replay(random.schedule, make) == failure);
  }
}

/// As if there were no store buffers.
struct Sequential {
  Sequential() { Scheduler::instance().memory = explore::Memory::sequential; }
  Sequential(const Sequential&) = delete;
  Sequential& operator=(const Sequential&) = delete;
  ~Sequential() { Scheduler::instance().memory = explore::Memory::store_buffers; }
};

using Word = ModelSync::Atomic<std::uint64_t>;
constexpr auto relaxed = std::memory_order_relaxed;

/// Two threads that note what they read.
struct Litmus {
  explicit Litmus(std::set<std::string>& all) : outcomes(all) {}
  std::string verdict() {
    outcomes.insert(read[0] + read[1]);
    return "";
  }
  void note(std::size_t thread, const Word& word) { read[thread] += std::to_string(word.load(relaxed)); }

  Word x{0};
  Word y{0};
  std::string read[2]{};
  std::set<std::string>& outcomes;
  std::vector<std::function<void()> > threads{};
};

/// All that the two threads can read, the first one's numbers first.
template <class First, class Second>
std::set<std::string> outcomes(const First& first, const Second& second) {
  std::set<std::string> all;
  const explore::Result result = explore::depth_first(6, [&] {
    auto litmus = std::make_unique<Litmus>(all);
    litmus->threads = {[&first, l = litmus.get()] { first(*l); }, [&second, l = litmus.get()] { second(*l); }};
    return litmus;
  });
  CHECK(result.failure.empty());
  return all;
}

TEST_CASE("the explorer's threads read what threads of x86 do") {
  using Outcomes = std::set<std::string>;
  const auto put = [](Word Litmus::*to, Word Litmus::*from) {
    return [=](Litmus& l) { (l.*to).store(1, relaxed), l.note(to == &Litmus::x ? 0 : 1, l.*from); };
  };
  const auto put_at_once = [](Word Litmus::*to, Word Litmus::*from) {
    return [=](Litmus& l) { (l.*to).exchange(1), l.note(to == &Litmus::x ? 0 : 1, l.*from); };
  };
  const auto put_and_settle = [](Word Litmus::*to, Word Litmus::*from) {
    return
        [=](Litmus& l) { (l.*to).store(1, relaxed), ModelSync::settle(), l.note(to == &Litmus::x ? 0 : 1, l.*from); };
  };
  // Each stores and then looks at the other's word.
  CHECK(outcomes(put(&Litmus::x, &Litmus::y), put(&Litmus::y, &Litmus::x)) == Outcomes{"00", "01", "10", "11"});
  CHECK(outcomes(put(&Litmus::x, &Litmus::y), put_at_once(&Litmus::y, &Litmus::x)) == Outcomes{"00", "01", "10", "11"});
  CHECK(outcomes(put_at_once(&Litmus::x, &Litmus::y), put_at_once(&Litmus::y, &Litmus::x)) ==
        Outcomes{"01", "10", "11"});
  CHECK(outcomes(put(&Litmus::x, &Litmus::y), put_and_settle(&Litmus::y, &Litmus::x)) == Outcomes{"01", "10", "11"});
  // Stores come out in order, and are read in order.
  CHECK(outcomes([](Litmus& l) { l.x.store(1, relaxed), l.y.store(1, relaxed); },
                 [](Litmus& l) { l.note(1, l.y), l.note(1, l.x); }) == Outcomes{"00", "01", "11"});
  // A thread reads its own before it is out (the paper's n6), and afterwards what came out last (n5).
  const auto own = [](Litmus& l) { l.x.store(1, relaxed), l.note(0, l.x), l.note(0, l.y); };
  const auto other = [](Litmus& l) { l.y.store(2, relaxed), l.x.exchange(2), l.note(1, l.x); };
  CHECK(outcomes(own, other).contains("101"));
  CHECK(outcomes([](Litmus& l) { l.x.store(1, relaxed), l.note(0, l.x); },
                 [](Litmus& l) { l.x.store(2, relaxed), l.note(1, l.x); }) == Outcomes{"11", "12", "22"});
  const Sequential without;
  CHECK(outcomes(put(&Litmus::x, &Litmus::y), put(&Litmus::y, &Litmus::x)) == Outcomes{"01", "10", "11"});
  CHECK_FALSE(outcomes(own, other).contains("101"));
}

TEST_CASE("interleavings of threads at a lock") {
  check("two, twice", 4, [] { return std::make_unique<Sections>(2, 2); });
  check("three", 3, [] { return std::make_unique<Sections>(3, 1); });
  check("three, twice", 3, [] { return std::make_unique<Sections>(3, 2); });
}

/// One waits awake for an item; another brings it, and either leaves the sleepers to him or wakes them.
struct Entrusted {
  Entrusted() {
    threads = {[this] {
                 const auto item = [this] { return items.load(relaxed) > 0; };
                 const bool found = patience.wait(item, [] { return false; });
                 if (patience.owes() || found) looked.fetch_add(1);
               },
               [this] {
                 items.fetch_add(1);
                 if (!patience.entrust()) looked.fetch_add(1);
               }};
  }
  std::string verdict() const { return looked.load(relaxed) > 0 ? "" : "nobody sees to the sleepers"; }

  detail::Patience<ModelSync> patience{};
  Word items{0};
  Word looked{0};
  std::vector<std::function<void()> > threads{};
};

TEST_CASE("interleavings of one who waits awake and one who leaves the sleepers to him") {
  check("entrusted", 4, [] { return std::make_unique<Entrusted>(); });
}

TEST_CASE("interleavings of two threads at a bounded queue") {
  for (const QueueOptions& options : {one, two}) {
    check<Bounded>("1 to 1", options, 2, [](Bounded& p) {
      p.threads = {[&] { p.push(1), p.push(2), p.push(3); }, [&] { p.pop(), p.pop(), p.pop(); }};
    });
  }
  check<Bounded>("close, push", one, 3, [](Bounded& p) {
    p.try_push(1);
    p.threads = {[&] { p.push(2); }, [&] { p.close(), p.try_pop(); }};
  });
  check<Bounded>("close, pop", one, 3, [](Bounded& p) {
    p.threads = {[&] { p.pop(), p.pop(); }, [&] { p.push(1), p.close(); }};
  });
  check<Bounded>("drop_oldest", {.capacity = 1, .overflow = Overflow::drop_oldest}, 3, [](Bounded& p) {
    p.threads = {[&] { p.push(1), p.push(2), p.push(3); }, [&] { p.pop(), p.try_pop(); }};
  });
  check<Bounded>("crossings", two, 3, [](Bounded& p) {
    p.threads = {[&] { p.try_push(1), p.try_push(2), p.try_push(3); }, [&] { p.try_pop(), p.try_pop(), p.try_pop(); }};
  });
  check<Bounded>("the size", two, 2, [](Bounded& p) {
    p.threads = {[&] { p.push(1), p.push(2); }, [&] { p.pop(), p.try_pop(); }, [&] { p.size(), p.size(); }};
  });
  check<Bounded>("deadline, push", one, 3, [](Bounded& p) {
    p.try_push(1);
    p.threads = {[&] { p.push_until(2, soon); }, [&] { p.pop(), p.try_pop(); }};
  });
}

TEST_CASE("interleavings of three threads at a bounded queue") {
  check<Bounded>("2 to 1", one, 2, [](Bounded& p) {
    p.threads = {[&] { p.push(1); }, [&] { p.push(2); }, [&] { p.pop(), p.pop(); }};
  });
  check<Bounded>("1 to 2", one, 2, [](Bounded& p) {
    p.threads = {[&] { p.push(1), p.push(2); }, [&] { p.pop(); }, [&] { p.pop(); }};
  });
  check<Bounded>("1 to 2, one wake-up for both", two, 2, [](Bounded& p) {
    p.threads = {[&] { p.push({1, 2}); }, [&] { p.pop(); }, [&] { p.pop(); }};
  });
  check<Bounded>("wait_readable passes its turn on", one, 2, [](Bounded& p) {
    p.threads = {[&] { p.look(); }, [&] { p.pop(); }, [&] { p.push(1), p.push(2); }};
  });
  check<Bounded>("close wakes all", one, 2, [](Bounded& p) {
    p.threads = {[&] { p.pop(); }, [&] { p.pop(); }, [&] { p.close(); }};
  });
  check<Bounded>("who is stopped passes its turn on", one, 2, [](Bounded& p) {
    p.threads = {[&] { p.pop(true) && p.push(9); }, [&] { p.pop(); }, [&] { p.push(1), p.stop(); }};
  });
  check<Bounded>("a producer that is stopped passes its turn on", one, 2, [](Bounded& p) {
    p.try_push(1);
    p.threads = {[&] { p.push(2, true) && p.pop(); }, [&] { p.push(3); }, [&] { p.pop(), p.stop(); }};
  });
  check<Bounded>("who is late passes its turn on", one, 2, [](Bounded& p) {
    p.threads = {[&] { p.pop_until(soon) && p.push(9); }, [&] { p.pop(); }, [&] { p.push(1); }};
  });
  // Pushes that take the producers' lock only, and leave a sleeper to a consumer that is awake.
  for (const bool at_once : {false, true}) {
    check<Bounded>("who is awake wakes who sleeps", {.capacity = 4, .high_watermark = 1}, 2, [&](Bounded& p) {
      p.try_push(7), p.try_push(8), p.try_pop(), p.try_pop();
      p.threads = {[&] { p.pop(); }, [&] { p.pop(); },
                   [&p, at_once] {
                     at_once ? p.push({1, 2}) : p.push(1) && p.push(2);
                   }};
    });
  }
  check<Bounded>("a bulk waits while singles pass", two, 2, [](Bounded& p) {
    p.try_push(1);
    p.threads = {[&] { p.push({2, 3}); }, [&] { p.push(4); }, [&] { p.pop(), p.pop(), p.pop(), p.pop(); }};
  });
}

// Where a side is told nothing by its plain steps, and only a fence lets another know how far it has come.

/// The queue is empty, and the next two pushes are plain.
template <class P>
void be_plain(P& p) {
  for (int i = 1; i <= 3; ++i) p.try_push(i);
  for (int i = 1; i <= 3; ++i) p.try_pop();
  p.try_push(4), p.try_pop();
}
template <class P>
void close_while_plain(P& p) {
  be_plain(p);
  p.threads = {[&] { p.try_push(5), p.try_push(6); },
               [&] {
                 while (p.pop()) {}
               },
               [&] { p.close(); }};
}
template <class P>
void close_while_plain_and_poll(P& p) {
  be_plain(p);
  p.threads = {[&] { p.try_push(5); }, [&] { p.close(), p.try_pop(), p.try_pop(); }};
}
template <class P>
void wake_by_plain_pushes(P& p) {
  be_plain(p);
  p.threads = {[&] { p.push(5), p.push(6); }, [&] { p.pop(), p.pop(); }};
}
template <class P>
void wake_by_plain_pops(P& p) {
  for (int i = 1; i <= 8; ++i) p.try_push(i);
  p.try_pop(), p.try_push(9);
  p.threads = {[&] { p.push(10), p.push(11); }, [&] { p.pop(), p.pop(); }};
}

/// No fence where a thread sleeps or closes; or one that reaches this thread only.
struct NoFence : ModelSync {
  static void settle() {}
};
struct OwnFence : ModelSync {
  static void settle() { Scheduler::instance().fence(); }
};
/// None, but each push and pop has its own.
struct Exchanges : NoFence {
  static void tell(Atomic<std::uint64_t>& word, std::uint64_t value) { word.exchange(value); }
};

/// What goes wrong, in a line.
template <class Sync>
std::string fault(void (*cast)(Play<SpscQueue<int, ModelClock, Sync> >&)) {
  const auto make = [&] {
    auto play = std::make_unique<Play<SpscQueue<int, ModelClock, Sync> > >(eight);
    cast(*play);
    return play;
  };
  std::string all = explore::depth_first(2, make, 1000).failure;
  if (all.empty()) all = explore::at_random(1000, make).failure;
  return all.substr(0, all.find('\n'));
}
template <class Sync>
std::vector<std::string> faults() {
  using P = Play<SpscQueue<int, ModelClock, Sync> >;
  return {fault<Sync>(wake_by_plain_pushes<P>), fault<Sync>(wake_by_plain_pops<P>),
          fault<Sync>(close_while_plain_and_poll<P>)};
}

TEST_CASE("a single producer and consumer lose a wake-up and an item without the fence that reaches the other thread") {
  const std::vector<std::string> asleep{"nobody can go on; asleep: 1", "nobody can go on; asleep: 1", "not explained"};
  const std::vector<std::string> nothing(3);
  CHECK(faults<NoFence>() == asleep);
  CHECK(faults<OwnFence>() == asleep);
  CHECK(faults<Exchanges>() == nothing);
  const Sequential without_buffers;  // all is well, and nothing found
  CHECK(faults<NoFence>() == nothing);
}

TEST_CASE("interleavings of a single producer and consumer") {
  for (const QueueOptions& options : {one, two}) {
    check<Spsc>("1 to 1", options, 2, [](Spsc& p) {
      p.threads = {[&] { p.push(1), p.push(2), p.push(3); }, [&] { p.pop(), p.pop(), p.pop(); }};
    });
  }
  check<Spsc>("close, push", one, 2, [](Spsc& p) {
    p.threads = {[&] { p.push(1), p.push(2); },
                 [&] {
                   while (p.pop()) {}
                 },
                 [&] { p.close(); }};
  });
  check<Spsc>("crossings", two, 3, [](Spsc& p) {
    p.threads = {[&] { p.try_push(1), p.try_push(2), p.try_push(3); }, [&] { p.try_pop(), p.try_pop(), p.try_pop(); }};
  });
  // Some plain steps between two looks at the limit, and a crossing in the meantime.
  for (const QueueOptions& options : {eight, QueueOptions{.capacity = 4, .high_watermark = 1, .low_watermark = 0}}) {
    check<Spsc>("crossings, up", options, 3, [](Spsc& p) {
      for (int i = 0; i < 4; ++i) p.try_push(i);
      p.threads = {[&] { p.try_push(5), p.try_push(6), p.try_push(7), p.try_push(8); },
                   [&] { p.try_pop(), p.try_pop(), p.try_pop(), p.try_pop(); }};
    });
    check<Spsc>("crossings, down", options, 3, [](Spsc& p) {
      for (int i = 0; i < 8; ++i) p.try_push(i);
      p.try_pop(), p.try_pop(), p.try_push(9);
      p.threads = {[&] { p.try_push(11), p.try_push(12), p.try_push(13), p.try_push(14); },
                   [&] { p.try_pop(), p.try_pop(), p.try_pop(), p.try_pop(), p.try_pop(); }};
    });
    check<Spsc>("a bulk waits", options, 2, [](Spsc& p) {
      for (int i = 0; i < 3; ++i) p.try_push(i);
      p.threads = {[&] { p.push({11, 12, 13}); }, [&] { p.pop(), p.pop(), p.pop(); }};
    });
  }
  check<Spsc>("close, plain pushes", eight, 2, close_while_plain<Spsc>);
  check<Spsc>("close, plain pushes, and nobody waits", eight, 2, close_while_plain_and_poll<Spsc>);
  check<Spsc>("the size, plain pushes and pops", eight, 2, [](Spsc& p) {
    be_plain(p);
    p.try_push(5);
    p.threads = {[&] { p.try_push(6), p.try_push(7); }, [&] { p.try_pop(), p.try_pop(); }, [&] { p.size(), p.size(); }};
  });
  check<Spsc>("reject", {.capacity = 4, .high_watermark = 1, .overflow = Overflow::reject}, 2, [](Spsc& p) {
    for (int i = 1; i <= 3; ++i) p.try_push(i);
    p.threads = {[&] { p.push(4), p.push({5, 6}), p.push(7); }, [&] { p.pop(), p.pop(), p.pop(); }};
  });
  check<Spsc>("plain pushes wake", eight, 2, wake_by_plain_pushes<Spsc>);
  check<Spsc>("plain pops wake", eight, 2, wake_by_plain_pops<Spsc>);
  check<Spsc>("a pop that looks up and one that is plain wake a bulk", eight, 2, [](Spsc& p) {
    for (int i = 1; i <= 8; ++i) p.try_push(i);
    p.threads = {[&] { p.push({9, 10}); }, [&] { p.pop(), p.pop(); }};
  });
  check<Spsc>("plain pushes wake who waits for a bulk's items", eight, 2, [](Spsc& p) {
    be_plain(p);
    p.threads = {[&] { p.push({5, 6}); }, [&] { p.pop(), p.look(), p.pop(); }};
  });
  check<Spsc>("deadline, plain pushes", eight, 2, [](Spsc& p) {
    be_plain(p);
    p.threads = {[&] { p.try_push(5), p.try_push(6); }, [&] { p.pop_until(soon), p.pop(); }};
  });
  check<Spsc>("stop, plain pushes", eight, 2, [](Spsc& p) {
    be_plain(p);
    p.threads = {[&] { p.try_push(5), p.try_push(6); }, [&] { p.pop(), p.pop(true); }, [&] { p.stop(); }};
  });
  check<Spsc>("deadline, pop", one, 3, [](Spsc& p) {
    p.threads = {[&] { p.try_push(1), p.try_push(2); }, [&] { p.pop_until(soon), p.try_pop(); }};
  });
  check<Spsc>("deadline, push", one, 3, [](Spsc& p) {
    p.try_push(1);
    p.threads = {[&] { p.push_until(2, soon); }, [&] { p.pop(), p.try_pop(); }};
  });
  check<Spsc>("stop", one, 2, [](Spsc& p) {
    p.threads = {[&] { p.try_push(1); }, [&] { p.pop(true), p.pop(true); }, [&] { p.stop(); }};
  });
  check<Spsc>("a bulk", two, 2, [](Spsc& p) {
    p.threads = {[&] { p.push(1), p.push({2, 3}); }, [&] { p.pop(), p.pop(), p.pop(); }};
  });
}

#endif

}  // namespace
}  // namespace penstock
