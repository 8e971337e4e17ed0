#!/usr/bin/env bash
# The quickstart: a node and a sample API as two processes, the resources of this folder, one run of
# each sync, and where to look. It stays until Ctrl-C and then ends both. `./dev run` builds first.
#
#   config/samples/quickstart/run.sh <folder of the build, from the repository's root>
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
built=$1

fail() {
  printf 'run: %s\n' "$@" >&2
  exit 1
}

work=out/quickstart
api_pid='' node_pid=''

# Both are asked to end; whoever has not after 15 seconds is ended.
# shellcheck disable=SC2317 # called by the trap
stop_both() {
  trap - EXIT INT TERM
  local pid until=$((SECONDS + 15))
  for pid in $node_pid $api_pid; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  for pid in $node_pid $api_pid; do
    while kill -0 "$pid" 2>/dev/null && ((SECONDS < until)); do sleep 0.05; done
    ! kill -KILL "$pid" 2>/dev/null || echo "run: process $pid had to be ended by force" >&2
  done
  wait || true
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Waits until a command succeeds, at most 30 seconds and only while the process lives.
await() { # pid log command...
  local pid=$1 log=$2 until=$((SECONDS + 30))
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || { tail -n 15 "$log" >&2; fail "it ended at its start; see $log"; }
    ((SECONDS < until)) || { tail -n 15 "$log" >&2; fail "not ready after 30 seconds; see $log"; }
    sleep 0.05
  done
}

# The port that was preferred, or 0 for any.
port_near() { if is_free "$1"; then echo "$1"; else echo 0; fi; }

start_both() {
  mkdir -p "$work"
  rm -f "$work"/*.port
  "$built/paged_api" --http "127.0.0.1:$(port_near 7401)" --port-file "$work/api.port" \
    --db "$built/chinook.sqlite" --key chinook-sample-key >"$work/api.log" 2>&1 &
  api_pid=$!
  "$built/tenon" node --data "$work/data" --http "127.0.0.1:$(port_near 7400)" \
    --port-file "$work/node.port" --allow-network 127.0.0.0/8 --allow-files "$built" \
    >"$work/node.log" 2>&1 &
  node_pid=$!
  await "$api_pid" "$work/api.log" test -s "$work/api.port"
  await "$node_pid" "$work/node.log" test -s "$work/node.port"
  url=http://127.0.0.1:$(<"$work/node.port")
  await "$node_pid" "$work/node.log" curl -fsS --max-time 2 "$url/readyz"
}

main() {
  trap stop_both EXIT
  trap 'exit 0' INT TERM
  local url file name names
  start_both
  local tenon=("$built/tenon" --server "$url")
  # The samples as they are, but for the port of the API where 7401 was taken.
  rm -rf "$work/resources"
  mkdir "$work/resources"
  for file in config/samples/quickstart/*.yaml; do
    sed "s|127\.0\.0\.1:7401|127.0.0.1:$(<"$work/api.port")|" "$file" \
      >"$work/resources/$(basename "$file")"
  done
  "${tenon[@]}" apply -f "$work/resources"
  mapfile -t names < <(sed -n '/^kind: sync$/{n;s/^name: //p}' "$work"/resources/*.yaml)
  for name in "${names[@]}"; do
    "${tenon[@]}" sync run "$name" --watch
  done
  printf '\n%s\n' "A few of the records, as they are kept now:"
  "${tenon[@]}" records api_customers --limit 3
  cat <<END

The node runs at $url
  resources, syncs, records   $built/tenon get syncs (and: tenon --help)
  what the API offers         $url/openapi.json
  metrics                     $url/metrics
  what was applied            $work/resources
  its data                    $work/data (kept; remove it to begin anew)
  its log                     $work/node.log
The sample API runs at http://127.0.0.1:$(<"$work/api.port"). Ctrl-C stops both.
END
  wait -n "$node_pid" "$api_pid" || true
  fail "a process ended by itself; see $work/node.log and $work/api.log"
}

main
