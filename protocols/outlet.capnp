@0xd7a05c1e94b8263f;
# How far what is delivered from a collection has got.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using W = import "row.capnp";

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

struct OutletChanged {
  # What is to be delivered next.
  key @0 :Text;
  row @1 :W.RowRecord;
  next @2 :OutletPlace;
  # Where to go on when everything up to this one is delivered.
  returned @3 :Data;
  # What the outlet's other side has answered of it before; empty: nothing.
  origin @4 :Text;
  # What it is called there, as far as the feed that reads there knows; empty: it has not brought it.
}

struct OutletChanges {
  items @0 :List(OutletChanged);
  next @1 :OutletPlace;
  # Where to go on when all of them are delivered.
  page @2 :UInt64;
  # The number of the page that is to be delivered.
  last @3 :Bool;
  # There is no more for now.
  expected @4 :UInt64;
  # Rows or changes that are still to come, these included; 0: not known.
  named @5 :Bool;
  # The feed that reads there calls its records something else than they are called here.
}
