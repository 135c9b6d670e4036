// SPDX-License-Identifier: MIT
#pragma once

// Real tables for tests that want one; the repository ships none.
//
//   const auto path = test_data("students.csv");
//   if (!path) SKIP("PENSTOCK_TEST_DATA has no students.csv");

#include <cstdlib>     // getenv
#include <filesystem>  // path, exists
#include <optional>    // optional

/// The file `name` in the folder that the environment variable PENSTOCK_TEST_DATA names; nothing if it is not there.
inline std::optional<std::filesystem::path> test_data(const char* name) {
  const char* folder = std::getenv("PENSTOCK_TEST_DATA");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  std::filesystem::path path = std::filesystem::path(folder) / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}
