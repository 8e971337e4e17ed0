@0xf22f01c25c11f54c;
# How a partition's stored state gets from one node to another. The receiver asks and says how much
# may be on its way; a node reads one copy at a time, and who asks meanwhile is told that it waits.
#
#   ask → waiting* → offered → chunk… ⇄ more → done
#
# A copy is known by a number that its receiver draws anew each time that it asks, so nothing of an
# earlier attempt, or from before a restart, is ever taken for a part of it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

struct StateCopySaid {
  union {
    ask :group {
      partition @0 :UInt16;
      atLeast @1 :UInt64;
      # The state must stand at this index or later.
      chunks @2 :UInt32;
      # How many may be sent before more are asked for.
    }
    waiting :group {
      ahead @3 :UInt32;
      # So many copies come first. Repeated while that is so.
    }
    offered :group {
      index @4 :UInt64;
      # Where the state stands: everything up to here is in it.
      stamp @5 :Data;
      # Of the index, for the receiver's log. How much will come is not known before the last chunk,
      # because the state is read while it is sent.
    }
    chunk :group {
      number @6 :UInt32;
      # From 0, without gaps.
      last @7 :Bool;
      bytes @8 :Data;
      checksum @9 :UInt32;
      # CRC-32C of copy, number, last and bytes.
    }
    more :group {
      before @10 :UInt32;
      # Chunks with lower numbers may be sent.
    }
    done :group {
      chunks @11 :UInt32;
      # So many, all of them, are on the receiver's disk.
    }
    failed :group {
      # From either side: the copy is over.
      why @12 :Text;
      retryMs @13 :Int64;
      # Ask anew after this time at the earliest.
    }
  }
}

struct StateCopyMessage {
  copy @0 :UInt64;
  # Never 0.
  said @1 :StateCopySaid;
}
