// SPDX-License-Identifier: MIT
#pragma once

// Runs an example as a user does, and reads what it prints and writes.

#include <cstdlib>     // system
#include <filesystem>  // path, create_directories, remove_all
#include <fstream>     // ifstream
#include <iterator>    // istreambuf_iterator
#include <string>      // string, to_string
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

inline std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A folder of this process's own, which goes when the process ends.
struct Folder {
  Folder() { fs::create_directories(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }

  fs::path path = fs::path(PENSTOCK_EXAMPLES_WORK) / std::to_string(getpid());
};

inline const fs::path& work() {
  static const Folder folder;
  return folder.path;
}

/// What a command prints, and its exit status.
struct Run {
  int status;
  std::string output;
};

inline Run run(const std::string& command) {
  const fs::path log = work() / "log.txt";
  const int status = std::system(("{ " + command + "\n} >'" + log.string() + "' 2>&1").c_str());
  return {WEXITSTATUS(status), read(log)};
}
