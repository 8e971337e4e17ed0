# What the scripts beside this file share: lines of the table that `./dev bench` prints, a place on
# the disk that is measured, and processes that end with the script.
# shellcheck shell=bash

# One line of the table: what, its goal, what was measured, what stands beside it.
figure() {
  printf '%s: %s (goal %s; beside: %s)\n' "$1" "$3" "$2" "${4:--}"
  [[ -z ${TENON_FIGURES:-} ]] || printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:--}" >>"$TENON_FIGURES"
}

# On the disk of the repository, as a node's data would be: never in memory.
mkdir -p out
work=$(mktemp -d "$PWD/out/bench.XXXXXX")
started=()

# shellcheck disable=SC2317 # called by the trap
end_all() {
  local pid
  for pid in "${started[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  wait || true
  rm -rf "$work"
}
trap end_all EXIT

# Starts a command whose process the script ends, and leaves its number in `pid`.
start() { # log command...
  local log=$1
  shift
  "$@" >"$log" 2>&1 &
  pid=$!
  started+=("$pid")
}

end() { # pid
  kill -TERM "$1"
  wait "$1" || true
  local kept=() one
  for one in "${started[@]}"; do [[ $one == "$1" ]] || kept+=("$one"); done
  started=("${kept[@]}")
}

# Waits until a command succeeds, for a minute at most and only while the process lives.
await() { # pid log command...
  local pid=$1 log=$2 until=$((SECONDS + 60))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= until)) || ! kill -0 "$pid" 2>/dev/null; then
      tail -n 15 "$log" >&2
      echo "not ready: see above" >&2
      exit 1
    fi
    sleep 0.01
  done
}

# For servers that cannot be asked for port zero.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

commas() { LC_ALL=C awk -v n="$1" 'BEGIN {
  t = sprintf("%.0f", n)
  while (match(t, /^[0-9]+[0-9][0-9][0-9](,|$)/)) {
    l = index(t, ",") ? index(t, ",") - 1 : length(t)
    t = substr(t, 1, l - 3) "," substr(t, l - 2)
  }
  print t }'; }

ratio() { LC_ALL=C awk -v a="$1" -v b="$2" 'BEGIN { printf "x%.2f", a / b }'; }

fail() {
  echo "$*" >&2
  exit 1
}

export XDG_RUNTIME_DIR=$work # where a node says to clients how to find it

# A node of the build in `built`, ready, whose process is in `node`; its address is in node.port.
start_node() { # options...
  : "${built:?names the build whose programs run}"
  rm -f "$work/node.port"
  start "$work/node.log" "$built/tenon" node --data "$work/data" --http 127.0.0.1:0 \
    --port-file "$work/node.port" "$@"
  # shellcheck disable=SC2034 # of those who call
  node=$pid
  await "$pid" "$work/node.log" test -s "$work/node.port"
  await "$pid" "$work/node.log" curl -fsS "http://127.0.0.1:$(<"$work/node.port")/readyz"
}

memory() { awk -v f="$1:" '$1 == f { printf "%.0f", $2 / 1024 }' "/proc/$node/status"; } # in MB

# Of a sync's newest run: what it stored, and the seconds from its beginning to its end.
run_of() { # sync
  "$built/tenon" --json sync status "$1" | python3 -c '
import datetime, json, sys
def find(tree, name):
    if isinstance(tree, dict):
        if name in tree: return tree
        tree = list(tree.values())
    return next(filter(None, map(lambda t: find(t, name), tree)), None) if isinstance(tree, list) else None
run = find(json.load(sys.stdin), "started_at")
at = lambda name: datetime.datetime.fromisoformat(run[name].replace("Z", "+00:00"))
print(run["stored"], (at("ended_at") - at("started_at")).total_seconds())'
}
