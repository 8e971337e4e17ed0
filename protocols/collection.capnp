@0xc0a7f8316e5d924b;
# Where synced records live: rows by key, each with a version and where it came from. Whoever feeds a
# collection (a sync) stores page after page; how far it got is kept in the same journal entry as the
# records, so a feed can be neither ahead of its records nor behind them.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using O = import "outlet.capnp";
using R = import "resource.capnp";
using C = import "conflict.capnp";
using D = import "drift.capnp";
using L = import "letter.capnp";
using W = import "row.capnp";

struct CollectionSpec {
  description @0 :Text;
}

struct CollectionIncoming {
  key @0 :Text;
  # 1 to 250 bytes.
  content @1 :Data;
  # A JSON object, kept byte for byte.
  deleted @2 :Bool;
  # The source says that it is gone: the row becomes a tombstone.
  modifiedAtMs @3 :Int64;
  # When it was changed there; 0: it does not say, so it counts as changed when it was read.
  came @4 :Data;
  # As it came, if content is something else, and it may still become a letter; empty: as content.
  origin @5 :Text;
  # Its key at the source, if it is called something else here. Of a deletion, that alone.
}

struct CollectionCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    store :group $T.reply("Stored") {
      # One page of one run of a feed. A page that was stored before is answered as it was then, and
      # changes nothing; a page out of order is a conflict.
      feed @3 :Text;
      run @4 :UInt64;
      page @5 :UInt64;
      records @6 :List(CollectionIncoming);
      letters @7 :List(L.LetterKept);
      filtered @8 :UInt64;
      position @9 :Text;
      # Where the next page begins. Not looked into.
      cursor @10 :Text;
      # How far an incremental feed has seen. Not looked into.
      last @11 :Bool;
      marks @12 :Bool;
      # A full refresh: remember that these keys were seen, for the sweep at its end.
      policy @42 :C.ConflictPolicy;
      # Of an outlet's counterpart: the feed that reads what the outlet writes to.
      drift @50 :D.DriftPage;
      readAtMs @59 :Int64;
      # When the page had been read; 0: nobody knows.
    }
    sweep :group $T.reply("SweepReached") {
      # After the last page of a full refresh: some of the feed's rows that it missed are buried.
      feed @13 :Text;
      run @14 :UInt64;
      since @22 :UInt64;
      # A refresh that took several runs, because some failed: the first of them. 0: this one alone.
      sinceAtMs @63 :Int64;
      # When that began: what was written there later need not have been seen.
    }
    position :group $T.reply("Feed") {
      feed @15 :Text;
    }
    read :group $T.reply("Page") {
      after @16 :Text;
      limit @17 :UInt32 = 100;
      # At most 1000.
      filter @18 :Text;
      # An expression over `record`; empty for all.
      tombstones @19 :Bool;
    }
    listLetters :group $T.reply("LetterPage") {
      after @20 :UInt64;
      limit @21 :UInt32 = 100;
    }
    readChanges :group $T.reply("OutletChanges") {
      # What an outlet has not delivered yet: at first every row, then what has changed, in the order
      # of the changes, each row once with its newest content.
      outlet @23 :Text;
      run @24 :UInt64;
      full @25 :Bool;
      limit @26 :UInt32 = 1000;
      # At most 10000.
      except @27 :Text;
      # Not what this feed has changed last: it knows.
    }
    deliver :group $T.reply("Delivered") {
      # An outlet has delivered what came before `next`. A page that was delivered before is answered
      # as it was then, and changes nothing; a page out of order is a conflict.
      outlet @28 :Text;
      run @29 :UInt64;
      page @30 :UInt64;
      next @31 :O.OutletPlace;
      written @32 :UInt64;
      deleted @33 :UInt64;
      # Of those written.
      unchanged @34 :UInt64;
      filtered @35 :UInt64;
      letters @36 :List(L.LetterKept);
      last @37 :Bool;
      sent @43 :List(C.ConflictSent);
      # What the other side has now, if a feed reads from there.
      begunAtMs @60 :Int64;
      # When the first of it was written; 0: nobody knows.
      returned @64 :List(O.OutletReturned);
      # Of the written ones that something new is known of.
    }
    settleLetter :group $T.reply("LetterReplayed") {
      # A person has decided about a letter: it is forgotten, or what it is about is delivered again.
      number @38 :UInt64;
      replay @39 :Bool;
    }
    put :group $T.reply("Stored") {
      # Events, each of which happens once: a key that is there already is left as it is.
      feed @40 :Text;
      records @41 :List(CollectionIncoming);
    }
    listConflicts :group $T.reply("Conflicts") {
      # What waits for a person, by key.
      after @44 :Text;
      # "" or the `next` of an earlier answer.
      limit @45 :UInt32 = 100;
    }
    resolve :group $T.reply("ConflictResolved") {
      key @46 :Text;
      feed @47 :Text;
      # Whose; empty: the only one of this key.
      keep @48 :C.ConflictKeep;
      content @49 :Data;
      # With `given`: a JSON object.
    }
    readSchema @51 :Void $T.reply("DriftShown");
    acceptDrift :group $T.reply("DriftAccepted") {
      # A person has decided: what waits of these fields is part of the schema. Empty: of all.
      fields @52 :List(Text);
    }
    replay :group $T.reply("LetterReplayed") {
      # A letter's record has gone through its sync again, and failed there if there is a `why`.
      number @53 :UInt64;
      record @54 :CollectionIncoming;
      why @55 :Text;
      filtered @56 :Bool;
      policy @57 :C.ConflictPolicy;
      drift @58 :D.DriftPage;
      place @65 :Text;
      # Of a letter that was read again: its own. The record is what its bytes have been read as.
    }
    forget :group $T.reply("Forgot") {
      # A sync is gone: how far it has got as a feed or an outlet is not needed. The rows stay.
      name @61 :Text;
      run @62 :UInt64;
      # Its newest; what has a newer one is another sync of the same name.
    }
  }
}

struct CollectionForgot {
  feed @0 :Bool;
  outlet @1 :Bool;
}

struct CollectionWaiting {
  conflict @0 :C.ConflictParked;
  row @1 :W.RowRecord;
}

struct CollectionConflicts {
  waiting @0 :List(CollectionWaiting);
  next @1 :Text;
}

struct CollectionDelivered {
  next @0 :O.OutletPlace;
  written @1 :UInt64;
  deleted @2 :UInt64;
  unchanged @3 :UInt64;
  filtered @4 :UInt64;
  deadLettered @5 :UInt64;
  last @6 :Bool;
  repeated @7 :Bool;
}

struct CollectionOutlet {
  name @0 :Text;
  run @1 :UInt64;
  pages @2 :UInt64;
  # Delivered in this run: the number of the next one.
  at @3 :O.OutletPlace;
  lastPage @4 :CollectionDelivered;
  # How the newest page was answered.
  except @5 :Text;
  # The feed that reads what this outlet writes to, its counterpart.
  slot @6 :UInt8;
  # Names the outlet in the keys of what is kept for it.
  wentThrough @7 :Bool;
  # Every row that there was has been delivered once,
  knownTo @8 :UInt64;
  # and every change up to this one.
  past @9 :List(O.OutletReached);
  # Of one with a counterpart: how far it had got before, the oldest first.
  returns @10 :Bool;
  # Of some rows it is kept what its other side has answered.
}

struct CollectionStored {
  stored @0 :UInt64;
  # New, changed, or turned into a tombstone.
  unchanged @1 :UInt64;
  deleted @2 :UInt64;
  # Of those stored.
  deadLettered @3 :UInt64;
  filtered @4 :UInt64;
  position @5 :Text;
  cursor @6 :Text;
  last @7 :Bool;
  repeated @8 :Bool;
  conflicts @9 :UInt64;
  # Rows that both sides had changed.
  stopped @10 :List(D.DriftChange);
  # Nothing was stored, because of these; empty: it was.
}

struct CollectionSweepReached {
  deleted @0 :UInt64;
  # So far, by this run's sweep.
  done @1 :Bool;
}

struct CollectionItem {
  key @0 :Text;
  row @1 :W.RowRecord;
  returned @2 :List(O.OutletHeld);
  # By those whom it was delivered to.
}

struct CollectionPage {
  items @0 :List(CollectionItem);
  next @1 :Text;
  # Ask for what comes after this key; empty when there is no more.
}

struct CollectionEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    pageStored :group {
      feed @2 :Text;
      run @3 :UInt64;
      page @4 :UInt64;
      changes @5 :List(W.RowChange);
      seen @6 :List(Text);
      # Unchanged, but seen by a full refresh.
      letters @7 :List(L.LetterKept);
      unchanged @8 :UInt64;
      filtered @9 :UInt64;
      born @10 :UInt64;
      # Of the changes: keys that had no live row.
      deleted @11 :UInt64;
      position @12 :Text;
      cursor @13 :Text;
      last @14 :Bool;
      atMs @15 :Int64;
      revived @16 :UInt64;
      # Of those born: keys that had a tombstone.
      conflicts @34 :UInt64;
      known @35 :List(C.ConflictKnown);
      # What this feed's side has of rows that keep something else.
      parked @36 :List(C.ConflictParked);
      agreed @37 :List(Text);
      # Parked rows on which both sides agree by now.
      policy @38 :C.ConflictPolicy;
      drift @45 :D.DriftNoted;
      replayed @46 :UInt64;
      # 0: it is a page of the feed. Else what the letter of this number held, and may hold again.
      names @60 :List(W.RowName);
    }
    swept :group {
      feed @17 :Text;
      run @18 :UInt64;
      keys @19 :List(Text);
      after @20 :Text;
      # Everything up to this key has been looked at.
      done @21 :Bool;
      atMs @22 :Int64;
      changes @51 :List(W.RowChange);
      # What becomes of rows that are written to where this feed reads, instead of `keys`.
      deleted @52 :UInt64;
      # Of the changes.
      conflicts @53 :UInt64;
      known @54 :List(C.ConflictKnown);
      parked @55 :List(C.ConflictParked);
      agreed @56 :List(Text);
    }
    outletOpened :group {
      outlet @23 :Text;
      run @24 :UInt64;
      # A new outlet, or a new run of one.
      full @25 :Bool;
      except @39 :Text;
    }
    pageDelivered :group {
      outlet @26 :Text;
      run @27 :UInt64;
      page @28 :UInt64;
      delivered @29 :CollectionDelivered;
      letters @30 :List(L.LetterKept);
      sent @40 :List(C.ConflictSent);
      begunAtMs @49 :Int64;
      atMs @50 :Int64;
      returned @61 :List(O.OutletReturned);
    }
    letterSettled :group {
      number @31 :UInt64;
      replayed @32 :Text;
      # The key that is delivered again; empty: none.
      atMs @33 :Int64;
    }
    conflictResolved :group {
      feed @41 :Text;
      key @42 :Text;
      change @43 :W.RowRecord;
      # The row, from now on.
      was @44 :UInt64;
      # Its sequence before.
    }
    driftStopped :group {
      # A page that was not stored.
      changes @47 :List(D.DriftChange);
    }
    driftAccepted :group {
      changes @48 :List(D.DriftChange);
    }
    syncForgotten :group {
      name @57 :Text;
      feed @58 :Bool;
      outlet @59 :Bool;
    }
  }
}

struct CollectionFeed {
  name @0 :Text;
  run @1 :UInt64;
  pages @2 :UInt64;
  # Stored in this run: the number of the next one.
  position @3 :Text;
  cursor @4 :Text;
  lastPage @5 :CollectionStored;
  # How the newest page was answered.
  sweptTo @6 :Text;
  sweptRun @7 :UInt64;
  # The run whose sweep is over.
  sweptRows @8 :UInt64;
  policy @9 :C.ConflictPolicy;
  # Of its newest page.
}

struct CollectionState {
  record @0 :R.ResourceRecord;
  feeds @1 :List(CollectionFeed);
  live @2 :UInt64;
  tombstones @3 :UInt64;
  letters @4 :UInt64;
  # Numbers given to letters so far.
  outlets @5 :List(CollectionOutlet);
  sequence @6 :UInt64;
  # Numbers given to changes so far; they are given once there is an outlet.
  parked @7 :UInt64;
  # Conflicts that wait for a person.
  drift @8 :D.DriftAccount;
}
