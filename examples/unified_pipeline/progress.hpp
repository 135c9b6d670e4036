// SPDX-License-Identifier: MIT
#pragma once

// One line on a terminal that says how far a long run is; nothing where the output goes to a file or a pipe.

#include "penstock/core/clock.hpp"

#include <chrono>   // milliseconds
#include <cstdint>  // uint64_t
#include <cstdio>   // fprintf, stderr
#include <string>   // string
#include <unistd.h>
#include <utility>  // move

/// The progress of one run. Not thread-safe.
class Progress {
 public:
  explicit Progress(std::string name) : name_(std::move(name)), shown_(isatty(STDERR_FILENO) == 1) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    if (written_) std::fprintf(stderr, "\r\033[K");
  }

  /// `rows` more are done.
  void add(std::uint64_t rows) {
    rows_ += rows;
    if (!shown_ || rows_ < next_look_) return;
    next_look_ = rows_ + 256;  // the clock costs more than most rows
    const penstock::TimePoint now = clock_.now();
    if (now < due_) return;
    due_ = now + std::chrono::milliseconds(200);
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::fprintf(stderr, "\r%s: %llu rows, %.0f rows/s\033[K", name_.c_str(), static_cast<unsigned long long>(rows_),
                 static_cast<double>(rows_) / seconds);
    written_ = true;
  }

 private:
  std::string name_;
  bool shown_;
  bool written_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t next_look_ = 0;
  penstock::SteadyClock clock_;
  penstock::TimePoint start_ = clock_.now();
  penstock::TimePoint due_ = start_ + std::chrono::milliseconds(500);  // a short run shows nothing
};
