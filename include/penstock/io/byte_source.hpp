// SPDX-License-Identifier: MIT
#pragma once

// Where a reader's bytes come from: a file by its path, or any object with the read() and gcount() of std::istream.
// POSIX.
//
//     std::unique_ptr<detail::ByteSource> source = detail::open_file("trips.csv");
//     std::size_t n = source->read(buffer, 65536);    // 0 at the end

#include "penstock/core/error.hpp"

#include <cerrno>    // errno
#include <cstddef>   // size_t, ptrdiff_t
#include <cstring>   // strerror
#include <fcntl.h>   // open
#include <memory>    // unique_ptr
#include <string>    // string
#include <unistd.h>  // close, read
#include <utility>   // move

namespace penstock {
inline namespace v0 {

/// What a std::istream has of use to a reader; the header istream is costly to include.
template <class S>
concept input_stream = requires(S& stream, char* to, std::ptrdiff_t n) {
  stream.read(to, n);
  { static_cast<std::ptrdiff_t>(stream.gcount()) };
  { static_cast<bool>(stream.bad()) };
  { static_cast<bool>(stream.fail()) };
};

namespace detail {

/// A stream of bytes that is read once, from front to back.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// The next bytes, at most `n`, at least one before the end; 0 at the end and ever after.
  /// @throws Error if they cannot be read.
  virtual std::size_t read(char* to, std::size_t n) = 0;
  /// The path, or a word for a stream: Where::source of errors.
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
};

/// Gives what is there, so that the rows in a pipe need not wait for a whole block.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(std::string path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) refuse();
  }
  ~FileSource() override { ::close(descriptor_); }

  std::size_t read(char* to, std::size_t n) override {
    while (!ended_) {
      const ::ssize_t got = ::read(descriptor_, to, n);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got < 0 && errno != EINTR) refuse();
      ended_ = got == 0;
    }
    return 0;
  }
  [[nodiscard]] const std::string& name() const noexcept override { return path_; }

 private:
  [[noreturn]] void refuse() const {
    const int why = errno;
    throw Error({.source = path_}, std::strerror(why), "a file that can be read");
  }

  std::string path_;
  int descriptor_;
  bool ended_ = false;  // also if the file grows afterwards
};

/// Borrows the stream, from which a block is read at a time.
template <input_stream Stream>
class StreamSource final : public ByteSource {
 public:
  /// @throws Error if the stream has failed already: a std::ifstream of a file that is not there is not an empty file.
  explicit StreamSource(Stream& stream) : stream_(&stream) {
    if (stream.fail()) throw Error({.source = name_}, "a stream that has failed already", "an open stream");
  }

  std::size_t read(char* to, std::size_t n) override {
    if (ended_) return 0;
    try {
      stream_->read(to, static_cast<std::ptrdiff_t>(n));
    } catch (...) {
      // The stream was told to throw; bad() below says whether this was more than its end.
    }
    if (stream_->bad()) throw Error({.source = name_}, "a stream that went bad", "bytes or the end");
    const auto got = static_cast<std::size_t>(stream_->gcount());
    ended_ = got < n;  // a stream that met its end has its failbit set, and would count further reads as errors
    return got;
  }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

 private:
  Stream* stream_;
  bool ended_ = false;
  std::string name_ = "stream";
};

inline std::unique_ptr<ByteSource> open_file(const std::string& path) {
  return std::unique_ptr<ByteSource>(new FileSource(path));
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
