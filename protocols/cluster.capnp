@0xcd00dccd09bda97d;
# What a cluster knows about itself: its members and where each partition's replicas are wanted. This
# state belongs to partition 0 and is replicated by its group like any other state. Commands are
# decided where that group's leader is (cluster/membership); events only grow.
#
# A node's life:
#
#     join ─▶ joining ─start─▶ up ─drain─▶ draining ─start─▶ up
#                               └──leave──▶ draining, for good ─depart─▶ left
#     remove (of a dead one), replace (by one with its name): from any of these ─▶ removed

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";

enum ClusterStanding {
  joining @0;
  # A member that has not started yet. It is given no replicas.
  up @1;
  draining @2;
  # Leads nothing, or soon nothing; with forGood it also gives its replicas away.
  left @3;
  removed @4;
}

struct ClusterNode {
  id @0 :UInt32;
  # From 1; never used again, not even for a node of the same name.
  name @1 :Text;
  # 1-63 of a-z 0-9 -, unique among members.
  addresses @2 :List(Text);
  # "host:port" at which other nodes find it; the first that answers is used.
  zone @3 :Text;
  # What fails together, as the operator names it. Without a label a node is a zone of its own.
  worker @4 :Bool;
  # Holds partitions.
  edge @5 :Bool;
  # Takes requests. A node that is only this holds no partitions.
  version @6 :Text;
  # As its program says it; for people only.
  speaksFrom @7 :UInt32;
  speaksTo @8 :UInt32;
  # The feature levels that its program understands.
  standing @9 :ClusterStanding;
  stoodAtMs @10 :Int64;
  # When it came to this standing.
  forGood @11 :Bool;
  # Of one that drains: it will not come back.
  bootId @12 :UInt64;
  # Drawn at random when its process starts. Another one, while this one is alive, is a second
  # process with the same data directory.
}

struct ClusterToken {
  # Lets one node in, once.
  hash @0 :Data;
  # SHA-256 of what the operator was shown.
  expiresAtMs @1 :Int64;
  usedBy @2 :UInt32;
  # 0 until it is used.
  usedAtMs @3 :Int64;
}

enum ClusterAct {
  addLearner @0;
  # The node begins to receive the partition's log and does not vote.
  promote @1;
  # A learner that has caught up votes from now on.
  transfer @2;
  # The node becomes the leader.
  removeVoter @3;
  removeLearner @4;
}

struct ClusterStep {
  # One change of one group; a group makes one at a time.
  act @0 :ClusterAct;
  node @1 :UInt32;
  # Whom it is about.
  begunAtMs @2 :Int64;
}

struct ClusterAssignment {
  partition @0 :UInt16;
  voters @1 :List(UInt32);
  # As last heard from the group itself; ascending.
  learners @2 :List(UInt32);
  # Likewise.
  wanted @3 :List(UInt32);
  # Who should vote; ascending, and never empty.
  preferredLeader @4 :UInt32;
  # One of those wanted: who leads when all are well.
  pinned @5 :Bool;
  # Placed by hand: balancing leaves it alone while its nodes are members.
  step @6 :ClusterStep $T.optional;
  # Under way.
  failures @7 :UInt32;
  # Steps in a row that did not succeed.
  retryAtMs @8 :Int64;
  # No step is begun before.
}

struct ClusterInit {
  # Makes a cluster of one node. Once in the life of a data directory.
  id @0 :Text;
  # Drawn at random; tells clusters apart that have the same name.
  name @1 :Text;
  # 1-63 of a-z 0-9 -.
  partitions @2 :UInt16 = 16;
  # 1 to 4096; fixed for ever.
  factor @3 :UInt32 = 3;
  # Replicas of each partition: 1, 3 or 5.
  node @4 :ClusterNode;
  # The first; its id and standing are ignored. It must be a worker.
}

struct ClusterIssueToken {
  hash @0 :Data;
  livesMs @1 :UInt64 = 3600000;
  # At most a week.
}

struct ClusterJoin {
  cluster @0 :Text;
  # The name of the cluster that is meant, so that a node is not taken into another.
  tokenHash @1 :Data;
  node @2 :ClusterNode;
  # Its id and standing are ignored.
  replaces @3 :Bool;
  # It takes the place of the dead member of the same name, whose disk is lost.
}

struct ClusterMember {
  # The answer to a node that joins.
  node @0 :UInt32;
  clusterId @1 :Text;
  featureLevel @2 :UInt32;
}

struct ClusterStart {
  # From a member whose process starts, each time, with what may have changed since.
  clusterId @0 :Text;
  node @1 :UInt32;
  bootId @2 :UInt64;
  addresses @3 :List(Text);
  version @4 :Text;
  speaksFrom @5 :UInt32;
  speaksTo @6 :UInt32;
}

struct ClusterDrain {
  # Leaders move away, replicas stay: before an upgrade. Ends when the node starts again.
  node @0 :UInt32;
}

struct ClusterResume {
  # Takes back a drain or a leave that is not finished.
  node @0 :UInt32;
}

struct ClusterLeave {
  # Leaders, then replicas move away, and the node departs.
  node @0 :UInt32;
}

struct ClusterDepart {
  # The end of leave: the node holds nothing any more.
  node @0 :UInt32;
}

struct ClusterRemove {
  # For a node that is dead and will not come back.
  node @0 :UInt32;
}

struct ClusterSetFactor {
  factor @0 :UInt32;
}

struct ClusterSetZone {
  node @0 :UInt32;
  zone @1 :Text;
}

struct ClusterRaise {
  # Once every member speaks it, a feature level may be agreed. It is never lowered.
  level @0 :UInt32;
}

struct ClusterWish {
  # Where one partition is wanted.
  partition @0 :UInt16;
  wanted @1 :List(UInt32);
  preferredLeader @2 :UInt32;
}

struct ClusterPlace {
  # A plan, applied. Where something is under way it is finished first.
  wishes @0 :List(ClusterWish);
}

struct ClusterMove {
  # One replica, by hand.
  partition @0 :UInt16;
  from @1 :UInt32;
  to @2 :UInt32;
}

struct ClusterUnpin {
  # Balancing may move the partition again.
  partition @0 :UInt16;
}

struct ClusterBeginStep {
  partition @0 :UInt16;
  act @1 :ClusterAct;
  node @2 :UInt32;
}

struct ClusterEndStep {
  # What became of a step, with the group's members as it says them now.
  partition @0 :UInt16;
  succeeded @1 :Bool;
  voters @2 :List(UInt32);
  learners @3 :List(UInt32);
}

struct ClusterObserve {
  # The members of a group as it says them, where they are not what is recorded.
  partition @0 :UInt16;
  voters @1 :List(UInt32);
  learners @2 :List(UInt32);
}

struct ClusterCommand {
  union {
    init @0 :ClusterInit $T.reply("Member");
    issueToken @1 :ClusterIssueToken;
    join @2 :ClusterJoin $T.reply("Member");
    start @3 :ClusterStart $T.reply("Member");
    drain @4 :ClusterDrain;
    resume @5 :ClusterResume;
    leave @6 :ClusterLeave;
    depart @7 :ClusterDepart;
    remove @8 :ClusterRemove;
    setFactor @9 :ClusterSetFactor;
    setZone @10 :ClusterSetZone;
    raise @11 :ClusterRaise;
    place @12 :ClusterPlace;
    move @13 :ClusterMove;
    unpin @14 :ClusterUnpin;
    beginStep @15 :ClusterBeginStep;
    endStep @16 :ClusterEndStep;
    observe @17 :ClusterObserve;
  }
}

struct ClusterInitialised {
  id @0 :Text;
  name @1 :Text;
  partitions @2 :UInt16;
  factor @3 :UInt32;
  featureLevel @4 :UInt32;
  node @5 :ClusterNode;
  # Holds every partition, alone.
  atMs @6 :Int64;
}

struct ClusterTokenIssued {
  token @0 :ClusterToken;
  atMs @1 :Int64;
  # Tokens that expired a week before are forgotten.
}

struct ClusterJoined {
  node @0 :ClusterNode;
  tokenHash @1 :Data;
  # Used up by it.
  replaced @2 :UInt32;
  # The member whose place it takes wherever that one was wanted; 0 for none.
  atMs @3 :Int64;
}

struct ClusterStarted {
  node @0 :UInt32;
  bootId @1 :UInt64;
  addresses @2 :List(Text);
  version @3 :Text;
  speaksFrom @4 :UInt32;
  speaksTo @5 :UInt32;
  atMs @6 :Int64;
}

struct ClusterStood {
  # A node came to another standing.
  node @0 :UInt32;
  standing @1 :ClusterStanding;
  forGood @2 :Bool;
  atMs @3 :Int64;
}

struct ClusterFactorSet {
  factor @0 :UInt32;
}

struct ClusterZoneSet {
  node @0 :UInt32;
  zone @1 :Text;
}

struct ClusterRaised {
  level @0 :UInt32;
}

struct ClusterPlaced {
  wishes @0 :List(ClusterWish);
  pinned @1 :Bool;
}

struct ClusterUnpinned {
  partition @0 :UInt16;
}

struct ClusterStepBegun {
  partition @0 :UInt16;
  step @1 :ClusterStep;
}

struct ClusterStepEnded {
  partition @0 :UInt16;
  voters @1 :List(UInt32);
  learners @2 :List(UInt32);
  failures @3 :UInt32;
  retryAtMs @4 :Int64;
}

struct ClusterObserved {
  partition @0 :UInt16;
  voters @1 :List(UInt32);
  learners @2 :List(UInt32);
}

struct ClusterEvent {
  union {
    initialised @0 :ClusterInitialised;
    tokenIssued @1 :ClusterTokenIssued;
    joined @2 :ClusterJoined;
    started @3 :ClusterStarted;
    stood @4 :ClusterStood;
    factorSet @5 :ClusterFactorSet;
    zoneSet @6 :ClusterZoneSet;
    raised @7 :ClusterRaised;
    placed @8 :ClusterPlaced;
    unpinned @9 :ClusterUnpinned;
    stepBegun @10 :ClusterStepBegun;
    stepEnded @11 :ClusterStepEnded;
    observed @12 :ClusterObserved;
  }
}

struct ClusterState {
  id @0 :Text;
  # Empty before init.
  name @1 :Text;
  factor @2 :UInt32;
  featureLevel @3 :UInt32;
  # What all members speak; only grows.
  nextNode @4 :UInt32 = 1;
  nodes @5 :List(ClusterNode);
  # By id. Of those that left or were removed, the newest 256.
  tokens @6 :List(ClusterToken);
  assignments @7 :List(ClusterAssignment);
  # One for each partition, in their order.
  madeAtMs @8 :Int64;
}
