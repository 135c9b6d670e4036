// SPDX-License-Identifier: MIT
#include "penstock/io/json_object_parser.hpp"

#include "catch.hpp"

#include <fstream>
#include <string>
#include <vector>

using namespace penstock;
using detail::JsonKind;
using detail::JsonObjectParser;
using detail::JsonToken;

namespace {

std::string unescaped(const JsonToken& token) {
  std::string text(token.text.size(), '\0');
  text.resize(static_cast<std::size_t>(detail::unescape_json(text.data(), token.text) - text.data()));
  return text;
}

bool accepts(std::string_view text, bool words = false) {
  return JsonObjectParser(text, words).parse([](auto&&...) {});
}

/// "position: expected" of the fault.
std::string fault(std::string_view text) {
  JsonObjectParser parser(text);
  if (parser.parse([](auto&&...) {})) return "none";
  return std::to_string(parser.position()) + ": " + parser.expected();
}

}  // namespace

TEST_CASE("members come in order, with the text of their values") {
  std::vector<std::string> seen;
  const bool whole =
      JsonObjectParser(" { \"a\" : 1 ,\"b\":-2.5e+3,\"c\":\"x\\ny\", \"d\":true,\"e\":null,\"f\":[1,{\"g\":[]}] }\r")
          .parse([&](const JsonToken& name, const JsonToken& value) {
            seen.push_back(unescaped(name) + "=" + std::string(value.text) + "/" +
                           std::to_string(static_cast<int>(value.kind)) + (value.escaped ? "e" : ""));
          });
  CHECK(whole);
  CHECK(seen ==
        std::vector<std::string>{"a=1/2", "b=-2.5e+3/3", "c=x\\ny/4e", "d=true/1", "e=null/0", "f=[1,{\"g\":[]}]/5"});
}

TEST_CASE("what Python's json writes is taken, and means the text that was written") {
  std::ifstream golden(PENSTOCK_REFERENCE_DIR "/json_text.txt", std::ios::binary);
  int texts = 0;
  for (std::string line; std::getline(golden, line);) {
    const auto tab = line.find('\t');
    const auto last_tab = line.rfind('\t');
    if (line.substr(last_tab + 1) != "0") continue;  // its bytes were no UTF-8
    std::string bytes;
    for (std::size_t i = 0; i < tab; i += 2) bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    const std::string string = line.substr(tab + 1, last_tab - tab - 1);
    INFO(string);
    std::string back = "not parsed";
    const std::string object = "{" + string + ":" + string + "}";
    CHECK(JsonObjectParser(object).parse([&](const JsonToken& name, const JsonToken& value) {
      CHECK(unescaped(name) == bytes);
      back = unescaped(value);
    }));
    CHECK(back == bytes);
    ++texts;
  }
  CHECK(texts > 150);
}

TEST_CASE("escapes are resolved, surrogate pairs too") {
  std::string text;
  CHECK(JsonObjectParser(R"({"x":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\ude00\u0000|"})")
            .parse([&](const JsonToken&, const JsonToken& value) { text = unescaped(value); }));
  CHECK(text == std::string("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\0|", 20));
}

TEST_CASE("what is no JSON object is refused, at its place and with what should stand there") {
  CHECK(fault("") == "0: a JSON object");
  CHECK(fault("[1]") == "0: a JSON object");
  CHECK(fault("null") == "0: a JSON object");
  CHECK(fault("{") == "1: a name in quotes");
  CHECK(fault("{a:1}") == "1: a name in quotes");
  CHECK(fault("{\"a\" 1}") == "5: a colon");
  CHECK(fault("{\"a\":}") == "5: a value");
  CHECK(fault("{\"a\":1") == "6: a comma or }");
  CHECK(fault("{\"a\":1,}") == "7: a name in quotes");
  CHECK(fault("{\"a\":1}{}") == "7: the end of the line");
  CHECK(fault("{\"a\":1} x") == "8: the end of the line");
  CHECK(fault("{\"a\":01}") == "6: a comma or }");
  CHECK(fault("{\"a\":+1}") == "5: a value");
  CHECK(fault("{\"a\":.5}") == "5: a value");
  CHECK(fault("{\"a\":-}") == "6: a digit");
  CHECK(fault("{\"a\":1.}") == "7: a digit");
  CHECK(fault("{\"a\":1e}") == "7: a digit");
  CHECK(fault("{\"a\":tru}") == "5: a value");
  CHECK(fault("{\"a\":nul") == "5: a value");
  CHECK(fault("{\"a\":'x'}") == "5: a value");
  CHECK(fault("{\"a\":NaN}") == "5: a value");
  CHECK(fault("{\"a\":\"x}") == "8: a closing quote");
  CHECK(fault("{\"a\":\"\t\"}") == "6: an escape instead of a control character");
  CHECK(fault(std::string_view("{\"a\":\"\0\"}", 9)) == "6: an escape instead of a control character");
  CHECK(fault("{\"a\":\"\\x\"}") == "6: an escape");
  CHECK(fault("{\"a\":\"\\") == "6: an escape");
  CHECK(fault("{\"a\":\"\\u12G4\"}") == "6: four hexadecimal digits");
  CHECK(fault("{\"a\":\"\\u12") == "6: four hexadecimal digits");
  CHECK(fault("{\"a\":\"\\uD800\"}") == "6: both halves of a surrogate pair");
  CHECK(fault("{\"a\":\"\\uDC00\\uD800\"}") == "6: both halves of a surrogate pair");
  CHECK(fault("{\"a\":\"\\uDC00\\uDC00\"}") == "6: both halves of a surrogate pair");
  CHECK(fault("{\"a\":\"\\uD800\\u0041\"}") == "6: both halves of a surrogate pair");
  CHECK(fault("{\"a\":\"\\uD800\\uDC0") == "6: both halves of a surrogate pair");
  CHECK(fault("{\"a\":\"x\xff\"}") == "7: UTF-8");
  CHECK(fault("{\"a\":\"\xed\xa0\x80\"}") == "6: UTF-8");
  CHECK(fault("{\"a\":\"\xe2\x82") == "6: UTF-8");
  CHECK(fault("{\"a\":[1,]}") == "8: a value");
  CHECK(fault("{\"a\":[1 2]}") == "8: a comma or ]");
  CHECK(fault("{\"a\":{\"b\" 2}}") == "10: a colon");
  CHECK(fault("{\"a\":{b:2}}") == "6: a name in quotes");
  CHECK(fault("{\"a\":{\"b\":2") == "11: a comma or }");
}

TEST_CASE("nesting is taken to a depth of 64") {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(accepts(nested(64)));
  CHECK(fault(nested(65)) == "69: at most 64 levels of nesting");
  CHECK_FALSE(accepts(nested(1'000'000)));
}

TEST_CASE("NaN and infinities are taken only if asked for") {
  for (const char* text : {"{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-Infinity}"}) {
    CHECK_FALSE(accepts(text));
    CHECK(accepts(text, true));
  }
  CHECK_FALSE(accepts("{\"a\":-NaN}", true));
  CHECK_FALSE(accepts("{\"a\":nan}", true));
}
