@0xd2c7915be84fa603;
# Starts syncs when a hook brings something. It is called by what it listens to:
# "<integration>:<hook>".

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";

struct TriggerSpec {
  syncs @0 :List(Text) $T.required;
  # To start, each on its own: 1 to 50.

  apartMs @1 :UInt64 = 10000;
  # Two starts of a sync are at least this far apart: 1s to 1d.

  paused @2 :Bool;
  # What comes meanwhile starts nothing, also later.
}

struct TriggerCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    hear @3 :Void $T.reply("Promised");
    # The hook has brought something. Once it is answered, a run of each sync will begin after it.
    dueNow @4 :Void;
    # The trigger's own: a sync is to be started.
    begun :group {
      # The outcome of TriggerStart.
      number @5 :UInt64;
      joined @6 :Bool;
      # A run was under way, which may have read before it came: another has to follow.
      why @7 :Text;
      # It could not be started.
    }
  }
}

struct TriggerPromised {
  syncs @0 :UInt32;
  # That will run; 0: there is no trigger, or it is paused.
}

struct TriggerStart $T.outcome("begun") {
  number @0 :UInt64;
  sync @1 :Text;
}

struct TriggerEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    noticed :group {
      atMs @2 :Int64;
    }
    began :group {
      sync @3 :Text;
    }
    started :group {
      number @4 :UInt64;
      atMs @5 :Int64;
    }
    putOff :group {
      number @6 :UInt64;
      untilAtMs @7 :Int64;
      why @8 :Text;
      # Empty: it joined another run.
    }
  }
}

struct TriggerTarget {
  # One of its syncs.
  sync @0 :Text;
  waiting @1 :Bool;
  # Something came after which no run has begun.
  dueAtMs @2 :Int64;
  # While it waits and nobody is asked: when it is to be started.
  asking @3 :UInt64;
  # The number of the start that is under way; 0: none.
  startedAtMs @4 :Int64;
  failures @5 :UInt32;
  why @6 :Text;
}

struct TriggerState {
  record @0 :R.ResourceRecord;
  targets @1 :List(TriggerTarget);
  apartMs @2 :UInt64;
  starts @3 :UInt64;
  # Asked for: the last one's number.
  heard @4 :UInt64;
  # How often something came, but for what came while everything waited already.
  heardAtMs @5 :Int64;
}
