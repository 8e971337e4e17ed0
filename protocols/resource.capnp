@0xe1b9073fd6a85c24;
# What every resource understands: something a user makes, named tenant/kind/name, with a spec that was
# written by a person and a status that its actor reports. The conversations of the kinds take these
# members into their own commands and events.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

struct ResourceConfigure {
  # Makes the resource or changes it.

  spec @0 :Text $T.json;
  # The whole spec; what is left out takes its default.

  ifVersion @1 :UInt64;
  # Only if this is the present version; 0 for any.

  ifAbsent @2 :Bool;
  # Only if there is none yet.

  dryRun @3 :Bool;
  # Checks everything and changes nothing.
}

struct ResourceDescribe {
}

struct ResourceRemove {
  ifVersion @0 :UInt64;
}

enum ResourceOutcome {
  created @0;
  changed @1;
  unchanged @2;
  removed @3;
}

struct ResourceChanged {
  outcome @0 :ResourceOutcome;
  # Of a dry run: what it would have been.
  version @1 :UInt64;
  # The one that is there now; a dry run leaves it as it was.
}

struct ResourceDescribed {
  version @0 :UInt64;
  spec @1 :Text $T.json;
  # Secrets covered with "•••"; a spec that is configured with a cover keeps the secret behind it.
  status @2 :Text $T.json;
  createdAtMs @3 :Int64;
  changedAtMs @4 :Int64;
}

struct ResourceCommand {
  union {
    configure @0 :ResourceConfigure $T.reply("Changed");
    describe @1 :ResourceDescribe $T.reply("Described");
    remove @2 :ResourceRemove $T.reply("Changed");
  }
}

struct ResourceConfigured {
  spec @0 :Text $T.json;
  atMs @1 :Int64;
}

struct ResourceRemoved {
  atMs @0 :Int64;
}

struct ResourceRecord {
  # A resource's part of its actor's state.

  version @0 :UInt64;
  # 0 when there is none. Grows with every change, and goes on growing when the name is used again.
  spec @1 :Text $T.json;
  createdAtMs @2 :Int64;
  changedAtMs @3 :Int64;
  exists @4 :Bool;
}
