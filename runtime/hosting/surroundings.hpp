// What a cell needs of the node around it, as a port. The host implements it; a test can.
#pragma once

#include "runtime/catalog.hpp"
#include "runtime/hosting/envelope.hpp"
#include "runtime/journal.hpp"
#include "runtime/sealing/seal.hpp"
#include "runtime/state.hpp"

#include <memory>
#include <string>

namespace tenon::runtime {

class cell;

/// One request to the outside, ready to be performed: its decision is durable.
struct effect {
  identity by;
  std::uint64_t number = 0; // with `by`, the effect's id for ever
  std::string name;         // which performer: "sync.transfer"
  blob request;
  bool repeated = false; // may have been performed before, by a node that died before hearing of it
  trace_context trace{};
};

/// What the supervisor says about a crash.
struct after_crash {
  bool restart = false; // otherwise the actor is quarantined until an operator restarts it
  span after{};
};

struct cell_metrics {
  cell_metrics(meters&, std::string_view kind);
  counter& commands;
  counter& refusals;
  counter& crashes;
  histogram& queue_seconds;   // from the mailbox to the decision, the oldest of each batch
  histogram& journal_seconds; // from the decision to its being durable
};

class surroundings {
public:
  virtual ~surroundings() = default;

  virtual moment now() const = 0;
  virtual steady_point steady() const = 0;
  virtual runtime::journal& log() = 0;
  virtual runtime::state& stored() = 0;
  /// For entries of a kind that holds secrets.
  virtual const runtime::seal& seal() const = 0;

  /// To another actor; refusals and silence come back through the envelope's answer.
  virtual void send(const identity& to, std::unique_ptr<envelope>) = 0;
  /// The outcome comes back as an envelope that settles the effect's number.
  virtual void perform(effect) = 0;
  /// Calls `cell::attend(attention::clock)` at that date, or after that delay, or soon after.
  virtual void wake_at(cell&, moment) = 0;
  virtual void wake_after(cell&, span) = 0;
  /// Has entries that are not in its stored row: must be asked to save at the next checkpoint.
  virtual void dirty(cell&) = 0;
  /// Indices of its identity's entries that were found in the log when the tenure began, once.
  virtual std::vector<std::uint64_t> tail_of(const cell&) = 0;
  virtual after_crash crashed(const identity&, std::string_view why) = 0;
  /// The cell closed its mailbox and will not run again. Once for each.
  virtual void left(cell&) = 0;
  /// Too much waits to be stored: decide nothing new for now; the host attends when that is over.
  /// It is rows that fill the store. A state is stored once a checkpoint, however often it changes,
  /// so whoever has no rows goes on for longer, and can be spoken to meanwhile.
  virtual bool congested(bool has_rows) const = 0;
};

} // namespace tenon::runtime
