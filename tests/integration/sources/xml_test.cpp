// XML: what its elements become, and what is not believed.
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "tests/integration/sources/files_reading.hpp"

namespace tenon::actors {
namespace {

using xml = files_reading;

TEST_F(xml, makes_an_object_of_an_element) {
  write("a.xml", R"(<?xml version="1.0"?><!-- <item/> -->
<r:catalog xmlns:r="urn:r"><meta><item id="0"/></meta>
  <item id="1" lang="d&amp;e"><name>A &lt;b&gt; "c"</name><tag>x</tag><price unit="EUR"> 5 </price>
    <tag>y</tag><empty/><only a="1"/><r:ns/><cd><![CDATA[<raw>]]></cd></item>
  <item id="2">text <b>bold</b> more</item><item id="3">only &#xe9;</item><item id="4"/>
</r:catalog>)");
  const auto first = R"(1 {"@id":"1","@lang":"d&e","name":"A <b> \"c\"","tag":["x","y"],)"
                     R"("price":{"@unit":"EUR","#text":" 5 "},"empty":"","only":{"@a":"1"},)"
                     R"("r:ns":"","cd":"<raw>"})";
  EXPECT_EQ(all("{xml: {path: a.xml, records: '/r:catalog/item', key: '@id'}}"),
            (texts{first, R"(2 {"@id":"2","#text":"text  more","b":"bold"})",
                   R"(3 {"@id":"3","#text":"only é"})", R"(4 {"@id":"4"})"}));
}

TEST_F(xml, makes_a_list_of_one_where_that_is_asked_for) {
  write("a.xml", "<r><i><id>1</id><t>a</t></i><i><id>2</id><t>b</t><t>c</t></i></r>");
  EXPECT_EQ(all("{xml: {path: a.xml, records: /r/i, key: id, lists: t}}"),
            (texts{R"(1 {"id":"1","t":["a"]})", R"(2 {"id":"2","t":["b","c"]})"}));
}

TEST_F(xml, reads_the_encoding_that_a_document_declares) {
  write("a.xml", "<?xml version='1.0' encoding='ISO-8859-1'?><r><i id='1'>\xe9</i></r>");
  EXPECT_EQ(all("{xml: {path: a.xml, records: /r/i, key: '@id'}}"),
            (texts{R"(1 {"@id":"1","#text":"é"})"}));
  const std::u16string wide = u"\ufeff<r><i id='1'>é</i></r>";
  write("a.xml", {reinterpret_cast<const char*>(wide.data()), wide.size() * 2});
  EXPECT_EQ(all("{xml: {path: a.xml, records: /r/i, key: '@id'}}"),
            (texts{R"(1 {"@id":"1","#text":"é"})"}));
  write("a.xml", "<?xml version='1.0' encoding='EBCDIC-9'?><r/>");
  EXPECT_TRUE(says(open("{xml: {path: a.xml, records: /r/i, key: id}}").trouble().why, "encoding"));
}

TEST_F(xml, makes_letters_of_elements_that_are_no_records) {
  std::string deep, up;
  for (int i = 0; i < 100; ++i) {
    deep += "<d>";
    up += "</d>";
  }
  write("a.xml", "<r><i><id>1</id></i>\n<i/>\n<i><id>2</id>" + deep + up +
                     "</i>\n<i><id>3</id><v>" + std::string(5u << 20, 'x') +
                     "</v></i>\n<i><id>4</id></i></r>");
  EXPECT_EQ(
      all("{xml: {path: a.xml, records: /r/i, key: id}}"),
      (texts{R"(1 {"id":"1"})", R"(4 {"id":"4"})", "! a.xml:2: field id of the key is missing",
             "! a.xml:3: the element is nested more than 60 deep",
             "! a.xml:4: the element has more than 4 MiB; here are its first 64 KiB"}));
}

TEST_F(xml, reads_nothing_outside_the_document) {
  write("secret", "secret");
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"<!DOCTYPE r [<!ENTITY e SYSTEM 'secret'>]><r><i><id>&e;</id></i></r>",
            "something outside itself: secret"},
           {"<!DOCTYPE r SYSTEM 'x.dtd'><r><i><id>&e;</id></i></r>", "defined outside itself: e"},
       }) {
    write("a.xml", text);
    const auto t = open("{xml: {path: a.xml, records: /r/i, key: id}}").trouble();
    EXPECT_EQ(t.why.code, code::forbidden);
    EXPECT_TRUE(says(t.why, why));
    EXPECT_EQ(t.why.where, "a.xml:1");
  }
  write("a.xml", "<!DOCTYPE r SYSTEM 'secret'><r><i><id>1</id></i></r>");
  EXPECT_EQ(all("{xml: {path: a.xml, records: /r/i, key: id}}"), (texts{R"(1 {"id":"1"})"}));
}

TEST_F(xml, refuses_entities_that_explode) {
  std::string text{"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>"};
  for (char c = 'b'; c <= 'j'; ++c) {
    text += std::string{"<!ENTITY "} + c + " '";
    for (int i = 0; i < 10; ++i)
      text += std::string{'&'} + static_cast<char>(c - 1) + ';';
    text += "'>";
  }
  for (const auto& document :
       {text + "]><r><i><id>&j;</id></i></r>", text + "]><r><i id='&j;'/></r>"}) {
    write("a.xml", document);
    const auto t = open("{xml: {path: a.xml, records: /r/i, key: id}}").trouble();
    EXPECT_EQ(t.why.code, code::forbidden);
    EXPECT_TRUE(says(t.why, "grow without bound"));
  }
  write("a.xml", "<!DOCTYPE r [<!ENTITY co 'A Company'>]><r><i><id>&co;</id></i></r>");
  EXPECT_EQ(all("{xml: {path: a.xml, records: /r/i, key: id}}"),
            (texts{R"(A Company {"id":"A Company"})"}));
}

TEST_F(xml, fails_with_the_line_where_a_document_is_wrong) {
  for (const auto& [text, why, place] : std::vector<std::array<std::string, 3>>{
           {"", "cut off", "a.xml:1"},
           {"<r>\n<i><id>1</id></i>\n", "cut off", "a.xml:3"},
           {"<r>\n<i></j>\n</r>", "mismatched tag", "a.xml:2"},
           {"<r/>\n<r/>", "junk after document element", "a.xml:2"},
           {"<r>\n\n<i a='1' a='2'/></r>", "duplicate attribute", "a.xml:3"},
           {"<r>\xff</r>", "not well-formed", "a.xml:1"},
           {"{\"id\": 1}", "not well-formed", "a.xml:1"}}) {
    write("a.xml", text);
    const auto t = open("{xml: {path: a.xml, records: /r/i, key: id}}").trouble();
    EXPECT_TRUE(says(t.why, why)) << text;
    EXPECT_EQ(t.why.where, place) << text;
    EXPECT_FALSE(t.transient);
  }
}

TEST_F(xml, gives_up_on_a_tag_without_end) {
  write("a.xml", "<r><i id='" + std::string(20u << 20, 'x') + "'/></r>");
  const auto t = open("{xml: {path: a.xml, records: /r/i, key: id}}").trouble();
  EXPECT_EQ(t.why.code, code::too_large);
}

TEST_F(xml, believes_that_there_are_no_records_only_where_they_could_be) {
  write("a.xml", "<r><items></items></r>");
  const auto none = open("{xml: {path: a.xml, records: /r/items/item, key: id}}").page({});
  EXPECT_TRUE(none.last && none.complete && none.records.empty());
  write("a.xml", "<r><items><Item/></items></r>");
  EXPECT_TRUE(says(open("{xml: {path: a.xml, records: /r/items/item, key: id}}").trouble().why,
                   "no element <item>", "Item"));
  EXPECT_TRUE(says(open("{xml: {path: a.xml, records: /s/item, key: id}}").trouble().why,
                   "the root is <r>", "/r/"));
}

// The conformance suite as far as it is about the one edition: what names mean is not looked at.
TEST_F(xml, agrees_with_the_conformance_suite) {
  std::ifstream in{"tests/recordings/xml/xmlconf_subset.json"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto suite = read_json(text);
  ASSERT_TRUE(suite);
  std::size_t accepted = 0, refused = 0;
  for (const auto& c : *suite->find("cases")->as<list>()) {
    const auto agrees = c.find("expat_agrees");
    const auto& of = *c.find("rec")->as<std::string>();
    if (!agrees || *agrees != value{true} || !of.starts_with("XML1.0"))
      continue;
    const bool well_formed = *c.find("type") != value{"not-wf"};
    write("a.xml", *from_base64(*c.find("b64")->as<std::string>()));
    // A path that no document has: one that is well formed is read to its end before that is said.
    const auto t = open("{xml: {path: a.xml, records: /none/at/all, key: id}}").trouble();
    const bool read = t.why.code == code::not_found;
    EXPECT_EQ(read, well_formed) << *c.find("id")->as<std::string>() << ": " << t.why.why;
    ++(read ? accepted : refused);
  }
  EXPECT_EQ(accepted, 208u);
  EXPECT_EQ(refused, 456u);
}

} // namespace
} // namespace tenon::actors
