// SPDX-License-Identifier: MIT
#include "penstock/adapters/zlib/hdr_log.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

std::string reference(const std::string& name) {
  std::ifstream file(std::string(PENSTOCK_REFERENCE_DIR "/") + name, std::ios::binary);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<HdrLogInterval> read_log(std::string_view text, const HdrLogReaderOptions& options = {}) {
  std::vector<HdrLogInterval> intervals;
  HdrLogReader reader(text, options);
  while (auto interval = reader.next()) intervals.push_back(std::move(*interval));
  return intervals;
}

/// HdrHistogram's getMaxValue.
std::int64_t end_of_max(const LatencyHistogram& histogram) {
  return histogram.count() == 0 ? 0 : histogram.value_at_quantile(1);
}

/// HdrHistogram's add for other digits: by the least value of each bucket.
void add(LatencyHistogram& all, const LatencyHistogram& other) {
  other.for_each_bucket([&](std::int64_t low, std::int64_t, std::uint64_t count) { all.record(low, count); });
}

Timestamp at_ms(std::int64_t ms) { return Timestamp(std::chrono::milliseconds(ms)); }

std::string error_of(std::string_view text) {
  try {
    static_cast<void>(decode_hdr_histogram(text));
  } catch (const Error& error) { return error.what(); }
  return "";
}

std::string packed(const std::string& plain) {
  uLongf size = compressBound(static_cast<uLong>(plain.size()));
  std::string bytes(size, '\0');
  REQUIRE(compress(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
                   static_cast<uLong>(plain.size())) == Z_OK);
  bytes.resize(size);
  std::string head;
  detail::put_big_endian(head, detail::hdr_v2_compressed_cookie);
  detail::put_big_endian(head, static_cast<std::uint32_t>(size));
  return detail::to_base64(head + bytes);
}

LatencyHistogram some_values(const LatencyHistogramOptions& options = {}) {
  LatencyHistogram histogram(options);
  std::uint64_t state = 9;
  for (int i = 0; i < 500; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    histogram.record(static_cast<std::int64_t>((state >> 33) >> ((state >> 20) % 31)));
  }
  return histogram;
}

}  // namespace

TEST_CASE("logs of HdrHistogram's are read as its own reader does") {
  std::istringstream golden(reference("hdr_log.txt"));
  std::map<std::string, std::vector<HdrLogInterval>> logs;
  std::vector<HdrLogInterval>* log = nullptr;
  std::size_t i = 0;
  int checked = 0;
  for (std::string line; std::getline(golden, line);) {
    INFO(line);
    std::istringstream fields(line);
    std::string kind;
    fields >> kind;
    if (kind == "log") {
      if (log != nullptr) CHECK(i == log->size());
      std::string name;
      fields >> name;
      log = &logs[name];
      *log = read_log(reference(name), {.keep_highest = true});
      i = 0;
      continue;
    }
    std::string tag, start, length;
    std::uint64_t count = 0;
    std::int64_t p50 = 0, p999 = 0, max = 0;
    fields >> tag >> start >> length >> count >> p50 >> p999 >> max;
    REQUIRE(log != nullptr);
    REQUIRE(i < log->size());
    const HdrLogInterval& interval = (*log)[i++];
    CHECK(interval.tag == (tag == "-" ? "" : tag));
    CHECK(detail::seconds_text(interval.start.time_since_epoch().count()) == start);
    CHECK(detail::seconds_text(interval.length.count()) == length);
    CHECK(interval.histogram.count() == count);
    CHECK(interval.histogram.value_at_quantile(0.5) == p50);
    if (p999 >= 0) CHECK(interval.histogram.value_at_quantile(0.999) == p999);
    CHECK(end_of_max(interval.histogram) == max);
    ++checked;
  }
  CHECK(checked == 62 + 84 / 2 + 6);
  CHECK(logs.size() == 3);
}

TEST_CASE("the figures that HdrHistogram's own tests ask of its logs") {
  const auto intervals = read_log(reference("hdr_log_jhiccup.hlog"));
  LatencyHistogram all;
  for (const HdrLogInterval& interval : intervals) add(all, interval.histogram);
  CHECK(intervals.size() == 62);
  CHECK(all.count() == 48'761);
  CHECK(all.value_at_quantile(0.999) == 1'745'879'039);
  CHECK(end_of_max(all) == 1'796'210'687);
  LatencyHistogram merged = intervals[0].histogram;
  for (std::size_t i = 1; i < intervals.size(); ++i) merged.merge(intervals[i].histogram);
  CHECK(merged.count() == 48'761);
  CHECK(merged.options() == LatencyHistogramOptions{.significant_digits = 2, .lowest = 20'000});

  const std::string text = reference("hdr_log_tagged.hlog");
  HdrLogReader reader(text);
  LatencyHistogram tagged, untagged;
  while (const auto interval = reader.next()) add(interval->tag == "A" ? tagged : untagged, interval->histogram);
  CHECK(tagged == untagged);
  CHECK(tagged.count() + untagged.count() == 32'290);
  CHECK(reader.start() == at_ms(1'441'812'279'474));
}

TEST_CASE("a histogram is written with the very bytes of HdrHistogram's, before they are packed") {
  for (const char* name : {"hdr_log_jhiccup.hlog", "hdr_log_tagged.hlog"}) {
    std::istringstream log(reference(name));
    int lines = 0;
    for (std::string line; std::getline(log, line);) {
      const std::size_t at = line.find("HISTF");
      if (at == std::string::npos) continue;
      const std::string theirs = detail::from_base64(std::string_view(line).substr(at));
      const LatencyHistogram histogram = decode_hdr_histogram(std::string_view(line).substr(at));
      CHECK(detail::hdr_v2_bytes(histogram) == detail::inflate_histogram(std::string_view(theirs).substr(8)));
      ++lines;
    }
    CHECK(lines >= 6);
  }
}

TEST_CASE("what was written is read again, to the bucket") {
  for (const LatencyHistogramOptions& options :
       {LatencyHistogramOptions{}, LatencyHistogramOptions{.significant_digits = 1, .lowest = 1000},
        LatencyHistogramOptions{.significant_digits = 5, .highest = 3'600'000'000'000},
        LatencyHistogramOptions{.highest = 3'600'000'000'000, .auto_resize = false}}) {
    const LatencyHistogram written = some_values(options);
    const std::string text = encode_hdr_histogram(written);
    CHECK(text.starts_with("HISTFA"));
    const LatencyHistogram read = decode_hdr_histogram(text);
    CHECK(read.options().significant_digits == options.significant_digits);
    CHECK(read.options().lowest == options.lowest);
    CHECK(read.options().highest == options.highest);
    CHECK(read.count() == written.count());
    std::vector<std::int64_t> ours, theirs;
    written.for_each_bucket([&](auto low, auto high, auto n) {
      ours.insert(ours.end(), {low, high, static_cast<std::int64_t>(n)});
    });
    read.for_each_bucket([&](auto low, auto high, auto n) {
      theirs.insert(theirs.end(), {low, high, static_cast<std::int64_t>(n)});
    });
    CHECK(ours == theirs);
    CHECK(read.mean() == Approx(written.mean()).epsilon(options.significant_digits == 1 ? 0.1 : 1e-3));
    CHECK(read.stddev() == Approx(written.stddev()).epsilon(1e-3));
    CHECK(encode_hdr_histogram(read) == text);
  }
  const LatencyHistogram empty = decode_hdr_histogram(encode_hdr_histogram(LatencyHistogram()));
  CHECK(empty == LatencyHistogram());

  LatencyHistogram extremes;  // values that are whole buckets, so that all is exact
  extremes.record(0, 3);
  extremes.record(2047, std::uint64_t{1} << 60);
  CHECK(decode_hdr_histogram(encode_hdr_histogram(extremes)) == extremes);
  LatencyHistogram full;
  full.record(5, ~std::uint64_t{0});
  CHECK_THROWS_AS(encode_hdr_histogram(full), std::invalid_argument);
}

TEST_CASE("a log that was written is read with its times and tags") {
  const Timestamp start = at_ms(1'700'000'000'250);
  const HdrLogWriter writer({.start = start, .comment = "scoring"});
  const LatencyHistogram first = some_values();
  std::string log = writer.header();
  CHECK(log ==
        "#[scoring]\n#[Histogram log format version 1.2]\n"
        "#[StartTime: 1700000000.250 (seconds since epoch), 2023-11-14T22:13:20Z]\n"
        "#[BaseTime: 1700000000.250 (seconds since epoch)]\n"
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
  log += writer.line(first, start + 127ms, 1007ms);
  LatencyHistogram small;
  small.record(2'768'000);
  log += writer.line(small, start + 1s + 600us, 999'499us, "A");
  CHECK(log.find("\nTag=A,1.001,0.999,2.769,HISTFA") !=
        std::string::npos);  // as HdrHistogram writes the value's bucket
  const auto intervals = read_log(log);
  REQUIRE(intervals.size() == 2);
  CHECK(intervals[0].start == start + 127ms);
  CHECK(intervals[0].length == 1007ms);
  CHECK(intervals[0].tag.empty());
  CHECK(intervals[0].histogram.count() == first.count());
  CHECK(intervals[1].start == start + 1001ms);
  CHECK(intervals[1].tag == "A");
  CHECK_THROWS_AS(writer.line(small, start, 1s, "a b"), std::invalid_argument);
  CHECK_THROWS_WITH(HdrLogWriter({.comment = "a\nb"}), ContainsSubstring("comment"));
  CHECK_THROWS_WITH(HdrLogWriter({.max_unit_ns = 0}), ContainsSubstring("max_unit_ns is 0"));
}

TEST_CASE("times count from BaseTime, else from StartTime, else from 1970") {
  const std::string line = "5.5,1.0,2.0," + encode_hdr_histogram(LatencyHistogram()) + "\r\n";
  const auto start = [](const std::string& text) { return read_log(text).at(0).start; };
  CHECK(start(line) == at_ms(5500));
  CHECK(start("#[StartTime: 1700000000.0 x]\r\n" + line) == at_ms(1'700'000'005'500));
  CHECK(start("#[StartTime: 1700000000.0 x]\n#[BaseTime: 100 x]\n" + line) == at_ms(105'500));
  CHECK(start("#[StartTime: 1700000000.0 x]\n1700000001.25," + line.substr(4)) == at_ms(1'700'000'001'250));
  CHECK(read_log("").empty());
  CHECK(read_log("#[nothing]\n\n").empty());
}

TEST_CASE("damage is told by interval and place, and the lines behind it are read") {
  const std::string good = "0.0,1.0,0.0," + encode_hdr_histogram(some_values()) + "\n";
  const std::string log = good + "x,1.0,0.0,HISTFA\n" + "1.0,1.0,0.0,HIST!AAA\n" + "1.0\n" + good;
  HdrLogReader reader(log, {.source = "hiccup.hlog"});
  CHECK(reader.next().has_value());
  CHECK_THROWS_WITH(reader.next(), ContainsSubstring("hiccup.hlog, row 2, byte " + std::to_string(good.size())) &&
                                       ContainsSubstring("found 'x'"));
  CHECK_THROWS_WITH(reader.next(), ContainsSubstring("row 3") && ContainsSubstring("no base64 at byte 4"));
  CHECK_THROWS_AS(reader.next(), Error);
  CHECK(reader.next().has_value());
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("encodings that are no histogram are refused with what is wrong") {
  CHECK(error_of("") != "");
  CHECK_THAT(error_of("AAAAAAAA"), ContainsSubstring("the end of a histogram"));
  CHECK_THAT(error_of("AAAAAAAAAAAAAAAA"), ContainsSubstring("cookie 0"));
  CHECK_THAT(error_of("HISTEgAAAAA="), ContainsSubstring("V2 encoding"));  // V1
  const std::string good = detail::hdr_v2_bytes(some_values());
  CHECK(error_of(packed(good)).empty());
  CHECK_THAT(error_of(packed(good + "x")), ContainsSubstring("bytes of counts"));
  CHECK_THAT(error_of(packed(good.substr(0, 39))), ContainsSubstring("40 bytes of options"));
  const auto with = [&](std::size_t at, char byte) {
    std::string changed = good;
    changed[at] = byte;
    return error_of(packed(changed));
  };
  CHECK_THAT(with(0, 0), ContainsSubstring("V2 encoding"));
  CHECK_THAT(with(11, 1), ContainsSubstring("shifted"));
  CHECK_THAT(with(15, 6), ContainsSubstring("significant_digits is 6"));
  CHECK_THAT(with(23, 0), ContainsSubstring("lowest is 0"));
  CHECK_THAT(with(32, 0), ContainsSubstring("integers"));
  const auto with_counts = [&](const std::string& counts) {
    std::string bytes = good.substr(0, 40);
    bytes.replace(4, 4, std::string{0, 0, 0, static_cast<char>(counts.size())});
    return error_of(packed(bytes + counts));
  };
  std::string counts;
  detail::put_zigzag(counts, -60'000);
  CHECK_THAT(with_counts(counts), ContainsSubstring("more counts than there are buckets"));
  counts.clear();
  detail::put_zigzag(counts, std::numeric_limits<std::int64_t>::max());
  CHECK(with_counts(counts).empty());
  detail::put_zigzag(counts, 1);
  CHECK_THAT(with_counts(counts), ContainsSubstring("2^63"));
  CHECK_THAT(with_counts("\x80"), ContainsSubstring("the rest of a number"));
  CHECK_THAT(with_counts(std::string(9, '\xff')), ContainsSubstring("more counts"));  // the least of all numbers

  // Every byte changed or cut: an Error or a histogram, nothing else.
  const std::string text = encode_hdr_histogram(some_values());
  int refused = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    refused += error_of(changed).empty() ? 0 : 1;
    refused += error_of(text.substr(0, i)).empty() ? 0 : 1;
  }
  CHECK(refused > static_cast<int>(text.size()));
}

TEST_CASE("a small text cannot unpack to more than a histogram has") {
  const std::string zeros(80'000'000, '\0');
  CHECK_THAT(error_of(packed(zeros)), ContainsSubstring("more unpacked bytes"));
  // Each number of digits has its own limit: above what a histogram with all its buckets takes, and not far above.
  for (int digits = 1; digits <= 5; ++digits) {
    CAPTURE(digits);
    LatencyHistogram last({.significant_digits = digits});
    last.record(std::numeric_limits<std::int64_t>::max());
    const std::string header = detail::hdr_v2_bytes(last).substr(0, detail::hdr_v2_header);
    std::size_t buckets = 0;
    detail::HistogramAccess::for_each_index(last, [&](std::size_t index, std::uint64_t) { buckets = index + 1; });
    const std::size_t limit = detail::hdr_v2_limit(header);
    CHECK(limit >= detail::hdr_v2_header + 9 * buckets);
    CHECK(limit <= detail::hdr_v2_header + 13 * buckets);
    CHECK_THAT(error_of(packed(header + std::string(limit, '\0'))), ContainsSubstring("more unpacked bytes"));
  }
}

TEST_CASE("numbers of every length go through zigzag") {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{64}, std::int64_t{-64},
        std::int64_t{-65}, std::int64_t{1} << 40, (std::int64_t{1} << 55) - 1, std::int64_t{1} << 55,
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    std::string bytes;
    detail::put_zigzag(bytes, number);
    CHECK(bytes.size() <= 9);
    std::size_t at = 0;
    CHECK(detail::get_zigzag(bytes, at) == number);
    CHECK(at == bytes.size());
  }
}
