@0xb8d41f7ae06c3295;
# How an account at a platform is: what its requests came to, and what was made of that.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

enum HealthMetric {
  reachability @0;
  credentials @1;
  latency @2;
  errorRate @3;
  quotaHeadroom @4;
  dataFreshness @5;
  schemaStability @6;
}

enum HealthBand {
  unknown @0;
  good @1;
  fair @2;
  poor @3;
}

struct HealthTally {
  # What the requests of an hour or a day that begins then came to, in UTC.
  begunAtMs @0 :Int64;
  succeeded @1 :UInt32;
  throttled @2 :UInt32;
  # Refused for load: 429.
  denied @3 :UInt32;
  # Refused for who asks: 401 and 403.
  refused @4 :UInt32;
  # The other 4xx.
  broken @5 :UInt32;
  # 5xx.
  unreached @6 :UInt32;
  # There was no answer.
  latencies @7 :List(UInt32);
  # How many answers took how long: one count for each of the spans in
  # actors/integration/health/tally.hpp, those at the end left out where they are 0.
}

struct HealthUser {
  # A sync that has asked through the account.
  sync @0 :Text;
  atMs @1 :Int64;
  # Last, to the hour.
}

struct HealthStanding {
  # One metric, as it was found last.
  metric @0 :HealthMetric;
  band @1 :HealthBand;
  score @2 :UInt8;
  # 0 to 100; means nothing while it is unknown.
  sinceAtMs @3 :Int64;
  # When it came to be in this band.
}
