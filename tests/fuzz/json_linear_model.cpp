// SPDX-License-Identifier: MIT
// Any bytes are a model or an error, and a model that was read is written and read again as the same.
#include "penstock/adapters/json/linear_model.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<LinearModel> model = parse_linear_model(text, "fuzz");
  if (!model) return model.error().what()[0] == '\0' ? std::abort(), 0 : 0;
  const std::string written = to_json(*model);
  const Result<LinearModel> again = parse_linear_model(written, "fuzz");
  if (!again || to_json(*again) != written || again->spec().coefficients != model->spec().coefficients) std::abort();
  return 0;
}
