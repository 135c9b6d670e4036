// SPDX-License-Identifier: MIT
// The example latency_monitoring as a user runs it: its endpoint is scraped while it runs, and its alert fires.
#include "catch.hpp"
#include "examples/run.hpp"

#include <string>  // string

TEST_CASE("latency_monitoring: the endpoint is live, and the alert fires while the model is slow") {
  const fs::path log = work() / "monitoring.txt";
  // In the background; scraped by bash, which needs no other program for it, when it says where it listens.
  const Run ran = run("bash -c '" PENSTOCK_LATENCY_MONITORING
                      " --seconds 6 --rate 100 --slow-from 1 --slow-until 4 --limit-ms 50 --hold 0.25 --port 0 >\"" +
                      log.string() + R"(" 2>&1 &
    until grep -q FIRES ")" +
                      log.string() + R"(" || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
    port=$(grep -oE "127.0.0.1:[0-9]+" ")" +
                      log.string() + R"(" | head -n 1 | cut -d : -f 2)
    for path in metrics healthz; do
      exec 3<>"/dev/tcp/127.0.0.1/$port" && printf "GET /%s HTTP/1.0\r\n\r\n" $path >&3 && cat <&3
    done
    wait $! && echo ended well')");
  INFO(ran.output << read(log));
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output, ContainsSubstring("200 OK") && ContainsSubstring("text/plain; version=0.0.4"));
  CHECK_THAT(ran.output, ContainsSubstring("penstock_events_out_total{pipeline=\"example\"} "));
  CHECK_THAT(ran.output, ContainsSubstring("penstock_alert_firing{pipeline=\"example\",rule=\"p99 latency\"} 1"));
  CHECK_THAT(ran.output, ContainsSubstring("ended well"));
  CHECK_THAT(read(log), ContainsSubstring("p99 latency FIRES") && ContainsSubstring("2 requests were answered"));
}

TEST_CASE("latency_monitoring: what cannot work is refused") {
  const Run unknown = run(PENSTOCK_LATENCY_MONITORING " --host 192.0.2.1 --port 9");
  CHECK(unknown.status == 1);
  CHECK_THAT(unknown.output, ContainsSubstring("latency_monitoring: 192.0.2.1:9: found"));
  for (const char* const wrong : {"--rate 0", "--port 70000", "--limit-ms 0", "--seconds -1"}) {
    CAPTURE(wrong);
    CHECK(run(std::string(PENSTOCK_LATENCY_MONITORING " ") + wrong).status != 0);
  }
}
