@0xdb22547e0a0237eb;
# How a collection follows the fields of its records: what each field's values were so far, what came
# that was otherwise, and what became of that. actors/collection/drift/judging.hpp says what counts
# as drift.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

enum DriftPolicy {
  # What becomes of records with a field that the collection has not had, or with a value of another
  # type. A record that is stored is kept byte for byte, whatever the policy.
  widen @0;
  # They are stored, and it is noted.
  add @1;
  # A new field is welcome, and a number where there were integers; a record with any other type
  # becomes a letter.
  quarantine @2;
  # They become letters.
  fail @3;
  # The run fails; nothing of the page is stored.
}

enum DriftType {
  # Of a field's values, from nothing to anything. Integers are numbers; else two types are mixed.
  absent @0;
  # There is no such field.
  null @1;
  # It has had no value yet.
  boolean @2;
  integer @3;
  number @4;
  text @5;
  object @6;
  list @7;
  mixed @8;
}

struct DriftSeen {
  # A field of a page's records, with values of this type.
  name @0 :Text;
  type @1 :DriftType;
  records @2 :UInt64;
}

struct DriftPage {
  # What a page's records have in them, deletions aside, and what they are held to.
  policy @0 :DriftPolicy;
  seen @1 :List(DriftSeen);
  # A field is there once for each type of its values.
  unkept @2 :UInt64;
  # Values in fields beyond 2000, or with a name of more than 250 bytes: only counted.
  declared @3 :List(DriftSeen);
  # What the source says of its records beforehand.
}

enum DriftFate {
  added @0;
  # A field that there was not.
  settled @1;
  # The first value of a field that had none.
  widened @2;
  # Another type.
  declared @3;
  # The source says so.
  quarantined @4;
  # Records became letters.
  stopped @5;
  # A run failed.
  accepted @6;
  # By a person, after one of these two.
  learned @7;
  # A field that came before a run had come to its end.
}

struct DriftChange {
  name @0 :Text;
  from @1 :DriftType;
  to @2 :DriftType;
  # What it is now, or would be.
  fate @3 :DriftFate;
  records @4 :UInt64;
  # That had it.
  feed @5 :Text;
  run @6 :UInt64;
  atMs @7 :Int64;
  found @8 :DriftType;
  # Of the values that made it so.
}

struct DriftNoted {
  # Of a page that was stored.
  changes @0 :List(DriftChange);
  unkept @1 :UInt64;
}

struct DriftField {
  name @0 :Text;
  type @1 :DriftType;
  # Of all values that are stored; absent: none is, but some wait.
  feed @2 :Text;
  # Who brought it first,
  run @3 :UInt64;
  firstAtMs @4 :Int64;
  # and when.
  changedAtMs @5 :Int64 $T.optional;
  # When its type changed last.
  declared @6 :Bool;
  waits @7 :DriftType;
  # What was found and did not become part of the type; absent: nothing.
  waitsFeed @8 :Text;
  waitsRun @9 :UInt64;
  waitsAtMs @10 :Int64;
  waitsRecords @11 :UInt64;
}

struct DriftSchema {
  fields @0 :List(DriftField);
  # By when they came first; at most 2000.
  unkept @1 :UInt64;
}

struct DriftHistory {
  changes @0 :List(DriftChange);
  # The oldest first; at most 200.
}

struct DriftAccount {
  fields @0 :UInt64;
  waiting @1 :UInt64;
  # Of the fields: those of which something waits for a person.
  drifts @2 :UInt64;
  # So far: what is in the history, but for what a person did.
  learnt @3 :Bool;
  # A run has come to its end: from now on fields count as new.
}

struct DriftShown {
  schema @0 :DriftSchema;
  history @1 :DriftHistory;
  account @2 :DriftAccount;
}

struct DriftAccepted {
  changes @0 :List(DriftChange);
}
