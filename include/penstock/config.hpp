// SPDX-License-Identifier: MIT
#pragma once

// The only macros of the library besides the version: what the language cannot say yet.

/// Keeps a throwing or rare path out of line, so that the hot path around it stays small.
#if defined(__GNUC__)
#define PENSTOCK_COLD [[gnu::cold, gnu::noinline]]
#else
#define PENSTOCK_COLD
#endif

/// Keeps a function out of line, where two callers must run the very same instructions.
#if defined(__GNUC__)
#define PENSTOCK_NOINLINE [[gnu::noinline]]
#elif defined(_MSC_VER)
#define PENSTOCK_NOINLINE __declspec(noinline)
#else
#define PENSTOCK_NOINLINE
#endif

/// 1 where a program made for every x86-64 can also hold code for AVX2, and ask the machine before it takes it.
#if defined(__GNUC__) && defined(__x86_64__) && defined(__SSE2__)
#define PENSTOCK_AVX2_BESIDE_SSE2 1
#else
#define PENSTOCK_AVX2_BESIDE_SSE2 0
#endif
