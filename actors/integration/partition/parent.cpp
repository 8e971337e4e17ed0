// The records of another stream are the parts: the comments of each post. The parent is read page
// by page, without a cursor, while its parts are read.
//
//   partition: {parent: {stream: posts, key: id}}                       partition is the post's id
//   partition: {parent: {stream: posts, key: id, fields: [id, title]}}  partition.id,
//   partition.title
#include "actors/integration/partition/partition.hpp"

#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

class parent_records final : public partition {
public:
  std::string stream;
  json_path key;
  std::vector<json_path> fields;

  result<parts> first(const scope&, moment) const override { return parts{{}, object{}}; }
  std::string_view parent() const override { return stream; }

  std::optional<value> part_of(const json_text& body, std::string_view record) const override {
    const auto raw = find(body, record, key);
    const auto text = raw ? scalar_text(*raw) : std::nullopt;
    if (!text || text->empty())
      return std::nullopt;
    if (fields.empty())
      return value{*text};
    object members;
    for (const auto& field : fields) {
      const auto found = find(body, record, field);
      auto content = found ? read_json(*found) : result<value>{value{}};
      if (!content)
        return std::nullopt;
      members[field.steps.back()] = *std::move(content);
    }
    return value{std::move(members)};
  }
};

std::shared_ptr<const partition> compile(const value& settings, const std::string& where,
                                         problems& found) {
  form form_of{settings, where, found};
  auto made = std::make_shared<parent_records>();
  form_of.require("stream", "the stream whose records are the parts, stream: posts");
  made->stream = form_of.text("stream").value_or("");
  const auto take = [&](const std::string& text, std::string_view at) -> json_path {
    auto path = compile_path(text);
    if (path && path->steps.empty())
      path = failure{code::malformed, "a part is made of fields, not of the whole record"};
    if (path)
      return *std::move(path);
    found.add(form_of.at(at), std::move(path).error());
    return {};
  };
  if (form_of.require("key", "the parent's field that tells parts apart, key: id"))
    made->key = take(form_of.text("key").value_or(""), "key");
  for (const auto& text : form_of.texts("fields"))
    if (auto path = take(text, "fields"); !path.steps.empty())
      made->fields.push_back(std::move(path));
  form_of.finish();
  return made;
}

} // namespace

const partition_kind parent_partition{"parent", compile};

} // namespace tenon::actors::connectors
