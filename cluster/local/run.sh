#!/usr/bin/env bash
# Three nodes on this machine that are one cluster: the first is made one, two join with tokens, and
# each partition comes to have three replicas. It shows `tenon cluster status`, stays until Ctrl-C
# and then ends all three. `./dev cluster` builds first.
#
#   cluster/local/run.sh <folder of the build, from the repository's root>
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built=$1

fail() {
  printf 'cluster: %s\n' "$@" >&2
  exit 1
}

work=out/cluster
pids=()

# All are asked to end; whoever has not after 15 seconds is ended.
# shellcheck disable=SC2317 # called by the trap
stop_all() {
  trap - EXIT INT TERM
  local pid until=$((SECONDS + 15))
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    while kill -0 "$pid" 2>/dev/null && ((SECONDS < until)); do sleep 0.05; done
    ! kill -KILL "$pid" 2>/dev/null || echo "cluster: process $pid had to be ended by force" >&2
  done
  wait || true
}

# Waits until a command succeeds, at most 60 seconds and only while the process lives.
await() { # pid log command...
  local pid=$1 log=$2 until=$((SECONDS + 60))
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || { tail -n 15 "$log" >&2; fail "it ended at its start; see $log"; }
    ((SECONDS < until)) || { tail -n 15 "$log" >&2; fail "not ready after a minute; see $log"; }
    sleep 0.05
  done
}

# One node, with what is said behind its number; its data is kept from one time to the next. All
# have one owner's key, so that each of them answers the same client.
start() { # number words...
  local n=$1 log=$work/$1.log
  shift
  rm -f "$work/$n.port"
  XDG_RUNTIME_DIR=$work/$n.run "$built/tenon" node --data "$work/$n" --name "node-$n" \
    --http 127.0.0.1:0 --port-file "$work/$n.port" --cluster-address 127.0.0.1:0 \
    --allow-network 127.0.0.0/8 "$@" >"$log" 2>&1 &
  pids+=($!)
  await $! "$log" test -s "$work/$n.port"
}

url() { echo "http://127.0.0.1:$(<"$work/$1.port")"; }

is_whole() {
  "${tenon[@]}" cluster status | grep -q '3 nodes' &&
    ! "${tenon[@]}" cluster status | grep -qE '^partition'
}

main() {
  trap stop_all EXIT
  trap 'exit 0' INT TERM
  local n tenon token door
  mkdir -p "$work"/{1,2,3}.run
  [[ -s $work/key ]] || echo "tn_local_$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$work/key"
  chmod 600 "$work/key"
  TENON_OWNER_KEY=$(<"$work/key")
  TENON_KEY=$TENON_OWNER_KEY
  export TENON_OWNER_KEY TENON_KEY
  start 1
  tenon=("$built/tenon" --server "$(url 1)")
  "${tenon[@]}" cluster init local
  door=$("${tenon[@]}" --json cluster status | sed -n 's/.*"address": *"\([^"]*\)".*/\1/p' | head -n 1)
  for n in 2 3; do
    if [[ -d $work/$n ]]; then
      start "$n" --join "$door"
    else
      token=$("${tenon[@]}" cluster token 2>/dev/null)
      TENON_JOIN_TOKEN=$token start "$n" --join "$door"
    fi
  done
  echo "Waiting until each partition has three replicas"
  await "${pids[0]}" "$work/1.log" is_whole
  "${tenon[@]}" cluster status
  cat <<END

Any of them takes any request:
  $(url 1)   process ${pids[0]}
  $(url 2)   process ${pids[1]}
  $(url 3)   process ${pids[2]}
End one as roughly as you like (kill -9 ${pids[1]}) and look:
  $built/tenon --server $(url 1) cluster status
Their data is in $work (kept; remove it to begin anew). Ctrl-C stops all.
END
  while :; do wait -n || true; [[ -z $(jobs -pr) ]] && break; done
}

main
