@0xc3a19be07d52f486;
# How the cluster's members are asked and changed: commands of protocols/cluster.capnp, each with
# what the node that passes it on sees of the others, because what may be done depends on who lives.
# Events and state are the cluster's. And what is said at the door where nodes come in.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using C = import "cluster.capnp";

struct CouncilTell {
  command @0 :C.ClusterCommand;
  self @1 :UInt32;
  # The node that passes it on.
  alive @2 :List(UInt32);
  # Whom it hears; ascending.
}

struct CouncilTold {
  # It was obeyed, now or before.
  node @0 :UInt32;
  # About whom it was; 0 for nobody.
  clusterId @1 :Text;
  featureLevel @2 :UInt32;
}

struct CouncilLook {
  known @0 :UInt32;
  # The checksum of the state that the asker has; 0 for none.
}

struct CouncilSeen {
  checksum @0 :UInt32;
  state @1 :C.ClusterState $T.optional;
  # Nothing when it is what the asker has.
}

struct CouncilCommand {
  union {
    tell @0 :CouncilTell $T.reply("Told");
    look @1 :CouncilLook $T.reply("Seen");
  }
}

struct CouncilNewcomer {
  # Said by a node that wants to become a member.
  secret @0 :Text $T.secret;
  # Of its token.
  cluster @1 :Text;
  # The name of the cluster that is meant; empty for whichever made the token.
  node @2 :C.ClusterNode;
  replaces @3 :Bool;
  request @4 :Text;
  # To certify its key, in PEM.
  hasMasterKey @5 :Bool;
  # It was given the key that seals secrets, and needs none.
}

struct CouncilWelcome {
  # What makes it one.
  node @0 :UInt32;
  clusterId @1 :Text;
  partitions @2 :UInt16;
  state @3 :C.ClusterState;
  certificate @4 :Text;
  trusted @5 :Text;
  authorityKey @6 :Text $T.secret;
  # For workers; with it they let others in. Empty for the rest.
  masterKey @7 :Text $T.secret;
  # Empty when the cluster's keys are not kept beside the data.
  masterCheck @8 :Text;
  masterRule @9 :Text;
}

struct CouncilReplica {
  node @0 :UInt32;
  votes @1 :Bool;
  caughtUp @2 :Bool;
}

struct CouncilGroup {
  # A partition, as the node that leads it sees it.
  partition @0 :UInt16;
  term @1 :UInt64;
  replicas @2 :List(CouncilReplica);
  # By node.
}

struct CouncilLed {
  # Said by each node to every other, once a second: the partitions that it leads.
  groups @0 :List(CouncilGroup);
}

struct CouncilRefusal {
  code @0 :Text;
  # As failures have it: "forbidden".
  why @1 :Text;
  where @2 :Text;
  remedy @3 :Text;
}

struct CouncilQuestion {
  command @0 :Data;
  # A CouncilCommand, of a member.
}

struct CouncilReport {
  reply @0 :Data;
  # What the command is answered with.
}

struct CouncilKnock {
  union {
    newcomer @0 :CouncilNewcomer;
    question @1 :CouncilQuestion;
  }
}

struct CouncilAnswer {
  union {
    refusal @0 :CouncilRefusal;
    welcome @1 :CouncilWelcome;
    report @2 :CouncilReport;
  }
}
