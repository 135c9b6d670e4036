// SPDX-License-Identifier: MIT
#pragma once

// Metrics over HTTP, for Prometheus to scrape and a supervisor to ask, through cpp-httplib. Component http.
//
//     MetricsServer server([&] {
//       MetricsSnapshot metrics;
//       metrics.counter("scored_rows", "Rows that were scored.", rows.load());
//       return metrics;
//     }, {.port = 9464});
//     std::cout << server.url() << "/metrics\n";            // http://127.0.0.1:9464/metrics
//
// By default it listens on the loopback address alone: what a process measures is nobody's business by accident.

#include "penstock/adapters/http/connections.hpp"
#include "penstock/core/error.hpp"
#include "penstock/metrics/metrics_snapshot.hpp"
#include "penstock/metrics/prometheus_text.hpp"

#include <algorithm>   // max
#include <atomic>      // atomic
#include <cerrno>      // errno
#include <charconv>    // from_chars
#include <chrono>      // seconds
#include <cstdint>     // uint64_t
#include <cstring>     // strerror
#include <exception>   // exception
#include <functional>  // function
#include <httplib.h>
#include <optional>     // optional
#include <semaphore>    // binary_semaphore
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <sys/socket.h>
#include <system_error>  // errc
#include <thread>        // thread
#include <unistd.h>      // close
#include <utility>       // move

// httplib.h brings resolv.h, which makes a macro of a name that Eigen has for parameters.
#undef _res

namespace penstock {
inline namespace v0 {

/// What is told at /healthz.
struct Health {
  bool ok = true;              ///< 200 if so, else 503
  std::string message = "ok";  ///< the body, in a line
};

/// How a MetricsServer listens.
struct MetricsServerOptions {
  std::string host = "127.0.0.1";  ///< address or name to listen on; "0.0.0.0" is for everybody who can reach it
  int port = 0;                    ///< 0 to 65535; 0 takes a free one, see MetricsServer::port
  std::size_t threads = 2;         ///< that answer, at least 1: so many slow clients hold up the others
  /// 1 s to 1'000'000 s: of silence from a client in the middle of a request, or that takes nothing of its answer. Each
  /// byte begins it anew, so it bounds no whole request: a client that sends byte by byte holds a thread as long as it
  /// likes, until stop() cuts it off when so much time has passed.
  std::chrono::seconds timeout{5};
};

namespace detail {

[[nodiscard]] constexpr std::string_view http_trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `take(part)` for each part between separators.
template <class Take>
void http_split(std::string_view text, char separator, Take take) {
  for (;;) {
    const std::size_t end = text.find(separator);
    take(http_trim(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// Whether an Accept header prefers OpenMetrics 1.0 to the older text format: it must name it, and give it at least the
/// weight of text/plain. Who says nothing gets the older one.
[[nodiscard]] inline bool prefers_openmetrics(std::string_view accept) {
  double openmetrics = 0, plain = 0;
  http_split(accept, ',', [&](std::string_view range) {
    std::string_view type, version;
    double q = 1;
    http_split(range, ';', [&](std::string_view part) {
      if (type.empty()) {
        type = part;
      } else if (part.starts_with("version=")) {
        version = part.substr(8);
      } else if (part.starts_with("q=")) {
        const std::string_view weight = part.substr(2);
        if (std::from_chars(weight.data(), weight.data() + weight.size(), q).ec != std::errc()) q = 0;
      }
    });
    if (type == "application/openmetrics-text" && (version.empty() || version == "1.0.0")) {
      openmetrics = std::max(openmetrics, q);
    } else if (type == "text/plain") {
      plain = std::max(plain, q);
    }
  });
  return openmetrics > 0 && openmetrics >= plain;
}

}  // namespace detail

/// Serves /metrics and /healthz from functions of the caller's, from when it is made until it is stopped. The functions
/// are called in threads of the server, of several at once; what they throw is answered with 500 and counted, and the
/// server goes on. Any other path is 404. No TLS, no passwords and no limit of a whole request: put a proxy that has
/// them in front of it where it is not loopback. cpp-httplib ignores SIGPIPE from then on, for the whole process.
class MetricsServer {
 public:
  /// Listens. `health` may be left out: then whoever is answered at all is told "ok".
  /// @throws std::invalid_argument that names the option if it is out of range, or `metrics` is empty; Error that names
  /// the address if it cannot be listened on, as when the port is in use; std::system_error if there can be no thread.
  explicit MetricsServer(std::function<MetricsSnapshot()> metrics, const MetricsServerOptions& options = {},
                         std::function<Health()> health = {})
      : metrics_(std::move(metrics)), health_(std::move(health)), options_(options) {
    const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
    if (!metrics_) refuse("MetricsServer: the function of metrics is empty");
    if (options.port < 0 || options.port > 65535) {
      refuse("MetricsServerOptions.port is " + std::to_string(options.port) + "; 0 to 65535 are possible");
    }
    if (options.threads == 0) refuse("MetricsServerOptions.threads is 0; at least 1 is needed");
    if (options.timeout < std::chrono::seconds(1) || options.timeout > std::chrono::seconds(1'000'000)) {
      refuse("MetricsServerOptions.timeout is " + std::to_string(options.timeout.count()) +
             " s; 1 to 1000000 s are possible");  // httplib has milliseconds in an int
    }
    server_.new_task_queue = [n = options.threads] { return new httplib::ThreadPool(n); };
    server_.set_read_timeout(options.timeout);
    server_.set_write_timeout(options.timeout);
    server_.set_keep_alive_timeout(1);
    server_.set_payload_max_length(64 * 1024);
    // httplib's own would let two servers share a port, and either get half of the requests.
    server_.set_socket_options([this](socket_t socket) {
      listening_ = socket;
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.Get("/metrics", [this](const httplib::Request& request, httplib::Response& response) {
      answer(response, [&] { return write_metrics(request.get_header_value("Accept"), response); });
    });
    server_.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
      answer(response, [&] {
        const Health now = health_ ? health_() : Health{};
        response.status = now.ok ? 200 : 503;
        response.set_content(now.message + '\n', "text/plain; charset=utf-8");
      });
    });
    errno = 0;
    port_ = options.port == 0 ? server_.bind_to_any_port(options.host)
                              : (server_.bind_to_port(options.host, options.port) ? options.port : -1);
    if (port_ <= 0) {
      const int code = errno;
      throw Error({.source = options.host + ":" + std::to_string(options.port)},
                  code == EADDRINUSE ? "a port that is in use"
                                     : "an address that cannot be listened on (" +
                                           std::string(code == 0 ? "unknown host" : std::strerror(code)) + ")",
                  "a free port of this machine, or port 0");
    }
    address_ = detail::socket_address(listening_);
    try {
      thread_ = std::thread([this] {
        server_.listen_after_bind();
        ended_ = true;
        over_.release();
      });
    } catch (...) {
      ::close(listening_);  // httplib's own stop() does so only while it runs
      throw;
    }
    while (!server_.is_running() && !ended_) std::this_thread::yield();  // stop() before that would be lost
  }
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  ~MetricsServer() { stop(); }

  /// Ends: takes no more clients, and returns when nobody is being answered any more and no function is called again.
  /// It waits for clients in the middle of a request, for `timeout`, and then cuts them off, where the system has
  /// /dev/fd and no other server of the process has the address by then; and for the caller's functions. May be called
  /// again, from one thread at a time; not from within the functions.
  void stop() {
    if (!thread_.joinable()) return;
    server_.stop();
    while (!over_.try_acquire_for(options_.timeout)) {
      if (address_) detail::cut_off_clients(*address_);
    }
    thread_.join();
  }

  [[nodiscard]] int port() const noexcept { return port_; }  ///< where it listens, also if it was 0
  /// http://host:port, with an IPv6 address in brackets
  [[nodiscard]] std::string url() const {
    const bool six = options_.host.find(':') != std::string::npos;
    return "http://" + (six ? "[" + options_.host + "]" : options_.host) + ":" + std::to_string(port_);
  }
  /// Requests of /metrics and /healthz that were answered, well or not. Thread-safe.
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }
  /// Of them, those whose function threw. Thread-safe.
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_.load(std::memory_order_relaxed); }

 private:
  void write_metrics(std::string_view accept, httplib::Response& response) {
    const MetricsSnapshot metrics = metrics_();
    if (detail::prefers_openmetrics(accept)) {
      response.set_content(to_openmetrics_text(metrics), std::string(openmetrics_content_type));
    } else {
      response.set_content(to_prometheus_text(metrics), std::string(prometheus_content_type));
    }
  }

  template <class Write>
  void answer(httplib::Response& response, Write write) {
    requests_.fetch_add(1, std::memory_order_relaxed);
    std::string problem = "an exception";
    try {
      return write();
    } catch (const std::exception& error) { problem = error.what(); } catch (...) {
    }
    errors_.fetch_add(1, std::memory_order_relaxed);
    response.status = 500;
    response.set_content(problem + '\n', "text/plain; charset=utf-8");
  }

  const std::function<MetricsSnapshot()> metrics_;
  const std::function<Health()> health_;
  const MetricsServerOptions options_;
  httplib::Server server_;
  socket_t listening_ = -1;
  std::optional<sockaddr_storage> address_;  // where it listens
  int port_ = 0;
  std::atomic<std::uint64_t> requests_{0}, errors_{0};
  std::atomic<bool> ended_{false};
  std::binary_semaphore over_{0};
  std::thread thread_;
};

}  // namespace v0
}  // namespace penstock
