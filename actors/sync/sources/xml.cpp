// `from: {xml: {path: feed.xml, records: /catalog/product, key: "@id"}}`: the elements of one path
// in XML documents, each a record. A document is read as it streams by and may be of any size. The
// options of every kind of file are in files/kind.hpp; besides:
//
//   records: the path from the root to the element that is a record. Needed.
//   lists:   the name, or names, of elements that are a list even where there is only one.
//
// An element becomes an object: an attribute is "@name", a child its name, several children of one
// name a list, and text beside them "#text". An element with nothing but text is that text; so is
// an empty one. Blanks between elements are dropped. Names are as written, prefixes and all. A key
// is a path in that object: `@id`, `id`, `price.#text`.
//
// A document that is not well formed fails with its line, and so does one that refers to something
// outside itself, or grows beyond bounds by its own entities. A record of more than 4 MiB, or one
// nested more than 60 deep, is a letter. What a letter holds is the element as such an object.
#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/files/format.hpp"
#include "actors/sync/sources/files/kind.hpp"
#include "actors/sync/sources/xml/document.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::files {
namespace {

struct element_options {
  std::vector<connectors::json_path> key;
  element_path path;
};

/// What was made of an element, as it would be made with these lists.
void list_again(value& v, const std::set<std::string>& lists) {
  if (auto* items = v.as<list>())
    for (auto& item : *items)
      list_again(item, lists);
  auto* members = v.as<object>();
  if (members == nullptr)
    return;
  for (auto& [name, content] : *members) {
    auto* items = content.as<list>();
    if (items == nullptr && lists.contains(name)) {
      content = list{content};
    } else if (items != nullptr && items->size() == 1 && !lists.contains(name)) {
      auto only = std::move(items->front());
      content = std::move(only);
    }
    list_again(content, lists);
  }
}

class xml_reader final : public reader {
public:
  xml_reader(input& in, const mark& from, const element_options& o)
      : options_{o}, document_{in, o.path, from.records}, at_{from} {}

  result<step> next(rows& onto) override {
    const auto found = document_.next();
    if (!found)
      return found.error();
    at_.offset = document_.offset();
    if (!*found)
      return step::end;
    const spot at{':', document_.line()};
    json_.clear();
    if (const auto* why = document_.write(json_))
      onto.refuse(onto.text().size(), at, why, json_);
    else
      onto.keep_json(json_, options_.key, at);
    ++at_.records;
    return step::taken;
  }

  mark here() const override { return at_; }

private:
  const element_options& options_;
  xml_document document_;
  std::string json_;
  mark at_;
};

class xml_format final : public format {
public:
  explicit xml_format(element_options o) : options_{std::move(o)} {}

  /// What stands before a record decides what it means, so the document is read from its beginning.
  result<std::unique_ptr<reader>> open(input& in, const mark& from) const override {
    return std::unique_ptr<reader>{std::make_unique<xml_reader>(in, from, options_)};
  }

  result<void> read_again(const protocols::letter_types::kept& letter, rows& onto) const override {
    auto element = read_json(letter.bytes.view());
    if (!element || !needed_for(letter, "json"))
      return read_json_again(letter, options_.key, onto);
    list_again(*element, options_.path.lists);
    onto.keep_json(write_json(*element), options_.key, {});
    return {};
  }

private:
  const element_options options_;
};

std::shared_ptr<const format> read_options(connectors::form& f, const asked& a) {
  element_options o{.key = key_paths(f, a), .path = {}};
  f.require("records", "the path to the elements, as in `records: /catalog/product`");
  const auto written = f.text("records").value_or("/");
  for (std::size_t at = 0; at < written.size();) {
    const auto end = std::min(written.find('/', at + 1), written.size());
    if (written[at] != '/' || (end == at + 1 && written.size() > 1))
      f.note("records", "this is no path of elements", "Write /catalog/item.");
    else if (end > at + 1)
      o.path.names.push_back(written.substr(at + 1, end - at - 1));
    at = end;
  }
  if (o.path.names.empty() || o.path.names.size() > most_path_names)
    f.note("records", "a path has 1 to 16 names", "Write /catalog/item.");
  for (auto& name : f.texts("lists"))
    o.path.lists.insert(std::move(name));
  return std::make_shared<xml_format>(std::move(o));
}

} // namespace

const format_kind xml_kind{"xml", false, read_options};

} // namespace tenon::actors::files

namespace tenon::actors::sources {

std::unique_ptr<source_kind> xml(const surroundings& s) {
  return files::file_source(files::xml_kind, {s.readable, s.files});
}

} // namespace tenon::actors::sources
