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
      toAsk @25 :Bool;
      # They are about to be sent: refused while a person has to connect it.
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
      refreshToken @18 :Text $T.secret;
      held @19 :Text $T.json $T.secret;
      renewAtMs @20 :Int64 $T.optional;
      reconnect @21 :Bool;
      # What the person has to do is to connect it again.
    }
    authorize :group $T.reply("Begun") {
      # A person is about to be sent to the provider, to come back within ten minutes. What was begun
      # before is void.
      integration @11 :Text;
      redirect @12 :Text;
      nonce @13 :Text $T.secret;
      # What nobody can guess: whoever comes back must bring it.
      verifier @14 :Text $T.secret;
      # Of PKCE: who asked for the code must be who uses it.
    }
    comeBack :group $T.reply("Taken") {
      # The person is back. Good for one time.
      nonce @15 :Text $T.secret;
      code @16 :Text $T.secret;
      why @17 :Text;
      # What the provider says instead of a code.
    }
    left :group {
      # The outcome of CredentialLeave. Nothing follows from it: what it was about is gone.
      why @22 :Text;
    }
    cutOff :group {
      # The platform says that a person has to connect the account again. Not answered; ignored when a
      # token or secrets are meant that are no more.
      version @23 :UInt64;
      # Of the token; 0: secrets were sent.
      configured @24 :UInt64;
      why @26 :Text;
    }
  }
}

struct CredentialBegun {
  number @0 :UInt64;
  # The status shows the same number when it is over.
  expiresAtMs @1 :Int64;
}

struct CredentialTaken {
  number @0 :UInt64;
  integration @1 :Text;
}

struct CredentialUsable {
  secrets @0 :Text $T.json $T.secret;
  token @1 :Text $T.secret;
  version @2 :UInt64;
  pending @3 :Bool;
  # The token is being fetched: ask again in a moment. There is no token until then.
  held @4 :Text $T.json $T.secret;
  # What goes with the token: {cookies, csrf, captured}. Not looked into.
  configured @5 :UInt64;
  # The resource's version that the secrets are of.
}

struct CredentialAcquire $T.outcome("acquired") {
  integration @0 :Text;
  secrets @1 :Text $T.json $T.secret;
  attempt @2 :UInt64;
  # Comes back in the outcome: a token that was fetched with earlier secrets is not taken.
  refreshToken @3 :Text $T.secret;
  held @4 :Text $T.json $T.secret;
  code @5 :Text $T.secret;
  # That a person brought back: the token is fetched with it.
  verifier @6 :Text $T.secret;
  redirect @7 :Text;
}

struct CredentialLeave $T.outcome("left") {
  # The provider is told that what was held is of no use any more: one time, whatever comes of it.
  secrets @0 :Text $T.json $T.secret;
  token @1 :Text $T.secret;
  held @2 :Text $T.json $T.secret;
  # Names the integration by which it was fetched, where the provider wants to be told.
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
      refreshToken @11 :Text $T.secret;
      held @12 :Text $T.json $T.secret;
      renewAtMs @13 :Int64 $T.optional;
    }
    failed :group {
      why @6 :Text;
      dead @7 :Bool;
      retryAtMs @8 :Int64;
      reconnect @14 :Bool;
    }
    invalidated :group {
      early @9 :Bool;
      # The token was refused soon after it had been fetched.
      retryAtMs @10 :Int64;
      # Not fetched again before this, so that a platform that refuses every token is not asked for
      # tokens without end.
    }
    authorizing :group {
      integration @15 :Text;
      redirect @16 :Text;
      nonce @17 :Text $T.secret;
      verifier @18 :Text $T.secret;
      expiresAtMs @19 :Int64;
    }
    cameBack :group {
      why @20 :Text;
      # Empty: a token is being fetched for the code.
    }
    disconnected :group {
      why @21 :Text;
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

  refreshToken @13 :Text $T.secret;
  held @14 :Text $T.json $T.secret;
  renewAtMs @15 :Int64 $T.optional;
  reconnect @16 :Bool;
  # It is dead, and a person has to connect it.
  connected @17 :Bool;
  # A person allowed it: what is held outlives a change of the secrets.
  connecting @18 :Bool;
  # A token is being fetched for a person's code.
  connects @19 :UInt64;
  # Begun in the life of the name.
  connectEnded @20 :UInt64;
  # The last that is over.
  connectWhy @21 :Text;
  # How it ended; empty: it is connected.
  nonce @22 :Text $T.secret;
  # Of the one that is under way; empty: none is awaited.
  verifier @23 :Text $T.secret;
  integration @24 :Text;
  redirect @25 :Text;
  connectExpiresAtMs @26 :Int64;
}
