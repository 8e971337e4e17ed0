@0x94ce5a71b03fd82e;
# One use of a connector: whose account, which address, which credential. Its quota and breaker have
# the same name and live beside it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";

struct IntegrationSpec {
  connector @0 :Text $T.required;
  # The name of a connector resource.

  config @1 :Text $T.json;
  # What the connector's `params` ask for; reachable in its templates as conn.*.

  credential @2 :Text;
  # The name of a credential resource; may be left out for a connector without authentication.
}

struct IntegrationCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    check @3 :Void $T.reply("Checking");
    # Makes the connector's check request once. The outcome shows in the status.
    checked :group {
      # The outcome of IntegrationProbe.
      succeeded @4 :Bool;
      account @5 :Text;
      why @6 :Text;
    }
  }
}

struct IntegrationChecking {
  since @0 :UInt64;
  # Checks asked for so far.
}

struct IntegrationProbe $T.outcome("checked") {
  integration @0 :Text;
}

struct IntegrationEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    checkAsked @2 :Void;
    checkEnded :group {
      succeeded @3 :Bool;
      account @4 :Text;
      why @5 :Text;
      atMs @6 :Int64;
    }
  }
}

struct IntegrationState {
  record @0 :R.ResourceRecord;
  checks @1 :UInt64;
  succeeded @2 :Bool;
  account @3 :Text;
  why @4 :Text;
  checkedAtMs @5 :Int64;
}
