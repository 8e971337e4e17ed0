@0xb1f0a6d27c94e835;
# What two nodes tell each other when they connect. Before both hellos were found good, nothing
# else is said; afterwards, the connection carries opaque frames.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

enum LinkChannel {
  control @0;
  # Small and urgent: heartbeats, consensus.
  bulk @1;
  # Large, and never in the way of the other: snapshots.
}

struct LinkHello {
  # The dialling node says it first; the other answers with its own, or with a refusal.

  oldest @0 :UInt16;
  # The first version of the frames' protocol that this node still speaks.
  newest @1 :UInt16;
  # And the last. The newest that both speak is spoken.

  features @2 :UInt32;
  # The feature level of the node's software, for the cluster to agree on what everybody can do.

  cluster @3 :Text;
  # The cluster's id; the certificates say the same.
  node @4 :Text;
  # The node's id; its certificate says the same.

  boot @5 :UInt64;
  # Random, and another one whenever the node's process starts.

  epoch @6 :UInt64;
  # One more than that of any connection of this channel that this node has had with the other. The
  # connection's is the larger of both: so both agree which of two connections is newer.

  channel @7 :LinkChannel;

  address @8 :Text;
  # Where the node can be reached, "host:port". Empty when it does not say.
}

struct LinkRefusal {
  # Instead of a hello: why the connection is closed.
  code @0 :Text;
  # As failures have it: "forbidden".
  why @1 :Text;
  remedy @2 :Text;
}
