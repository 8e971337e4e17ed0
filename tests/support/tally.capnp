@0x8d27c1b05ea9f463;
# An actor for tests of the runtime: it counts, asks, waits, and breaks when told to.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "/protocols/annotations.capnp";

struct TallyCommand {
  union {
    add :group $T.reply("Sum") {
      amount @0 :UInt64;
      payload @1 :Data;
    }
    peek @2 :Void $T.reply("Sum");
    crash :group $T.reply("Sum") {
      when @3 :Text;
      # "deciding", "applying", or "holding".
    }
    pass :group $T.reply("Sum") {
      # Adds here, and tells `to` to add as well.
      to @4 :Text;
      amount @5 :UInt64;
      durable @6 :Bool;
    }
    told :group {
      # What `pass` sends.
      amount @7 :UInt64;
    }
    ask :group $T.reply("Sum") {
      # Calls the outside.
      word @8 :Text;
    }
    heard :group {
      # The outcome of TallyQuestion.
      answer @9 :UInt64;
    }
    wakeAt :group $T.reply("Sum") {
      atMs @10 :Int64;
    }
    wake @11 :Void;
    forget @12 :Void $T.reply("Sum");
    put :group $T.reply("Sum") {
      key @13 :Text;
      value @14 :Data;
    }
  }
}

struct TallySum {
  sum @0 :UInt64;
  heard @1 :UInt64;
  woken @2 :UInt64;
  rows @3 :UInt64;
}

struct TallyQuestion $T.outcome("heard") {
  word @0 :Text;
}

struct TallyEvent {
  union {
    added :group {
      amount @0 :UInt64;
      payload @1 :Data;
    }
    broke :group {
      impossible @2 :Bool;
    }
    took :group {
      answer @3 :UInt64;
    }
    planned :group {
      atMs @4 :Int64;
    }
    woke @5 :Void;
    forgot @6 :Void;
    kept :group {
      key @7 :Text;
      value @8 :Data;
    }
  }
}

struct TallyState {
  sum @0 :UInt64;
  heard @1 :UInt64;
  woken @2 :UInt64;
  wakeAtMs @3 :Int64;
  impossible @4 :Bool;
  adds @5 :UInt64;
}
