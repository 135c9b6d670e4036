// SPDX-License-Identifier: MIT
#include "penstock/io/output_file.hpp"

#include "catch.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>

using namespace penstock;
namespace fs = std::filesystem;

namespace {

/// A folder of this test's own, which goes with it.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "penstock_output_file_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] auto files() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
  fs::path path;
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(OutputFile& out, std::string_view record) {
  out.append(record);
  out.end_record();
}

}  // namespace

TEST_CASE("records reach a file, a stream and a string in order, whatever the size of the buffer") {
  const Folder folder;
  std::ostringstream stream;
  std::string text = "before ";
  OutputFile outs[] = {OutputFile(folder.path / "out", {.buffer_bytes = 4096}),
                       OutputFile(stream, {.buffer_bytes = 4096}), OutputFile(&text, {.buffer_bytes = 4096})};
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string record(static_cast<std::size_t>(i * 7 % 97), static_cast<char>('a' + i % 26));
    expected += record;
    for (OutputFile& out : outs) put(out, record);
  }
  const std::string long_record(100'000, 'L');  // the buffer grows for it
  expected += long_record;
  for (OutputFile& out : outs) {
    put(out, long_record);
    CHECK(out.bytes_written() == expected.size());
    out.close();
    CHECK(out.closed());
    CHECK_NOTHROW(out.close());
  }
  CHECK(content(folder.path / "out") == expected);
  CHECK(stream.str() == expected);
  CHECK(text == "before " + expected);
}

TEST_CASE("only whole records leave the buffer") {
  std::string text;
  OutputFile out(&text, {.buffer_bytes = 4096});
  put(out, "first ");
  out.append(std::string(3000, 'x'));
  out.append(std::string(3000, 'y'));  // there is room only once the first record is gone
  CHECK(text == "first ");
  out.flush();
  CHECK(text == "first ");
  out.drop_record();
  put(out, "second");
  out.close();
  CHECK(text == "first second");
  CHECK(out.bytes_written() == 12);
}

TEST_CASE("what is buffered is handed on by flush, and by the destructor") {
  const Folder folder;
  const fs::path path = folder.path / "out";
  {
    OutputFile out(path);
    put(out, "one ");
    CHECK(content(path).empty());
    out.flush();
    CHECK(content(path) == "one ");
    put(out, "two");
    out.append("never finished");
  }
  CHECK(content(path) == "one two");
}

TEST_CASE("a file that cannot be opened is an Error with its path and the system's words") {
  const Folder folder;
  const std::string nowhere = (folder.path / "no" / "such").string();
  try {
    OutputFile out(nowhere);
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.where().source == nowhere);
    CHECK_THAT(error.what(), ContainsSubstring("No such file or directory"));
  }
  CHECK_THROWS_WITH(OutputFile(folder.path), ContainsSubstring("Is a directory"));
  CHECK_THROWS_WITH(OutputFile(nowhere, {.atomic = true}), ContainsSubstring("No such file or directory"));
}

TEST_CASE("a full disk is an Error, at the write that meets it and at every one after it") {
  OutputFile out("/dev/full", {.buffer_bytes = 4096});
  put(out, std::string(3000, 'x'));
  CHECK_THROWS_WITH(out.append(std::string(3000, 'x')),
                    ContainsSubstring("/dev/full") && ContainsSubstring("No space left on device"));
  CHECK_THROWS_WITH(out.end_record(), ContainsSubstring("No space left on device"));
  CHECK_THROWS_WITH(out.flush(), ContainsSubstring("No space left on device"));
  CHECK_THROWS_WITH(out.close(), ContainsSubstring("No space left on device"));
  CHECK_NOTHROW(out.close());
}

TEST_CASE("a write that takes a part is gone on with, and the limit that stops it is an Error") {
  const Folder folder;
  const fs::path path = folder.path / "out";
  struct LimitedFileSize {  // the system writes up to the limit, and fails beyond it
    explicit LimitedFileSize(::rlim_t bytes) {
      ::getrlimit(RLIMIT_FSIZE, &before);
      const ::rlimit limit{bytes, before.rlim_max};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      handler = std::signal(SIGXFSZ, SIG_IGN);
    }
    ~LimitedFileSize() {
      ::setrlimit(RLIMIT_FSIZE, &before);
      std::signal(SIGXFSZ, handler);
    }
    LimitedFileSize(const LimitedFileSize&) = delete;
    LimitedFileSize& operator=(const LimitedFileSize&) = delete;
    ::rlimit before{};
    void (*handler)(int) = nullptr;
  };
  std::string what;
  {
    const LimitedFileSize limit(10'000);
    OutputFile out(path, {.buffer_bytes = 4096});
    try {
      for (int i = 0; i < 4; ++i) put(out, std::string(3000, static_cast<char>('a' + i)));
      out.close();
    } catch (const Error& error) { what = error.what(); }
  }
  CHECK_THAT(what, ContainsSubstring("File too large"));
  CHECK(content(path) ==
        std::string(3000, 'a') + std::string(3000, 'b') + std::string(3000, 'c') + std::string(1000, 'd'));
}

TEST_CASE("a full disk that is first met at close() is an Error there") {
  OutputFile out("/dev/full");
  put(out, "x");
  CHECK_THROWS_WITH(out.close(), ContainsSubstring("No space left on device"));
}

TEST_CASE("a destructor that meets a full disk keeps its peace") {
  CHECK_NOTHROW([] {
    OutputFile out("/dev/full");
    put(out, "x");
  }());
}

TEST_CASE("a stream that fails is an Error, with and without exceptions of its own") {
  for (const bool throws : {false, true}) {
    std::ofstream file("/dev/full");
    if (throws) file.exceptions(std::ios::badbit | std::ios::failbit);
    OutputFile out(file);
    put(out, "x");
    CHECK_THROWS_AS(out.close(), Error);
    file.exceptions(std::ios::goodbit);
  }
  std::ofstream never_opened;
  OutputFile out(never_opened);
  put(out, "x");
  CHECK_THROWS_WITH(out.flush(), ContainsSubstring("a stream that failed"));
}

TEST_CASE("writing after close() is an Error") {
  std::string text;
  OutputFile out(&text);
  out.close();
  out.append("x");
  CHECK_THROWS_WITH(out.end_record(), ContainsSubstring("a write after close()"));
  CHECK_THROWS_WITH(out.flush(), ContainsSubstring("a write after close()"));
  CHECK(text.empty());
}

TEST_CASE("an atomic file appears at close(), whole, and leaves nothing beside it") {
  const Folder folder;
  const fs::path path = folder.path / "out";
  std::ofstream(path) << "old";
  OutputFile first(path, {.atomic = true});
  OutputFile second(path, {.atomic = true});  // two at once do not meet
  put(first, "first");
  put(second, "second");
  first.flush();
  CHECK(content(path) == "old");
  CHECK(folder.files() == 3);
  first.close();
  CHECK(content(path) == "first");
  second.close();
  CHECK(content(path) == "second");
  CHECK(folder.files() == 1);
}

TEST_CASE("an atomic file that was not closed never appears") {
  const Folder folder;
  const fs::path path = folder.path / "out";
  std::ofstream(path) << "old";
  {
    OutputFile out(path, {.atomic = true});
    put(out, "new");
    out.flush();
  }
  CHECK(content(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("a buffer that cannot work is refused by name and value") {
  std::string text;
  CHECK_THROWS_AS(OutputFile(&text, {.buffer_bytes = 0}), std::invalid_argument);
  CHECK_THROWS_WITH(OutputFile(&text, {.buffer_bytes = 4095}), ContainsSubstring("buffer_bytes is 4095"));
  CHECK_THROWS_AS(OutputFile(static_cast<std::string*>(nullptr)), std::invalid_argument);
}
