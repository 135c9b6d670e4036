// SPDX-License-Identifier: MIT
#include "penstock/stream/chunk_streamer.hpp"

#include "penstock/core/matrix.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <array>
#include <limits>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace penstock;

namespace {

std::vector<int> counted(std::size_t n) {
  std::vector<int> values(n);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

/// {first row, rows} of each chunk.
std::vector<std::pair<std::size_t, std::size_t>> layout(const auto& chunks) {
  std::vector<std::pair<std::size_t, std::size_t>> result;
  for (const auto& [data, first_row, index] : chunks) {
    CHECK(index == result.size());
    result.emplace_back(first_row, rows(data));
  }
  return result;
}

using Layout = std::vector<std::pair<std::size_t, std::size_t>>;

static_assert(std::ranges::random_access_range<ChunkRange<std::vector<int>&>>);
static_assert(std::ranges::sized_range<const ChunkRange<std::vector<int>>>);
static_assert(std::same_as<std::ranges::range_value_t<ChunkRange<std::vector<int>>>, Chunk<std::span<const int>>>);

}  // namespace

TEST_CASE("chunks cover the frame in order, the last one short") {
  const std::vector<int> ten = counted(10);
  CHECK(layout(stream_chunks(ten, 4)) == Layout{{0, 4}, {4, 4}, {8, 2}});
  CHECK(layout(stream_chunks(ten, 5)) == Layout{{0, 5}, {5, 5}});
  CHECK(layout(stream_chunks(ten, 9)) == Layout{{0, 9}, {9, 1}});
  CHECK(layout(stream_chunks(ten, 1)).size() == 10);
}

TEST_CASE("a chunk size of the frame or more gives one chunk, an empty frame none") {
  const std::vector<int> ten = counted(10);
  CHECK(layout(stream_chunks(ten, 10)) == Layout{{0, 10}});
  CHECK(layout(stream_chunks(ten, 11)) == Layout{{0, 10}});
  CHECK(layout(stream_chunks(ten, std::numeric_limits<std::size_t>::max())) == Layout{{0, 10}});
  CHECK(layout(stream_chunks(std::vector<int>(), 3)).empty());
  CHECK(stream_chunks(std::vector<int>(), 3).empty());
}

TEST_CASE("every row is in one chunk, for many sizes of frame and chunk") {
  for (std::size_t n = 0; n < 40; ++n) {
    const std::vector<int> frame = counted(n);
    for (std::size_t size = 1; size < 45; ++size) {
      std::vector<int> seen;
      const auto chunks = stream_chunks(frame, size);
      for (const auto& chunk : chunks) {
        REQUIRE(chunk.first_row == seen.size());
        REQUIRE(chunk.data.size() == chunks.rows_of(chunk.index));
        REQUIRE(chunk.data.data() == frame.data() + chunk.first_row);
        seen.insert(seen.end(), chunk.data.begin(), chunk.data.end());
      }
      REQUIRE(seen == frame);
      REQUIRE(chunks.size() == (n + size - 1) / size);
    }
  }
}

TEST_CASE("a chunk size of 0 is refused by name") {
  const std::vector<int> ten = counted(10);
  CHECK_THROWS_WITH(stream_chunks(ten, 0), ContainsSubstring("chunk_size is 0"));
  CHECK_THROWS_AS(stream_chunks(std::vector<int>(), 0), std::invalid_argument);
}

TEST_CASE("chunks are had by number and from iterators") {
  const std::vector<int> ten = counted(10);
  const auto chunks = stream_chunks(ten, 4);
  CHECK(chunks.size() == 3);
  CHECK(chunks.rows() == 10);
  CHECK(chunks.chunk_size() == 4);
  CHECK(chunks[2].first_row == 8);
  CHECK_THROWS_AS(chunks[3], std::out_of_range);
  CHECK((chunks.end() - chunks.begin()) == 3);
  CHECK(chunks.begin()[1].index == 1);
  CHECK((*std::ranges::prev(chunks.end())).data.size() == 2);
}

TEST_CASE("a temporary frame lives as long as its chunks are looped over") {
  int sum = 0;
  for (const auto& chunk : stream_chunks(counted(1000), 7)) {
    for (const int x : chunk.data) sum += x;
  }
  CHECK(sum == 499'500);

  const auto chunks = [] { return stream_chunks(std::array{1, 2, 3}, 2); }();  // an array moves with the range
  CHECK(chunks[1].data[0] == 3);
  const auto copy = chunks;
  CHECK(copy[0].data[1] == 2);
  CHECK(copy[0].data.data() != chunks[0].data.data());

  const std::vector<int> constant = counted(3);
  CHECK(layout(stream_chunks(std::move(constant), 2)) == Layout{{0, 2}, {2, 1}});  // const and temporary: a copy
}

TEST_CASE("a named frame and a borrowed view are not copied") {
  std::vector<int> frame = counted(5);
  CHECK(stream_chunks(frame, 2)[1].data.data() == frame.data() + 2);
  CHECK(stream_chunks(std::span(frame), 2)[1].data.data() == frame.data() + 2);
  CHECK(stream_chunks(std::as_const(frame), 2)[1].data.data() == frame.data() + 2);
}

TEST_CASE("tables and matrices come in chunks too") {
  RecordBatchBuilder builder({{{"x", DataType::int64}}});
  for (std::int64_t i = 0; i < 7; ++i) builder.append<std::int64_t>(0, i * 10);
  std::vector<std::int64_t> seen;
  for (const auto& chunk : stream_chunks(builder.finish(), 3)) {
    for (const std::int64_t x : chunk.data.column<std::int64_t>("x")) seen.push_back(x);
  }
  CHECK(seen == std::vector<std::int64_t>{0, 10, 20, 30, 40, 50, 60});

  const RowMajorMatrix matrix{{1, 2, 3, 4, 5, 6}, 3, 2};
  CHECK(layout(stream_chunks(matrix, 2)) == Layout{{0, 2}, {2, 1}});
  CHECK(stream_chunks(matrix, 2)[1].data(0, 1) == 6);
}
