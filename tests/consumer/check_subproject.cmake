# SPDX-License-Identifier: MIT
# As a part of a larger project penstock brings its libraries and nothing else: no tests, examples, benchmarks, install
# rules, build type or language standard.
get_property(folders DIRECTORY "${SOURCE}" PROPERTY SUBDIRECTORIES)
get_property(targets DIRECTORY "${SOURCE}" PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER targets EXCLUDE REGEX "^penstock(_eigen|_xtensor|_json|_learn|_zlib|_http)?$")
foreach(unwanted folders targets CMAKE_BUILD_TYPE CMAKE_CXX_STANDARD CMAKE_CXX_COMPILER_LAUNCHER PENSTOCK_INSTALL
        PENSTOCK_BUILD_TESTS PENSTOCK_BUILD_EXAMPLES PENSTOCK_BUILD_BENCHMARKS)
  if(${unwanted})
    message(FATAL_ERROR "penstock brought ${unwanted}: ${${unwanted}}")
  endif()
endforeach()
