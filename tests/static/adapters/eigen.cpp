// SPDX-License-Identifier: MIT
// Which of Eigen's types are frames, and which of its results are a model's values.
#include "penstock/adapters/eigen.hpp"

#include "penstock/core/model.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <span>
#include <type_traits>

namespace {

using namespace penstock;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Features : MatrixXd {  // a class derived from a matrix, as Eigen allows
  using MatrixXd::MatrixXd;
};

const MatrixXd m;
const VectorXd w;

template <class F>
constexpr bool is_frame = data_frame<F> && data_frame<const F&> && data_frame<frame_slice_t<F>>;

static_assert(is_frame<MatrixXd>);
static_assert(is_frame<Features>);
static_assert(is_frame<VectorXd>);
static_assert(is_frame<Eigen::RowVector3f>);
static_assert(is_frame<Eigen::ArrayXXi>);
static_assert(is_frame<Eigen::Map<const MatrixXd>>);
static_assert(is_frame<Eigen::Ref<MatrixXd>>);
static_assert(is_frame<Eigen::Ref<const VectorXd>>);
static_assert(is_frame<decltype(m.middleRows(0, 1))>);
static_assert(is_frame<decltype(m.col(0).head(3))>);
static_assert(is_frame<decltype(m.transpose())>);
static_assert(std::is_same_v<frame_slice_t<MatrixXd>, frame_slice_t<frame_slice_t<MatrixXd>>>);
static_assert(std::is_same_v<frame_slice_t<VectorXd>, Eigen::Map<const VectorXd>>);

// Not computed yet, so nothing to take a slice of.
static_assert(!data_frame<decltype(m * w)>);
static_assert(!data_frame<decltype(m + m)>);
static_assert(!data_frame<decltype(2 * m)>);
static_assert(!data_frame<decltype(m.rowwise().sum())>);
static_assert(!data_frame<decltype(m.reverse())>);
static_assert(!data_frame<decltype(MatrixXd::Zero(3, 3))>);
// Sparse matrices have no rows in place.
static_assert(!data_frame<Eigen::SparseMatrix<double>>);
static_assert(!data_frame<Eigen::SparseMatrix<double, Eigen::RowMajor>>);
static_assert(!data_frame<Eigen::SparseVector<double>>);
// Named columns are for tables.
static_assert(!columnar_frame<MatrixXd>);

static_assert(row_values<VectorXd>);
static_assert(row_values<const VectorXd&>);
static_assert(row_values<Eigen::ArrayXf>);
static_assert(row_values<Eigen::RowVectorXd>);
static_assert(row_values<MatrixXd>);  // of one column, which is known when it runs
static_assert(row_values<decltype(m * w)>);
static_assert(row_values<decltype((m * w).array() + 1)>);
static_assert(row_values<decltype(m.rowwise().sum())>);
static_assert(row_values<decltype(m.col(0))>);
static_assert(row_values<Eigen::Map<const VectorXd>>);
static_assert(!row_values<double>);
static_assert(!row_values<Eigen::SparseMatrix<double>>);
static_assert(!row_values<decltype(w.asDiagonal())>);

static_assert(std::is_same_v<row_value_t<VectorXd>, double>);
static_assert(std::is_same_v<row_value_t<Eigen::ArrayXf>, float>);
static_assert(std::is_same_v<row_value_t<Eigen::MatrixXi>, int>);
static_assert(std::is_same_v<row_value_t<decltype(m * w)>, double>);
static_assert(std::is_same_v<row_value_t<decltype(w.array() > 0)>, bool>);

using Slice = frame_slice_t<MatrixXd>;
constexpr auto generic = [](const auto& x) { return x * w; };
constexpr auto by_reference = [](const Eigen::Ref<const MatrixXd>& x) { return VectorXd(x * w); };
constexpr auto fills = [](const auto& x, std::span<double> out) { as_eigen(out) = x * w; };
static_assert(value_functor<decltype(generic), Slice>);
static_assert(value_functor<decltype(by_reference), Slice>);
static_assert(filling_functor<decltype(fills), Slice>);

}  // namespace
