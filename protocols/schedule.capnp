@0x8c61f4e90b27d3a5;
# Starts a sync at its times.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";

struct ScheduleSpec {
  sync @0 :Text $T.required;
  # The sync to start.

  cron @1 :Text;
  # Five fields (minute hour day month weekday), or six with seconds first; or a nickname such as
  # "@daily".

  everyMs @2 :UInt64;
  # Or a fixed distance of 1s to 366d, counted from when the schedule was made. One of cron and every.

  timezone @3 :Text = "UTC";
  # An IANA name.

  paused @4 :Bool;
}

struct ScheduleCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    ring @3 :Void;
    # The schedule's own: its time has come. Times that passed while nobody was there ring once.
    pace :group {
      # From its sync, which knows how often there is something new: the distance from now on, until
      # the schedule is configured anew. 0: that of the spec. Not answered; one with times instead
      # of a distance ignores it.
      everyMs @4 :UInt64;
    }
  }
}

struct ScheduleEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    planned :group {
      nextAtMs @2 :Int64;
    }
    rang :group {
      atMs @3 :Int64;
      nextAtMs @4 :Int64;
    }
    paced :group {
      everyMs @5 :UInt64;
      nextAtMs @6 :Int64;
    }
  }
}

struct ScheduleState {
  record @0 :R.ResourceRecord;
  nextAtMs @1 :Int64;
  # 0: never.
  lastAtMs @2 :Int64;
  rings @3 :UInt64;
  everyMs @4 :UInt64;
  # As its sync has it; 0: as the spec has it.
}
