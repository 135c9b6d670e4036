// SPDX-License-Identifier: MIT
#pragma once

// Runs gnuplot on a script that a program wrote, and says so if there is none: the script and its data stay.
//
//     const PlotResult plot = run_gnuplot("artifacts", "sweep.gp");
//     std::cout << plot.message << '\n';      // "gnuplot is not installed; install gnuplot-nox, then: (cd ...)"

#include <cstdlib>  // system
#include <string>   // string

namespace penstock {
inline namespace v0 {

/// What became of a plot.
enum class PlotStatus {
  plotted,     ///< gnuplot ran, and ended well
  no_gnuplot,  ///< it is not there
  failed,      ///< it is there, and complained
};

/// The status, and what to tell a person about it.
struct PlotResult {
  PlotStatus status = PlotStatus::failed;  ///< what became of it
  std::string message{};  ///< one sentence; of no_gnuplot what to install and the command that plots later
};

namespace detail {

/// The text as one word of a shell.
[[nodiscard]] inline std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace detail

/// Runs `gnuplot script` in the folder, through the system's shell. The script names its files within the folder. Waits
/// until it is done. Not for scripts from outside: gnuplot can run commands. Thread-safe where std::system is.
[[nodiscard]] inline PlotResult run_gnuplot(const std::string& folder, const std::string& script) {
  const std::string command = "cd -- " + detail::shell_word(folder) + " && gnuplot " + detail::shell_word(script);
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) {
    return {PlotStatus::no_gnuplot, "gnuplot is not installed; install gnuplot-nox, then: (" + command + ")"};
  }
  if (std::system(command.c_str()) != 0) return {PlotStatus::failed, "gnuplot failed on " + script + " in " + folder};
  return {PlotStatus::plotted, "plotted by " + script + " in " + folder};
}

}  // namespace v0
}  // namespace penstock
