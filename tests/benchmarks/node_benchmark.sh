#!/usr/bin/env bash
# A whole node, as it is delivered: syncs of 1 KB records, 200 a page, from an API over HTTP into a
# collection, both on this machine; then its start with what was stored, and what it needs at rest.
#
# builds: tenon paged_api
#
#   tests/benchmarks/node_benchmark.sh <folder of the build> [records...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built=$1
shift
((${#})) || set -- 200000 1000000
# shellcheck source=tests/benchmarks/figures.sh
source tests/benchmarks/figures.sh
rest=10 # seconds of looking at a node at rest

resources() { # url
  cat <<END
kind: connector
name: made_up
spec:
  connector: made_up
  version: 1
  base: "{{conn.base_url}}"
  params: {base_url: {title: Address}}
  streams:
    records:
      request: {get: /records, query: {limit: 200}}
      records: data
      key: id
      page: {cursor: {from: next, to: after}}
      cursor: {time: {field: updated_at, from: updated_since}}
---
kind: integration
name: made_up
spec: {connector: made_up, config: {base_url: "$1"}}
---
kind: sync
name: records
spec:
  from: {connector: {integration: made_up, stream: records}}
  into: records
END
}

sync_once() { # records goal_of_rate goal_of_memory
  local count=$1 ran
  rm -rf "$work/data" "$work/api.port"
  start "$work/api.log" "$built/paged_api" --generate "$count" --port-file "$work/api.port"
  local api=$pid
  await "$api" "$work/api.log" test -s "$work/api.port"
  start_node --allow-network 127.0.0.0/8
  resources "http://127.0.0.1:$(<"$work/api.port")" >"$work/resources.yaml"
  "$built/tenon" apply -f "$work/resources.yaml" >"$work/apply.log" || fail "$(<"$work/apply.log")"
  "$built/tenon" --no-color sync run records --watch >"$work/sync.log" 2>&1 || fail "$(<"$work/sync.log")"
  end "$api"
  ran=$(run_of records)
  local stored seconds
  read -r stored seconds <<<"$ran"
  ((stored == count)) || fail "$stored of $count records were stored"
  figure "one sync of $(commas "$count") records of 1 KB, 200 a page" "$2" \
    "$(commas "$(awk -v n="$count" -v s="$seconds" 'BEGIN { print n / s }')")/s"
  figure "  most memory of the node meanwhile" "$3" \
    "$(memory VmHWM) MB, of it its own $(memory RssAnon) MB at the end"
}

# Ended by force, so that all that a crash leaves is read again.
kill_node() {
  kill -KILL "$node"
  wait "$node" 2>/dev/null || true
}

started_in() {
  local began=$EPOCHREALTIME
  start_node --allow-network 127.0.0.0/8
  awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f ms", (b - a) * 1000 }'
}

forget_pages() { # the files leave the kernel's memory, as after the machine's start
  local file
  for file in "$work"/data/*.mdb; do dd if="$file" iflag=nocache count=0 status=none; done
}

ticks() { awk '{ print $14 + $15 }' "/proc/$node/stat"; }

while (($#)); do
  goals=(- -)
  (($# > 1)) || goals=(">= 50,000/s" "<= 256 MB")
  sync_once "$1" "${goals[@]}"
  shift
  (($# == 0)) || end "$node"
done

kill_node
size="$(du -sm "$work/data" | cut -f 1) MB of data"
took=$(mktemp "$work/took.XXXX")
started_in >"$took"
figure "start to ready, $size, after SIGKILL" "<= 1 s" "$(<"$took")"
end "$node"
started_in >"$took"
figure "start to ready, $size, after a clean stop" "<= 1 s" "$(<"$took")"
end "$node"
forget_pages
started_in >"$took"
figure "start to ready, $size, none of it in memory" "-" "$(<"$took")"
before=$(ticks)
sleep "$rest"
used=$(($(ticks) - before))
figure "memory at rest, $size" "<= 64 MB" "$(memory VmRSS) MB, of it its own $(memory RssAnon) MB"
figure "processor at rest, over $rest s" "<= 1 %" \
  "$(awk -v t=$used -v hz="$(getconf CLK_TCK)" -v s=$rest 'BEGIN { printf "%.2f %%", t / hz / s * 100 }')"
