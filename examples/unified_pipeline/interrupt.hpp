// SPDX-License-Identifier: MIT
#pragma once

// Ctrl-C as a stop_token: the first one asks the program to finish what it has, the second one ends it.

#include <csignal>     // sigset_t, sigwait
#include <stop_token>  // stop_source
#include <thread>      // thread

/// Made in main before any other thread, so that all threads inherit the blocked signals and only ours takes them.
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    listener_ = std::thread([this] {
      int signal = 0;
      sigwait(&signals_, &signal);
      if (signal == SIGUSR1) return;  // our own destructor
      stop_.request_stop();
      sigset_t deadly;
      sigemptyset(&deadly);
      sigaddset(&deadly, SIGINT);
      sigaddset(&deadly, SIGTERM);
      pthread_sigmask(SIG_UNBLOCK, &deadly, nullptr);  // from now on they do what they always do
      sigset_t ours;
      sigemptyset(&ours);
      sigaddset(&ours, SIGUSR1);
      sigwait(&ours, &signal);
    });
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() {
    pthread_kill(listener_.native_handle(), SIGUSR1);
    listener_.join();
  }

  [[nodiscard]] std::stop_source& source() { return stop_; }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  sigset_t signals_;
  std::stop_source stop_;
  std::thread listener_;
};
