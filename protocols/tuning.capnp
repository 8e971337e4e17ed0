@0xa7c4e2950d8b6f13;
# What a sync has found out about how it is best read or written, and what it changed for that.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

enum TuningKnob {
  pageSize @0;
  # Records asked for at once.
  interval @1;
  # Milliseconds between the runs of its schedule.
  batchSize @2;
  # Records written at once: by one call, in one transaction.
  concurrency @3;
  # Calls of one sync that are under way at once.
}

struct TuningSetting {
  # What somebody may choose, and what was chosen.
  knob @0 :TuningKnob;
  set @1 :UInt32;
  usual @2 :UInt32;
  most @3 :UInt32;
}

enum TuningVerdict {
  tried @0;
  # Nobody knows yet what it is good for.
  kept @1;
  reverted @2;
}

struct TuningChange {
  knob @0 :TuningKnob;
  from @1 :UInt64;
  to @2 :UInt64;
  verdict @3 :TuningVerdict;
  why @4 :Text;
  before @5 :Float64;
  # Records a second, at `from`. interval: the part of the runs that brought something.
  after @6 :Float64;
  # The same at `to`; 0 while it is tried.
  atMs @7 :Int64;
}

struct TuningMeter {
  # What was measured since the last change.
  pages @0 :UInt32;
  records @1 :UInt64;
  tookMs @2 :UInt64;
}

struct TuningClimb {
  # One thing that is tried, apart from the others.
  knob @0 :TuningKnob;
  set @1 :UInt32;
  # 0: as it usually is.
  usual @2 :UInt32;
  # That of the source or the destination, and the most that it allows; 0: it lets nobody choose.
  most @3 :UInt32;
  less @4 :Bool;
  # The next is tried in that direction.
  setbacks @5 :UInt32;
  # In a row.
  restsFor @6 :UInt32;
  # Pages before the next is tried.
}

struct TuningState {
  climbs @0 :List(TuningClimb);
  turn @1 :UInt32;
  # Of the climbs, which tries next.
  meter @2 :TuningMeter;
  rate @3 :Float64;
  # Records a second before what is tried; 0: not measured yet.
  trying @4 :Bool;
  intervalMs @5 :UInt64;
  # 0: as the schedule has it.
  empty @6 :UInt32;
  # Runs in a row that brought nothing new.
  full @7 :UInt32;
  # Runs in a row that brought something.
  changes @8 :List(TuningChange);
  # The newest first, at most 20.
  brought @9 :Float64;
  # The part of runs that brought something, the newest counting most.
}
