@0xf38a0d7c62be5194;
# How much may be asked of one platform by everything that uses the integration together. Callers take
# before each request and tell what the platform said about its own limit.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

enum QuotaKind {
  token @0;
  # A bucket that refills evenly; short bursts up to its size.
  fixed @1;
  # So many in each period that starts at a multiple of it.
  sliding @2;
  # So many in any period of that length.
  concurrency @3;
  # So many at the same time.
}

struct QuotaBucket {
  # As the connector's manifest has it. The first caller's word makes the bucket; a changed one
  # changes it.
  name @0 :Text;
  # 1 to 128 bytes.
  kind @1 :QuotaKind;
  amount @2 :UInt32;
  # At least 1. At most 10000 for sliding, because each moment is remembered, and 1000 for
  # concurrency; otherwise at most a thousand million.
  periodMs @3 :UInt64;
  # At most 31 days. Means nothing for concurrency.
}

struct QuotaCommand {
  union {
    take :group $T.reply("Granted") {
      # One request for all these buckets together, or refused with the time to wait and nothing taken.
      buckets @0 :List(QuotaBucket);
      # At most 16, each name once. A quota remembers 64; those at rest make room.
      leaseMs @1 :UInt64 = 300000;
      # A concurrency place is given back after this long if nobody does. At most a day.
    }
    giveBack :group {
      # The request is over: frees its concurrency places. Not answered.
      grant @2 :UInt64;
    }
    observed :group {
      # What the platform said of its own limit. Not answered. It holds until the reset, which is
      # taken to be at most 31 days away. A word about an earlier reset came late and is ignored.
      bucket @3 :Text;
      remaining @4 :UInt32;
      resetAtMs @5 :Int64;
    }
    throttled :group {
      # The platform refused (429): nobody asks before this. Not answered.
      untilAtMs @6 :Int64;
    }
    catchUp @7 :Void;
    # Somebody was told to wait for longer than a bucket ever makes one wait: the clock was set back.
    # What was counted in its future counts from now on. Not answered.
  }
}

struct QuotaGranted {
  grant @0 :UInt64;
}

struct QuotaEvent {
  union {
    taken :group {
      grant @0 :UInt64;
      buckets @1 :List(QuotaBucket);
      atMs @2 :Int64;
      leaseMs @3 :UInt64;
    }
    returned :group {
      grant @4 :UInt64;
    }
    limited :group {
      bucket @5 :Text;
      remaining @6 :UInt32;
      resetAtMs @7 :Int64;
    }
    blocked :group {
      untilAtMs @8 :Int64;
    }
    caughtUp :group {
      atMs @9 :Int64;
    }
  }
}

struct QuotaPlace {
  # A concurrency place that is taken.
  grant @0 :UInt64;
  untilAtMs @1 :Int64;
}

struct QuotaLevel {
  # What one bucket remembers.
  bucket @0 :QuotaBucket;
  paidAtMs @1 :Int64;
  paidRest @8 :UInt32;
  # token: the moment up to which what was taken is paid for (GCRA's theoretical arrival time), and
  # the rest in parts of a millisecond, as many as `amount`: no fraction is ever lost.
  windowAtMs @2 :Int64;
  taken @3 :UInt32;
  # fixed: the window and what was taken in it.
  grantedAtMs @4 :List(Int64);
  # sliding: when each of the last `amount` was granted.
  places @5 :List(QuotaPlace);
  remaining @6 :UInt32;
  resetAtMs @7 :Int64;
  # The platform's own word; only asked while resetAt is ahead.
}

struct QuotaState {
  levels @0 :List(QuotaLevel);
  blockedUntilAtMs @1 :Int64;
  grants @2 :UInt64;
}
