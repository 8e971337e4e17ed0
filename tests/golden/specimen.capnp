@0xa41c07f2be9d6853;
# Every kind of field and type that a schema of this repository can declare. Nobody says any of it;
# the tests of the generator do.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using Note = import "/protocols/annotations.capnp";
using Breaker = import "/protocols/breaker.capnp";

enum SpecimenColour {
  red @0;
  # Like a brick.
  darkGreen @1;
  default @2;
}

struct SpecimenNumbers {
  yes @0 :Bool = true;
  no @1 :Bool;
  tiny @2 :Int8 = -128;
  small @3 :Int16 = -5;
  middle @4 :Int32 = 7;
  large @5 :Int64 = -9223372036854775808;
  tinyCount @6 :UInt8 = 255;
  smallCount @7 :UInt16;
  count @8 :UInt32 = 4294967295;
  largeCount @9 :UInt64 = 18446744073709551615;
  ratio @10 :Float64 = 0.1;
  colour @11 :SpecimenColour = darkGreen;
  seenAtMs @12 :Int64;
  bornAtMs @13 :Int64 = 1000;
  patienceMs @14 :UInt64 = 30000;
  skewMs @15 :Int64 = -5;
  legacyMs @16 :UInt32 = 12;
  # Not 64 bits wide, so it keeps its unit.
  atMs @17 :Int64;
}

struct SpecimenTexts {
  # Names and bytes.

  title @0 :Text $Note.required;
  # What it is called. Says "so" with a \ in it,
  # over two lines.
  #
  # And a second paragraph.
  greeting @1 :Text = "hello \"you\"\n";
  password @2 :Text $Note.secret;
  payload @3 :Data;
  settings @4 :Text $Note.json;
  class @5 :Text;
}

struct SpecimenAbsent {
  note @0 :Text $Note.optional;
  bytes @1 :Data $Note.optional;
  texts @2 :SpecimenTexts $Note.optional;
  tags @3 :List(Text) $Note.optional;
  pages @4 :List(SpecimenShape) $Note.optional;
  endedAtMs @5 :Int64 $Note.optional;
  waitMs @6 :UInt64 $Note.optional;
  limit @7 :UInt32 $Note.optional;
}

struct SpecimenLists {
  flags @0 :List(Bool);
  bytes @1 :List(UInt8);
  numbers @2 :List(Int64);
  ratios @3 :List(Float64);
  names @4 :List(Text);
  blobs @5 :List(Data);
  colours @6 :List(SpecimenColour);
  texts @7 :List(SpecimenTexts);
  table @8 :List(List(UInt16));
  cube @9 :List(List(List(SpecimenNumbers)));
  shapes @10 :List(SpecimenShape);
  rows @11 :List(List(Text));
}

struct SpecimenEmpty {}

struct SpecimenShape {
  # One of several things.
  union {
    nothing @0 :Void;
    circle :group {
      # Round.
      radius @1 :Float64 = 1;
      label @2 :Text;
    }
    texts @3 :SpecimenTexts;
    # The struct itself.
    policy @4 :Breaker.BreakerPolicy;
    hidden @5 :SpecimenEmpty;
  }
}

struct SpecimenEverything {
  numbers @0 :SpecimenNumbers;
  texts @1 :SpecimenTexts;
  absent @2 :SpecimenAbsent;
  lists @3 :SpecimenLists;
  shape @4 :SpecimenShape;
  policy @5 :Breaker.BreakerPolicy;
  empty @6 :SpecimenEmpty;
  colour @7 :SpecimenColour;
  last @8 :UInt8;
}

struct SpecimenBook {
  # Its elements take far more memory than bytes.
  pages @0 :List(SpecimenEverything);
}

struct SpecimenCommand {
  union {
    ask @0 :Void $Note.reply("Texts");
    delete :group $Note.reply("BreakerGranted") {
      count @1 :UInt64;
    }
    arrived @2 :SpecimenArrived;
    # Comes back from the call.
  }
}

struct SpecimenArrived {
  body @0 :Data;
}

struct SpecimenCall $Note.outcome("arrived") {
  url @0 :Text;
}

struct SpecimenRecord {
  # About the size of an event on a stream.
  sequence @0 :UInt64;
  offset @1 :UInt64;
  body @2 :Data;
}
