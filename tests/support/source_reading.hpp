// Reads a source from a test: page by page, waiting for each.
#pragma once

#include "actors/sync/source.hpp"
#include "runtime/tasks/workers.hpp"

#include <gtest/gtest.h>

#include <future>

namespace tenon::tests {

class source_reading {
public:
  explicit source_reading(std::unique_ptr<actors::source> from) : from_{std::move(from)} {}

  actors::page_or_trouble ask(actors::page_request wanted) {
    std::promise<result<actors::page_or_trouble>> answered;
    const auto started = runtime::start<actors::page_or_trouble>(
        tasks_, answer(*from_, std::move(wanted)),
        [&](result<actors::page_or_trouble> r) { answered.set_value(std::move(r)); });
    if (!started)
      throw std::runtime_error{started.error().why};
    auto r = answered.get_future().get();
    if (!r)
      throw std::runtime_error{r.error().why};
    return *std::move(r);
  }

  actors::source_page page(actors::page_request wanted) {
    auto answered = ask(std::move(wanted));
    if (const auto* t = std::get_if<actors::source_trouble>(&answered))
      throw std::runtime_error{t->why.where + ": " + t->why.why};
    return std::get<actors::source_page>(std::move(answered));
  }

  actors::source_trouble trouble(actors::page_request wanted = {}) {
    auto answered = ask(std::move(wanted));
    if (!std::holds_alternative<actors::source_trouble>(answered))
      throw std::runtime_error{"a page came"};
    return std::get<actors::source_trouble>(std::move(answered));
  }

  /// A whole run from there, as a sync asks for it.
  std::vector<actors::source_page> run(actors::page_request wanted = {}) {
    std::vector<actors::source_page> pages;
    do {
      pages.push_back(page(wanted));
      wanted.position = pages.back().position;
      wanted.cursor = pages.back().cursor;
    } while (!pages.back().last);
    return pages;
  }

  result<actors::source_page> read_again(protocols::letter_types::kept letter) {
    std::promise<result<actors::source_page>> answered;
    const auto started = runtime::start<actors::source_page>(
        tasks_, from_->read_again(std::move(letter)),
        [&](result<actors::source_page> r) { answered.set_value(std::move(r)); });
    return started ? answered.get_future().get() : result<actors::source_page>{started.error()};
  }

  result<bool> forget() {
    std::promise<result<bool>> answered;
    const auto started = runtime::start<bool>(
        tasks_, let_go(*from_), [&](result<bool> r) { answered.set_value(std::move(r)); });
    return started ? answered.get_future().get() : result<bool>{started.error()};
  }

private:
  static runtime::task<result<bool>> let_go(actors::source& from) {
    const auto done = co_await from.forget();
    co_return done ? result<bool>{true} : result<bool>{done.error()};
  }
  static runtime::task<result<actors::page_or_trouble>> answer(actors::source& from,
                                                               actors::page_request wanted) {
    co_return co_await from.read(std::move(wanted));
  }

  std::unique_ptr<actors::source> from_;
  runtime::workers tasks_{{.threads = 1}};
};

/// "key content" of each record, in order; letters as "! place: reason".
inline std::vector<std::string> lines(const std::vector<actors::source_page>& pages) {
  std::vector<std::string> all;
  for (const auto& p : pages) {
    for (const auto& r : p.records)
      all.push_back(r.key + ' ' + r.content.text() + (r.deleted ? " deleted" : ""));
    for (const auto& l : p.letters)
      all.push_back("! " + l.place + ": " + l.reason);
  }
  return all;
}

} // namespace tenon::tests
