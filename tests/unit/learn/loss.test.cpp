// SPDX-License-Identifier: MIT
#include "penstock/learn/loss.hpp"

#include "penstock/learn/learning_rate.hpp"
#include "penstock/learn/penalty.hpp"

#include "catch.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace penstock;

const std::vector<std::string> names = {"squared_error",
                                        "huber",
                                        "epsilon_insensitive",
                                        "squared_epsilon_insensitive",
                                        "quantile",
                                        "poisson",
                                        "hinge",
                                        "squared_hinge",
                                        "perceptron",
                                        "log_loss",
                                        "modified_huber"};

struct Cauchy {
  double loss(double p, double y) const { return std::log1p((p - y) * (p - y)); }
  double dloss(double p, double y) const { return 2 * (p - y) / (1 + (p - y) * (p - y)); }
};

}  // namespace

TEST_CASE("dloss is the slope of loss") {
  std::vector<Loss> losses = {Cauchy{}, make_loss("quantile", 0.9), make_loss("huber", 1.35)};
  for (const std::string& name : names) losses.push_back(make_loss(name));
  for (const Loss& loss : losses) {
    INFO(to_string(loss.kind()));
    for (const double y : {-1.0, 1.0}) {
      for (double p = -2.98; p < 3; p += 0.23) {  // misses the kinks
        const double h = 1e-6;
        CHECK(loss.dloss(p, y) ==
              Approx((loss.loss(p + h, y) - loss.loss(p - h, y)) / (2 * h)).margin(1e-8).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("losses have the values of their formulas") {
  CHECK(Loss::squared_error.loss(3, 1) == 2);
  CHECK(Loss::huber(0.5).loss(3, 1) == 0.5 * 2 - 0.5 * 0.25);
  CHECK(Loss::epsilon_insensitive(0.5).loss(3, 1) == 1.5);
  CHECK(Loss::squared_epsilon_insensitive(0.5).loss(3, 1) == 2.25);
  CHECK(Loss::quantile(0.9).loss(1, 3) == Approx(1.8));
  CHECK(Loss::quantile(0.9).loss(3, 1) == Approx(0.2));
  CHECK(Loss::poisson.loss(0, 5) == 1);
  CHECK(Loss::hinge.loss(0.25, 1) == 0.75);
  CHECK(Loss::squared_hinge.loss(0.5, 1) == 0.25);
  CHECK(Loss::perceptron.loss(0.5, -1) == 0.5);
  CHECK(Loss::log_loss.loss(0, 1) == Approx(std::log(2.0)));
  CHECK(Loss::log_loss.loss(-50, 1) == 50);
  CHECK(Loss::modified_huber.loss(-3, 1) == 12);
}

TEST_CASE("configuration files find losses, penalties and schedules by scikit-learn's names") {
  for (const std::string& name : names) CHECK(to_string(make_loss(name).kind()) == name);
  for (const std::string name : {"none", "l2", "l1", "elasticnet"}) CHECK(to_string(make_penalty(name)) == name);
  for (const std::string name : {"constant", "optimal", "invscaling", "adaptive", "pa1", "pa2"}) {
    CHECK(to_string(make_learning_rate(name).kind()) == name);
  }
  CHECK(make_loss("huber", 0.25).parameter() == 0.25);
  CHECK(make_loss("huber").parameter() == 0.1);
  CHECK(make_loss("quantile").parameter() == 0.5);
}

TEST_CASE("names and parameters that cannot work are refused in words") {
  CHECK_THROWS_WITH(make_loss("hubert"),
                    ContainsSubstring("'hubert' is no loss") && ContainsSubstring("modified_huber"));
  CHECK_THROWS_WITH(make_penalty("l3"), ContainsSubstring("'l3' is no penalty") && ContainsSubstring("elasticnet"));
  CHECK_THROWS_WITH(make_learning_rate("own"), ContainsSubstring("'own' is no schedule") && ContainsSubstring("pa2"));
  CHECK_THROWS_WITH(make_loss("huber", -1), ContainsSubstring("epsilon is -1"));
  CHECK_THROWS_WITH(make_loss("huber", std::nan("")), ContainsSubstring("epsilon is nan"));
  CHECK_THROWS_WITH(make_loss("quantile", 1), ContainsSubstring("q is 1.0") && ContainsSubstring("(0, 1)"));
}
