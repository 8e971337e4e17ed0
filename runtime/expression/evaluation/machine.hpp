// Runs a compiled program over a scope. Jumps only go forward, so a run is at most as long as the
// program, and what functions do is counted by the workspace.
#pragma once

#include "runtime/expression/compiled.hpp"
#include "runtime/expression/evaluation/workspace.hpp"

namespace tenon::runtime::expression {

class machine {
public:
  machine(const compiled& c, const scope& s) : program_{c}, scope_{s}, work_{s.now()} {}

  /// The answer; it points into the scope, the program and this machine.
  result<operand> run();

  workspace& work() { return work_; }
  const notes& noted() const { return notes_; }

private:
  result<operand> run_on(operand* stack);
  /// One instruction that neither jumps nor pushes a constant; `top` is the next free place.
  result<void> perform(const instruction& i, operand*& top);
  result<operand> load(const instruction& i);
  result<operand> walk_on(const instruction& i, const operand& from);
  result<operand> call(const instruction& i, const operand* first);
  result<operand> build(const instruction& i, const operand* first);
  result<operand> binary(const instruction& i, const operand& left, const operand& right);
  void note_missing(const instruction& i, bool missing);
  failure placed(failure f, const instruction& i) const;

  const compiled& program_;
  const scope& scope_;
  workspace work_;
  notes notes_;
};

} // namespace tenon::runtime::expression
