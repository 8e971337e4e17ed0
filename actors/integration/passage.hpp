// A request on its way past the quotas it needs. Limits of one credential are counted by that
// credential's quota; limits that the manifest keys by anything else (an app, a shop, an instance)
// by a quota of that key, which all of the tenant share who agree on it. Pure: whoever sends the
// request asks one gate after the other, and tells here what was answered.
//
// Promises: it takes from all of them or from none. It holds nothing while it waits, so nobody
// waits for what it holds, and there is no deadlock; its place in the line stays at each gate that
// it knows, so its turn comes at all of them together, and it is not passed over for ever.
#pragma once

#include "actors/integration/toll.hpp"
#include "protocols/identity.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

class passage {
public:
  struct gate {
    identity quota;
    protocols::quota::take wanted{};
    std::vector<std::size_t> buckets{};  // of the toll, in turn
    protocols::quota::granted granted{}; // no grant: it has not let through yet
    bool known = false;                  // it has been asked
    bool caught_up = false;
  };
  struct word {
    identity to;
    protocols::quota::command what;
  };
  /// What follows from an answer.
  struct turn {
    std::vector<word> told{};         // before anything else
    std::optional<failure> refused{}; // with the time until the first gate is asked again
    bool given_up = false;            // it is not worth waiting for
  };

  passage() = default; // past no gate
  /// `own` counts what belongs to the credential alone.
  passage(const manifest&, const toll&, const identity& own);

  /// Whom to ask now; null: all have let it through.
  const gate* next() const;
  /// What that one has answered. At most `patience` is waited.
  turn hear(result<protocols::quota::granted>, moment now, span patience);

  const std::vector<gate>& gates() const { return gates_; }
  /// Buckets of a quota.
  struct concern {
    identity quota;
    std::vector<std::string> buckets;
  };
  /// Which of those it took from a refusal for load is about, as far as the answer has said: those
  /// that it says are used up; else those of which it does not say that there is some left; else
  /// all.
  std::vector<concern> concerned(const std::vector<word>& said) const;

  /// It is over; `answer` is null when nothing came.
  std::vector<word> leave(const manifest&, const toll&, const http_response* answer, moment now);

private:
  void step_back(const gate& from, moment until, std::vector<word>& into);

  std::vector<gate> gates_;
  std::size_t at_ = 0;
  moment since_{};
};

/// All that the account's requests may take from, its own first.
std::vector<identity> quotas_of(const manifest&, const connection&, const identity& own);

} // namespace tenon::actors::connectors
