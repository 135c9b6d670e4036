# SPDX-License-Identifier: MIT
# The warnings that our own translation units are held to; the presets make them errors. Never linked to the library, so
# users do not inherit them.
add_library(penstock_dev_warnings INTERFACE)
if(NOT MSVC)
  target_compile_options(penstock_dev_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
endif()
