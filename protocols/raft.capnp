@0xb7e1c94d06f2a83b;
# What the replicas of a partition say to each other, and what they keep. Consensus is the
# library's; these are our words for it: its bytes are neither on the wire nor on the disk.
#
# A node sends another one parcels: many groups' messages in one frame. What was said in an earlier
# term means nothing in a later one, so every message has its sender's.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

enum RaftRole {
  spare @0;
  # Known, and sent nothing.
  learner @1;
  # Has the log, and is not counted in any majority.
  voter @2;
}

struct RaftMember {
  node @0 :UInt64;
  # Never 0.
  role @1 :RaftRole;
}

struct RaftConfiguration {
  # Who belongs to a group. One follows another by a change of one member.

  members @0 :List(RaftMember);
  # At most 32, each node once.
}

enum RaftKind {
  command @0;
  barrier @1;
  # Says nothing. A leader begins its term with one: when it is committed, all before it is.
  configuration @2;
  # The bytes are a RaftConfiguration; it holds from the moment that it is in the log.
}

struct RaftEntry {
  term @0 :UInt64;
  kind @1 :RaftKind;
  bytes @2 :Data;
}

struct RaftStamp {
  # Where in the log a state stands: everything up to the index is in it, and nothing after.

  index @0 :UInt64;
  term @1 :UInt64;
  # Of the entry at the index.
  configurationIndex @2 :UInt64;
  configuration @3 :RaftConfiguration;
  # The last one up to the index.
}

struct RaftSaid {
  union {
    askVote :group {
      lastIndex @0 :UInt64;
      lastTerm @1 :UInt64;
      # Of the last entry that is durable there.
      tentative @2 :Bool;
      # Would you? Asked before the term is raised, and promises nothing.
      disrupts @3 :Bool;
      # The leader itself told the sender to stand.
    }
    vote :group {
      granted @4 :Bool;
      tentative @5 :Bool;
    }
    append :group {
      # Also the heartbeat, without entries.
      beforeIndex @6 :UInt64;
      beforeTerm @7 :UInt64;
      # Of the entry before the first one; both 0 before the very first.
      committed @8 :UInt64;
      entries @9 :List(RaftEntry);
      # A configuration comes alone.
    }
    appended :group {
      lastIndex @10 :UInt64;
      # Up to here the log is durable and the sender's; after a refusal, how far it may be.
      refused @11 :UInt64;
      # The index before, which does not match; 0: it did.
    }
    offer :group {
      # The entries that are missing are forgotten here: fetch the state instead.
      stamp @12 :RaftStamp;
    }
    stand :group {
      # Leadership is yours, if this is where your log ends.
      lastIndex @13 :UInt64;
      lastTerm @14 :UInt64;
    }
    confirm :group {
      # Am I still your leader? Asked for reads, in rounds.
      round @15 :UInt64;
    }
    confirmed :group {
      round @16 :UInt64;
    }
  }
}

struct RaftMessage {
  group @0 :UInt16;
  term @1 :UInt64;
  said @2 :RaftSaid;
}

struct RaftBeat {
  # An append without entries, when it is all that a parcel says of its group.
  group @0 :UInt16;
  term @1 :UInt64;
  beforeIndex @2 :UInt64;
  beforeTerm @3 :UInt64;
  committed @4 :UInt64;
}

struct RaftEcho {
  # An appended without refusal, when it is all that a parcel says of its group.
  group @0 :UInt16;
  term @1 :UInt64;
  lastIndex @2 :UInt64;
}

struct RaftParcel {
  messages @0 :List(RaftMessage);
  beats @1 :List(RaftBeat);
  echoes @2 :List(RaftEcho);
}
