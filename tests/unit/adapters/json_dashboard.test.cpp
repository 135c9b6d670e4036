// SPDX-License-Identifier: MIT
// The dashboard and the alert rules of docs/dashboard/ ask for metrics that there are, under their labels.
#include "penstock/metrics/metrics_snapshot.hpp"
#include "penstock/metrics/prometheus_text.hpp"
#include "penstock/metrics/stream_exposition.hpp"
#include "penstock/metrics/stream_metrics.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

const std::string folder = PENSTOCK_REFERENCE_DIR "/../../docs/dashboard/";

std::string read(const std::string& name) {
  std::ifstream in(folder + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Names of samples, and of labels, that a stream with all there is exposes.
std::set<std::string> exposed() {
  StreamMetrics metrics;
  metrics.in();
  metrics.out(1ms);
  metrics.record(1, 1ms);
  metrics.record_stage(metrics.stage("model"), 1ms);
  metrics.set_queue_depth(1);
  for (const EventFate fate : {EventFate::dropped, EventFate::failed, EventFate::late, EventFate::degraded}) {
    metrics.count(fate, "reason");
  }
  MetricsSnapshot page;
  add_stream_metrics(page, metrics.snapshot(), {.labels = {{"pipeline", "a"}}});
  const std::string text = to_prometheus_text(page);
  std::set<std::string> names;
  const std::regex name("[a-z_]+(?=[{ =])");
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) names.insert(at->str());
  return names;
}

std::set<std::string> metrics_in(const std::string& text) {
  std::set<std::string> names;
  const std::regex name("penstock_[a-z_]+");
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) names.insert(at->str());
  return names;
}

}  // namespace

TEST_CASE("the dashboard is JSON, and each of its panels shows metrics that there are") {
  const auto dashboard = nlohmann::json::parse(read("grafana.json"));
  const auto names = exposed();
  std::set<int> ids;
  for (const auto& panel : dashboard.at("panels")) {
    CAPTURE(panel.at("title"));
    CHECK(ids.insert(panel.at("id").get<int>()).second);
    CHECK(panel.at("targets").size() >= 1);
    for (const auto& target : panel.at("targets")) {
      const auto asked = metrics_in(target.at("expr").get<std::string>());
      CHECK(asked.size() >= 1);
      for (const std::string& metric : asked) {
        CAPTURE(metric);
        CHECK(names.count(metric) == 1);
      }
    }
  }
  CHECK(ids.size() == 10);
  for (const char* const label : {"pipeline", "stage", "reason", "window"}) CHECK(names.count(label) == 1);
}

TEST_CASE("the alert rules ask for metrics that there are, and promtool takes them") {
  const auto names = exposed();
  const auto asked = metrics_in(read("alerts.yml"));
  CHECK(asked.size() >= 7);
  for (const std::string& metric : asked) {
    CAPTURE(metric);
    CHECK(names.count(metric) == 1);
  }
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) SKIP("promtool is not installed");
  CHECK(std::system(("promtool check rules '" + folder + "alerts.yml' >/dev/null 2>&1").c_str()) == 0);
  CHECK(std::system(("promtool check config '" + folder + "prometheus.yml' >/dev/null 2>&1").c_str()) == 0);
  CHECK(std::system(("promtool test rules '" PENSTOCK_REFERENCE_DIR "/alerts_test.yml' >/dev/null 2>&1")) == 0);
}
