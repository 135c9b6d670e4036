// SPDX-License-Identifier: MIT
#pragma once

// The bytes of model files: read up to a limit, written whole or not at all.
//
//     const std::string text = detail::read_model_file("churn.json", 16 << 20);    // throws Error
//     return detail::write_model_file("churn.json", text);

#include "penstock/core/error.hpp"
#include "penstock/core/result.hpp"
#include "penstock/io/output_file.hpp"

#include <cerrno>        // errno
#include <cstddef>       // size_t
#include <cstdio>        // FILE, fclose, ferror, fopen, fread
#include <memory>        // unique_ptr
#include <string>        // string
#include <string_view>   // string_view
#include <system_error>  // generic_category

namespace penstock {
inline namespace v0 {
namespace detail {

/// The text of a file; of one that is longer than max_bytes, so much that it is seen to be. @throws Error of the file
/// system.
inline std::string read_model_file(const std::string& path, std::size_t max_bytes) {
  const auto fail = [&path](int code) {
    throw Error({.source = path}, std::generic_category().message(code), "a model file");
  };
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(errno);
  std::string text;
  char part[1 << 14];
  while (text.size() <= max_bytes) {  // one byte more than allowed is enough to know
    const std::size_t count = std::fread(part, 1, sizeof(part), file.get());
    text.append(part, count);
    if (count == 0) break;
  }
  if (std::ferror(file.get()) != 0) fail(errno);
  return text;
}

/// Writes the file; who reads `path` meanwhile sees the old file or the whole new one. The Error is
/// that of the file system, and the old file is still there then.
inline Result<void> write_model_file(const std::string& path, std::string_view text) {
  try {
    OutputFile out(path, {.atomic = true});
    out.append(text);
    out.end_record();
    out.close();
    return {};
  } catch (const Error& error) { return error; }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
