// SPDX-License-Identifier: MIT
// Any text is a log: each line gives an interval or an error, and what was read is written and read again as the same.
#include "penstock/adapters/zlib/hdr_log.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  HdrLogReader reader(text, {.keep_highest = true});
  const HdrLogWriter writer;
  for (;;) {
    try {
      const auto interval = reader.next();
      if (!interval) return 0;
      const std::string written = encode_hdr_histogram(interval->histogram);
      if (!(decode_hdr_histogram(written) == interval->histogram)) std::abort();
      if (interval->tag.find_first_of(" \t\r") == std::string::npos) {
        static_cast<void>(writer.line(interval->histogram, interval->start, interval->length, interval->tag));
      }
    } catch (const Error& error) {
      if (error.what()[0] == '\0') std::abort();
    }
  }
}
