@0xb7d40c8e15f3a962;
# A connector as data: the manifest of one platform, stored under a name. Whoever talks to the platform
# asks for it and interprets it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";

struct ConnectorCommand {
  union {
    configure @0 :R.ResourceConfigure;
    # The spec is the manifest; a manifest that does not compile is refused with every place at fault.
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    read @3 :Void $T.reply("Manifest");
    # What an interpreter asks for.
  }
}

struct ConnectorManifest {
  version @0 :UInt64;
  text @1 :Text $T.json;
}

struct ConnectorEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
  }
}

struct ConnectorState {
  record @0 :R.ResourceRecord;
}
