// Performs the transfers of a sync that writes: changes out of a collection and into a destination.
// What was written and how far the outlet has got become one fact in the collection; a transfer
// that is performed twice writes again what the destination may be given twice, and nothing else.
#pragma once

#include "actors/sync/destination.hpp"
#include "actors/sync/shaping.hpp"
#include "protocols/sync.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/timer.hpp"

namespace tenon::actors {

class outflow {
public:
  outflow(runtime::host& h, runtime::timer& t, const destination_kinds& k)
      : host_{h}, timer_{t}, kinds_{k} {}

  runtime::task<protocols::sync::transferred> move(runtime::effect, protocols::sync::transfer,
                                                   protocols::sync::spec);

private:
  struct taken; // a page of changes on its way

  static std::vector<protocols::conflict_types::sent>
  sent_of(const taken&, std::size_t settled,
          const std::vector<protocols::letter_types::kept>& refused,
          const std::vector<std::string>& left);

  runtime::task<result<taken>> take(identity sync, protocols::sync::transfer, protocols::sync::spec,
                                    std::uint32_t page_size);

  runtime::host& host_;
  runtime::timer& timer_;
  const destination_kinds& kinds_;
};

} // namespace tenon::actors
