# SPDX-License-Identifier: MIT
# Looks for components among third parties of other makes than Debian's, planted in a prefix, as a user's project does.
cmake_minimum_required(VERSION 3.25)
set(components "${CMAKE_CURRENT_LIST_DIR}/../cmake/penstock-components.cmake")

# Configures a project that looks for `component` with only `prefix` besides the system, and wants to see `expected`.
function(find component prefix expected)
  file(REMOVE_RECURSE "${WORK}/project")
  file(WRITE "${WORK}/project/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)
project(user CXX)
include(\"${components}\")
penstock_find_component(${component} problem)
get_target_property(libraries \${PENSTOCK_${component}_TARGET} INTERFACE_LINK_LIBRARIES)
get_target_property(definitions \${PENSTOCK_${component}_TARGET} INTERFACE_COMPILE_DEFINITIONS)
message(STATUS \"found: problem '\${problem}', libraries '\${libraries}', definitions '\${definitions}'\")
")
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${WORK}/project" -B "${WORK}/project/build"
                          -D "CMAKE_CXX_COMPILER=${COMPILER}" -D CMAKE_FIND_PACKAGE_PREFER_CONFIG=ON
                          -D "CMAKE_PREFIX_PATH=${prefix}" ${ARGN}
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT output MATCHES "${expected}")
    message(SEND_ERROR "${component} in ${prefix}: expected ${expected}, got:\n${output}")
  endif()
endfunction()

# zlib's own configuration tells its version as all configurations do, and not as CMake's find module.
set(zlib "${WORK}/zlib/lib/cmake/ZLIB")
file(WRITE "${zlib}/ZLIBConfig.cmake" "add_library(ZLIB::ZLIB INTERFACE IMPORTED)\n")
file(WRITE "${zlib}/ZLIBConfigVersion.cmake" "set(PACKAGE_VERSION 1.3.2)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n")
find(zlib "${WORK}/zlib" "found: problem '',")
file(WRITE "${zlib}/ZLIBConfigVersion.cmake" "set(PACKAGE_VERSION 1.1.4)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n")
find(zlib "${WORK}/zlib" "problem 'penstock: component zlib needs ZLIB 1.2 or newer, found 1.1.4,")

# A header alone is not paired with the compiled library of another prefix, be it the system's or one in the way.
file(WRITE "${WORK}/header/include/httplib.h" "#define CPPHTTPLIB_VERSION \"0.15.3\"\n")
file(WRITE "${WORK}/compiled/lib/libcpp-httplib.so" "")
file(WRITE "${WORK}/compiled/lib/pkgconfig/cpp-httplib.pc" "Cflags: -I\${includedir} -DCPPHTTPLIB_ZLIB_SUPPORT\n")
find(http "${WORK}/header;${WORK}/compiled" "found: problem '', libraries 'Threads::Threads', definitions ''")
file(WRITE "${WORK}/compiled/include/httplib.h" "#define CPPHTTPLIB_VERSION \"0.14.0\"\n")
find(http "${WORK}/compiled"
     "libraries 'Threads::Threads;${WORK}/compiled/lib/libcpp-httplib.so', definitions 'CPPHTTPLIB_ZLIB_SUPPORT'")
