# SPDX-License-Identifier: MIT
# What the presets switch on for those who work on penstock itself: ccache if there is one, and warnings that are errors on the
# compilers that CI runs.
find_program(PENSTOCK_CCACHE ccache)
mark_as_advanced(PENSTOCK_CCACHE)
if(PENSTOCK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for with precompiled headers. They also forbid sharing between clones (a base
  # directory): a precompiled header names the files of the clone that made it.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_HASHDIR=1
                                  "${PENSTOCK_CCACHE}")
endif()

# Another compiler warns of other things, rightly or not: g++ 13 of xtensor's own headers, for one.
if(NOT (CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
   AND NOT (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^16\\."))
  set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
endif()
