// A directory with files of the test's own, read as somebody would write it in a sync:
// `from: {csv: {path: a.csv, key: id}}`.
#pragma once

#include "config/yaml.hpp"
#include "tests/support/offered.hpp"
#include "tests/support/packing.hpp"
#include "tests/support/source_reading.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <map>

namespace tenon::actors {

using tests::gzipped;
using tests::lines;
using tests::source_reading;
using tests::zstd_packed;
using texts = std::vector<std::string>;

class files_reading : public ::testing::Test {
protected:
  struct written {
    source_kind* kind;
    object options;
  };

  void write(const std::string& name, std::string_view bytes) const {
    std::ofstream out{directory / name, std::ios::binary | std::ios::trunc};
    out << bytes;
    if (!out.flush())
      throw std::runtime_error{"cannot write " + name};
  }
  void add(const std::string& name, std::string_view bytes) const {
    std::ofstream{directory / name, std::ios::binary | std::ios::app} << bytes;
  }

  written read_from(const std::string& from) {
    const auto documents = config::read_yaml("from: " + from, "sync.yaml");
    if (!documents)
      throw std::runtime_error{documents.error().why};
    const auto& [name, options] = *documents->front().value.find("from")->as<object>()->begin();
    auto& kind = kinds_[name];
    if (!kind)
      kind = tests::source_kind_of(name, tests::offered({directory.path()}));
    return {kind.get(), *options.as<object>()};
  }
  result<void> check(const std::string& from) {
    const auto w = read_from(from);
    return w.kind->check(w.options);
  }
  source_reading open(const std::string& from) {
    const auto w = read_from(from);
    const auto checked = w.kind->check(w.options);
    if (!checked)
      throw std::runtime_error{checked.error().where + ": " + checked.error().why};
    auto opened = w.kind->open(sync, w.options);
    if (!opened)
      throw std::runtime_error{opened.error().why};
    return source_reading{*std::move(opened)};
  }
  /// What a whole run gives.
  texts all(const std::string& from) { return lines(open(from).run()); }

  const identity sync{"acme", "sync", "files"};
  tests::temporary_directory directory;

private:
  std::map<std::string, std::unique_ptr<source_kind>> kinds_;
};

/// Whether the failure says these words, somewhere in why and remedy.
inline ::testing::AssertionResult says(const failure& f, const std::string& why,
                                       const std::string& remedy = "") {
  if (f.why.find(why) != f.why.npos && f.remedy.find(remedy) != f.remedy.npos)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << f.where << ": " << f.why << " | " << f.remedy;
}

} // namespace tenon::actors
