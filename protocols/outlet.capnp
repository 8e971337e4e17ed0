@0xd7a05c1e94b8263f;
# How far what is delivered from a collection has got.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

struct OutletPlace {
  # Where an outlet goes on.
  rows @0 :Bool;
  # It still goes through the rows, by key; what changes meanwhile comes afterwards.
  key @1 :Text;
  # The last row it has looked at.
  sequence @2 :UInt64;
  # The last change it has looked at.
}

struct OutletReached {
  # What was delivered by deliveries that began before the next of these.
  begunAtMs @0 :Int64;
  at @1 :OutletPlace;
  wentThrough @2 :Bool;
  knownTo @3 :UInt64;
}

struct OutletReturned {
  # What the other side has answered when a row was written there, such as what it calls it.
  key @0 :Text;
  # The row's.
  content @1 :Data;
  # A JSON object; empty: it is gone there.
}

struct OutletHeld {
  # The same as it is shown beside a row.
  outlet @0 :Text;
  content @1 :Data;
}
