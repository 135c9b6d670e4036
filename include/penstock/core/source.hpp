// SPDX-License-Identifier: MIT
#pragma once

// Where frames come from and where results go. CsvReader is a source, CsvWriter and JsonLinesWriter are sinks.
//
//     template <frame_source Source, class Sink>
//     void copy(Source& source, Sink& sink) {
//       while (auto batch = source.next()) sink.write(*batch);
//       sink.close();
//     }

#include "penstock/core/frame.hpp"

#include <concepts>  // convertible_to
#include <utility>   // declval

namespace penstock {
inline namespace v0 {

/// Gives one frame after the other.
/// - `next()` gives an optional-like: a frame of at least one row, or nothing at the end and ever after. It may block.
/// - A frame that was given stays valid when the next is asked for: sources give frames away, they do not lend them.
/// - Bad input is thrown as Error; whether the source can go on after it is the source's to say.
/// - One thread at a time calls it.
template <class S>
concept frame_source = requires(S& source) {
  { static_cast<bool>(source.next()) };
  { *source.next() } -> data_frame;
};

/// Takes one record or frame after the other.
/// - `write(record)` takes all of it or throws; what it took may still be in a buffer.
/// - `flush()` hands on what is buffered. `close()` flushes, ends the output so that nobody mistakes it for a part, and
///   may be called again to no effect. Both throw Error if anything that was taken could not be handed on.
/// - One thread at a time calls it.
template <class S, class Record>
concept sink_for = requires(S& sink, const Record& record) {
  sink.write(record);
  sink.flush();
  sink.close();
};

}  // namespace v0
}  // namespace penstock
