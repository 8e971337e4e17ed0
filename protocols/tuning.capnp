@0xa7c4e2950d8b6f13;
# What a sync has found out about how it is best read, and what it changed for that.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

enum TuningKnob {
  pageSize @0;
  # Records asked for at once.
  interval @1;
  # Milliseconds between the runs of its schedule.
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
  # pageSize: records a second, at `from`. interval: the part of the runs that brought something.
  after @6 :Float64;
  # The same at `to`; 0 while it is tried.
  atMs @7 :Int64;
}

struct TuningMeter {
  # What was measured since the last change.
  pages @0 :UInt32;
  records @1 :UInt64;
  tookMs @2 :UInt64;
  size @3 :UInt32;
  # Of the pages.
}

struct TuningState {
  pageSize @0 :UInt32;
  # 0: as the source has it.
  usualSize @1 :UInt32;
  # That of the source, and the most that it allows; 0: it lets nobody choose.
  mostSize @2 :UInt32;
  meter @3 :TuningMeter;
  rate @4 :Float64;
  # Records a second at the size that is tried from; 0: not measured yet.
  trying @5 :Bool;
  smaller @6 :Bool;
  # The next is tried in that direction.
  setbacks @7 :UInt32;
  # In a row.
  restsFor @8 :UInt32;
  # Pages before the next is tried.
  intervalMs @9 :UInt64;
  # 0: as the schedule has it.
  empty @10 :UInt32;
  # Runs in a row that brought nothing new.
  full @11 :UInt32;
  # Runs in a row that brought something.
  changes @12 :List(TuningChange);
  # The newest first, at most 20.
  brought @13 :Float64;
  # The part of runs that brought something, the newest counting most.
}
