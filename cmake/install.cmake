# SPDX-License-Identifier: MIT
# Install rules: headers, one export set for the library and one for each component, pkg-config. Nothing here depends on
# the machine, so all of it goes to share/ and the version file is architecture independent.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/penstock")
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

install(TARGETS penstock EXPORT penstock FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT penstock NAMESPACE penstock:: FILE penstock-targets.cmake DESTINATION "${package_dir}")
foreach(component IN LISTS PENSTOCK_KNOWN_COMPONENTS)
  install(TARGETS penstock_${component} EXPORT penstock-${component} FILE_SET HEADERS
          DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT penstock-${component} NAMESPACE penstock:: FILE penstock-${component}-targets.cmake
          DESTINATION "${package_dir}")
endforeach()

set(PENSTOCK_INCLUDE_TARGETS [[include("${CMAKE_CURRENT_LIST_DIR}/penstock-targets.cmake")]])
set(PENSTOCK_INCLUDE_COMPONENT [[include("${CMAKE_CURRENT_LIST_DIR}/penstock-${penstock_component}-targets.cmake")]])
configure_package_config_file(cmake/penstock-config.cmake.in penstock-config.cmake INSTALL_DESTINATION "${package_dir}"
                              NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(penstock-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/penstock-config.cmake" "${PROJECT_BINARY_DIR}/penstock-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/penstock-components.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/Findhttplib.cmake" DESTINATION "${package_dir}")

# The .pc file finds its prefix from where it lies, so that a moved or staged tree still works.
file(RELATIVE_PATH pc_to_prefix "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file(cmake/penstock.pc.in penstock.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/penstock.pc" DESTINATION "${pkgconfig_dir}")
