@0x9f2d71c8e4ab3056;
# Messages that could not be taken in: one box for each tenant. A command that crashed its actor three
# times is parked here with the crash, so that the actor goes on and a person decides: replay it after
# a fix, or discard it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

struct DeadLettersCommand {
  union {
    park :group {
      # From the cell that gave the message up. Not answered.
      actor @0 :Text;
      # "tenant/kind/name" of the actor it was meant for.
      name @1 :Text;
      # The command's type: "sync.run".
      command @2 :Data $T.secret;
      # May be a command that carried secrets: it is kept sealed, and never shown.
      crash @3 :Text;
    }
    list :group $T.reply("Page") {
      after @4 :UInt64;
      limit @5 :UInt32 = 100;
      # At most 1000. A page ends earlier when its letters are large.
    }
    replay :group $T.reply("Letter") {
      # Sends it to its actor once more and forgets it here.
      number @6 :UInt64;
    }
    discard :group $T.reply("Letter") {
      number @7 :UInt64;
    }
  }
}

struct DeadLettersLetter {
  number @0 :UInt64;
  # Grows; never used twice in a tenant.
  actor @1 :Text;
  name @2 :Text;
  command @3 :Data $T.secret;
  crash @4 :Text;
  # Its first 4096 bytes.
  parkedAtMs @5 :Int64;
}

struct DeadLettersPage {
  letters @0 :List(DeadLettersLetter);
  next @1 :UInt64;
  # Ask for the letters after this one; 0 when there are no more.
}

struct DeadLettersEvent {
  union {
    parked :group {
      letter @0 :DeadLettersLetter;
    }
    replayed :group {
      number @1 :UInt64;
    }
    discarded :group {
      number @2 :UInt64;
    }
  }
}

struct DeadLettersState {
  last @0 :UInt64;
  waiting @1 :UInt64;
}
