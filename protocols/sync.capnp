@0xa5d3c9e7184bf260;
# Keeps one collection in step with one source, page by page, in runs. The records themselves go from
# the source to the collection; the sync decides what is read next and keeps the account.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using A = import "account.capnp";
using R = import "resource.capnp";
using C = import "conflict.capnp";
using D = import "drift.capnp";
using U = import "tuning.capnp";

struct SyncLimits {
  pages @0 :UInt64 = 1000000;
  records @1 :UInt64 = 1000000000;
  bytes @2 :UInt64 = 1000000000000;
  timeMs @3 :UInt64 = 3600000;
  # Of one run. A run that passes a limit fails and says which; what it stored stays stored. While it
  # is paused, no time passes for it.
}

struct SyncSpec {
  from @0 :Text $T.json $T.required;
  # The source: an object with one member, named after the kind of source:
  # {connector: {integration: chinook, stream: customers}} or
  # {sqlite: {file: chinook.sqlite, table: customers, key: CustomerId}}, and so postgres, mariadb,
  # csv, jsonl, json and xml; of a sync that writes, {collection: {name: customers, except: feed}}.
  into @1 :Text;
  # The collection that is fed; either this or `to`.
  keep @2 :Text;
  # An expression over `record`: records for which it is not true are counted as filtered.
  retries @3 :UInt32 = 3;
  # Attempts in a row at one page, after the first.
  limits @4 :SyncLimits;
  to @5 :Text $T.json;
  # The destination of a collection's records, when `from` is {collection: {name: customers}}: an
  # object with one member, named after the kind of destination:
  # {connector: {integration: crm, action: upsert_contacts}}.
  map @6 :Text $T.json;
  # An object of expressions over `record`: what is stored, or written, instead of the record.
  conflicts @7 :C.ConflictPolicy;
  # Of a sync into a collection that is also written to this source, by a sync whose `from` says
  # `except` this one: what counts when both have changed a record. vendor_wins (the source),
  # local_wins (what is here), merge (field by field, the newest) or manual (a person decides).
  modified @8 :Text;
  # An expression over `record`, as it came: when it was changed there, for `merge`. Empty: when it
  # was read.
  priority @9 :SyncPriority;
  # Whose page comes first when more syncs want one than may be at work at once.

  drift @10 :D.DriftPolicy;
  # Of a sync into a collection: what becomes of records with a new field, or with a value of another
  # type than its field has had. widen (they are stored, and it is noted), add (a new field is
  # welcome, another type makes a letter), quarantine (both make a letter) or fail (the run fails
  # before anything of the page is stored). The first run of a collection shows what its fields are.

  key @11 :Text;
  # An expression over `record`, as it came: what it is called in the collection, instead of by the
  # source's key, so that the records of two sources can be the same row. Text, or a whole number.

  tuning @12 :Text $T.json;
  # Whether, and within which bounds, it may change how it reads or writes:
  # actors/sync/tuning/bounds.hpp.
}

enum SyncPriority {
  normal @0;
  high @1;
  low @2;
}

enum SyncPhase {
  idle @0;
  running @1;
  waiting @2;
  # For the time of the next attempt.
  paused @3;
}

enum SyncOutcome {
  running @0;
  paused @1;
  succeeded @2;
  failed @3;
  cancelled @4;
}

struct SyncCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    start :group $T.reply("Accepted") {
      # Begins a run, or joins the one that is under way.
      full @3 :Bool;
      # From the beginning; at its end, what the source no longer has becomes tombstones.
      by @4 :Text;
      # Who asked: "schedule", "key …".
      everyMs @33 :UInt64;
      # How far apart the runs of whoever asked are; 0: they are not regular.
    }
    pause @5 :Void $T.reply("Standing");
    resume @6 :Void $T.reply("Standing");
    cancel @7 :Void $T.reply("Standing");
    rewind :group $T.reply("Standing") {
      # The next run begins at this cursor; empty: at the beginning.
      cursor @8 :Text;
      toPage @24 :Bool;
      # Instead, the next run goes on at a place that is kept of the newest one.
      page @25 :UInt64;
      run @26 :UInt64;
      # The newest; 0: whichever that is.
    }
    readRun :group $T.reply("Run") {
      number @9 :UInt64;
      # 0: the newest.
    }
    listRuns @10 :Void $T.reply("RunList");
    transferred :group {
      # The outcome of SyncTransfer: one page is in the collection, or it is not and why.
      run @11 :UInt64;
      page @12 :UInt64;
      moved @13 :SyncMoved;
      why @14 :Text;
      # Empty: the page is in the collection.
      place @15 :Text;
      remedy @16 :Text;
      transient @17 :Bool;
      # Worth another attempt.
      retryAfterMs @18 :UInt64;
      # What the source asked for (Retry-After); 0: the sync's own back-off.
      startOver @19 :Bool;
      # The source no longer knows the position: begin at the beginning.
      attempt @21 :Text;
      # What the source wants to be told with another attempt: how often it has tried.
      counted @22 :Bool;
      # The source itself bounds the attempts at a page: `retries` does not.
      goOnAt @31 :Text;
      # The position is of no use any more: where a later run begins instead.
    }
    wake @20 :Void;
    # The sync's own: an attempt or the run's time limit is due.
    withdrawn @23 :Void;
    # The outcome of SyncWithdraw, and of a SyncTransfer that was withdrawn before its turn came.
    step :group $T.reply("Standing") {
      # One page of the paused run, or of a run that begins with it; then it is paused again.
      full @27 :Bool;
      by @28 :Text;
      # Of a run that begins.
    }
    listPlaces :group $T.reply("Places") {
      run @29 :UInt64;
      # The newest; 0: whichever that is.
    }
    readStatistics @30 :Void $T.reply("AccountStatistics");
    readTuning @32 :Void $T.reply("TuningShown");
  }
}

struct SyncMoved {
  stored @0 :UInt64;
  unchanged @1 :UInt64;
  filtered @2 :UInt64;
  deadLettered @3 :UInt64;
  deleted @4 :UInt64;
  bytes @5 :UInt64;
  position @6 :Text;
  cursor @7 :Text;
  last @8 :Bool;
  expected @9 :UInt64;
  # Records that the source says this run has in all; 0: it does not say.
  conflicts @10 :UInt64;
  # Records that both sides had changed.
  resumeAtMs @11 :Int64 $T.optional;
  # The next page is not there before.
  waitsFor @12 :Text;
  # What it waits for, which can be given up: a job of the platform's.
  atMs @13 :Int64;
  settings @14 :List(U.TuningSetting);
  # How it was read or written, where its source or destination lets one choose.
  tookMs @15 :UInt64;
  # From asking the source to having its page; or for as long as the destination wrote.
}

struct SyncAccepted {
  run @0 :UInt64;
  joined @1 :Bool;
}

struct SyncStanding {
  phase @0 :SyncPhase;
  run @1 :UInt64;
}

struct SyncRun {
  number @0 :UInt64;
  outcome @1 :SyncOutcome;
  full @2 :Bool;
  by @3 :Text;
  startedAtMs @4 :Int64;
  endedAtMs @5 :Int64 $T.optional;
  pages @6 :UInt64;
  read @7 :UInt64;
  # Always stored + unchanged + filtered + deadLettered.
  stored @8 :UInt64;
  unchanged @9 :UInt64;
  filtered @10 :UInt64;
  deadLettered @11 :UInt64;
  deleted @12 :UInt64;
  # Tombstones, of those stored.
  bytes @13 :UInt64;
  expected @14 :UInt64;
  retries @15 :UInt64;
  why @16 :Text;
  place @17 :Text;
  remedy @18 :Text;
  restarts @19 :UInt64;
  # How often the source no longer knew the position, and everything was begun again.
  conflicts @20 :UInt64;
  # Records that both sides had changed; each is also among the stored or the unchanged.
  busyMs @21 :UInt64;
  # From asking for a page to having it, attempts that failed and turns waited for included; what
  # it was paused is not.
  restartedFor @22 :Text;
  # Why it was begun again, the last time; or why it began anew, without any restarts.
}

struct SyncRunList {
  runs @0 :List(SyncRun);
  # Newest first.
}

struct SyncTuningShown {
  off @0 :Bool;
  state @1 :U.TuningState;
}

struct SyncPlace {
  # Where a run stood.
  page @0 :UInt64;
  # The number of the page that begins there.
  position @1 :Text;
  cursor @2 :Text;
  read @3 :UInt64;
  # Records before it.
  atMs @4 :Int64;
  waitsFor @5 :Text;
}

struct SyncPlaces {
  run @0 :UInt64;
  places @1 :List(SyncPlace);
}

struct SyncTransfer $T.outcome("transferred") {
  # Read one page of the source and store it. Whoever performs it knows which sync asks; its name is
  # the feed of the collection.
  run @0 :UInt64;
  page @1 :UInt64;
  spec @2 :Text $T.json;
  position @3 :Text;
  cursor @4 :Text;
  full @5 :Bool;
  since @6 :UInt64;
  # The run in which this reading of the source began: what no run from it on has seen is gone.
  attempt @7 :Text;
  # What the source said of the attempts at this page so far; empty: this is the first.
  abandon @8 :Bool;
  # Nothing is read: what the source waits for at this position is not wanted any more.
  forget @9 :Bool;
  # Nothing is read: what is kept elsewhere for a sync with this spec is not needed any more. Tried
  # for some minutes.
  sinceAtMs @10 :Int64;
  # When that reading began.
  failures @11 :UInt32;
  # Attempts at this page that failed: something of it may have been done.
  settings @12 :List(U.TuningSetting);
  # What was chosen; the rest is as the source or the destination has it.
}

struct SyncWithdraw $T.outcome("withdrawn") {
  # A page that is asked for and waits for its turn is not wanted any more.
  run @0 :UInt64;
}

struct SyncEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    started :group {
      run @2 :UInt64;
      full @3 :Bool;
      by @4 :Text;
      atMs @5 :Int64;
      everyMs @27 :UInt64;
    }
    moved @6 :SyncMoved;
    attemptFailed :group {
      why @7 :Text;
      place @8 :Text;
      remedy @9 :Text;
      retryAtMs @10 :Int64;
      attempt @21 :Text;
    }
    attempted @11 :Void;
    # The waiting is over.
    startedOver @12 :Void;
    # Of earlier versions; now it is beganAgain.
    paused @13 :Void;
    resumed @14 :Void;
    # Of earlier versions; now it is wentOn.
    ended :group {
      outcome @15 :SyncOutcome;
      why @16 :Text;
      place @17 :Text;
      remedy @18 :Text;
      atMs @19 :Int64;
      goOnAt @25 :Text;
      # Where the next run begins, if not where this one stopped.
    }
    rewound :group {
      cursor @20 :Text;
      position @22 :Text;
      # Empty: at the beginning.
      waitsFor @28 :Text;
      # What the source waits for there.
      why @30 :Text;
      # Of a sync that reads something else now: why its next run begins anew.
    }
    wentOn :group {
      # The paused run is under way again.
      atMs @23 :Int64;
      stepping @24 :Bool;
      # For one page.
    }
    tuned @26 :U.TuningChange;
    beganAgain :group {
      # The source no longer knows the position or the cursor: everything is read from the beginning.
      why @29 :Text;
    }
  }
}

struct SyncState {
  record @0 :R.ResourceRecord;
  phase @1 :SyncPhase;
  cursor @2 :Text;
  # Where the next run begins.
  position @3 :Text;
  reached @4 :Text;
  # The present run's cursor, which becomes `cursor` when it succeeds.
  failures @5 :UInt32;
  # Attempts at the present page that failed, in a row.
  retryAtMs @6 :Int64;
  run @7 :SyncRun;
  # The newest.
  past @8 :List(SyncRun);
  # Before it, newest first, at most 50.
  timeLimitMs @9 :UInt64;
  since @10 :UInt64;
  # The run in which the present reading of the source began: a run goes on where one failed.
  attempt @11 :Text;
  # What the source said of the attempts at the present page so far.
  waitsFor @12 :Text;
  # What the source waits for at the position; empty: for nothing.
  stepping @13 :Bool;
  # The run is paused after the present page.
  goesOn @14 :Bool;
  # The next run goes on at `position`, as after one that failed.
  places @15 :List(SyncPlace);
  # Where the newest run stood, evenly thinned, the oldest first.
  placesEvery @16 :UInt64;
  # One place is kept for so many pages; 0: for each.
  hours @17 :List(A.AccountBucket);
  # Only those in which something happened, the newest last.
  days @18 :List(A.AccountBucket);
  beganAtMs @19 :Int64;
  # The present reading of the source.
  wholeAtMs @20 :Int64 $T.optional;
  # When the newest reading that has seen everything began.
  busyAtMs @21 :Int64 $T.optional;
  # What is busy since then is not counted yet.
  endsAtMs @22 :Int64 $T.optional;
  # When the present run has had its time, unless it is paused.
  tuning @23 :U.TuningState;
  beginsFor @24 :Text;
  # Why the next run begins anew, if that is nobody's wish.
}
