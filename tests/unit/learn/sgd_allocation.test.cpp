// SPDX-License-Identifier: MIT
// Learning asks for no memory once it has seen a chunk. This program's operator new counts, in all of its tests.
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/sparse.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, 16); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return counted(size, 16); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size, 16); }
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size, 16); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using namespace penstock;
using namespace sgd_support;

/// Allocations of a call that has run before.
template <class F>
std::size_t steady(F&& f) {
  f();
  f();
  const std::size_t before = allocations;
  f();
  return allocations - before;
}

}  // namespace

TEST_CASE("learning and predicting allocate nothing on the steady path") {
  const Rows rows = make_rows(120, 6);
  const Eigen::MatrixXd columns = rows.x;
  const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = rows.x.sparseView();
  const Eigen::VectorXd weights = Eigen::VectorXd::Ones(120);
  const Eigen::VectorXi integers = rows.three.cast<int>();
  std::vector<double> out(120);
  CHECK(steady([] { ::operator delete(::operator new(8)); }) == 1);  // it counts
  for (const bool shuffle : {false, true}) {
    for (const Penalty penalty : {Penalty::l2, Penalty::elasticnet}) {
      for (const std::size_t average : {0U, 1U}) {
        const SgdOptions options{.penalty = penalty, .average = average, .shuffle = shuffle};
        SgdRegressor model(options);
        CHECK(steady([&] { model.partial_fit(rows.x, rows.y); }) == 0);
        CHECK(steady([&] { model.partial_fit(columns, rows.y, weights); }) == 0);
        CHECK(steady([&] { model.partial_fit(sparse, rows.y); }) == 0);
        CHECK(steady([&] { model.learn_one(rows.x.row(3), rows.y[3]); }) == 0);
        CHECK(steady([&] { model.learn_one(columns.row(3), rows.y[3]); }) == 0);
        CHECK(steady([&] { model.predict(rows.x, out); }) == 0);
        CHECK(steady([&] { out[0] = model.predict_one(rows.x.row(3)); }) == 0);
        SgdClassifier classes(options);
        CHECK(steady([&] { classes.partial_fit(rows.x, rows.three); }) == 0);
        CHECK(steady([&] { classes.partial_fit(rows.x, integers); }) == 0);
        CHECK(steady([&] { classes.learn_one(rows.x.row(3), rows.three[3]); }) == 0);
        SgdMultiRegressor several(options);
        CHECK(steady([&] { several.partial_fit(rows.x, rows.x.leftCols(2)); }) == 0);
      }
    }
  }
  for (const Optimiser& optimiser : {Optimiser(AdaGrad{}), Optimiser(Adam{}), Optimiser(FtrlProximal{})}) {
    SgdRegressor model({.optimiser = optimiser});
    CHECK(steady([&] { model.partial_fit(rows.x, rows.y); }) == 0);
  }
}
