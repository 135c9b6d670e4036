# SPDX-License-Identifier: MIT
# penstock/<layer>.hpp includes the headers of a layer, penstock.hpp those of all layers that need only the standard
# library. This says what they lack, or, with WRITE, sets their include lines right:
#
#   cmake [-D WRITE=ON] -P cmake/check_umbrella.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/penstock-components.cmake")
if(NOT DEFINED TREE)
  cmake_path(SET TREE NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../include/penstock")
endif()

# umbrella, then the headers that it is to include
function(check_umbrella umbrella)
  list(SORT ARGN)
  list(TRANSFORM ARGN REPLACE "(.+)" "#include \"penstock/\\1\"" OUTPUT_VARIABLE expected)
  file(READ "${TREE}/${umbrella}" text)
  string(REGEX MATCHALL "#include \"[^\"\n]*\"" actual "${text}")
  if(actual STREQUAL expected)
    message(STATUS "${umbrella} includes all that it should")
  elseif(WRITE)
    list(JOIN expected "\n" body)
    string(REGEX REPLACE "\n#include \".*\"\n" "\n${body}\n" text "${text}")
    file(WRITE "${TREE}/${umbrella}" "${text}")
  else()
    set(missing ${expected})
    list(REMOVE_ITEM missing ${actual})
    set(extra ${actual})
    list(REMOVE_ITEM extra ${expected})
    message(FATAL_ERROR "${umbrella} is not the sorted list of headers: missing [${missing}], too many [${extra}]; \
run cmake -D WRITE=ON -P cmake/check_umbrella.cmake")
  endif()
endfunction()

file(GLOB_RECURSE headers RELATIVE "${TREE}" "${TREE}/*/*.hpp")
foreach(component IN LISTS PENSTOCK_KNOWN_COMPONENTS)
  list(TRANSFORM PENSTOCK_${component}_HEADERS PREPEND "${TREE}/" OUTPUT_VARIABLE globs)
  file(GLOB_RECURSE component_headers RELATIVE "${TREE}" ${globs})
  list(REMOVE_ITEM headers ${component_headers})
endforeach()
set(layers ${headers})
list(TRANSFORM layers REPLACE "/.*" "")
list(REMOVE_DUPLICATES layers)

foreach(layer IN LISTS layers)
  set(of_layer ${headers})
  list(FILTER of_layer INCLUDE REGEX "^${layer}/")
  check_umbrella(${layer}.hpp ${of_layer})
endforeach()
list(TRANSFORM layers APPEND ".hpp")
check_umbrella(penstock.hpp config.hpp version.hpp ${layers})

# A layer that is a component has its umbrella beside them.
file(GLOB_RECURSE headers RELATIVE "${TREE}" "${TREE}/learn/*.hpp")
check_umbrella(learn.hpp ${headers})
