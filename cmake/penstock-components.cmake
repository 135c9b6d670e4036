# SPDX-License-Identifier: MIT
# The components: what each needs, and how a missing one is reported. Read by CMakeLists.txt and, once installed, by
# penstock-config.cmake, so that both say the same. A new component is a new block here.
#
#   PACKAGE   what find_package asks for        MINIMUM  the oldest version that is tested
#   TARGET    what the component links to       DEBIAN   the Debian and Ubuntu package that brings it
#   HEADERS   globs below include/penstock    INCLUDES the third party's own headers, a regular expression
#   VERSION   the variable that CMake's find module sets, if it is not <PACKAGE>_VERSION; a configuration sets that

set(PENSTOCK_KNOWN_COMPONENTS eigen xtensor json learn zlib http)

set(PENSTOCK_eigen_PACKAGE Eigen3)
set(PENSTOCK_eigen_MINIMUM 3.4)
set(PENSTOCK_eigen_TARGET Eigen3::Eigen)
set(PENSTOCK_eigen_DEBIAN libeigen3-dev)
set(PENSTOCK_eigen_HEADERS adapters/eigen.hpp adapters/eigen/*.hpp)
set(PENSTOCK_eigen_INCLUDES "Eigen/")

set(PENSTOCK_xtensor_PACKAGE xtensor)
set(PENSTOCK_xtensor_MINIMUM 0.24)
set(PENSTOCK_xtensor_TARGET xtensor)
set(PENSTOCK_xtensor_DEBIAN libxtensor-dev)
set(PENSTOCK_xtensor_HEADERS adapters/xtensor.hpp adapters/xtensor/*.hpp)
set(PENSTOCK_xtensor_INCLUDES "xtensor/|xtl/")

set(PENSTOCK_json_PACKAGE nlohmann_json)
set(PENSTOCK_json_MINIMUM 3.11)
set(PENSTOCK_json_TARGET nlohmann_json::nlohmann_json)
set(PENSTOCK_json_DEBIAN nlohmann-json3-dev)
set(PENSTOCK_json_HEADERS adapters/json.hpp adapters/json/*.hpp)
set(PENSTOCK_json_INCLUDES "nlohmann/")

set(PENSTOCK_learn_PACKAGE Eigen3)
set(PENSTOCK_learn_MINIMUM 3.4)
set(PENSTOCK_learn_TARGET Eigen3::Eigen)
set(PENSTOCK_learn_DEBIAN libeigen3-dev)
set(PENSTOCK_learn_HEADERS learn.hpp learn/*.hpp)
set(PENSTOCK_learn_INCLUDES "Eigen/")

set(PENSTOCK_zlib_PACKAGE ZLIB)
set(PENSTOCK_zlib_MINIMUM 1.2)
set(PENSTOCK_zlib_VERSION ZLIB_VERSION_STRING)
set(PENSTOCK_zlib_TARGET ZLIB::ZLIB)
set(PENSTOCK_zlib_DEBIAN zlib1g-dev)
set(PENSTOCK_zlib_HEADERS adapters/zlib/*.hpp)
set(PENSTOCK_zlib_INCLUDES "zlib\\.h$")

set(PENSTOCK_http_PACKAGE httplib)
set(PENSTOCK_http_MINIMUM 0.11)
set(PENSTOCK_http_TARGET httplib::httplib)
set(PENSTOCK_http_DEBIAN libcpp-httplib-dev)
set(PENSTOCK_http_HEADERS adapters/http.hpp adapters/http/*.hpp)
set(PENSTOCK_http_INCLUDES "httplib\\.h$")

# Where our own find modules are, for packages that bring no configuration: beside this file.
set(PENSTOCK_FIND_MODULES "${CMAKE_CURRENT_LIST_DIR}")

# Sets `problem` to one sentence when penstock has no such component, else to nothing.
function(penstock_check_component component problem)
  if(component IN_LIST PENSTOCK_KNOWN_COMPONENTS)
    set(${problem} "" PARENT_SCOPE)
  else()
    list(JOIN PENSTOCK_KNOWN_COMPONENTS ", " known)
    set(${problem} "penstock: there is no component ${component}, the components are ${known}" PARENT_SCOPE)
  endif()
endfunction()

# Looks for the third party of a known component; sets `problem` to one sentence when it is missing or too old, else to
# nothing. A macro, because the variables that find_package sets belong to the caller's scope.
macro(penstock_find_component component problem)
  list(APPEND CMAKE_MODULE_PATH "${PENSTOCK_FIND_MODULES}")
  find_package(${PENSTOCK_${component}_PACKAGE} QUIET)
  list(POP_BACK CMAKE_MODULE_PATH)
  set(penstock_version ${PENSTOCK_${component}_PACKAGE}_VERSION)
  if(DEFINED PENSTOCK_${component}_VERSION AND DEFINED ${PENSTOCK_${component}_VERSION})
    set(penstock_version ${PENSTOCK_${component}_VERSION})
  endif()
  if(NOT ${PENSTOCK_${component}_PACKAGE}_FOUND)
    set(${problem} "penstock: component ${component} needs ${PENSTOCK_${component}_PACKAGE}, \
install ${PENSTOCK_${component}_DEBIAN}")
  elseif(${penstock_version} VERSION_LESS PENSTOCK_${component}_MINIMUM)
    set(${problem} "penstock: component ${component} needs ${PENSTOCK_${component}_PACKAGE} \
${PENSTOCK_${component}_MINIMUM} or newer, found ${${penstock_version}}, \
install ${PENSTOCK_${component}_DEBIAN}")
  else()
    set(${problem} "")
  endif()
endmacro()
