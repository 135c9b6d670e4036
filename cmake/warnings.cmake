# SPDX-License-Identifier: MIT
# The warnings that our own translation units are held to. Never linked to the library, so users do not inherit them.
add_library(penstock_dev_warnings INTERFACE)
if(NOT MSVC)
  target_compile_options(penstock_dev_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                                         $<$<BOOL:${PENSTOCK_DEVELOPER}>:-Werror>)
endif()
