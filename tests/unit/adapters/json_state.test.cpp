// SPDX-License-Identifier: MIT
// What a state can be made of, and that all of it comes back.
#include "penstock/adapters/json/state.hpp"

#include "catch.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

enum class Colour { red, blue };
constexpr std::string_view to_string(Colour colour) { return colour == Colour::red ? "red" : "blue"; }

struct Inner {
  static constexpr std::string_view state_kind = "Inner";
  double value = 0;

  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v("value", self.value);
  }
};

struct Everything {
  static constexpr std::string_view state_kind = "Everything";
  struct Pair {
    int a = 1;
    std::string b = "b";
  };

  Colour colour = Colour::blue;
  std::vector<double> limits{1, 2.5};
  double number = 0;
  bool flag = false;
  std::uint64_t large = 0;
  std::int32_t small = 0;
  std::string text;
  std::optional<double> maybe;
  std::vector<double> numbers;
  std::vector<bool> flags;
  std::vector<std::string> texts;
  std::vector<std::vector<std::int32_t>> table;
  std::vector<Pair> pairs;
  Inner inner;

  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("colour", self.colour);
      o.option("limits", self.limits);
    });
    v("number", self.number);
    v("flag", self.flag);
    v("large", self.large);
    v("small", self.small);
    v("text", self.text);
    v("maybe", self.maybe);
    v("numbers", self.numbers);
    v("flags", self.flags);
    v("texts", self.texts);
    v("table", self.table);
    v.array(
        "pairs", self.pairs,
        [](auto& pair, auto& p) {
          p("a", pair.a);
          p("b", pair.b);
        },
        Pair{});
    v("inner", self.inner);
    v.require(self.small < 100, "small", "a number below 100");
  }
};

struct WithoutKind {
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v);
};

static_assert(stateful<Inner> && stateful<Everything>);
static_assert(!stateful<int> && !stateful<std::string> && !stateful<WithoutKind>);

Everything make() {
  Everything all;
  all.number = -0.0;
  all.flag = true;
  all.large = std::numeric_limits<std::uint64_t>::max();
  all.small = -7;
  all.text = std::string("\xff\x00 not UTF-8", 12);
  all.maybe = std::numeric_limits<double>::quiet_NaN();
  all.numbers = {0.1, 1e308, 5e-324, 1.0 / 3, 123456789012345680.0, -std::numeric_limits<double>::infinity()};
  all.flags = {true, false};
  all.texts = {"", "\"quoted\"\n", "\xc3\xa9", std::string("\0", 1)};
  all.table = {{}, {1, -2147483647 - 1}};
  all.pairs = {{2, "x"}, {3, ""}};
  all.inner.value = 7;
  return all;
}

}  // namespace

TEST_CASE("a state of every type comes back to the last bit") {
  const Everything all = make();
  const std::string text = dump_state(all);
  Everything again;
  again.numbers = {9};
  parse_state(text, "s", again).value();
  CHECK(dump_state(again) == text);
  CHECK(std::bit_cast<std::uint64_t>(again.number) == std::bit_cast<std::uint64_t>(-0.0));
  CHECK(again.large == all.large);
  CHECK(again.text == all.text);
  CHECK((again.maybe && *again.maybe != *again.maybe));
  CHECK(again.numbers == all.numbers);
  CHECK(again.flags == all.flags);
  CHECK(again.texts == all.texts);
  CHECK(again.table == all.table);
  CHECK(again.pairs[1].a == 3);
  CHECK(again.inner.value == 7);
  CHECK_THAT(text, ContainsSubstring("{\"hex\": \"ff00206e6f74205554462d38\"}"));
}

TEST_CASE("what is not of a type, or not what the object was made with, names its place") {
  const std::string text = dump_state(make());
  const auto fails = [&](std::string_view from, std::string_view to) {
    std::string changed = text;
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    Everything all;
    const Result<void> result = parse_state(changed.replace(at, from.size(), to), "s", all);
    REQUIRE_FALSE(result);
    CHECK(dump_state(all) == dump_state(Everything()));
    return std::string(result.error().what());
  };
  CHECK(fails("\"blue\"", "\"red\"") ==
        "s: found \"red\" at state.options.colour, expected \"blue\", as the object was made with");
  CHECK_THAT(fails("[1, 2.5]", "[1, 2.25]"), ContainsSubstring("at state.options.limits, expected [1, 2.5]"));
  CHECK_THAT(fails("18446744073709551615", "18446744073709551616"),
             ContainsSubstring("at state.large, expected a whole"));
  CHECK_THAT(fails("18446744073709551615", "-1"), ContainsSubstring("found -1 at state.large"));
  CHECK_THAT(fails("-2147483648", "-2147483649"), ContainsSubstring("at state.table[1][1], expected a whole number"));
  CHECK_THAT(fails("\"small\": -7", "\"small\": 7.5"), ContainsSubstring("found 7.5 at state.small"));
  CHECK_THAT(fails("\"small\": -7", "\"small\": 100"),
             ContainsSubstring("found 100 at state.small, expected a number below"));
  CHECK_THAT(fails("\"flag\": true", "\"flag\": 1"), ContainsSubstring("at state.flag, expected true or false"));
  CHECK_THAT(fails("ff0020", "ff002"), ContainsSubstring("at state.text.hex, expected two digits a byte"));
  CHECK_THAT(fails("ff0020", "ff00G0"), ContainsSubstring("at state.text.hex, expected digits"));
  CHECK_THAT(fails("\"-inf\"", "\"-infinity\""), ContainsSubstring("at state.numbers[5]"));
  CHECK_THAT(fails("\"a\": 3", "\"a\": 3, \"c\": 3"),
             ContainsSubstring("at state.pairs[1].c, expected no such member"));
  CHECK_THAT(fails("\"Inner\"", "\"Outer\""), ContainsSubstring("at state.inner.kind, expected \"Inner\""));
  CHECK_THAT(fails("\"state\":", "\"State\":"), ContainsSubstring("a member \"State\""));
}
