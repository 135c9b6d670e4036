// SPDX-License-Identifier: MIT
#include "penstock/core/dictionary.hpp"

#include "penstock/core/category_index.hpp"

#include "catch.hpp"

#include <atomic>
#include <iterator>
#include <memory>
#include <mutex>
#include <ranges>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace penstock;

static_assert(std::ranges::random_access_range<const Dictionary>);
static_assert(std::ranges::sized_range<const Dictionary>);

TEST_CASE("a dictionary holds its texts in their order, however many") {
  CHECK(Dictionary().empty());
  CHECK(Dictionary{} == Dictionary(std::vector<std::string>()));
  for (const std::size_t size : {1u, 7u, 8u, 9u, 23u, 24u, 25u, 1000u}) {  // the borders of blocks among them
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < size; ++i) texts.push_back("text " + std::to_string(i));
    const Dictionary dictionary(texts);
    REQUIRE(dictionary.size() == size);
    REQUIRE_FALSE(dictionary.empty());
    for (std::size_t i = 0; i < size; ++i) REQUIRE(dictionary[i] == texts[i]);
    REQUIRE(std::vector<std::string>(dictionary.begin(), dictionary.end()) == texts);
    REQUIRE(dictionary == Dictionary(texts));
    const Dictionary copy = dictionary;
    REQUIRE(copy == dictionary);
    REQUIRE(&copy[size - 1] == &dictionary[size - 1]);
    Dictionary given = copy;
    const Dictionary taken = std::move(given);
    REQUIRE(given == taken);  // NOLINT: what was moved from is as it was
    texts.back() += '.';
    REQUIRE(dictionary != Dictionary(texts));
    texts.pop_back();
    REQUIRE(dictionary != Dictionary(texts));
  }
}

TEST_CASE("the dictionaries of an index share their texts, and each keeps its size") {
  CategoryIndex index;
  std::vector<std::shared_ptr<const Dictionary>> all;
  for (int i = 0; i < 300; ++i) {
    index.find_or_add(std::to_string(i));
    all.push_back(index.dictionary());
  }
  for (std::size_t n = 0; n < all.size(); ++n) {
    REQUIRE(all[n]->size() == n + 1);
    REQUIRE((*all[n])[n] == std::to_string(n));
    REQUIRE(&(*all[n])[n] == &(*all.back())[n]);
  }
  CHECK(*all[1] == Dictionary{"0", "1"});

  CategoryIndex copy = index;
  copy.find_or_add("copy");
  index.find_or_add("index");
  CHECK((*copy.dictionary())[300] == "copy");
  CHECK((*index.dictionary())[300] == "index");
  CHECK((*all.back())[299] == "299");
  index = CategoryIndex();
  CHECK((*all.back())[0] == "0");  // who has a dictionary keeps its texts
}

TEST_CASE("dictionaries are read by other threads while their index learns more") {
  CategoryIndex index;
  std::mutex mutex;
  std::shared_ptr<const Dictionary> latest = std::make_shared<const Dictionary>();
  std::atomic<bool> done = false;
  std::atomic<std::size_t> wrong = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!done) {
        std::shared_ptr<const Dictionary> mine;
        {
          const std::scoped_lock lock(mutex);
          mine = latest;
        }
        for (std::size_t i = 0; i < mine->size(); ++i) wrong += (*mine)[i] != std::to_string(i) ? 1u : 0u;
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    index.find_or_add(std::to_string(i));
    if (i % 10 != 0) continue;
    auto next = index.dictionary();
    const std::scoped_lock lock(mutex);
    latest = std::move(next);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
}
