@0x94ce5a71b03fd82e;
# One use of a connector: whose account, which address, which credential. Its breaker has the same
# name and lives beside it; the quota has the name of the credential, if there is one.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";
using B = import "breaker.capnp";

struct IntegrationSpec {
  connector @0 :Text $T.required;
  # The name of a connector resource.

  config @1 :Text $T.json;
  # What the connector's `params` ask for; reachable in its templates as conn.*.

  credential @2 :Text;
  # The name of a credential resource; may be left out for a connector without authentication.

  breaker @3 :B.BreakerPolicy;
  # When to stop calling a platform that does not answer.

  through @4 :Text;
  # The address of a gateway that stands for every host of the platform, such as a provider twin's:
  # https://api.example.com/v1 is asked for as <through>/api.example.com/v1.

  concurrency @5 :UInt32;
  # Pages of its syncs at once; 0: as many as the node and the tenant may have.
}

struct IntegrationCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    check @3 :Void $T.reply("Checking");
    # Makes the connector's check request once. The outcome shows in the status. While one is under
    # way, others join it.
    checked :group {
      # The outcome of IntegrationProbe.
      number @7 :UInt64;
      succeeded @4 :Bool;
      account @5 :Text;
      why @6 :Text;
    }
    noticed :group $T.reply("Warning") {
      # What is known of the end of the API's version that is used here.
      apiVersion @8 :Text;
      sunsetAtMs @9 :Int64;
      deprecatedAtMs @10 :Int64;
      # 0: nobody says.
      more @11 :Text;
      # Where the platform explains it.
    }
  }
}

struct IntegrationWarning {
  due @0 :Bool;
  # A person should be warned now: it is near, and nobody was within a day.
  text @1 :Text;
}

struct IntegrationChecking {
  number @0 :UInt64;
  # Of this check: the status shows the same number when it is over.
}

struct IntegrationProbe $T.outcome("checked") {
  number @0 :UInt64;
  # Comes back in the outcome: the answer to an earlier configuration says nothing about this one.
  spec @1 :Text $T.json;
  # As it was when the check was asked for. Whose it is: the identity that calls.
}

struct IntegrationEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    checkAsked @2 :Void;
    checkEnded :group {
      number @7 :UInt64;
      succeeded @3 :Bool;
      account @4 :Text;
      why @5 :Text;
      atMs @6 :Int64;
    }
    noted :group {
      apiVersion @8 :Text;
      sunsetAtMs @9 :Int64;
      deprecatedAtMs @10 :Int64;
      more @11 :Text;
      atMs @12 :Int64;
      warns @13 :Bool;
    }
  }
}

struct IntegrationState {
  record @0 :R.ResourceRecord;
  checks @1 :UInt64;
  # Asked for in the life of the name.
  succeeded @2 :Bool;
  account @3 :Text;
  why @4 :Text;
  checkedAtMs @5 :Int64;
  checked @6 :UInt64;
  # The number of the check that this is the outcome of; 0: none since the configuration.
  checking @7 :Bool;
  apiVersion @8 :Text;
  sunsetAtMs @9 :Int64;
  deprecatedAtMs @10 :Int64;
  more @11 :Text;
  warnedAtMs @12 :Int64;
  # 0: there is nothing to warn of.
}
