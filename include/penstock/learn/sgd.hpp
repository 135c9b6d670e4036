// SPDX-License-Identifier: MIT
#pragma once

// Linear models that are learnt from a stream by stochastic gradient descent.
//
//     SgdRegressor regressor({.penalty = make_penalty("l2"), .alpha = 1e-4, .arithmetic = Arithmetic::strict});
//     SgdClassifier classifier({.loss = make_loss("log_loss"), .average = 100});

#include "penstock/learn/passive_aggressive.hpp"
#include "penstock/learn/perceptron.hpp"
#include "penstock/learn/sgd_classifier.hpp"
#include "penstock/learn/sgd_multi_regressor.hpp"
#include "penstock/learn/sgd_regressor.hpp"
