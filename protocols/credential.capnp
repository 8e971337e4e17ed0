@0xd52f8b6e39a1c074;
# What proves who we are to one platform: fixed secrets, or a token that is fetched with them, shared by
# everything that uses the integration. A token is fetched once for each expiry, however many ask.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");
using T = import "annotations.capnp";
using R = import "resource.capnp";

struct CredentialSpec {
  secrets @0 :Text $T.json $T.secret;
  # An object of texts: {"key": "…"}, {"user": "…", "password": "…"},
  # {"client_id": "…", "client_secret": "…"}: what the connector's auth block names.
}

struct CredentialCommand {
  union {
    configure @0 :R.ResourceConfigure;
    describe @1 :R.ResourceDescribe;
    remove @2 :R.ResourceRemove;
    use :group $T.reply("Usable") {
      # What to send with a request now.
      integration @3 :Text;
      # On whose behalf: its connector says how a token is fetched.
      needsToken @4 :Bool;
      # False for kinds that send the secrets themselves.
    }
    rejected :group {
      # The platform refused this version of the token (a 401). Not answered; an older version than
      # the present one is ignored, because it says nothing about it.
      version @5 :UInt64;
    }
    acquired :group {
      # The outcome of CredentialAcquire.
      attempt @10 :UInt64;
      token @6 :Text $T.secret;
      expiresAtMs @7 :Int64 $T.optional;
      why @8 :Text;
      # Why there is no token; empty when there is one.
      dead @9 :Bool;
      # The platform said that trying again is no use (wrong secret): a person must act.
    }
  }
}

struct CredentialUsable {
  secrets @0 :Text $T.json $T.secret;
  token @1 :Text $T.secret;
  version @2 :UInt64;
  pending @3 :Bool;
  # The token is being fetched: ask again in a moment. There is no token until then.
}

struct CredentialAcquire $T.outcome("acquired") {
  integration @0 :Text;
  secrets @1 :Text $T.json $T.secret;
  attempt @2 :UInt64;
  # Comes back in the outcome: a token that was fetched with earlier secrets is not taken.
}

struct CredentialEvent {
  union {
    configured @0 :R.ResourceConfigured;
    removed @1 :R.ResourceRemoved;
    acquiring :group {
      atMs @2 :Int64;
    }
    refreshed :group {
      token @3 :Text $T.secret;
      expiresAtMs @4 :Int64 $T.optional;
      atMs @5 :Int64;
    }
    failed :group {
      why @6 :Text;
      dead @7 :Bool;
      retryAtMs @8 :Int64;
    }
    invalidated :group {
      early @9 :Bool;
      # The token was refused soon after it had been fetched.
      retryAtMs @10 :Int64;
      # Not fetched again before this, so that a platform that refuses every token is not asked for
      # tokens without end.
    }
  }
}

struct CredentialState {
  record @0 :R.ResourceRecord $T.secret;
  token @1 :Text $T.secret;
  version @2 :UInt64;
  # Grows with each token.
  expiresAtMs @3 :Int64 $T.optional;
  acquiring @4 :Bool;
  why @5 :Text;
  dead @6 :Bool;
  retryAtMs @7 :Int64;
  failures @8 :UInt32;
  refreshes @9 :UInt64;
  # Tokens fetched in this resource's life.
  attempts @10 :UInt64;
  # Begun in the life of the name.
  obtainedAtMs @11 :Int64;
  rejections @12 :UInt32;
  # Tokens in a row that were refused soon after they had been fetched.
}
