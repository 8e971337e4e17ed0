@0xf38a0d7c62be5194;
# How much may be asked of one platform by everything that shares the limit. Callers take
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
  cost @4;
  # Points: at most `amount` at a time, of which `restored` come back evenly in each period.
  daily @5;
  # So many in a day of the platform, which begins when its clocks show `startsMs`; without a time
  # zone, so many in any period of that length.
}

struct QuotaBucket {
  # As the connector's manifest has it. The first caller's word makes the bucket; a changed one
  # changes it.
  name @0 :Text;
  # 1 to 128 bytes.
  kind @1 :QuotaKind;
  amount @2 :UInt32;
  # At least 1. At most 10000 for sliding, because each moment is remembered, 1000 for concurrency,
  # and a hundred million for cost; otherwise at most a thousand million.
  periodMs @3 :UInt64;
  # At most 31 days. Means nothing for concurrency, and for daily in a time zone.
  restored @4 :UInt32;
  # cost: from 1 to `amount`.
  zone @5 :Text;
  # daily: an IANA name.
  startsMs @6 :UInt64;
  # daily: after midnight.
  keptPercent @7 :UInt8;
  # What those who are not interactive leave. At most 90.
  estimate @8 :UInt32;
  # What a request is taken for until an answer has said what one costs; 0: one.
}

struct QuotaCommand {
  union {
    take :group $T.reply("Granted") {
      # One request for all these buckets together, or refused with the time to wait and nothing taken.
      buckets @0 :List(QuotaBucket);
      # At most 16, each name once. A quota remembers 64; those at rest make room.
      leaseMs @1 :UInt64 = 300000;
      # The request is over after this long, if nobody says before that it is. At most a day.
      prices @8 :List(UInt32);
      # For each bucket in turn what the request takes of it; one where there is none. 0: as much as
      # the answers have cost lately, at least one.
      asker @9 :Text;
      # Who asks: among those who wait, each gets shares by its weight. Empty: it waits in no line.
      weight @10 :UInt32 = 1;
      # 1 to 64.
      interactive @11 :Bool;
      # Somebody waits for it: it may take what is kept from others.
      lifeAtMs @33 :Int64;
      # When the node began to live that sends the request; 0: it does not say. Who says it gives
      # back every grant when the answer is there: until then, sliding buckets count the request as
      # if it could still arrive. What an earlier life sent arrived before this one began.
      patienceMs @34 :UInt64;
      # For how long the platform may work at it when its sender has died, and nobody will hear the
      # answer. 0: as long as the lease.
    }
    giveBack :group {
      # The request is over: its concurrency places are free, its sliding ones a period from now.
      # Not answered.
      grant @2 :UInt64;
    }
    observed :group {
      # What the platform said of its own limit. Not answered. It holds until the reset, which is
      # taken to be at most 31 days away. A word about an earlier reset came late and is ignored.
      bucket @3 :Text;
      remaining @4 :UInt32;
      resetAtMs @5 :Int64;
      # 0: it does not say. Then there is no more than `remaining` left now.
      limit @12 :UInt32;
      windowMs @13 :UInt64;
      restored @14 :UInt32;
      # How large it says that the bucket is, how long its period, how much comes back in one; each
      # 0: it does not say. Its word goes before the manifest's.
      knowsRemaining @15 :Bool = true;
    }
    throttled :group {
      # The platform refused (429): nobody asks before this. Not answered.
      untilAtMs @6 :Int64;
      buckets @35 :List(Text);
      # Only who takes from one of these waits; none: everybody.
    }
    catchUp @7 :Void;
    # Somebody was told to wait for longer than a bucket ever makes one wait: the clock was set back.
    # What was counted in its future counts from now on. Not answered.
    settle :group {
      # What a request has cost, where more or less was taken for it. Not answered.
      bucket @16 :Text;
      taken @17 :UInt32;
      price @18 :UInt32;
      takenAtMs @19 :Int64;
    }
    pressed :group {
      # The platform says how much of its patience is used up, and not in requests. Until then, all
      # buckets but places and days are this part of themselves. Not answered.
      perMille @20 :UInt32;
      # 1 to 1000.
      untilAtMs @21 :Int64;
    }
    readStanding @22 :Void $T.reply("Standing");
    stepBack :group {
      # Another quota that the request needs made it wait: what it took here goes back, as far as that
      # is surely free, and it keeps a place in the line until it comes again. Not answered.
      grant @23 :UInt64;
      # 0: nothing was taken.
      takenAtMs @24 :Int64;
      buckets @25 :List(QuotaBucket);
      amounts @26 :List(UInt32);
      # Of each bucket in turn, as taken; as `prices` of a take where nothing was.
      asker @27 :Text;
      weight @28 :UInt32 = 1;
      interactive @29 :Bool;
      sinceAtMs @30 :Int64;
      # When it came first.
      untilAtMs @31 :Int64;
      # When it will come again; 0: it will not.
    }
    tidy @32 :Void;
    # Asked of itself, after a long time without takes: a quota that is at rest is forgotten.
  }
}

struct QuotaHeadroom {
  # Of one bucket, now.
  bucket @0 :QuotaBucket;
  left @1 :UInt32;
  # By our own count, and by the platform's word where that is less.
  waitMs @2 :UInt64;
  # Until there is one.
}

struct QuotaStanding {
  buckets @0 :List(QuotaHeadroom);
  # Those from which anything was taken.
  blockedUntilAtMs @1 :Int64;
  # The platform asked everyone to wait, or for each of the buckets; past: it does not.
  perMille @2 :UInt32;
  # Of the buckets that the platform's patience leaves; 1000: all.
}

struct QuotaGranted {
  grant @0 :UInt64;
  # 0: not yet. Come again after `wait`, and keep the place in the line.
  waitMs @1 :UInt64;
  slowest @2 :Text;
  # The bucket that makes it wait.
  atMs @3 :Int64;
  taken @4 :List(UInt32);
  # From each bucket in turn.
  buckets @5 :List(QuotaBucket);
  # As they are counted: with the platform's own word.
}

struct QuotaShare {
  bucket @0 :Text;
  amount @1 :UInt32;
}

struct QuotaAsker {
  # Somebody who takes by turns with others.
  name @0 :Text;
  lead @1 :UInt64;
  # How far it is ahead of the others in what it got, by its weight: a start tag of fair queueing.
  interactive @2 :Bool;
  waitsUntilAtMs @3 :Int64;
  # A place in the line; nobody waits for it any longer than this.
  waitsSinceAtMs @4 :Int64;
  waitsFor @5 :List(QuotaShare);
}

struct QuotaEvent {
  union {
    taken :group {
      grant @0 :UInt64;
      buckets @1 :List(QuotaBucket);
      atMs @2 :Int64;
      leaseMs @3 :UInt64;
      amounts @10 :List(UInt32);
      asker @11 :Text;
      weight @12 :UInt32;
      interactive @13 :Bool;
      charge @14 :UInt64;
      # How long its slowest bucket takes to restore it, in microseconds.
      lifeAtMs @47 :Int64;
      patienceMs @48 :UInt64;
    }
    returned :group {
      grant @4 :UInt64;
      atMs @49 :Int64;
    }
    limited :group {
      bucket @5 :Text;
      remaining @6 :UInt32;
      resetAtMs @7 :Int64;
      atMs @34 :Int64;
    }
    blocked :group {
      untilAtMs @8 :Int64;
      buckets @50 :List(Text);
      # None: everybody.
    }
    caughtUp :group {
      atMs @9 :Int64;
    }
    queued :group {
      # A place in the line, or another one.
      asker @15 :Text;
      interactive @16 :Bool;
      atMs @17 :Int64;
      untilAtMs @18 :Int64;
      shares @19 :List(QuotaShare);
    }
    measured :group {
      # The platform's own word about a bucket's size.
      bucket @20 :Text;
      limit @21 :UInt32;
      windowMs @22 :UInt64;
      restored @23 :UInt32;
    }
    lowered :group {
      # There is no more left than this.
      bucket @24 :Text;
      remaining @25 :UInt32;
      atMs @26 :Int64;
    }
    settled :group {
      bucket @27 :Text;
      taken @28 :UInt32;
      price @29 :UInt32;
      takenAtMs @30 :Int64;
      atMs @31 :Int64;
    }
    slowed :group {
      perMille @32 :UInt32;
      untilAtMs @33 :Int64;
    }
    steppedBack :group {
      grant @35 :UInt64;
      takenAtMs @36 :Int64;
      asker @37 :Text;
      weight @38 :UInt32;
      interactive @39 :Bool;
      charge @40 :UInt64;
      atMs @41 :Int64;
      sinceAtMs @42 :Int64;
      untilAtMs @43 :Int64;
      # 0: it keeps no place.
      shares @44 :List(QuotaShare);
    }
    tidied :group {
      atMs @45 :Int64;
      empty @46 :Bool;
      # All was at rest, and is forgotten.
    }
  }
}

struct QuotaPlace {
  # What a request takes while it is under way: a concurrency place, or of a sliding bucket.
  grant @0 :UInt64;
  untilAtMs @1 :Int64;
  # It is over by then, whether or not anybody says so.
  sinceAtMs @2 :Int64;
  units @3 :UInt32 = 1;
  lifeAtMs @4 :Int64;
  patienceMs @5 :UInt64;
  # As in the take.
}

struct QuotaSlot {
  # What was taken in a part of a day.
  beginsAtMs @0 :Int64;
  taken @1 :UInt32;
}

struct QuotaLevel {
  # What one bucket remembers.
  bucket @0 :QuotaBucket;
  paidAtMs @1 :Int64;
  paidRest @8 :UInt32;
  # token and cost: the moment up to which what was taken is paid for (GCRA's theoretical arrival
  # time), and the rest in parts of a millisecond, as many as come back in a period: no fraction is
  # ever lost.
  windowAtMs @2 :Int64;
  taken @3 :UInt32;
  # fixed, and daily in a time zone: when the window began, and what was taken in it.
  grantedAtMs @4 :List(Int64);
  # sliding: when each was over that may still count; granted, where nobody says when it is over.
  places @5 :List(QuotaPlace);
  remaining @6 :UInt32;
  resetAtMs @7 :Int64;
  # The platform's own word; only asked while resetAt is ahead.
  slots @9 :List(QuotaSlot);
  # daily without a time zone.
  expected @10 :UInt32;
  # What answers have cost lately; 0: nobody knows.
  toldLimit @11 :UInt32;
  toldWindowMs @12 :UInt64;
  toldRestored @13 :UInt32;
  # The bucket as the platform says it is; 0: as the manifest has it.
  toldAtMs @14 :Int64;
  # When `remaining` was told.
  blockedUntilAtMs @15 :Int64;
  # The platform asked those to wait who take from this one.
}

struct QuotaState {
  levels @0 :List(QuotaLevel);
  blockedUntilAtMs @1 :Int64;
  grants @2 :UInt64;
  line @3 :List(QuotaAsker);
  # At most 256.
  perMille @4 :UInt32;
  pressedUntilAtMs @5 :Int64;
  tidyAtMs @6 :Int64;
  # When it is next looked whether anything is left to remember; moved on by takes, a day at a time.
}
