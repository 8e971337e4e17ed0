@0x94ce5a71b03fd82e;
# One use of a connector: whose account, which address, which credential. Its breaker has the same
# name and lives beside it; the quota has the name of the credential, if there is one, and limits that
# others share have quotas of their own.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";
using B = import "breaker.capnp";
using H = import "health.capnp";

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
    count :group {
      # What requests have come to since it was last told. Not answered.
      tally @12 :H.HealthTally;
      syncs @13 :List(Text);
      # Who asked.
    }
    readVitals @14 :Void $T.reply("Vitals");
    appraisalDue @15 :Void;
    # The integration's own: it is time to find out how it is.
    appraised :group {
      # The outcome of IntegrationAppraise.
      score @16 :UInt8;
      standings @17 :List(H.HealthStanding);
      # Without a score of their own where nothing is known.
      advice @18 :Text;
      # What is worst, and what to do; empty: nothing is wrong.
    }
    takeTrial :group {
      # Somebody has tried it out: it counts as a check. Not answered.
      succeeded @19 :Bool;
      account @20 :Text;
      why @21 :Text;
    }
  }
}

struct IntegrationVitals {
  # What the integration itself knows of how it is.
  hours @0 :List(H.HealthTally);
  # The last 24 in which anything happened, the newest last.
  days @1 :List(H.HealthTally);
  # The last 14.
  users @2 :List(H.HealthUser);
  standings @3 :List(H.HealthStanding);
  spec @4 :Text $T.json;
  checked @5 :Bool;
  # A check was made, and ended so.
  succeeded @6 :Bool;
  why @7 :Text;
  checkedAtMs @8 :Int64;
  warning @9 :Text;
  # Of the end of the API's version.
}

struct IntegrationAppraise $T.outcome("appraised") {
  # Finds out how the integration is.
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
    counted :group {
      tally @14 :H.HealthTally;
      syncs @15 :List(Text);
      atMs @16 :Int64;
    }
    appraisalAsked :group {
      atMs @17 :Int64;
    }
    judged :group {
      score @18 :UInt8;
      standings @19 :List(H.HealthStanding);
      advice @20 :Text;
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

  hours @13 :List(H.HealthTally);
  days @14 :List(H.HealthTally);
  users @15 :List(H.HealthUser);
  # At most 64, those who asked last.
  countedAtMs @16 :Int64;
  appraisalAtMs @17 :Int64;
  # When one was asked for last.
  score @18 :UInt8;
  standings @19 :List(H.HealthStanding);
  # Empty: nobody has looked yet.
  advice @20 :Text;
}
