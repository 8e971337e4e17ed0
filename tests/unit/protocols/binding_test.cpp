#include "protocols/binding.hpp"

#include "protocols/breaker.hpp"
#include "protocols/json.hpp"
#include "protocols/specimen.hpp"
#include "tests/golden/specimen.hpp"

#include <gtest/gtest.h>

namespace tenon::protocols {

namespace {

using namespace std::chrono_literals;

value document(std::string_view json) {
  return read_json(json).value();
}

template <class T> T read(std::string_view json) {
  auto x = from_value<T>(document(json));
  EXPECT_TRUE(x) << json << ": " << x.error().where << ": " << x.error().why;
  return x ? *x : T{};
}

template <class T> failure refusal(std::string_view json, std::string_view where = "spec") {
  const auto x = from_value<T>(document(json), where);
  EXPECT_FALSE(x) << json;
  if (x)
    return {};
  EXPECT_EQ(x.error().code, code::malformed);
  return x.error();
}

TEST(binding, reads_back_every_kind_of_value_that_it_writes) {
  specimen::everything x;
  specimens::set(x, "x");
  x.lists.shapes = {specimen::circle{.radius = 2, .label = "l"}, specimen::empty{},
                    breaker::policy{}};
  const auto shown = to_value(x, show_secrets::yes);
  EXPECT_EQ(from_value<specimen::everything>(shown).value(), x);
  EXPECT_EQ(from_value<specimen::everything>(document(write_json(shown))).value(), x);
}

TEST(binding, leaves_what_is_not_said_at_its_default) {
  EXPECT_EQ(read<specimen::numbers>("{}"), specimen::numbers{});
  EXPECT_EQ(read<breaker::policy>(R"({"failure_limit": 9})").cooldown, 30s);
  EXPECT_FALSE(read<specimen::absent>("{}").note);
}

TEST(binding, takes_spans_as_milliseconds_or_as_text) {
  EXPECT_EQ(read<breaker::policy>(R"({"cooldown": 250})").cooldown, 250ms);
  EXPECT_EQ(read<breaker::policy>(R"({"cooldown": "1h30m"})").cooldown, 90min);
  EXPECT_EQ(from_value<breaker::policy>(object{{"cooldown", span{7}}}).value().cooldown, 7ms);
  const auto wrong = refusal<breaker::policy>(R"({"cooldown": "soon"})");
  EXPECT_EQ(wrong.where, "spec.cooldown");
  EXPECT_EQ(wrong.remedy, "write it like 500ms, 30s or 1h30m");
  EXPECT_EQ(refusal<breaker::policy>(R"({"cooldown": true})").why, "expected span, found bool");
}

TEST(binding, takes_moments_as_they_are_or_as_text) {
  const moment m{span{1'700'000'000'000}};
  EXPECT_EQ(read<specimen::numbers>(R"({"seen_at": "2023-11-14T22:13:20Z"})").seen_at, m);
  EXPECT_EQ(from_value<specimen::numbers>(object{{"seen_at", m}}).value().seen_at, m);
  EXPECT_EQ(refusal<specimen::numbers>(R"({"seen_at": "tomorrow"})").where, "spec.seen_at");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"seen_at": 5})").why, "expected moment, found number");
}

TEST(binding, names_the_unknown_field_and_what_it_could_mean) {
  const auto wrong = refusal<breaker::policy>(R"({"failure_limt": 3})");
  EXPECT_EQ(wrong.where, "spec.failure_limt");
  EXPECT_EQ(wrong.why, "unknown field failure_limt");
  EXPECT_EQ(wrong.remedy, "did you mean failure_limit?");
  EXPECT_EQ(refusal<breaker::policy>(R"({"pages": 3})").remedy,
            "allowed are failure_limit, cooldown, probe_lease");
  EXPECT_EQ(refusal<specimen::empty>(R"({"pages": 3})").remedy, "nothing is allowed here");
  EXPECT_EQ(refusal<breaker::policy>("{\"" + std::string(5000, 'f') + "\": 3}").remedy,
            "allowed are failure_limit, cooldown, probe_lease");
  EXPECT_EQ(refusal<breaker::policy>(R"({"fialure_limit": 3})").remedy,
            "did you mean failure_limit?");
}

TEST(binding, prefers_to_say_what_is_unknown_over_what_is_missing) {
  EXPECT_EQ(refusal<specimen::texts>(R"({"titel": "x"})").remedy, "did you mean title?");
}

TEST(binding, names_the_place_within_members_and_lists) {
  EXPECT_EQ(refusal<specimen::lists>(R"({"texts": [{"title": "a"}, {"title": 1}]})").where,
            "spec.texts[1].title");
  EXPECT_EQ(refusal<specimen::lists>(R"({"table": [[], [1, 65536]]})").where, "spec.table[1][1]");
  EXPECT_EQ(refusal<specimen::shape>(R"({"circle": {"radius": "r"}})").where, "spec.circle.radius");
  EXPECT_EQ(refusal<specimen::lists>(R"({"texts": {}})", "").where, "texts");
  EXPECT_EQ(refusal<specimen::lists>("[]").where, "spec");
}

TEST(binding, says_both_types_when_one_is_wrong) {
  EXPECT_EQ(refusal<specimen::numbers>(R"({"count": "3"})").why, "expected number, found text");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"count": null})").why, "expected number, found null");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"ratio": []})").why, "expected number, found list");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"yes": 1})").why, "expected bool, found number");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"colour": 1})").why, "expected text, found number");
  EXPECT_EQ(refusal<specimen::texts>(R"({"title": 1})").why, "expected text, found number");
  EXPECT_EQ(refusal<specimen::lists>(R"({"names": {}})").why, "expected list, found object");
  EXPECT_EQ(refusal<specimen::lists>("7").why, "expected object, found number");
}

TEST(binding, says_what_is_required_and_what_it_is_for) {
  const auto wrong = refusal<specimen::texts>("{}");
  EXPECT_EQ(wrong.where, "spec.title");
  EXPECT_EQ(wrong.why, "title is required");
  EXPECT_TRUE(wrong.remedy.starts_with("What it is called."));
}

TEST(binding, keeps_integers_within_their_range) {
  EXPECT_EQ(read<specimen::numbers>(R"({"tiny": -128, "tiny_count": 255.0})").tiny_count, 255);
  for (const auto* wrong : {R"({"tiny_count": 256})", R"({"tiny_count": -1})",
                            R"({"tiny_count": 2.5})", R"({"tiny_count": 1e300})"})
    EXPECT_EQ(refusal<specimen::numbers>(wrong).why, "must be a whole number from 0 to 255");
  for (const auto* wrong : {R"({"tiny": 128})", R"({"tiny": -129})", R"({"tiny": 0.5})"})
    EXPECT_EQ(refusal<specimen::numbers>(wrong).why, "must be a whole number from -128 to 127");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"large": 9223372036854775808})").where, "spec.large");
}

TEST(binding, keeps_the_largest_counts_exactly) {
  const auto shown = to_value(specimen::numbers{.large_count = UINT64_MAX});
  EXPECT_EQ(*shown.find("large_count"), value{"18446744073709551615"});
  EXPECT_EQ(from_value<specimen::numbers>(shown).value().large_count, UINT64_MAX);
  EXPECT_EQ(refusal<specimen::numbers>(R"({"large_count": "18446744073709551616"})").where,
            "spec.large_count");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"large_count": "1x"})").where, "spec.large_count");
}

TEST(binding, takes_enumerators_by_name) {
  EXPECT_EQ(read<specimen::numbers>(R"({"colour": "default"})").colour, specimen::colour::default_);
  EXPECT_EQ(refusal<specimen::numbers>(R"({"colour": "dark_gren"})").remedy,
            "did you mean dark_green?");
  EXPECT_EQ(refusal<specimen::numbers>(R"({"colour": "mauve"})").remedy,
            "allowed are red, dark_green, default");
}

TEST(binding, takes_a_union_as_an_object_of_one_member) {
  EXPECT_EQ(read<specimen::shape>(R"({"circle": {"radius": 3}})"),
            specimen::shape{specimen::circle{.radius = 3}});
  EXPECT_EQ(read<specimen::shape>(R"({"nothing": {}})"), specimen::shape{specimen::nothing{}});
  EXPECT_EQ(read<specimen::shape>(R"({"nothing": null})"), specimen::shape{specimen::nothing{}});
  EXPECT_EQ(refusal<specimen::shape>("{}").remedy,
            "allowed are nothing, circle, texts, policy, hidden");
  EXPECT_EQ(refusal<specimen::shape>(R"({"nothing": {}, "circle": {}})").why,
            "expected one member, found 2; they exclude each other");
  EXPECT_EQ(refusal<specimen::shape>(R"({"cirle": {}})").remedy, "did you mean circle?");
  EXPECT_EQ(refusal<specimen::shape>(R"({"circle": null})").where, "spec.circle");
}

TEST(binding, shows_secrets_only_when_asked) {
  const specimen::texts x{.title = "t", .password = "hunter2"};
  EXPECT_EQ(*to_value(x).find("password"), value{"•••"});
  EXPECT_EQ(*to_value(x, show_secrets::yes).find("password"), value{"hunter2"});
  EXPECT_EQ(write_json(to_value(specimen::lists{.texts = {x}})).find("hunter2"), std::string::npos);
}

TEST(binding, does_not_take_the_cover_for_the_secret) {
  const auto wrong = refusal<specimen::texts>(R"({"title": "t", "password": "•••"})");
  EXPECT_EQ(wrong.where, "spec.password");
  EXPECT_EQ(wrong.remedy, "give the secret itself, or leave the member out");
}

TEST(binding, takes_and_shows_documents_as_what_they_are) {
  const auto x = read<specimen::texts>(R"({"title": "t", "settings": {"a": [1, null]}})");
  EXPECT_EQ(x.settings, R"({"a":[1,null]})");
  EXPECT_EQ(*to_value(x).find("settings"), document(R"({"a": [1, null]})"));
  EXPECT_EQ(to_value(specimen::texts{}).find("settings"), nullptr);
  EXPECT_EQ(*to_value(specimen::texts{.settings = "{"}).find("settings"), value{"{"});
}

TEST(binding, keeps_all_bytes_and_shows_them_as_text_where_they_are) {
  for (const std::string bytes : {"", "plain", "gr\xc3\xbc\xc3\x9f", "\xff", "\xff\x01",
                                  "\xff\x01\x02", "base64:looks like it"}) {
    const specimen::record x{.body = blob::copy_of(bytes)};
    EXPECT_EQ(from_value<specimen::record>(to_value(x)).value(), x) << bytes;
  }
  EXPECT_EQ(*to_value(specimen::record{.body = blob::copy_of("plain")}).find("body"),
            value{"plain"});
  EXPECT_EQ(*to_value(specimen::record{.body = blob::copy_of("\xff")}).find("body"),
            value{"base64:/w=="});
  for (const auto* wrong :
       {"base64:/w", "base64:/x==", "base64:=AAA", "base64:A=AA", "base64:!!!!"})
    EXPECT_FALSE(from_value<specimen::record>(object{{"body", wrong}})) << wrong;
}

TEST(binding, takes_null_for_absent) {
  EXPECT_FALSE(read<specimen::absent>(R"({"note": null, "wait": null})").note);
  EXPECT_EQ(to_value(specimen::absent{}), value{object{}});
}

TEST(binding, describes_what_may_be_written) {
  const auto schema = schema_of<specimen::everything>();
  EXPECT_EQ(*schema.find("$schema"), value{"https://json-schema.org/draft/2020-12/schema"});
  EXPECT_EQ(*schema.find("additionalProperties"), value{false});
  const auto in = [&](const char* type) { return *schema.find("properties")->find(type); };
  const auto texts = in("texts"), numbers = in("numbers");
  EXPECT_EQ(*texts.find("required"), (value{list{"title"}}));
  EXPECT_EQ(*texts.find("properties")->find("password")->find("writeOnly"), value{true});
  EXPECT_EQ(*texts.find("properties")->find("settings"), value{object{}});
  const auto number = [&](const char* name) { return *numbers.find("properties")->find(name); };
  EXPECT_EQ(number("tiny"), document(R"({"type": "integer", "minimum": -128, "maximum": 127,
                                         "default": -128})"));
  EXPECT_EQ(number("colour"), document(R"({"enum": ["red", "dark_green", "default"],
                                           "default": "dark_green"})"));
  EXPECT_EQ(*number("legacy_ms").find("description"),
            value{"Not 64 bits wide, so it keeps its unit."});
  EXPECT_EQ(*number("seen_at").find("format"), value{"date-time"});
  const auto shapes = *in("shape").find("oneOf")->as<list>();
  ASSERT_EQ(shapes.size(), 5u);
  EXPECT_EQ(*shapes[1].find("required"), (value{list{"circle"}}));
  EXPECT_EQ(*shapes[1].find("description"), value{"Round."});
}

} // namespace

} // namespace tenon::protocols
