// SPDX-License-Identifier: MIT
#pragma once

// The version of the library, in one place: CMakeLists.txt reads these lines.

#define PENSTOCK_VERSION_MAJOR 0  ///< changes when names or promises break
#define PENSTOCK_VERSION_MINOR 1  ///< before 1.0 this may break as well
#define PENSTOCK_VERSION_PATCH 0  ///< fixes only
