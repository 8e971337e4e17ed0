@0x8f4b63c1d92ae705;
# What nodes say to each other about actors that live elsewhere: asks go to the node that owns the
# actor's partition, and every ask is answered. Whatever one node has to say to another at a moment
# is one parcel. An answer never outlives the connection on which its ask came.

using Cxx = import "/capnp/c++.capnp";
using T = import "annotations.capnp";
$Cxx.namespace("tenon::protocols::wire");

struct AskingAsk {
  # A message for an actor, from whoever: a request of the outside, a message of another actor, the
  # outcome of a call.

  number @0 :UInt64;
  # The sender's name for it, which the answer repeats. Never 0.

  partition @1 :UInt16;
  to @2 :Text;
  # "tenant/kind/name".
  command @3 :Data;

  remainingMs @4 :UInt32;
  # How long the asker still waits; 0: it does not say.

  sender @5 :Text;
  sent @6 :UInt64;
  # Of a durable message: its sender's identity, and its number there, by which a repetition is known.
  # Otherwise empty.

  settles @7 :UInt64;
  # The number of the call whose outcome this is; 0 for none.

  traceHigh @8 :UInt64;
  traceLow @9 :UInt64;
  traceSpan @10 :UInt64;
  traceFlags @11 :UInt8;
  # The traceparent, its parts as big-endian numbers; all 0 when there is none.
}

struct AskingSaid {
  union {
    replied :group {
      bytes @0 :Data;
    }
    refused :group {
      code @1 :Text;
      # "overloaded"; one that is not known is taken for "internal".
      why @2 :Text;
      where @3 :Text;
      remedy @4 :Text;
      retryAfterMs @5 :Int64 $T.optional;
    }
    moved :group {
      # Nothing has happened, because this node does not own the partition.
      owner @6 :UInt32;
      # The node that does, as far as this one knows; 0: it knows of none.
    }
  }
}

struct AskingAnswer {
  number @0 :UInt64;
  # The ask's.
  said @1 :AskingSaid;
}

struct AskingParcel {
  number @0 :UInt64;
  # Counts the parcels with asks on this connection, from 1; 0: there are none in this one.
  asks @1 :List(AskingAsk);
  answers @2 :List(AskingAnswer);
  taken @3 :UInt64;
  # The last parcel of the other side whose asks are in this node's hands: those of it and of all
  # before it that are not answered `moved` by now need not be sent again.
}
