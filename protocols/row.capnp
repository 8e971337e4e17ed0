@0xe40c8b17a96d5f31;
# What a collection keeps of a record.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

struct RowRecord {
  # A row.
  version @0 :UInt64;
  # 1 for the first content, one more for each change.
  content @1 :Data;
  deleted @2 :Bool;
  changedAtMs @3 :Int64;
  feed @4 :Text;
  run @5 :UInt64;
  # The run that changed it.
  seen @6 :UInt64;
  # The last full refresh that saw it.
  sequence @7 :UInt64;
  # The number of its newest change among all of the collection's; 0 while nothing is delivered
  # anywhere.
  origins @8 :List(RowOrigin);
  # Where the fields come from that the newest change did not write; kept once a feed merges.
}

struct RowOrigin {
  path @0 :Text;
  # "properties.email"
  feed @1 :Text;
  atMs @2 :Int64;
}

struct RowName {
  # What a feed's record is called.
  origin @0 :Text;
  # By its source.
  key @1 :Text;
  # Here; empty: it is gone.
}

struct RowChange {
  key @0 :Text;
  row @1 :RowRecord;
  was @2 :UInt64;
  # The row's sequence before.
}
