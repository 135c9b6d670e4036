# SPDX-License-Identifier: MIT
# Runs a command that must fail, and fail with the words it should:
#
#   cmake -D "EXPECT=text" -P expect_failure.cmake -- command arguments...
#
# Both texts are compared with white space folded, because compilers and CMake wrap their messages.
cmake_minimum_required(VERSION 3.25)

set(command "")
set(taking OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(taking)
    list(APPEND command "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(taking ON)
  endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "succeeded, but should have failed with: ${EXPECT}\n${output}")
endif()
string(REGEX REPLACE "[ \t\r\n]+" " " folded "${output}")
string(REGEX REPLACE "[ \t\r\n]+" " " expected "${EXPECT}")
string(FIND "${folded}" "${expected}" at)
if(expected STREQUAL "" OR at EQUAL -1)
  message(FATAL_ERROR "failed, but not with: ${EXPECT}\n${output}")
endif()
message(STATUS "failed as it should: ${EXPECT}")
