// SPDX-License-Identifier: MIT
#pragma once

// Cuts off the clients of a server of this process, which cpp-httplib has no way to do: it keeps their sockets to
// itself.
//
//     const auto here = detail::socket_address(listening);
//     detail::cut_off_clients(here);        // whoever waits for one of them is told that it has gone

#include <charconv>      // from_chars
#include <cstring>       // memcmp
#include <dirent.h>      // closedir, opendir, readdir, rewinddir
#include <fcntl.h>       // fcntl
#include <memory>        // unique_ptr
#include <netinet/in.h>  // sockaddr_in, sockaddr_in6
#include <optional>      // optional
#include <string_view>   // string_view
#include <sys/socket.h>  // getpeername, getsockname, getsockopt, shutdown
#include <system_error>  // errc
#include <unistd.h>      // close

namespace penstock {
inline namespace v0 {
namespace detail {

/// The address of this end of a socket; nothing if it is none.
[[nodiscard]] inline std::optional<sockaddr_storage> socket_address(int socket) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  return address;
}

/// Whether a connection with this local address was made to who listens at `server`, which may be at any address.
[[nodiscard]] inline bool is_client_of(const sockaddr_storage& local, const sockaddr_storage& server) noexcept {
  const auto* const server6 = reinterpret_cast<const sockaddr_in6*>(&server);
  const auto* const local6 = reinterpret_cast<const sockaddr_in6*>(&local);
  const auto* const server4 = reinterpret_cast<const sockaddr_in*>(&server);
  const auto* const local4 = reinterpret_cast<const sockaddr_in*>(&local);
  if (local.ss_family != server.ss_family) return false;
  if (server.ss_family == AF_INET) {
    const auto host = server4->sin_addr.s_addr;
    return local4->sin_port == server4->sin_port && (host == htonl(INADDR_ANY) || host == local4->sin_addr.s_addr);
  }
  if (server.ss_family != AF_INET6 || local6->sin6_port != server6->sin6_port) return false;
  return std::memcmp(&server6->sin6_addr, &in6addr_any, sizeof in6addr_any) == 0 ||
         std::memcmp(&server6->sin6_addr, &local6->sin6_addr, sizeof in6addr_any) == 0;
}

/// Ends the connections that this process has as the server at that address: reading gives the end of the stream, and
/// writing an error. Does nothing while somebody listens there, whose clients could not be told apart, or where the
/// system has no /dev/fd. O(open files).
inline void cut_off_clients(const sockaddr_storage& server) noexcept {
  const auto is_ours = [&server](int socket) {
    const auto local = socket_address(socket);
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    return local && is_client_of(*local, server) &&
           ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
  };
  const auto listens_there = [&server](int socket) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return false;
    const auto local = socket_address(socket);
    return local && (is_client_of(*local, server) || is_client_of(server, *local));
  };
  const std::unique_ptr<DIR, int (*)(DIR*)> open_files(::opendir("/dev/fd"), ::closedir);
  if (!open_files) return;
  const auto next = [&open_files] {  // -1 behind the last
    while (const dirent* const entry = ::readdir(open_files.get())) {
      const std::string_view name(entry->d_name);
      int file = -1;
      if (std::from_chars(name.data(), name.data() + name.size(), file).ec == std::errc()) return file;
    }
    return -1;
  };
  for (int file; (file = next()) >= 0;) {
    if (listens_there(file)) return;
  }
  ::rewinddir(open_files.get());
  for (int file; (file = next()) >= 0;) {
    if (!is_ours(file)) continue;
    // By a copy of the number, so that it is the same socket that is looked at and shut down, whoever closes it
    // meanwhile.
    const int copy = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) continue;
    if (is_ours(copy)) ::shutdown(copy, SHUT_RDWR);
    ::close(copy);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
