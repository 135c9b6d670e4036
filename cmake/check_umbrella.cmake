# SPDX-License-Identifier: MIT
# penstock.hpp includes every header that needs only the standard library. This says what it lacks, or, with WRITE, sets
# its include lines right:
#
#   cmake [-D WRITE=ON] -P cmake/check_umbrella.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/penstock-components.cmake")
if(NOT DEFINED TREE)
  cmake_path(SET TREE NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../include/penstock")
endif()

file(GLOB_RECURSE headers RELATIVE "${TREE}" "${TREE}/*.hpp")
list(REMOVE_ITEM headers penstock.hpp)
foreach(component IN LISTS PENSTOCK_KNOWN_COMPONENTS)
  list(TRANSFORM PENSTOCK_${component}_HEADERS PREPEND "${TREE}/" OUTPUT_VARIABLE globs)
  file(GLOB_RECURSE component_headers RELATIVE "${TREE}" ${globs})
  list(REMOVE_ITEM headers ${component_headers})
endforeach()
list(SORT headers)
list(TRANSFORM headers REPLACE "(.+)" "#include \"penstock/\\1\"" OUTPUT_VARIABLE expected)

file(READ "${TREE}/penstock.hpp" text)
string(REGEX MATCHALL "#include \"[^\"\n]*\"" actual "${text}")
if(actual STREQUAL expected)
  message(STATUS "penstock.hpp includes all headers that need only the standard library")
elseif(WRITE)
  list(JOIN expected "\n" body)
  string(REGEX REPLACE "\n#include \".*\"\n" "\n${body}\n" text "${text}")
  file(WRITE "${TREE}/penstock.hpp" "${text}")
else()
  set(missing ${expected})
  list(REMOVE_ITEM missing ${actual})
  set(extra ${actual})
  list(REMOVE_ITEM extra ${expected})
  message(FATAL_ERROR "penstock.hpp is not the sorted list of headers: missing [${missing}], too many [${extra}]; \
run cmake -D WRITE=ON -P cmake/check_umbrella.cmake")
endif()
