// SPDX-License-Identifier: MIT
#pragma once

// Tries the interleavings of a few threads one after the other, instead of hoping that the system's scheduler hits the
// bad one. What is tested takes its atomics, locks' sleeps and parkers from ModelSync (model_sync.hpp), where each
// operation is a point at which another thread may go on:
//
//     const explore::Result result = explore::depth_first(2, [] { return std::make_unique<Scenario>(); });
//     INFO(result.text());       // what went wrong, and the schedule; explore::replay runs that one alone
//     CHECK(result.failure.empty());
//
// A Scenario has `threads`, functions to be run at once, and `verdict()`, which is asked when they have ended and says
// what is wrong. The threads are fibers of one thread, so that a switch costs a microsecond and nothing is left to
// luck.
//
// `depth_first` runs every schedule that takes a thread off which could go on no more than so many times: M. Musuvathi
// and S. Qadeer, "Iterative context bounding", PLDI 2007. A switch before an operation that nobody is in conflict with
// until it is done would be the same as a switch after it, and is left out: a sleep set, P. Godefroid 1996. `at_random`
// is PCT: S. Burckhardt and others, "A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS
// 2010.
//
// Each thread has a store buffer, as on x86: P. Sewell and others, "x86-TSO", CACM 2010. A store that is not seq_cst
// waits there until the thread's next read-modify-write, seq_cst store, lock or sleep, or another thread's membarrier,
// at the latest; only the thread itself reads it before. Whether it is out sooner is asked when another thread is about
// to look at the word, since nobody can tell before: to hold it back then costs as much as a preemption, as in S. Joshi
// and D. Kroening, "Property-driven fence insertion using reorder bounded model checking", FM 2015. What weaker
// processors do besides is for ThreadSanitizer and the stress tests.

#include "penstock/core/clock.hpp"

#include "unit/queue/history_recorder.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <ucontext.h>
#include <utility>
#include <vector>

namespace penstock::explore {

/// The steps at which something else was chosen than what is usual, and what.
using Schedule = std::vector<std::pair<std::size_t, std::uint32_t>>;

/// How a thread's plain stores reach the others.
enum class Memory { sequential, store_buffers };

/// Runs one schedule after the other. One for the whole process, because a Sync is a type.
class Scheduler {
 public:
  static constexpr std::size_t most_threads = 4;

  Memory memory = Memory::store_buffers;

  static Scheduler& instance() {
    static Scheduler& one = *new Scheduler;  // for ever, so that what was abandoned is no leak
    return one;
  }

  // For ModelSync, from within a thread. Elsewhere they do nothing.

  /// Another thread may go on before what comes next: an access to `word`, or, with nullptr, something that everybody
  /// may see.
  void point(const void* word, bool writes) {
    before(word, writes);
    touch(word, writes);
  }
  /// The same in two halves, for what knows only then whether it writes.
  void before(const void* word, bool may_write) {
    if (current_ == nobody) return;
    threads_[current_].word = word;
    threads_[current_].writes = may_write;
    decide(false);
  }
  /// An access is done: those who were left before something that is in conflict with it are of interest again.
  void touch(const void* word, bool writes) {
    if (current_ == nobody) return;
    Thread& me = threads_[current_];
    if (me.stamp != nullptr) *std::exchange(me.stamp, nullptr) = stamp();
    writes_ += writes;
    me.own_writes += writes;
    for (std::size_t i = 0; i < count_; ++i) {
      Thread& other = threads_[i];
      if (i == current_ || !other.filtered || !(writes || other.writes)) continue;
      if (other.word == word || other.word == nullptr || word == nullptr) other.filtered = false;
    }
  }

  /// Stores when the time has come: `write(word, value)` is to do it. After `before`.
  void store(void* word, std::uint64_t value, void (*write)(void*, std::uint64_t)) {
    if (current_ == nobody || memory == Memory::sequential) {
      write(word, value);
    } else {
      threads_[current_].buffer.push_back({word, value, write});
    }
    touch(word, true);
  }
  /// What this thread has stored there and nobody else can see, if any.
  [[nodiscard]] const std::uint64_t* stored(const void* word) const {
    if (current_ == nobody) return nullptr;
    const std::vector<Store>& buffer = threads_[current_].buffer;
    const auto last = std::find_if(buffer.rbegin(), buffer.rend(), [&](const Store& s) { return s.word == word; });
    return last == buffer.rend() ? nullptr : &last->value;
  }
  /// This thread is about to look at the word, or to change it in memory: which of the others' stores to it are out,
  /// and whether that was before this thread's own. Whether there were any, which makes the look of as much interest as
  /// a store.
  bool look(const void* word) {
    if (current_ == nobody) return false;
    for (bool any = false;; any = true) {
      std::uint32_t waiting = 0;
      bool all_held = true;
      bool forced = false;
      for (std::size_t i = 0; i < count_; ++i) {
        const Store* const first = waiting_store(i, word);
        if (i == current_ || first == nullptr) continue;
        waiting |= 1u << (2 * i + 1);
        all_held = all_held && first->held > 0;
        forced = forced || first->held >= most_held;
      }
      if (waiting == 0) return any;
      if (stored(word) != nullptr) waiting |= 1u << (2 * current_ + 1);
      const std::uint32_t hold = 2 * static_cast<std::uint32_t>(current_);
      const std::uint32_t out =
          forced ? lowest(waiting) : choose(waiting | 1u << hold, lowest(waiting), all_held || preemptions_ > 0);
      if (out == hold) {
        preemptions_ -= !all_held;
        for (std::size_t i = 0; i < count_; ++i) {
          if (Store* const first = i == current_ ? nullptr : waiting_store(i, word)) ++first->held;
        }
        return true;
      }
      drain(out / 2, word);
    }
  }
  /// This thread's stores are out; or everybody's.
  void fence() {
    if (current_ != nobody) drain(current_);
  }
  void fence_all() {
    for (std::size_t i = 0; i < count_; ++i) drain(i);
  }

  /// A look at what another thread is to change. It may go on at no cost, but not again and again before anything has
  /// changed: the others would only find it as they left it.
  void pause() {
    if (current_ == nobody) return;
    Thread& me = threads_[current_];
    const bool again = me.paused_at == writes_ - me.own_writes;
    if (again && ++me.idle < most_idle) return;
    me.idle = 0;
    me.paused_at = writes_ - me.own_writes;
    me.word = nullptr;
    me.writes = false;
    decide(true, again);
    touch(nullptr, false);
  }

  /// Sleeps until `wake(word)`, or, if the scheduler likes, until the deadline; whether it was the deadline.
  bool sleep(const void* word, TimePoint deadline = TimePoint::max()) {
    Thread& me = threads_[current_];
    fence();
    me.state = State::asleep;
    me.word = word;
    me.deadline = deadline;
    decide(false);
    const bool late = me.late;
    if (late) time_ = std::max(time_, deadline);
    me.deadline = TimePoint::max();
    if (late) touch(nullptr, true);
    return late;
  }

  /// Wakes one of those who sleep on the word, anyone.
  void wake(const void* word) {
    std::uint32_t sleepers = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (threads_[i].state == State::asleep && threads_[i].word == word) sleepers |= 1u << 2 * i;
    }
    if (sleepers == 0) return;
    Thread& woken = threads_[choose(sleepers, lowest(sleepers), true) / 2];
    woken.state = State::ready;
    woken.filtered = false;
  }

  // For scenarios.

  [[nodiscard]] TimePoint now() const { return time_; }
  [[nodiscard]] std::size_t current() const { return current_; }
  /// Writes a stamp when this thread does its next operation: until then others may go on.
  void stamp_next(std::uint64_t& into) {
    if (current_ == nobody) {
      into = stamp();
    } else {
      threads_[current_].stamp = &into;
    }
  }
  std::uint64_t stamp() { return ++stamps_; }
  /// Writes a stamp when all that this thread has stored so far is out.
  void stamp_when_out(std::uint64_t& into) {
    if (current_ == nobody || threads_[current_].buffer.empty()) {
      into = stamp();
    } else {
      threads_[current_].buffer.back().stamps.push_back(&into);
    }
  }

  // For the functions below.

  /// One step on the way, and the ways not yet gone.
  struct Choice {
    // A bit: 2i, thread i goes on; 2i + 1, the time has come for which it sleeps, or its oldest stores are out.
    std::uint32_t taken;
    std::uint32_t left;
    bool usual;
  };

  template <class Make>
  std::string run(const Make& make, std::size_t preemptions) {
    path_length_ = steps_ = stamps_ = writes_ = 0;
    time_ = TimePoint{};
    for (Thread& thread : threads_) thread.buffer.clear();
    auto scenario = make();
    preemptions_ = preemptions;
    redundant_ = false;
    failure_.clear();
    count_ = scenario->threads.size();
    for (std::size_t i = 0; i < count_; ++i) start(i, scenario->threads[i]);
    current_ = nobody;
    decide(false);
    current_ = nobody;
    path_.resize(path_length_);
    if (!failure_.empty()) {  // threads that never end stay as they are
      for (Thread& thread : threads_) abandoned_.push_back(std::exchange(thread.stack, nullptr));
    } else {
      fence_all();
      failure_ = scenario->verdict();
    }
    if (!failure_.empty()) {  // so does what they use, and what may be too broken to be destroyed
      abandoned_.push_back(std::shared_ptr<const void>(scenario.release(), [](const void*) {}));
    }
    return failure_;
  }

  /// The last run, for a replay: where it did not go on as usual.
  [[nodiscard]] Schedule schedule() const {
    Schedule turns;
    for (std::size_t i = 0; i < path_.size(); ++i) {
      if (!path_[i].usual) turns.emplace_back(i, path_[i].taken);
    }
    return turns;
  }

  /// To the next schedule that has not been run; whether there is one.
  bool advance() {
    while (!path_.empty() && path_.back().left == 0) path_.pop_back();
    if (path_.empty()) return false;
    Choice& last = path_.back();
    last.taken = lowest(last.left);
    last.left &= ~(1u << last.taken);
    last.usual = false;
    return true;
  }

  void begin(const Schedule& replayed = {}) {
    path_.clear();
    replayed_ = replayed;
    random_ = false;
  }

  /// The next run is at random, with so many changes of the order of priority within `length` choices.
  void begin_random(std::uint64_t seed, std::size_t changes, std::size_t length) {
    begin();
    random_ = true;
    dice_ = history::Dice(seed);
    for (std::uint64_t& priority : priorities_) priority = (std::uint64_t{1} << 32) + dice_(std::uint64_t{1} << 32);
    next_low_ = std::uint64_t{1} << 31;
    changes_.clear();
    for (std::size_t i = 0; i < changes; ++i) changes_.push_back(dice_(std::max<std::size_t>(length, 1)));
  }
  [[nodiscard]] std::size_t length() const { return path_length_; }

 private:
  enum class State { ready, asleep, done };
  struct Store {
    void* word;
    std::uint64_t value;
    void (*write)(void*, std::uint64_t);
    std::size_t held = 0;                  // looks at the word for which it was not out
    std::vector<std::uint64_t*> stamps{};  // to be written when it is
  };
  struct Thread {
    ucontext_t context{};
    std::shared_ptr<char[]> stack;
    const std::function<void()>* body = nullptr;
    State state = State::done;
    const void* word = nullptr;  // what it will do next
    bool writes = false;
    bool filtered = false;  // it was left before that, and nobody has been in conflict with it since
    bool late = false;
    TimePoint deadline = TimePoint::max();
    std::uint64_t paused_at = UINT64_MAX;  // others' writes when it last paused
    std::uint64_t own_writes = 0;
    std::size_t idle = 0;
    std::uint64_t* stamp = nullptr;
    std::vector<Store> buffer{};  // the oldest first
  };
  static constexpr std::size_t nobody = most_threads;
  static constexpr std::size_t stack_size = 256 * 1024;
  static constexpr std::size_t most_steps = 20'000;
  static constexpr std::size_t most_idle = 200;
  static constexpr std::size_t most_held = 12;  // a thread that goes to sleep looks up to ten times

  static std::uint32_t lowest(std::uint32_t options) { return static_cast<std::uint32_t>(std::countr_zero(options)); }

  [[nodiscard]] Store* waiting_store(std::size_t i, const void* word) {
    std::vector<Store>& buffer = threads_[i].buffer;
    const auto first = std::find_if(buffer.begin(), buffer.end(), [&](const Store& s) { return s.word == word; });
    return first == buffer.end() ? nullptr : &*first;
  }
  /// Has a thread's stores come out, up to the first to `word`, or all.
  void drain(std::size_t i, const void* word = nullptr) {
    std::vector<Store>& buffer = threads_[i].buffer;
    for (bool more = true; more && !buffer.empty();) {
      const Store first = std::move(buffer.front());
      buffer.erase(buffer.begin());
      first.write(first.word, first.value);
      for (std::uint64_t* const into : first.stamps) *into = stamp();
      touch(first.word, true);
      more = first.word != word;
    }
  }

  void start(std::size_t i, const std::function<void()>& body) {
    Thread& thread = threads_[i];
    std::shared_ptr<char[]> stack = std::move(thread.stack);
    if (!stack) stack.reset(new char[stack_size]);
    thread = Thread{};
    thread.stack = std::move(stack);
    thread.body = &body;
    thread.state = State::ready;
    ::getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = stack_size;
    thread.context.uc_link = &main_;
    ::makecontext(
        &thread.context, [] { instance().work(); }, 0);
  }

  void work() {
    try {
      (*threads_[current_].body)();
    } catch (const std::exception& e) { fail(std::string("exception: ") + e.what()); }
    threads_[current_].state = State::done;
    decide(false);
  }

  void fail(const std::string& why) {
    if (failure_.empty()) failure_ = why;
  }

  /// Who goes on. `free`: it is nobody's loss if another does; `leaves`: it has to be another, if there is one.
  void decide(bool free, bool leaves = false) {
    if (++steps_ > most_steps) fail("no end after " + std::to_string(most_steps) + " steps");
    std::uint32_t ready = 0;
    std::uint32_t sleeping = 0;
    std::uint32_t filtered = 0;
    bool done = true;
    for (std::size_t i = 0; i < count_; ++i) {
      const Thread& thread = threads_[i];
      done = done && thread.state == State::done;
      if (thread.state == State::ready) (thread.filtered ? filtered : ready) |= 1u << 2 * i;
      if (thread.deadline != TimePoint::max()) ready |= 1u << (2 * i + 1);
      sleeping |= (thread.state == State::asleep ? 1u : 0u) << 2 * i;
    }
    if (done || !failure_.empty()) return leave();
    const std::uint32_t mine = current_ == nobody ? 0 : ready & 1u << 2 * current_;
    if (ready == 0 || (leaves && ready == mine && filtered != 0)) {
      if (filtered == 0) return fail("nobody can go on; asleep: " + std::to_string(std::popcount(sleeping))), leave();
      ready = filtered;
      redundant_ = true;
    }
    if (leaves && ready != mine) ready &= ~mine;
    constexpr std::uint32_t threads = 0x55555555;
    const std::uint32_t here = ready & mine;
    const std::uint32_t usual = lowest(here != 0 ? here : (ready & threads) != 0 ? ready & threads : ready);
    const bool costs = here != 0 && !free;
    if (random_ && free && (leaves || dice_(2) == 0)) priorities_[2 * current_] = --next_low_;
    const std::uint32_t next = choose(random_ ? ready | filtered : ready, usual, !costs || preemptions_ > 0);
    if (costs && 1u << next != here) --preemptions_;
    switch_to(next);
  }

  /// One of the options, by the path as far as it goes.
  std::uint32_t choose(std::uint32_t options, std::uint32_t usual, bool others) {
    const std::size_t at = path_length_++;
    if (at < path_.size()) return path_[at].taken;
    std::uint32_t taken = usual;
    if (random_) {
      const auto first = [&] {
        std::uint32_t best = lowest(options);
        for (std::uint32_t i = best; i < 2 * most_threads; ++i) {
          if ((options >> i & 1) != 0 && priorities_[i] > priorities_[best]) best = i;
        }
        return best;
      };
      taken = first();
      if (std::find(changes_.begin(), changes_.end(), at) != changes_.end()) {
        priorities_[taken] = --next_low_;
        taken = first();
      }
      others = true;
      preemptions_ = SIZE_MAX;
    }
    for (const auto& [step, option] : replayed_) {
      if (step == at) taken = option;
    }
    const bool branches = others && !redundant_ && !random_;
    path_.push_back({taken, branches ? options & ~(1u << taken) : 0, taken == usual});
    return taken;
  }

  void switch_to(std::uint32_t option) {
    const std::size_t next = option / 2;
    Thread& to = threads_[next];
    to.late = option % 2 != 0;
    to.state = State::ready;
    to.filtered = false;
    if (next == current_) return;
    ucontext_t* from = &main_;
    if (current_ != nobody) {
      Thread& me = threads_[current_];
      me.filtered = me.state == State::ready;
      from = &me.context;
    }
    current_ = next;
    ::swapcontext(from, &to.context);
  }

  void leave() {
    if (current_ == nobody) return;
    Thread& me = threads_[current_];
    ::swapcontext(&me.context, &main_);
  }

  Thread threads_[most_threads];
  std::size_t count_ = 0;
  std::size_t current_ = nobody;
  ucontext_t main_{};
  TimePoint time_{};
  std::uint64_t stamps_ = 0;
  std::uint64_t writes_ = 0;
  std::size_t steps_ = 0;
  std::size_t preemptions_ = 0;
  bool redundant_ = false;  // a schedule that is the same as another
  std::string failure_;
  std::vector<Choice> path_;
  std::size_t path_length_ = 0;
  Schedule replayed_;
  bool random_ = false;
  history::Dice dice_{0};
  std::uint64_t priorities_[2 * most_threads]{};
  std::uint64_t next_low_ = 0;
  std::vector<std::size_t> changes_;
  std::vector<std::shared_ptr<const void>> abandoned_;
};

struct Result {
  std::string failure;        ///< what was wrong, or empty
  Schedule schedule;          ///< of the failure
  std::size_t schedules = 0;  ///< tried
  std::size_t complete = 0;   ///< all with fewer preemptions were tried

  [[nodiscard]] std::string text() const {
    std::string all = std::to_string(schedules) + " schedules\n" + failure + "\nto replay: {";
    for (const auto& [step, option] : schedule) {
      all += "{" + std::to_string(step) + ", " + std::to_string(option) + "}, ";
    }
    return all + "}";
  }
};

/// One more schedule; whether it went well.
template <class Make>
bool run_one(Result& result, const Make& make, std::size_t preemptions) {
  ++result.schedules;
  result.failure = Scheduler::instance().run(make, preemptions);
  if (!result.failure.empty()) result.schedule = Scheduler::instance().schedule();
  return result.failure.empty();
}

/// Every schedule without a preemption, then with one at the most, and so on; `most` in each round.
template <class Make>
Result depth_first(std::size_t preemptions, const Make& make, std::size_t most = SIZE_MAX) {
  Scheduler& scheduler = Scheduler::instance();
  Result result;
  for (; result.complete <= preemptions; ++result.complete) {
    scheduler.begin();
    std::size_t left = most;
    do {
      if (left-- == 0 || !run_one(result, make, result.complete)) return result;
    } while (scheduler.advance());
  }
  return result;
}

/// So many schedules of PCT with three changes of priority.
template <class Make>
Result at_random(std::size_t schedules, const Make& make) {
  Scheduler& scheduler = Scheduler::instance();
  Result result;
  for (std::size_t length = 100; result.schedules < schedules; length = std::max(length, scheduler.length())) {
    scheduler.begin_random(result.schedules, 3, length);
    if (!run_one(result, make, SIZE_MAX)) break;
  }
  return result;
}

/// The one schedule that a failure has told.
template <class Make>
std::string replay(const Schedule& schedule, const Make& make) {
  Scheduler::instance().begin(schedule);
  return Scheduler::instance().run(make, SIZE_MAX);
}

}  // namespace penstock::explore
