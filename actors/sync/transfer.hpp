// Performs a sync's transfers: one page out of the source and into the collection. The collection
// knows which pages it has, so a transfer that is performed twice stores once.
//
// A sync that writes goes the other way: actors/sync/outflow.hpp.
//
// Each page waits for its turn. While the collection stores a page, the next one is already being
// read, unless somebody else waits for the place: one page ahead for each sync, given up when the
// next transfer is about something else. Of a metered source it is read once the page is stored,
// while the sync hears of that.
#pragma once

#include "actors/sync/forgetting.hpp"
#include "actors/sync/outflow.hpp"
#include "actors/sync/reading.hpp"
#include "actors/sync/turns/turnstile.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/timer.hpp"
#include "runtime/tasks/workers.hpp"

#include <memory>

namespace tenon::actors {

class transfer final : public runtime::performer {
public:
  transfer(runtime::host&, runtime::workers&, runtime::timer&, const source_kinds&,
           const destination_kinds&, std::shared_ptr<turnstile>);

  void perform(runtime::effect, std::function<void(blob command)> outcome) override;

private:
  struct asked_page; // a page and who wants to hear of it

  void begin(std::shared_ptr<const asked_page>, std::shared_ptr<turnstile::place>);
  runtime::task<result<blob>> move(std::shared_ptr<const asked_page>,
                                   std::weak_ptr<turnstile::place>);
  void begin_ahead(std::shared_ptr<source>, std::shared_ptr<const protocols::sync::spec>,
                   read_ahead::reading next, std::shared_ptr<turnstile::place>);

  runtime::host& host_;
  runtime::workers& workers_;
  runtime::timer& timer_;
  const source_kinds& kinds_;
  outflow outflow_;
  forgetting forgetting_;
  read_ahead ahead_;
  std::shared_ptr<turnstile> turns_;
};

} // namespace tenon::actors
