// SPDX-License-Identifier: MIT
#include "penstock/metrics/prometheus_text.hpp"

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// Reads the text as the format's page says it, one rule after the other; what is no sample or comment fails.
std::vector<Sample> parse(const std::string& text) {
  std::vector<Sample> samples;
  std::size_t at = 0;
  const auto expect = [&](char c) {
    REQUIRE(at < text.size());
    REQUIRE(text[at] == c);
    ++at;
  };
  const auto name = [&] {
    std::string word;
    while (std::isalnum(static_cast<unsigned char>(text.at(at))) != 0 || text[at] == '_' || text[at] == ':') {
      word += text[at++];
    }
    REQUIRE(!word.empty());
    return word;
  };
  REQUIRE((text.empty() || text.back() == '\n'));
  while (at < text.size()) {
    if (text[at] == '#') {
      at = text.find('\n', at) + 1;
      continue;
    }
    Sample sample;
    sample.name = name();
    if (text.at(at) == '{') {
      for (++at; text.at(at) != '}';) {
        const std::string label = name();
        expect('=');
        expect('"');
        std::string value;
        for (; text.at(at) != '"'; ++at) {
          REQUIRE(text[at] != '\n');
          if (text[at] != '\\') {
            value += text[at];
            continue;
          }
          const char escaped = text.at(++at);
          REQUIRE((escaped == 'n' || escaped == '\\' || escaped == '"'));
          value += escaped == 'n' ? '\n' : escaped;
        }
        ++at;
        CHECK(sample.labels.emplace(label, value).second);
        if (text.at(at) == ',') ++at;
      }
      ++at;
    }
    expect(' ');
    char* end = nullptr;
    sample.value = std::strtod(text.c_str() + at, &end);
    at = static_cast<std::size_t>(end - text.c_str());
    expect('\n');
    samples.push_back(sample);
  }
  return samples;
}

LatencyHistogram three_values() {
  LatencyHistogram latency;
  for (const auto value : {80us, 1000us, 3000us}) latency.record(value);
  return latency;
}

MetricsSnapshot everything() {
  MetricsSnapshot metrics;
  const Timestamp created(1'700'000'000'250ms);
  metrics.counter("rows_total", "Rows scored.", 12345678, {{"mode", "batch"}}, {.created = created});
  metrics.counter("rows", "Rows scored.", 0.5, {{"mode", "stream"}},
                  {.exemplar = MetricExemplar{{{"trace_id", "4bf92f"}}, 1, Timestamp(1'700'000'001s)}});
  metrics.gauge("queue_depth", "Items.\nWith \\ and \"quotes\".", -3.25, {{"queue", "a\\b\n\"c\" \xC3\xA9"}});
  metrics.gauge("nothing", "", std::nan(""));
  metrics.gauge("infinite", "", -infinity);
  MetricHistogram histogram = metric_histogram(three_values());
  histogram.buckets[0].exemplar = MetricExemplar{{{"trace_id", "a\"b"}}, 0.00008, {}};
  metrics.histogram("latency_seconds", "Latency.", histogram, {{"stage", "model"}},
                    {.unit = "seconds", .created = created});
  metrics.summary("chunk_seconds", "Chunks.", metric_summary(three_values()), {}, {.unit = "seconds"});
  return metrics;
}

const Sample* find(const std::vector<Sample>& samples, const std::string& name,
                   const std::map<std::string, std::string>& labels = {}) {
  for (const Sample& sample : samples) {
    if (sample.name == name && sample.labels == labels) return &sample;
  }
  return nullptr;
}
double value_of(const std::vector<Sample>& samples, const std::string& name,
                const std::map<std::string, std::string>& labels = {}) {
  const Sample* sample = find(samples, name, labels);
  REQUIRE(sample != nullptr);
  return sample->value;
}

}  // namespace

TEST_CASE("text for Prometheus, letter by letter") {
  MetricsSnapshot metrics;
  metrics.counter("rows", "Rows \\ scored,\nall \"of\" them.", 3, {{"mode", "batch"}, {"kind", "a\"b"}});
  metrics.counter("rows_total", "Rows \\ scored,\nall \"of\" them.", 1e6, {});
  metrics.gauge("depth", "", 0.25);
  metrics.histogram("size", "Sizes.", {.buckets = {{1, 2, {}}, {10, 3, {}}}, .count = 4, .sum = 30.5}, {{"q", "in"}});
  metrics.summary("age", "Ages.", {.quantiles = {{0.5, 2}, {0.99, 1e-5}}, .count = 7, .sum = 9});
  CHECK(to_prometheus_text(metrics) ==
        "# HELP rows_total Rows \\\\ scored,\\nall \"of\" them.\n"
        "# TYPE rows_total counter\n"
        "rows_total{mode=\"batch\",kind=\"a\\\"b\"} 3\n"
        "rows_total 1e+06\n"
        "# TYPE depth gauge\n"
        "depth 0.25\n"
        "# HELP size Sizes.\n"
        "# TYPE size histogram\n"
        "size_bucket{q=\"in\",le=\"1\"} 2\n"
        "size_bucket{q=\"in\",le=\"10\"} 3\n"
        "size_bucket{q=\"in\",le=\"+Inf\"} 4\n"
        "size_sum{q=\"in\"} 30.5\n"
        "size_count{q=\"in\"} 4\n"
        "# HELP age Ages.\n"
        "# TYPE age summary\n"
        "age{quantile=\"0.5\"} 2\n"
        "age{quantile=\"0.99\"} 1e-05\n"
        "age_sum 9\n"
        "age_count 7\n");
  CHECK(to_prometheus_text({}).empty());
}

TEST_CASE("OpenMetrics, letter by letter") {
  MetricsSnapshot metrics;
  metrics.counter("busy_seconds_total", "Busy \"time\".", 1.5, {},
                  {.unit = "seconds",
                   .created = Timestamp(1'700'000'000'250ms),
                   .exemplar = MetricExemplar{{{"trace_id", "4bf"}}, 0.5, Timestamp(1s)}});
  metrics.histogram("size", "", {.buckets = {{1, 2, MetricExemplar{{}, 0.75, {}}}}, .count = 4, .sum = 30.5});
  CHECK(to_openmetrics_text(metrics) ==
        "# HELP busy_seconds Busy \\\"time\\\".\n"
        "# TYPE busy_seconds counter\n"
        "# UNIT busy_seconds seconds\n"
        "busy_seconds_total 1.5 # {trace_id=\"4bf\"} 0.5 1.0\n"
        "busy_seconds_created 1700000000.25\n"
        "# TYPE size histogram\n"
        "size_bucket{le=\"1.0\"} 2 # {} 0.75\n"
        "size_bucket{le=\"+Inf\"} 4\n"
        "size_sum 30.5\n"
        "size_count 4\n"
        "# EOF\n");
  CHECK(to_openmetrics_text({}) == "# EOF\n");
}

TEST_CASE("what an obvious parser reads is what was written") {
  const auto samples = parse(to_prometheus_text(everything()));
  CHECK(value_of(samples, "rows_total", {{"mode", "batch"}}) == 12345678);
  CHECK(value_of(samples, "rows_total", {{"mode", "stream"}}) == 0.5);
  CHECK(value_of(samples, "queue_depth", {{"queue", "a\\b\n\"c\" \xC3\xA9"}}) == -3.25);
  CHECK(std::isnan(value_of(samples, "nothing")));
  CHECK(value_of(samples, "infinite") == -infinity);
  const auto bucket = [&](const std::string& le) {
    return value_of(samples, "latency_seconds_bucket", {{"stage", "model"}, {"le", le}});
  };
  CHECK(bucket("0.0001") == 1);
  CHECK(bucket("0.0005") == 1);
  CHECK(bucket("0.001") == 2);  // the bound belongs to the bucket
  CHECK(bucket("0.0025") == 2);
  CHECK(bucket("0.005") == 3);
  CHECK(bucket("10") == 3);
  CHECK(bucket("+Inf") == 3);
  CHECK(value_of(samples, "latency_seconds_count", {{"stage", "model"}}) == 3);
  CHECK(value_of(samples, "latency_seconds_sum", {{"stage", "model"}}) == Approx(0.00408).epsilon(1e-12));
  CHECK(value_of(samples, "chunk_seconds", {{"quantile", "0.5"}}) == Approx(0.001).epsilon(1e-3));
  CHECK(find(samples, "rows_created", {{"mode", "batch"}}) == nullptr);  // OpenMetrics alone
}

TEST_CASE("Prometheus' own parser reads what was written") {
  std::string python;
  for (const std::string each : {"python3", "/usr/bin/python3"}) {  // Debian's packages are with the latter
    if (std::system((each + " -c 'import prometheus_client' 2>/dev/null").c_str()) == 0) python = each;
  }
  if (python.empty()) SKIP("python3-prometheus-client is not installed");
  for (const std::string format : {"text", "openmetrics"}) {
    const std::string file = std::string(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp") +
                             "/penstock_scrape_" + format + std::to_string(std::rand());
    const std::string text = format == "text" ? to_prometheus_text(everything()) : to_openmetrics_text(everything());
    std::ofstream(file) << text;
    INFO(text);
    CHECK(std::system((python + " '" PENSTOCK_REFERENCE_DIR "/prometheus_parse.py' " + format + " '" + file + "' > '" +
                       file + ".out'")
                          .c_str()) == 0);
    std::ifstream out(file + ".out");
    const std::string read{std::istreambuf_iterator<char>(out), {}};
    CHECK_THAT(read, ContainsSubstring("counter\trows_total\tmode='batch'\t12345678.0\n"));
    CHECK_THAT(read, ContainsSubstring("gauge\tqueue_depth\tqueue='a\\\\b\\n\"c\" \xC3\xA9'\t-3.25\n"));
    CHECK_THAT(read, ContainsSubstring("gauge\tnothing\tnan\n"));
    CHECK_THAT(read, ContainsSubstring("gauge\tinfinite\t-inf\n"));
    CHECK_THAT(read, ContainsSubstring("histogram\tlatency_seconds_bucket\tle='+Inf'\tstage='model'\t3.0\n"));
    CHECK_THAT(read, ContainsSubstring("histogram\tlatency_seconds_count\tstage='model'\t3.0\n"));
    CHECK_THAT(read, ContainsSubstring("summary\tchunk_seconds\tquantile='0.999'\t0.003000319\n"));
    if (format == "openmetrics") {
      CHECK_THAT(read, ContainsSubstring("counter\trows_created\tmode='batch'\t1700000000.25\n"));
      CHECK_THAT(read, ContainsSubstring("mode='stream'\t0.5\t# {'trace_id': '4bf92f'} 1.0 1700000001.0"));
      CHECK_THAT(read, ContainsSubstring("le='0.0001'\tstage='model'\t1.0\t# {'trace_id': 'a\"b'} 8e-05 None"));
    }
    std::remove(file.c_str());
    std::remove((file + ".out").c_str());
  }
}

TEST_CASE("numbers are the shortest that read as the same, as Go lays them out") {
  using detail::metric_number;
  CHECK(metric_number(0) == "0");
  CHECK(metric_number(-0.0) == "-0");
  CHECK(metric_number(1, true) == "1.0");
  CHECK(metric_number(100'000, true) == "100000.0");
  CHECK(metric_number(1e6, true) == "1e+06");
  CHECK(metric_number(1234567) == "1.234567e+06");
  CHECK(metric_number(123456.5) == "123456.5");
  CHECK(metric_number(0.0001) == "0.0001");
  CHECK(metric_number(0.00012345) == "0.00012345");
  CHECK(metric_number(0.00001) == "1e-05");
  CHECK(metric_number(-12.5) == "-12.5");
  CHECK(metric_number(120) == "120");
  CHECK(metric_number(1e300) == "1e+300");
  CHECK(metric_number(infinity) == "+Inf");
  CHECK(metric_number(std::nan("")) == "NaN");
  std::uint64_t state = 3;
  for (int i = 0; i < 2000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const double value = std::ldexp(static_cast<double>(state >> 11), static_cast<int>(state % 100) - 90);
    CHECK(std::strtod(metric_number(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("a label that is no UTF-8 does not fail the scrape") {
  const auto escaped = [](std::string_view text) {
    std::string out;
    detail::append_escaped(out, text, true);
    return out;
  };
  CHECK(escaped("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(escaped("\xC3") == "\xEF\xBF\xBD");
  CHECK(escaped("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  CHECK(escaped("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  CHECK(escaped("\xE2\x82\xAC \xF0\x9F\x98\x80") == "\xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(escaped("\xF4\x90\x80\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("what would fail a scrape is refused where it is added") {
  MetricsSnapshot metrics;
  metrics.counter("rows", "Rows.", 1, {{"a", "1"}, {"b", "2"}});
  CHECK_THROWS_WITH(metrics.counter("rows", "Rows.", 2, {{"b", "2"}, {"a", "1"}}),
                    ContainsSubstring("rows comes twice"));
  CHECK_THROWS_WITH(metrics.gauge("rows", "Rows.", 2), ContainsSubstring("another type"));
  CHECK_THROWS_WITH(metrics.counter("rows", "Lines.", 2), ContainsSubstring("another type, help"));
  CHECK_THROWS_WITH(metrics.gauge("rows_total", "", 2), ContainsSubstring("same samples as rows"));
  CHECK_THROWS_WITH(metrics.gauge("1st", "", 2), ContainsSubstring("'1st'"));
  CHECK_THROWS_WITH(metrics.gauge("", "", 2), ContainsSubstring("name that is not possible"));
  CHECK_THROWS_WITH(metrics.gauge("a-b", "", 2), ContainsSubstring("name that is not possible"));
  CHECK_THROWS_WITH(metrics.gauge("x", "", 2, {{"a:b", ""}}), ContainsSubstring("label 'a:b'"));
  CHECK_THROWS_WITH(metrics.gauge("x", "", 2, {{"__a", ""}}), ContainsSubstring("label '__a'"));
  CHECK_THROWS_WITH(metrics.gauge("x", "", 2, {{"a", ""}, {"a", "b"}}), ContainsSubstring("label a twice"));
  CHECK_THROWS_WITH(metrics.histogram("x", "", {}, {{"le", ""}}), ContainsSubstring("label 'le'"));
  CHECK_THROWS_WITH(metrics.summary("x", "", {}, {{"quantile", ""}}), ContainsSubstring("label 'quantile'"));
  CHECK_THROWS_WITH(metrics.counter("x", "", -1), ContainsSubstring("counts -1"));
  CHECK_THROWS_AS(metrics.counter("x", "", std::nan("")), std::invalid_argument);
  CHECK_THROWS_WITH(metrics.gauge("x", "", 1, {}, {.unit = "seconds"}), ContainsSubstring("unit, seconds"));
  const auto histogram = [&](MetricHistogram value) { metrics.histogram("x", "", std::move(value)); };
  CHECK_THROWS_WITH(histogram({.buckets = {{2, 1, {}}, {1, 1, {}}}, .count = 1}), ContainsSubstring("ascend"));
  CHECK_THROWS_WITH(histogram({.buckets = {{1, 1, {}}, {1, 1, {}}}, .count = 1}), ContainsSubstring("ascend"));
  CHECK_THROWS_WITH(histogram({.buckets = {{1, 2, {}}, {2, 1, {}}}, .count = 2}), ContainsSubstring("fall"));
  CHECK_THROWS_WITH(histogram({.buckets = {{1, 2, {}}}, .count = 1}), ContainsSubstring("fall"));
  CHECK_THROWS_WITH(histogram({.buckets = {{infinity, 2, {}}}, .count = 1}), ContainsSubstring("not the count"));
  CHECK_THROWS_AS(metrics.counter("x", "", 1, {}, {.exemplar = MetricExemplar{{{"t", std::string(128, 'x')}}, 1, {}}}),
                  std::invalid_argument);
  CHECK_NOTHROW(metrics.counter("y", "", 1, {}, {.exemplar = MetricExemplar{{{"t", std::string(127, 'x')}}, 1, {}}}));
  CHECK_THROWS_AS(metrics.gauge("x", "", 1, {}, {.created = Timestamp()}), std::invalid_argument);
  CHECK_THROWS_AS(metrics.summary("x", "", {.quantiles = {{2, 1}}}), std::invalid_argument);
  CHECK_THROWS_WITH(metrics.summary("x", "", {.quantiles = {{0.5, 1}, {0.9, 2}, {0.5, 1}}}),
                    ContainsSubstring("twice"));
  CHECK(metrics.families().size() == 2);
  CHECK(metrics.families()[0].points.size() == 1);
}

TEST_CASE("histograms and summaries of no values, and of values in other units") {
  const MetricHistogram empty = metric_histogram(LatencyHistogram());
  CHECK(empty.count == 0);
  CHECK(empty.buckets.size() == latency_bounds_s.size());
  CHECK(std::isnan(metric_summary(LatencyHistogram()).quantiles.at(0).value));
  LatencyHistogram sizes;
  for (const int n : {1, 10, 10, 100, 5000}) sizes.record(n);
  const std::vector<double> bounds{1, 10, 1000};
  const MetricHistogram histogram = metric_histogram(sizes, bounds, 1);
  REQUIRE(histogram.buckets.size() == 3);
  CHECK(histogram.buckets[0].count == 1);
  CHECK(histogram.buckets[1].count == 3);
  CHECK(histogram.buckets[2].count == 4);
  CHECK(histogram.count == 5);
  CHECK(histogram.sum == 5121);
  CHECK(metric_summary(sizes, {0.5}, 1).quantiles.at(0).value == 10);
}

TEST_CASE("a sum of latencies never goes down") {
  LatencyHistogram latency;
  latency.record(1);
  for (int i = 0; i < 200; ++i) {  // of 49 values the mean times the count is less than 1
    latency.record(0);
    CHECK(metric_histogram(latency, latency_bounds_s, 1).sum == 1);
    CHECK(metric_summary(latency, {0.5}, 1).sum == 1);
  }
}
