// SPDX-License-Identifier: MIT
#include "penstock/adapters/http.hpp"

#include "catch.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <pthread.h>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace penstock;
namespace fs = std::filesystem;

namespace {

MetricsSnapshot some_metrics(double rows) {
  MetricsSnapshot metrics;
  metrics.counter("scored_rows", "Rows that were scored.", rows, {{"model", "a"}});
  return metrics;
}

bool installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

/// A process that ends with the test.
class Process {
 public:
  explicit Process(const std::vector<std::string>& words, const fs::path& log) : id_(fork()) {
    if (id_ != 0) return;
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (std::freopen(log.c_str(), "w", stdout) == nullptr || dup2(fileno(stdout), fileno(stderr)) < 0) _exit(126);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    kill(id_, SIGTERM);
    waitpid(id_, nullptr, 0);
  }

 private:
  pid_t id_;
};

struct Folder {
  fs::path path = fs::temp_directory_path() / ("penstock_http_" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int free_port() {
  return MetricsServer([] { return MetricsSnapshot(); }).port();
}

}  // namespace

TEST_CASE("a metrics server answers /metrics in the format that is asked for, and /healthz") {
  std::atomic<int> rows{41};
  MetricsServer server([&] { return some_metrics(++rows); });
  CHECK(server.port() > 0);
  CHECK(server.url() == "http://127.0.0.1:" + std::to_string(server.port()));
  httplib::Client client("127.0.0.1", server.port());
  const auto plain = client.Get("/metrics");
  REQUIRE(plain);
  CHECK(plain->status == 200);
  CHECK(plain->get_header_value("Content-Type") == prometheus_content_type);
  CHECK(plain->body == to_prometheus_text(some_metrics(42)));
  const auto open =
      client.Get("/metrics", {{"Accept",
                               "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
                               "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}});
  REQUIRE(open);
  CHECK(open->get_header_value("Content-Type") == openmetrics_content_type);
  CHECK(open->body == to_openmetrics_text(some_metrics(43)));
  const auto health = client.Get("/healthz");
  REQUIRE(health);
  CHECK(health->status == 200);
  CHECK(health->body == "ok\n");
  CHECK(client.Get("/")->status == 404);
  CHECK(client.Post("/metrics")->status == 404);
  CHECK(server.requests() == 3);
  CHECK(server.errors() == 0);
}

TEST_CASE("OpenMetrics is for who asks for it") {
  const auto prefers = [](const char* accept) { return detail::prefers_openmetrics(accept); };
  CHECK(prefers("application/openmetrics-text"));
  CHECK(prefers("application/openmetrics-text; version=1.0.0; charset=utf-8"));
  CHECK(prefers("text/plain;q=0.5 , application/openmetrics-text;q=0.5"));
  CHECK_FALSE(prefers(""));
  CHECK_FALSE(prefers("*/*"));
  CHECK_FALSE(prefers("text/plain"));
  CHECK_FALSE(prefers("application/openmetrics-text;version=0.0.1"));
  CHECK_FALSE(prefers("application/openmetrics-text;q=0"));
  CHECK_FALSE(prefers("application/openmetrics-text;q=0.2,text/plain;q=0.3"));
  CHECK_FALSE(prefers("application/openmetrics-text;q=x"));
  CHECK_FALSE(prefers(";,;=,,q"));
}

TEST_CASE("who is not well says so, and a function that throws is a 500 that is counted") {
  std::atomic<bool> broken{false};
  MetricsServer server(
      [&]() -> MetricsSnapshot {
        if (broken) throw std::runtime_error("no figures");
        return some_metrics(1);
      },
      {},
      [&]() -> Health {
        if (broken) throw 3;
        return {false, "the queue is stuck"};
      });
  httplib::Client client("127.0.0.1", server.port());
  const auto ill = client.Get("/healthz");
  REQUIRE(ill);
  CHECK(ill->status == 503);
  CHECK(ill->body == "the queue is stuck\n");
  broken = true;
  CHECK(client.Get("/metrics")->status == 500);
  CHECK(client.Get("/metrics")->body == "no figures\n");
  CHECK(client.Get("/healthz")->body == "an exception\n");
  CHECK(server.errors() == 3);
  broken = false;
  CHECK(client.Get("/metrics")->status == 200);
}

TEST_CASE("a server listens on loopback, and nobody answers when it has stopped") {
  MetricsServer server([] { return some_metrics(1); });
  const int port = server.port();
  CHECK(httplib::Client("127.0.0.1", port).Get("/healthz"));
  server.stop();
  server.stop();
  CHECK_FALSE(httplib::Client("127.0.0.1", port).Get("/healthz"));
  const MetricsServer again([] { return some_metrics(1); }, {.port = port});
  CHECK(again.port() == port);
  for (int i = 0; i < 50; ++i) MetricsServer([] { return some_metrics(1); });  // stopped as soon as begun
}

TEST_CASE("a client that sends byte by byte holds up nobody's end") {
  MetricsServer server([] { return some_metrics(1); }, {.timeout = std::chrono::seconds(1)});
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string whole = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(send(client, whole.data(), whole.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(whole.size()));
  std::string answer(4096, '\0');
  REQUIRE(recv(client, answer.data(), answer.size(), 0) > 0);  // so it has a thread of the server's
  bool cut_off = false;
  std::binary_semaphore begun(0);
  std::thread dripping([&] {
    const std::string request = "GET /";
    int i = 0;
    for (; i < 200 && !cut_off; ++i) {  // for 20 s, and then it gives up
      const char byte = i < 5 ? request[static_cast<std::size_t>(i)] : 'x';
      if (i == 5) begun.release();
      pollfd wait{client, POLLIN, 0};
      cut_off = send(client, &byte, 1, MSG_NOSIGNAL) != 1 ||
                (poll(&wait, 1, 100) > 0 && recv(client, answer.data(), answer.size(), 0) <= 0);
    }
    if (i <= 5) begun.release();  // cut off as idle, where the machine had no time for this thread
    close(client);
  });
  begun.acquire();
  server.stop();
  dripping.join();
  CHECK(cut_off);
}

TEST_CASE("clients are not cut off while somebody listens at the address, who may be their server") {
  sockaddr_in any_port{};
  any_port.sin_family = AF_INET;
  any_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(bind(server, reinterpret_cast<const sockaddr*>(&any_port), sizeof any_port) == 0);
  REQUIRE(listen(server, 1) == 0);
  const auto address = detail::socket_address(server);
  REQUIRE(address);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(connect(client, reinterpret_cast<const sockaddr*>(&*address), sizeof any_port) == 0);
  const int accepted = accept(server, nullptr, nullptr);
  REQUIRE(accepted >= 0);
  char byte = 0;
  detail::cut_off_clients(*address);
  CHECK(recv(client, &byte, 1, MSG_DONTWAIT) == -1);  // nothing yet, and not the end
  close(server);
  detail::cut_off_clients(*address);
  CHECK(recv(client, &byte, 1, 0) == 0);
  close(accepted);
  close(client);
}

TEST_CASE("the url of an IPv6 address has it in brackets") {
  const auto six = [] { return MetricsServer([] { return some_metrics(1); }, {.host = "::1"}).url(); };
  std::string url;
  try {
    url = six();
  } catch (const Error&) { SKIP("no IPv6 on this machine"); }
  CHECK_THAT(url, StartsWith("http://[::1]:"));
}

TEST_CASE("an address that cannot be listened on, and options out of range, are refused in words") {
  const auto metrics = [] { return some_metrics(1); };
  const MetricsServer first(metrics);
  CHECK_THROWS_WITH(MetricsServer(metrics, {.port = first.port()}),
                    ContainsSubstring("127.0.0.1:" + std::to_string(first.port()) + ": found a port that is in use"));
  CHECK_THROWS_AS(MetricsServer(metrics, {.host = "192.0.2.1"}), Error);  // of nobody's
  CHECK_THROWS_AS(MetricsServer(metrics, {.host = "no such host"}), Error);
  CHECK_THROWS_WITH(MetricsServer(metrics, {.port = 65536}), ContainsSubstring("port is 65536"));
  CHECK_THROWS_WITH(MetricsServer(metrics, {.port = -1}), ContainsSubstring("port is -1"));
  CHECK_THROWS_WITH(MetricsServer(metrics, {.threads = 0}), ContainsSubstring("threads is 0"));
  CHECK_THROWS_WITH(MetricsServer(metrics, {.timeout = std::chrono::seconds(0)}), ContainsSubstring("timeout is 0 s"));
  CHECK_THROWS_WITH(MetricsServer(metrics, {.timeout = std::chrono::seconds::max()}),
                    ContainsSubstring("1 to 1000000 s are possible"));
  CHECK_THROWS_WITH(MetricsServer({}), ContainsSubstring("the function of metrics is empty"));
}

#if defined(__GLIBC__)
TEST_CASE("a server that gets no thread leaves no socket behind") {
  const int port = free_port();
  pthread_attr_t usual, too_much;
  REQUIRE(pthread_getattr_default_np(&usual) == 0);
  REQUIRE(pthread_attr_init(&too_much) == 0);
  REQUIRE(pthread_attr_setstacksize(&too_much, std::size_t{1} << 50) == 0);  // more than there are addresses
  REQUIRE(pthread_setattr_default_np(&too_much) == 0);
  CHECK_THROWS_AS(MetricsServer([] { return some_metrics(1); }, {.port = port}), std::system_error);
  REQUIRE(pthread_setattr_default_np(&usual) == 0);
  CHECK(MetricsServer([] { return some_metrics(1); }, {.port = port}).port() == port);
  pthread_attr_destroy(&usual);
  pthread_attr_destroy(&too_much);
}
#endif

TEST_CASE("a server has SIGPIPE ignored in the whole process, as is said of it") {
  struct sigaction after {};
  const auto restore = std::signal(SIGPIPE, SIG_DFL);
  {
    const MetricsServer server([] { return some_metrics(1); });
  }
  REQUIRE(sigaction(SIGPIPE, nullptr, &after) == 0);
  std::signal(SIGPIPE, restore);
  CHECK(after.sa_handler == SIG_IGN);
}

TEST_CASE("a real Prometheus scrapes the server") {
  if (!installed("prometheus")) SKIP("prometheus is not installed");
  const Folder folder;
  std::atomic<int> scrapes{0};
  std::counting_semaphore<> scraped(0);
  MetricsServer server([&] {
    scraped.release();
    return some_metrics(1000 + ++scrapes);
  });
  std::ofstream(folder.path / "prometheus.yml") << "global: {scrape_interval: 100ms}\n"
                                                   "scrape_configs:\n"
                                                   "  - job_name: penstock\n"
                                                   "    static_configs: [{targets: ['127.0.0.1:"
                                                << server.port() << "']}]\n";
  const int port = free_port();
  const Process prometheus({"prometheus", "--config.file=" + (folder.path / "prometheus.yml").string(),
                            "--storage.tsdb.path=" + (folder.path / "data").string(),
                            "--web.listen-address=127.0.0.1:" + std::to_string(port)},
                           folder.path / "log.txt");
  // When a third scrape begins, what the first one brought is written down; unless that took longer than an interval,
  // as on a busy machine, and was given up. Then a later one brings it.
  httplib::Client client("127.0.0.1", port);
  const auto query = [&](const std::string& what) {
    const auto answer = client.Get("/api/v1/query?query=" + what);
    return answer ? answer->body : "no answer";
  };
  const auto holds = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  std::string up, rows;
  for (int i = 0; i < 600 && !(holds(up, ",\"1\"]") && holds(rows, "scored_rows_total")); ++i) {
    REQUIRE(scraped.try_acquire_for(std::chrono::seconds(60)));
    if (i < 2) continue;
    up = query("up");
    rows = query("scored_rows_total");
  }
  INFO(read(folder.path / "log.txt"));
  CHECK_THAT(rows, ContainsSubstring("\"__name__\":\"scored_rows_total\"") && ContainsSubstring("\"model\":\"a\"") &&
                       ContainsSubstring("\"job\":\"penstock\""));
  CHECK_THAT(rows, ContainsSubstring("\"10"));
  CHECK_THAT(up, ContainsSubstring(",\"1\"]"));
}
