// SPDX-License-Identifier: MIT
#pragma once

// Where writers put their records: a file, a stream or a string, behind one buffer. POSIX.
//
//     OutputFile out("scores.jsonl", {.atomic = true});
//     out.append("{\"score\":");       // the open record, which nobody sees
//     out.append("0.5}\n");
//     out.end_record();                // now it belongs to the output
//     out.close();                     // throws Error if the disk was full; scores.jsonl appears, whole
//
// Only whole records leave the buffer: when a record cannot be finished, drop_record() leaves no trace of it.

#include "penstock/config.hpp"
#include "penstock/core/error.hpp"

#include <cerrno>        // errno
#include <concepts>      // convertible_to
#include <cstddef>       // ptrdiff_t, size_t
#include <cstdint>       // uint64_t
#include <cstdio>        // rename
#include <cstring>       // memcpy, memmove
#include <fcntl.h>       // open
#include <memory>        // unique_ptr
#include <optional>      // optional
#include <stdexcept>     // invalid_argument
#include <string>        // string
#include <string_view>   // string_view
#include <system_error>  // generic_category
#include <unistd.h>      // write, close, fsync, unlink
#include <utility>       // exchange, forward, move

namespace penstock {
inline namespace v0 {

/// What a std::ostream has of use to a writer; the header ostream is costly to include.
template <class S>
concept output_stream = requires(S& stream, const char* from, std::ptrdiff_t n) {
  stream.write(from, n);
  stream.flush();
  static_cast<bool>(stream);
};

/// Where output goes.
class OutputTarget {
 public:
  /// A file, which is made, or emptied if it is there. Takes what turns into a std::string: texts, filesystem paths.
  template <std::convertible_to<std::string> Path>
  OutputTarget(Path&& path) : name_(std::forward<Path>(path)) {}  // NOLINT: a path is a target
  /// A stream, which is borrowed.
  template <output_stream Stream>
  OutputTarget(Stream& stream) : name_("stream"), stream_(&stream), use_(use<Stream>) {}  // NOLINT: so is a stream
  /// A string, which is borrowed and appended to.
  OutputTarget(std::string* text) : name_("memory"), text_(text) {  // NOLINT: and so is a string
    if (text == nullptr) throw std::invalid_argument("OutputTarget: the pointer to a string is null");
  }

 private:
  friend class OutputFile;

  /// Writes to the stream, and flushes it if there is nothing to write; whether that went well.
  template <class Stream>
  static bool use(void* stream, const char* bytes, std::size_t size) {
    auto& out = *static_cast<Stream*>(stream);
    try {
      if (size > 0) {
        out.write(bytes, static_cast<std::ptrdiff_t>(size));
      } else {
        out.flush();
      }
    } catch (...) {  // a stream with exceptions()
      return false;
    }
    return static_cast<bool>(out);
  }

  std::string name_;  // the path, unless one of the others is set
  void* stream_ = nullptr;
  bool (*use_)(void*, const char*, std::size_t) = nullptr;
  std::string* text_ = nullptr;
};

/// How output is buffered and when it gets its name.
struct OutputOptions {
  std::size_t buffer_bytes = std::size_t{256} << 10;  ///< 4 KiB to 1 GiB; grows to hold the longest record
  /// Files only: write to a file beside it (its name and ".tmp" with a number), put it on the disk, and rename it at
  /// close(). Who looks sees the old file or the whole new one. Without close(), or after an error, the old one stays.
  bool atomic = false;
};

/// A buffered output of records. Every failure of the file system is an Error that carries the path and the system's
/// words, and once output failed, each later write, flush() and the first close() says so again. One thread at a time.
class OutputFile {
 public:
  /// Opens the file. @throws std::invalid_argument for a wrong buffer size, Error if the file cannot be opened.
  explicit OutputFile(OutputTarget target, const OutputOptions& options = {})
      : target_(std::move(target)), capacity_(options.buffer_bytes) {
    if (capacity_ < 4096 || capacity_ > (std::size_t{1} << 30)) {
      throw std::invalid_argument("OutputOptions.buffer_bytes is " + std::to_string(capacity_) +
                                  "; 4096 to 1073741824 are possible");
    }
    buffer_.reset(new char[capacity_]);
    if (target_.stream_ == nullptr && target_.text_ == nullptr) open_file(options.atomic);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Hands on what is buffered as well as it can, but has no way to say that it failed: call close() to know. An atomic
  /// file that was not closed is removed, for nobody said that it is whole.
  ~OutputFile() {
    if (closed_) return;
    try {
      if (!failure_ && temporary_.empty()) flush();
    } catch (...) {  // NOLINT: see above
    }
    discard();
  }

  /// Memory for `bytes` more bytes of the open record; say with advance() how far it was used. Amortised O(bytes).
  [[nodiscard]] char* room(std::size_t bytes) {
    if (capacity_ - end_ < bytes) make_room(bytes);
    return buffer_.get() + end_;
  }
  /// The open record now ends at `end`, which lies in what room() gave.
  void advance(const char* end) noexcept { end_ = static_cast<std::size_t>(end - buffer_.get()); }
  /// More bytes for the open record.
  void append(std::string_view bytes) {
    char* const to = room(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  /// One more byte for the open record.
  void append(char byte) {
    *room(1) = byte;
    ++end_;
  }

  /// The open record is finished and belongs to the output. @throws Error if the output is closed or failed.
  void end_record() {
    if (closed_ || failure_) refuse();
    bytes_ += end_ - done_;
    done_ = end_;
  }
  /// The open record never was.
  void drop_record() noexcept { end_ = done_; }

  /// Hands all finished records on to the file, stream or string. @throws Error.
  void flush() {
    if (closed_) refuse();
    drain();
    if (target_.stream_ != nullptr) write_stream(0);
  }

  /// Flushes and closes; an atomic file gets its name. Again: no effect. @throws Error if anything was lost, and the
  /// output is closed all the same.
  void close() {
    if (closed_) return;
    try {
      flush();
      if (!temporary_.empty() && ::fsync(descriptor_) != 0) fail("a failed fsync", errno);
      const int descriptor = std::exchange(descriptor_, -1);
      if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) fail("a failed close", errno);
      if (!temporary_.empty() && std::rename(temporary_.c_str(), name().c_str()) != 0) fail("a failed rename", errno);
    } catch (...) {
      discard();
      throw;
    }
    closed_ = true;
  }

  [[nodiscard]] const std::string& name() const noexcept { return target_.name_; }  ///< the path, "stream" or "memory"
  [[nodiscard]] std::uint64_t bytes_written() const noexcept { return bytes_; }     ///< of finished records
  [[nodiscard]] bool closed() const noexcept { return closed_; }                    ///< whether it takes no more

 private:
  void open_file(bool atomic) {
    if (!atomic) {
      descriptor_ = ::open(name().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    } else {
      for (int i = 0; i < 1000; ++i) {  // O_EXCL: a file that another writer, or a crash, left is not touched
        temporary_ = name() + ".tmp" + std::to_string(i);
        descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ >= 0 || errno != EEXIST) break;
      }
    }
    if (descriptor_ < 0) fail("a failed open", errno);
  }

  PENSTOCK_COLD void make_room(std::size_t bytes) {
    if (closed_ || failure_) refuse();
    drain();
    if (capacity_ - end_ >= bytes) return;
    std::size_t capacity = capacity_;
    while (capacity - end_ < bytes) capacity *= 2;
    std::unique_ptr<char[]> larger(new char[capacity]);
    std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }

  void drain() {
    if (failure_) refuse();
    if (done_ == 0) return;
    if (target_.text_ != nullptr) {
      target_.text_->append(buffer_.get(), done_);
    } else if (target_.stream_ != nullptr) {
      write_stream(done_);
    } else {
      write_file();
    }
    end_ -= done_;
    std::memmove(buffer_.get(), buffer_.get() + done_, end_);
    done_ = 0;
  }

  void write_file() {
    for (std::size_t at = 0; at < done_;) {
      const ::ssize_t count = ::write(descriptor_, buffer_.get() + at, done_ - at);
      if (count < 0 && errno != EINTR) fail("a failed write", errno);
      if (count > 0) at += static_cast<std::size_t>(count);
    }
  }

  void write_stream(std::size_t size) {
    if (!target_.use_(target_.stream_, buffer_.get(), size)) fail("a stream that failed");
  }

  PENSTOCK_COLD [[noreturn]] void fail(std::string what, int code = 0) {
    if (code != 0) what += ": " + std::generic_category().message(code);
    failure_ = Error({.source = name(), .byte = bytes_ - done_}, std::move(what), "");
    throw *failure_;
  }
  PENSTOCK_COLD [[noreturn]] void refuse() const {
    if (failure_ && !closed_) throw *failure_;
    throw Error({.source = name()}, "a write after close()", "an open output");
  }

  void discard() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    closed_ = true;
  }

  OutputTarget target_;
  std::string temporary_;  // where an atomic file is until it is closed
  int descriptor_ = -1;
  std::unique_ptr<char[]> buffer_;  // [0, done_) finished records, [done_, end_) the open one
  std::size_t capacity_;
  std::size_t done_ = 0;
  std::size_t end_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<Error> failure_;
  bool closed_ = false;
};

}  // namespace v0
}  // namespace penstock
