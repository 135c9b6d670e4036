// SPDX-License-Identifier: MIT
// Does what compare.py asks for, a line at a time, and says how long it took:
//
//     bootstrap mean percentile 9999 1 a.f64         ->  seconds, CPU seconds, low, high
//     permutation mean_difference 9999 1 a.f64 b.f64 ->  seconds, CPU seconds, p-value, statistic
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/combined.hpp"
#include "penstock/stats/moments.hpp"
#include "penstock/stats/permutation_test.hpp"
#include "penstock/stats/quantile.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace {

const std::vector<double>& values_of(const std::string& file) {
  static std::map<std::string, std::vector<double>> all;
  std::vector<double>& values = all[file];
  if (values.empty()) {
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    values.resize(static_cast<std::size_t>(in.tellg()) / sizeof(double));
    in.seekg(0);
    in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(double)));
  }
  return values;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <class Work>
void timed(Work work) {
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const auto [first, second] = work();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%.9f %.9f %.17g %.17g %ld\n", wall.count(), cpu_seconds() - cpu, first, second, usage.ru_maxrss);
  std::fflush(stdout);
}

}  // namespace

int main() {
  using penstock::CiMethod;
  namespace stats = penstock::stats;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::string what, statistic, method, a, b;
    std::size_t resamples = 0, threads = 1;
    in >> what >> statistic;
    if (what == "bootstrap") {
      in >> method >> resamples >> threads >> a;
      const auto& x = values_of(a);
      const penstock::BootstrapOptions options{.n_resamples = resamples,
                                               .method = method == "BCa" ? CiMethod::bca : CiMethod::percentile,
                                               .seed = 1,
                                               .threads = threads};
      timed([&] {
        const auto r = statistic == "median" ? penstock::bootstrap(x, stats::median, options)
                       : statistic == "std"  ? penstock::bootstrap(x, stats::standard_deviation, options)
                       : statistic == "any"  ? penstock::bootstrap(
                                                  x, [](std::span<const double> s) { return stats::mean(s); }, options)
                                            : penstock::bootstrap(x, stats::mean, options);
        return std::pair{r.ci.low, r.ci.high};
      });
    } else {
      in >> resamples >> threads >> a >> b;
      const auto &x = values_of(a), &y = values_of(b);
      timed([&] {
        const auto r = penstock::permutation_test(x, y, stats::mean_difference,
                                                  {.n_resamples = resamples, .seed = 1, .threads = threads});
        return std::pair{r.pvalue, r.statistic};
      });
    }
  }
}
