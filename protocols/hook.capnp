@0xa4d81c6e3f75b290;
# A platform that was asked to send its events to one of our hooks, until it is told to stop. What it
# sends is taken by the edge at /hooks/<tenant>/<integration>/<hook>.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";

struct HookSpec {
  integration @0 :Text $T.required;
  # Whose account it is.

  hook @1 :Text $T.required;
  # One of the connector's `hooks` that says how to subscribe.
}

enum HookErrand {
  subscribe @0;
  # Or renew: there is one with an id already.
  look @1;
  # Whether it is still there.
  leave @2;
}

struct HookCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    dueNow @3 :Void;
    # The hook's own: it is to be renewed, tried again or looked after.
    arranged :group {
      # The outcome of HookArrange.
      number @4 :UInt64;
      errand @5 :HookErrand;
      succeeded @6 :Bool;
      why @7 :Text;
      # Also of a success: what was amiss before.
      place @8 :HookPlace;
      # Of a success: the subscription that is there now. Without an id there is none any more.
      missing @9 :Bool;
      # The integration or its hook is not there any more.
    }
  }
}

struct HookPlace {
  # A subscription as the platform has it.
  id @0 :Text;
  # Empty: there is none.
  kept @1 :Text $T.json;
  endsAtMs @2 :Int64;
  # 0: it does not end.
  integration @3 :Text;
  hook @4 :Text;
  spec @5 :Text $T.json;
  # The integration's, to leave with after it was removed.
}

struct HookArrange $T.outcome("arranged") {
  number @0 :UInt64;
  errand @1 :HookErrand;
  place @2 :HookPlace;
  # Whose hook it is about, and what there is of a subscription.
}

struct HookFarewell {
  place @0 :HookPlace;
  failures @1 :UInt32;
  nextAtMs @2 :Int64;
}

struct HookEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    began :group {
      # An errand about the present subscription.
      errand @2 :HookErrand;
    }
    subscribed :group {
      place @3 :HookPlace;
      atMs @4 :Int64;
      nextAtMs @5 :Int64;
    }
    failed :group {
      why @6 :Text;
      nextAtMs @7 :Int64;
    }
    leaves :group {
      # The platform is to be told to stop sending there: the present place becomes one to leave.
      nextAtMs @8 :Int64;
    }
    left @9 :Void;
    # The first of those that are to be left; it has ended.
    stayed :group {
      # The platform could not be told about that one.
      why @10 :Text;
      nextAtMs @11 :Int64;
      # 0: it is given up.
    }
  }
}

struct HookState {
  record @0 :R.ResourceRecord;
  number @1 :UInt64;
  # Of the last errand.
  busy @2 :UInt64;
  # The errand that is under way; 0: none.
  place @3 :HookPlace;
  subscribedAtMs @4 :Int64;
  nextAtMs @5 :Int64;
  # When it is due; 0: never.
  failures @6 :UInt32;
  why @7 :Text;
  leaving @8 :List(HookFarewell);
  # What the platform is still to be told to stop sending.
}
