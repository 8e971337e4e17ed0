#include "actors/sync/sources/singer/tap.hpp"

#include "protocols/json.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tenon::actors::singer {
namespace {

using clock = std::chrono::steady_clock;

constexpr auto pause = std::chrono::seconds{2}; // before a page that has nothing is asked again
constexpr std::size_t errors_kept = 10;
constexpr std::size_t error_bytes = 300;
constexpr std::size_t most_catalog_bytes = 64u << 20;

failure stopped() {
  return {code::unavailable, "the reading was stopped", {}, "It is tried again."};
}

std::string asked_with(const page_request& r) {
  return r.position + '\n' + r.cursor + (r.full ? "\nfull" : "");
}

} // namespace

std::uint64_t launch::shape() const {
  auto h = stable_hash(program.string());
  for (const auto& text : {options.stream, write_json(options.config), write_json(options.catalog),
                           write_json(secrets), std::to_string(options.page_size)})
    h = stable_hash(text, h ^ 0xff);
  for (const auto& field : options.key)
    h = stable_hash(field, h ^ 0xff);
  return h;
}

void running_tap::note_errors(std::string_view text) {
  errors_.feed(text);
  while (auto line = over_ ? errors_.rest() : errors_.next()) {
    const auto said = covered_(std::move(line->text)).substr(0, error_bytes);
    runtime::log::debug("tap.said", {{"sync", launch_.sync}, {"line", said}});
    last_errors_.push_back(said);
    if (last_errors_.size() > errors_kept)
      last_errors_.erase(last_errors_.begin());
  }
}

failure running_tap::bad_end(int code) const {
  std::string why = "the tap ended with " + std::to_string(code);
  if (code == 127)
    why += " (the program cannot be run)";
  for (const auto& line : last_errors_)
    why += "\n" + line;
  return {code::unavailable, why, "spec.from.singer.tap",
          "What it said last stands there; check its configuration."};
}

result<std::unique_ptr<child>> running_tap::run(std::vector<std::string> arguments,
                                                const std::map<std::string, std::string>& files) {
  auto where = workplace::make();
  if (!where)
    return std::move(where).error();
  for (const auto& [name, text] : files)
    if (auto written = where->write(name, text); !written)
      return std::move(written).error();
  return child::start({launch_.program, std::move(arguments)}, *std::move(where));
}

result<std::string> running_tap::discover(const std::stop_token& stop) {
  auto config = launch_.options.config;
  for (const auto& [name, secret] : launch_.secrets)
    config[name] = secret;
  auto begun =
      run({"--config", "config.json", "--discover"}, {{"config.json", write_json(config)}});
  if (!begun)
    return std::move(begun).error();
  auto& finding = **begun;
  std::string found;
  for (bool over = false; !over;) {
    const auto news = finding.read(clock::now() + launch_.options.silence, stop);
    if (stop.stop_requested())
      return stopped();
    if (!news.any())
      return failure{code::timed_out, "the tap does not say what it finds",
                     "spec.from.singer.silence", "Write its catalog, or allow a longer silence."};
    over_ = over = news.over;
    note_errors(news.errors);
    found += news.output;
    if (found.size() > most_catalog_bytes)
      return failure{code::too_large, "the tap finds a catalog of more than 64 MiB",
                     "spec.from.singer.catalog", "Write the part of it that is needed."};
  }
  over_ = false;
  if (const int code = finding.wait(); code != 0)
    return bad_end(code);
  return select_stream(found, launch_.options.stream);
}

result<std::unique_ptr<running_tap>> running_tap::start(launch l, const std::string& state,
                                                        std::shared_ptr<void> seat,
                                                        const std::stop_token& stop) {
  std::unique_ptr<running_tap> made{new running_tap{std::move(l), std::move(seat)}};
  const auto& o = made->launch_.options;
  for (const auto& field : o.key)
    made->key_.push_back(*connectors::compile_path(field));
  auto catalog =
      o.catalog.is_null() ? made->discover(stop) : select_stream(write_json(o.catalog), o.stream);
  if (!catalog)
    return std::move(catalog).error();
  auto config = o.config;
  for (const auto& [name, secret] : made->launch_.secrets)
    config[name] = secret;
  std::map<std::string, std::string> files{{"config.json", write_json(config)},
                                           {"catalog.json", *std::move(catalog)}};
  std::vector<std::string> arguments{"--config", "config.json", "--catalog", "catalog.json"};
  if (!state.empty()) {
    files["state.json"] = state;
    arguments.insert(arguments.end(), {"--state", "state.json"});
  }
  auto begun = made->run(std::move(arguments), files);
  if (!begun)
    return std::move(begun).error();
  made->child_ = *std::move(begun);
  made->heard_ = clock::now();
  return made;
}

bool running_tap::can_answer(const page_request& r, std::uint64_t shape) const {
  if (spent_ || shape != launch_.shape())
    return false;
  return (given_ && asked_ == asked_with(r)) || (!at_.empty() && at_ == r.position);
}

result<source_page> running_tap::page(const page_request& r, const place& from, const known& before,
                                      const std::stop_token& stop) {
  if (given_ && asked_ == asked_with(r))
    return *given_;
  spent_ = true; // unless a page comes of it
  auto read = failed_ ? result<source_page>{*failed_} : read_page(r, from, before, stop);
  told_ = !read;
  if (!read)
    return read;
  spent_ = read->last;
  asked_ = asked_with(r);
  at_ = read->position;
  given_ = *read;
  return read;
}

/// Lines into the page, until it has enough, or there are no more for now. Whether it is the last.
result<bool> running_tap::fill(assembly& page, const std::stop_token& stop) {
  const auto until = clock::now() + launch_.page_limit;
  for (;;) {
    while (!page.full()) {
      const auto line = over_ ? lines_.rest() : lines_.next();
      if (!line)
        break;
      if (auto taken = page.take(*line); !taken)
        return std::move(taken).error();
    }
    if (page.full())
      return false;
    if (over_)
      return true;
    const auto news = child_->read(until, stop);
    if (stop.stop_requested())
      return stopped();
    if (news.any())
      heard_ = clock::now();
    lines_.feed(news.output);
    over_ = news.over;
    note_errors(news.errors);
    if (clock::now() >= until && !over_) // also when all that it says is of other streams
      return false;
  }
}

result<source_page> running_tap::read_page(const page_request&, const place& from,
                                           const known& before, const std::stop_token& stop) {
  const auto begun = clock::now();
  assembly page{launch_.options, key_, from, before, covered_};
  auto last = fill(page, stop);
  if (!last)
    return std::move(last).error();
  if (*last)
    if (const int code = child_->wait(); code != 0) {
      // What was said up to a STATE is not said again.
      failed_ = bad_end(code);
      if (!page.has_state())
        return *failed_;
      last = false;
    }
  const bool nothing = page.empty();
  if (nothing && !*last && clock::now() - heard_ > launch_.options.silence)
    return failure{code::timed_out,
                   "the tap has said nothing for " + to_text(launch_.options.silence),
                   "spec.from.singer.silence", "Look at what it waits for, or allow more."};
  auto read = std::move(page).finish(*last);
  if (nothing && !*last && heard_ < begun)
    read.resume_at = std::chrono::time_point_cast<span>(std::chrono::system_clock::now() + pause);
  if (!*last)
    read.waits_for = "the tap " + launch_.options.tap;
  return read;
}

} // namespace tenon::actors::singer
