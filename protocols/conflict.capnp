@0xd35b7e4c1f2a6908;
# What a collection keeps and says about records that are changed on two sides: here, and where a
# feed reads and an outlet writes. actors/collection/conflicts.hpp says how they are told apart.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

enum ConflictPolicy {
  # Which content a row gets when it was changed here, and where it is delivered to, before either
  # heard of the other's change.
  vendorWins @0;
  # What the feed brings.
  localWins @1;
  # What is here; it is delivered.
  merge @2;
  # Field by field, the newest of each; an edit outlives a deletion.
  manual @3;
  # What is here, for now: both are kept until a person decides.
}

enum ConflictKeep {
  local @0;
  # The row as it is here.
  vendor @1;
  # What the feed brought.
  given @2;
  # What the person wrote.
}

struct ConflictSide {
  # One side's content of a row.
  deleted @0 :Bool = true;
  content @1 :Data;
}

struct ConflictParked {
  feed @0 :Text;
  key @1 :Text;
  brought @2 :ConflictSide;
  agreed @3 :ConflictSide;
  # What both had before.
  atMs @4 :Int64;
}

struct ConflictKnown {
  # A feed's side has this of a row which is something else here.
  key @0 :Text;
  side @1 :ConflictSide;
}

struct ConflictKept {
  # What the side of a feed has of a row that has moved on here since.
  side @0 :ConflictSide;
  superseded @1 :List(Data);
  # What the row was in between: any of it may have been on its way there. The newest 8.
  begunAtMs @2 :Int64;
  # When that was written there by us; 0: it was not, or nobody knows.
}

struct ConflictMark {
  # Of a row that another feed has changed last: when this feed's side had it.
  run @0 :UInt64;
  # The last full refresh that saw it.
  deliveredAtMs @1 :Int64;
  before @2 :ConflictKept;
  # What was known of it when that was delivered.
}

struct ConflictSent {
  # A row that an outlet is done with.
  key @0 :Text;
  version @1 :UInt64;
  side @2 :ConflictSide;
  # Of an event: only if the row has moved on meanwhile.
  moved @3 :Bool;
  held @4 :Bool;
  # It did not go: a letter, or filtered.
}

struct ConflictResolved {
  key @0 :Text;
  feed @1 :Text;
  version @2 :UInt64;
  # The row's, now.
}
