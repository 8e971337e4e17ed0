#include "actors/sync/destinations/tables/kind.hpp"

#include "actors/sync/destinations/local/blocking_write.hpp"
#include "actors/sync/outcome.hpp"

namespace tenon::actors::tables {
namespace {

using relational::database_options;
using relational::login;
using runtime::task;

constexpr std::uint32_t most_rows = 20'000; // of one transaction

class table_of_kind final : public destination {
public:
  table_of_kind(database_options o, std::shared_ptr<const table_kind> k, target t, identity sync)
      : options_{std::move(o)}, kind_{std::move(k)},
        target_{std::make_shared<const target>(std::move(t))}, sync_{std::move(sync)} {}

  tuning::settings settings() const override {
    const auto most = std::max(kind_->page_size, most_rows);
    return {tuning::offered(tuning::knob::batch_size, kind_->page_size, most)};
  }
  std::uint32_t page_size(const tuning::settings& s) const override {
    return tuning::set_in(s, tuning::knob::batch_size, kind_->page_size);
  }

  task<settled> write(delivery d) override {
    const identity credential{sync_.tenant, "credential", target_->server.credential};
    auto who = co_await relational::log_in(options_.secrets, target_->server.user, credential);
    if (!who) {
      auto why = std::move(who).error();
      why.where = kind_->names.place_of("credential");
      co_return settled{.trouble = trouble_from(at_destination(std::move(why)))};
    }
    blocking_write work = [kind = kind_, to = target_,
                           who = *std::move(who)](const delivery& some, std::stop_token stop) {
      return kind->write(*to, who, some, std::move(stop));
    };
    auto made =
        co_await write_page_on(options_.blocking, options_.closing, std::move(d), std::move(work));
    co_return made;
  }

private:
  const database_options options_;
  const std::shared_ptr<const table_kind> kind_;
  const std::shared_ptr<const target> target_;
  const identity sync_;
};

class destination_of_kind final : public destination_kind {
public:
  destination_of_kind(database_options o, table_kind k)
      : options_{std::move(o)}, kind_{std::make_shared<const table_kind>(std::move(k))} {}

  std::string_view name() const override { return kind_->names.kind; }

  result<void> check(const object& written) const override {
    const auto t = read_target(written, kind_->names, kind_->way);
    if (!t)
      return t.error();
    auto fine = kind_->check ? kind_->check(*t) : result<void>{};
    return fine ? std::move(fine) : at_destination(std::move(fine).error());
  }

  task<result<std::unique_ptr<destination>>> open(identity sync, object written) override {
    auto t = read_target(written, kind_->names, kind_->way);
    if (!t)
      co_return std::move(t).error();
    std::unique_ptr<destination> made =
        std::make_unique<table_of_kind>(options_, kind_, *std::move(t), std::move(sync));
    co_return made;
  }

private:
  const database_options options_;
  const std::shared_ptr<const table_kind> kind_;
};

} // namespace

std::unique_ptr<destination_kind> table_destination(database_options o, table_kind k) {
  return std::make_unique<destination_of_kind>(std::move(o), std::move(k));
}

} // namespace tenon::actors::tables
