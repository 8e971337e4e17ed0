@0x9c3be1f07a5d2846;
# How a sync has gone over time.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

struct AccountBucket {
  # What happened in an hour or a day that begins then, in UTC. Runs count where they ended.
  begunAtMs @0 :Int64;
  succeeded @1 :UInt64;
  failed @2 :UInt64;
  cancelled @3 :UInt64;
  pages @4 :UInt64;
  read @5 :UInt64;
  stored @6 :UInt64;
  deadLettered @7 :UInt64;
  retries @8 :UInt64;
  bytes @9 :UInt64;
  busyMs @10 :UInt64;
  # As of a run.
}

struct AccountRate {
  # Of runs: how fast they read while they were busy.
  runs @0 :UInt64;
  recordsPerSecond @1 :Float64;
  bytesPerSecond @2 :Float64;
}

struct AccountStatistics {
  succeeded @0 :UInt64;
  # Of the runs that are kept.
  failed @1 :UInt64;
  underWay @2 :AccountRate;
  # 0 runs: none is.
  newest @3 :AccountRate;
  # The last runs that ended.
  wholeAtMs @4 :Int64 $T.optional;
  # When the newest reading began that has seen all there was: what was there then has been seen.
  lagMs @5 :UInt64 $T.optional;
  # Since then.
  hours @6 :List(AccountBucket);
  # The last 48, without a gap, the present one last.
  days @7 :List(AccountBucket);
  # The last 30.
  from @8 :Text;
  # Of a sync that writes: the collection, which knows what is still to be delivered.
}
