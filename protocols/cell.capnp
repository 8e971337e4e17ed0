@0xa84ce2f19d3b6705;
# What a cell writes about the actor it hosts: the entries of the journal and the row of stored state.
# Actors never see these; they see commands, events and their state.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

struct CellEntry {
  # One entry of a partition's log: everything one cell decided in one batch. It is atomic: after a
  # crash all of it happened or none of it.

  identity @0 :Text;
  # "tenant/kind/name".

  events @1 :List(Data);
  # In the order they happened; each the ...Event union of the actor's conversation.

  sends @2 :List(CellSend);
  # Messages to other actors, delivered after this entry is durable and until they are received.

  calls @3 :List(CellCall);
  # Requests to the outside, performed after this entry is durable.

  settled @4 :List(UInt64);
  # Numbers of earlier calls whose outcome these events took in, and of earlier messages that were
  # received since: they are not performed and not sent again.

  received @5 :List(CellReceipt);
  # Messages of other actors that these events took in: a repetition is acknowledged and ignored.

  numbered @6 :UInt64;
  # The highest number given to a send or call so far.

  sealed @7 :Data;
  # Of a kind that holds secrets: the whole entry, sealed. Beside it only the identity is readable.
}

struct CellSend {
  number @0 :UInt64;
  # Grows with every send and call of the sender. With the sender's identity it names the message for
  # ever, so the receiver can tell a repetition.

  to @1 :Text;
  command @2 :Data;
  trace @3 :Text;
  # The traceparent of what caused it; empty when nothing did.
}

struct CellCall {
  number @0 :UInt64;
  # With the identity this is the effect id, handed to the outside as an idempotency key where there
  # is a place for one.

  effect @1 :Text;
  # Which performer: "sync.transfer".

  request @2 :Data;
  trace @3 :Text;
  # The traceparent of what caused it; empty when nothing did.
}

struct CellReceipt {
  sender @0 :Text;
  number @1 :UInt64;
  # Everything from this sender up to here has been taken in.
}

struct CellRow {
  # Stored state of one cell, as of an index of the log that stands beside it.

  state @0 :Data;
  # The ...State of the actor's conversation.

  numbered @1 :UInt64;
  outbox @2 :List(CellSend);
  # Not yet received by their receivers.

  calls @3 :List(CellCall);
  # Not yet settled.

  receipts @4 :List(CellReceipt);
  events @5 :UInt64;
  # How many events the actor has had in its life.
}
