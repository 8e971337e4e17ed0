@0xb07f8d8c26422d42;
# What a collection keeps of records that could not be stored, or delivered, until a person decides.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

struct LetterKept {
  # A record that could not be stored, as it came, or delivered, as it is here.
  place @0 :Text;
  reason @1 :Text;
  bytes @2 :Data;
  feed @3 :Text;
  run @4 :UInt64;
  atMs @5 :Int64;
  key @6 :Text;
  # The record it is about, which is still there where it came from; empty: nobody knows which. Without
  # `again` the bytes are that record as it came in, so it can be tried again.
  again @7 :Data;
  # The bytes are all that came of something that could not be read, and this is what its source needs
  # beside them to read them again, in its own words: the header of a file. Empty: they are not.
}

struct LetterNumbered {
  number @0 :UInt64;
  letter @1 :LetterKept;
}

struct LetterPage {
  letters @0 :List(LetterNumbered);
  next @1 :UInt64;
}

enum LetterFate {
  sent @0;
  # It is forgotten, and what it is about is delivered with the next run, if that was wanted.
  stored @1;
  unchanged @2;
  # The row is so already.
  filtered @3;
  superseded @4;
  # Its feed has brought the record again since.
  waits @5;
  # Both sides have changed the record: a person decides which counts.
  kept @6;
  # It failed again.
}

struct LetterReplayed {
  place @0 :Text;
  # What the letter is about.
  fate @1 :LetterFate;
  reason @2 :Text;
  # Of one that is kept.
}
