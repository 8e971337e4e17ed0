// What a stream says about its records' fields.
#include "tests/unit/actors/integration/stream_reading.hpp"

namespace tenon::actors::connectors {
namespace {

TEST(schema, is_what_a_stream_says_about_its_fields) {
  const auto m = connector("  rows: {request: {get: /rows}, key: id,\n"
                           "         schema: {id: integer, address: {city: text}, tags: list}}\n");
  std::vector<std::string> fields;
  for (const auto& f : m.streams[0].schema)
    fields.push_back(f.path.text + ' ' +
                     std::string{field_type_names[static_cast<std::size_t>(f.type)]});
  EXPECT_EQ(fields, (lines{"id integer", "address object", "address.city text", "tags list"}));
  const auto wrong = check_manifest(
      value_of_yaml("connector: test\nbase: http://h/v1\nstreams:\n"
                    "  rows: {request: {get: /rows}, key: id, schema: {id: integr, a: {b: 7}}}\n"));
  ASSERT_EQ(wrong.errors.size(), 2u);
  EXPECT_EQ(wrong.errors[0].where, "streams.rows.schema.id");
  EXPECT_NE(wrong.errors[0].remedy.find("integer"), std::string::npos);
  EXPECT_EQ(wrong.errors[1].where, "streams.rows.schema.a.b");
}

} // namespace
} // namespace tenon::actors::connectors
