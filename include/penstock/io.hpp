// SPDX-License-Identifier: MIT
#pragma once

// Readers and writers of CSV and JSON lines: all headers of the layer io.
//
//   #include <penstock/io.hpp>

// IWYU pragma: begin_exports
#include "penstock/io/bad_row.hpp"
#include "penstock/io/batch_cells.hpp"
#include "penstock/io/byte_source.hpp"
#include "penstock/io/check_options.hpp"
#include "penstock/io/column_options.hpp"
#include "penstock/io/csv_column_builder.hpp"
#include "penstock/io/csv_infer.hpp"
#include "penstock/io/csv_layout.hpp"
#include "penstock/io/csv_options.hpp"
#include "penstock/io/csv_reader.hpp"
#include "penstock/io/csv_scanner.hpp"
#include "penstock/io/csv_writer.hpp"
#include "penstock/io/format_number.hpp"
#include "penstock/io/json_lines_infer.hpp"
#include "penstock/io/json_lines_options.hpp"
#include "penstock/io/json_lines_reader.hpp"
#include "penstock/io/json_lines_writer.hpp"
#include "penstock/io/json_object_parser.hpp"
#include "penstock/io/json_text.hpp"
#include "penstock/io/line_reader.hpp"
#include "penstock/io/output_file.hpp"
#include "penstock/io/parse_number.hpp"
#include "penstock/io/parse_time.hpp"
#include "penstock/io/structural_index.hpp"
#include "penstock/io/time_format.hpp"
// IWYU pragma: end_exports
