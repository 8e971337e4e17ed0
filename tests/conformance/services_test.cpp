// Connectors that speak OData are held against what services say of themselves: requests are such
// as a service of that version understands, and where the service is described they ask for sets
// and properties that it has, compare them with values of their types, and know its entities by
// their keys. Of a service whose description is not at hand, the table of waivers says why.
//
// Every set of every service that is described is read as well, and written to, by the streams and
// the action that are for any.
#include "tests/conformance/exchanges.hpp"
#include "tests/conformance/waivers.hpp"
#include "tests/support/odata_description.hpp"
#include "tests/support/odata_request.hpp"

#include <map>
#include <regex>
#include <set>

namespace tenon::actors::connectors {
namespace {

using tests::odata_description;
using tests::odata_request;

/// Where the services of a connector are, and how many steps their own addresses have below that.
struct place_of_services {
  std::string connector;
  std::string below;
  std::size_t steps;
  int version;
};

const std::vector<place_of_services> places{
    {"sap", "/sap/opu/odata/sap/", 1, 2},
    {"sap", "/sap/opu/odata4/", 6, 4},
    {"dynamics", "/api/data/", 1, 4},
};

const std::map<std::string, std::string, std::less<>> descriptions{
    {"API_TEST_SRV", "sap_test_v2"},
    {"sap/api_test/srvd_a2x/sap/api_test_srv/0001", "sap_test_v4"},
};

const odata_description& description(const std::string& service) {
  static std::map<std::string, odata_description> read;
  const auto it = descriptions.find(service);
  const auto file = "tests/recordings/specifications/odata/" + it->second + ".edmx";
  return read.try_emplace(service, file).first->second;
}

const std::regex own_words{"[?&]page_from=[0-9]+"};

struct addressed {
  int version;
  std::string service;
  std::string target; // what follows it
};

std::optional<addressed> address_of(const std::string& connector, const std::string& url) {
  for (const auto& one : places) {
    const auto at = one.connector == connector ? url.find(one.below) : url.npos;
    if (at == url.npos)
      continue;
    auto end = at + one.below.size() - 1;
    for (std::size_t i = 0; i < one.steps && end != url.npos; ++i)
      end = url.find('/', end + 1);
    if (end == url.npos)
      return std::nullopt;
    const auto from = at + one.below.size();
    // Where the next page is, the platform says in words of its own.
    const auto target = std::regex_replace(url.substr(end + 1), own_words, "");
    return addressed{one.version, url.substr(from, end - from), target};
  }
  return std::nullopt;
}

class every_connector_of_services : public every_connector {
protected:
  void hear(const http_request& request, const http_response& came, bool as_it_is) {
    const auto at = address_of(GetParam(), request.url);
    if (!at || at->target.empty())
      return; // a session's token is fetched there
    const auto asked = odata_request::read(at->version, at->target);
    for (const auto& one : asked.wrong)
      complaints_.insert(at->service + '/' + asked.set + ": " + one);
    ++exchanges_;
    if (!descriptions.contains(at->service)) {
      complaints_.insert("there is no description of " + at->service);
      return;
    }
    ++described_;
    const auto& known = description(at->service);
    for (const auto& one : known.complaints(at->target))
      complaints_.insert(at->service + '/' + asked.set + ": " + one);
    const auto* type = known.of_set(asked.set);
    const auto body = read_json(as_it_is ? came.body.view() : request.body.view());
    if (type == nullptr || !body)
      return;
    for (const auto& entity : as_it_is ? entities_in(*body) : list{*body})
      for (const auto& one : known.complaints(*type, entity, is_at_its_address(entity)))
        complaints_.insert(at->service + '/' + asked.set + ": " + one);
  }

  /// The twin makes others from it, and does not know how to address them.
  static bool is_at_its_address(const value& entity) {
    const auto* about = entity.find("__metadata");
    const auto* uri = about == nullptr ? nullptr : about->find("uri");
    return uri != nullptr && uri->is<std::string>() && uri->as<std::string>()->ends_with(')');
  }

  static list entities_in(const value& body) {
    const auto* inside = body.find("d");
    const auto* all = inside ? inside->find("results") : body.find("value");
    return all == nullptr || !all->is<list>() ? list{} : *all->as<list>();
  }

  std::set<std::string> complaints_;
  std::size_t exchanges_ = 0;
  std::size_t described_ = 0;
};

TEST_P(every_connector_of_services, agrees_with_what_they_say_of_themselves) {
  auto t = make({.limits = false});
  ASSERT_TRUE(t);
  ask_for_everything(*t, *connector_, [this](const auto& request, const auto& came, bool as_it_is) {
    hear(request, came, as_it_is);
  });
  EXPECT_GE(exchanges_, connector_->streams.size() + connector_->actions.size());
  if (described_ == 0)
    complaints_.insert("none of its services is described");
  RecordProperty("exchanges", static_cast<int>(exchanges_));
  RecordProperty("described", static_cast<int>(described_));
  tests::conformance::expect_waived("services/" + GetParam(), complaints_);
}

INSTANTIATE_TEST_SUITE_P(shipped, every_connector_of_services, testing::Values("dynamics", "sap"),
                         [](const auto& each) { return each.param; });

/// One set of a service that is described.
struct set_of_service {
  std::string service;
  std::string set;
};

std::ostream& operator<<(std::ostream& out, const set_of_service& s) {
  return out << s.service << ' ' << s.set;
}

/// Those whose entities can be told apart.
std::vector<set_of_service> sets_with_keys() {
  std::vector<set_of_service> all;
  for (const auto& [service, file] : descriptions)
    for (const auto& set : description(service).sets())
      if (const auto* type = description(service).of_set(set); type && !type->key.empty())
        all.push_back({service, set});
  return all;
}

class every_set : public testing::TestWithParam<set_of_service> {
protected:
  static constexpr int most = 230;

  void SetUp() override {
    known_ = &description(GetParam().service);
    type_ = known_->of_set(GetParam().set);
    std::ostringstream text;
    const std::string path{"config/connectors/sap.yaml"};
    text << std::ifstream{path}.rdbuf();
    auto written = config::read_yaml(text.str(), path)->front().value;
    auto& tests = *written.as<object>()->find("tests")->as<object>();
    (*tests["config"].as<object>())[is_old() ? "entity_sets" : "entity_sets_v4"] = named();
    list records;
    for (int i = 0; i < most; ++i)
      records.emplace_back(known_->entity(GetParam().set, i));
    auto& streams = *tests["streams"].as<object>();
    streams[stream_name()] = object{{"records", records}};
    (*tests["actions"].as<object>())[action_name()] =
        object{{"record", object{{"entity_set", GetParam().service + '/' + GetParam().set},
                                 {"entity", known_->draft(GetParam().set, 7)}}}};
    auto checked = check_manifest(written);
    ASSERT_TRUE(checked.manifest) << checked.errors.front().where << checked.errors.front().why;
    connector_ = std::make_shared<const manifest>(*std::move(checked.manifest));
    auto made = twin::make(connector_, {.limits = false});
    ASSERT_TRUE(made) << made.error().where << ": " << made.error().why;
    twin_.emplace(*std::move(made));
  }

  bool is_old() const { return known_->version() == 2; }
  const char* stream_name() const { return is_old() ? "entities" : "entities_v4"; }
  const char* action_name() const { return is_old() ? "create_entity" : "create_entity_v4"; }
  /// Keys that there are: enumerations have no more than their members.
  std::size_t distinct_keys() const {
    std::set<std::string> all;
    for (int i = 0; i < most; ++i) {
      const auto entity = known_->entity(GetParam().set, i);
      std::string key;
      for (const auto& name : type_->key)
        key += write_json(*entity.find(name)) + ' ';
      all.insert(key);
    }
    return all.size();
  }
  /// As somebody writes it who wants to read it.
  std::string named() const {
    auto text = GetParam().service + '/' + GetParam().set;
    if (is_old())
      return text;
    text += " by";
    for (const auto& name : type_->key)
      text += ' ' + name;
    return text;
  }
  std::vector<std::string> complaints(const http_request& request) const {
    const auto at = address_of("sap", request.url);
    if (!at || at->service != GetParam().service)
      return {request.url + " is another service"};
    return known_->complaints(at->target);
  }

  const odata_description* known_ = nullptr;
  const tests::odata_type* type_ = nullptr;
  std::shared_ptr<const manifest> connector_;
  std::optional<twin> twin_;
};

TEST_P(every_set, is_read_with_every_property_of_every_entity) {
  driver d{*twin_, *connector_};
  std::size_t pages = 0;
  d.overhears = [&](const http_request& request, const http_response&) {
    for (const auto& one : complaints(request))
      ADD_FAILURE() << request.url << ": " << one;
    ++pages;
  };
  const auto* s = connector_->find_stream(stream_name());
  ASSERT_NE(s, nullptr);
  const auto done = d.read(*s);
  ASSERT_TRUE(done.ended) << (done.troubles.empty() ? "" : done.troubles.front().why);
  EXPECT_GT(pages, 0u);
  EXPECT_EQ(done.malformed, 0u);
  std::set<std::string> keys;
  for (const auto& line : done.records) {
    const auto from = line.find(" {");
    ASSERT_NE(from, line.npos) << line;
    keys.insert(line.substr(0, from));
    auto entity = *read_json(std::string_view{line}.substr(from + 1));
    for (const auto* ours : {"entity_set", "entity_key"})
      entity.as<object>()->erase(ours);
    for (const auto& one : known_->complaints(*type_, entity, true))
      ADD_FAILURE() << one;
  }
  EXPECT_EQ(done.records.size(), static_cast<std::size_t>(most));
  EXPECT_EQ(keys.size(), distinct_keys());
}

TEST_P(every_set, takes_a_new_entity) {
  const auto* a = connector_->find_action(action_name());
  ASSERT_NE(a, nullptr);
  const writing w{*connector_, *a, twin_->connection()};
  const std::vector<outgoing_record> batch{
      {"key-1", blob::from(write_json(twin_->record_for(a->name))), "acme/sync/any/1"}};
  const auto request = write_request(w, batch, noon);
  ASSERT_TRUE(request) << request.error().why;
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(complaints(*request), std::vector<std::string>{});
  const auto body = read_json(request->body.view());
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, value{known_->draft(GetParam().set, 7)});
  EXPECT_EQ(known_->complaints(*type_, *body, false), std::vector<std::string>{});
  driver d{*twin_, *connector_};
  const auto came = d.write(w, batch);
  const auto* items = std::get_if<item_outcomes>(&came);
  ASSERT_TRUE(items) << std::get<verdict>(came).why.why;
  EXPECT_TRUE(items->front().written) << items->front().why.why;
}

INSTANTIATE_TEST_SUITE_P(described, every_set, testing::ValuesIn(sets_with_keys()),
                         [](const auto& each) {
                           return each.param.set + '_' + std::to_string(each.index);
                         });

TEST(odata_description, is_read_with_what_types_have_of_others) {
  const odata_description trips{"tests/recordings/specifications/odata/trip_pin.edmx"};
  EXPECT_EQ(trips.version(), 4);
  EXPECT_EQ(trips.sets(), (std::vector<std::string>{"Photos", "People", "Airlines", "Airports"}));
  const auto* person = trips.of_set("People");
  ASSERT_NE(person, nullptr);
  EXPECT_TRUE(person->open);
  EXPECT_EQ(person->key, std::vector<std::string>{"UserName"});
  EXPECT_EQ(person->links, (std::vector<std::string>{"Friends", "Trips", "Photo"}));
  // By the service's own words, each with its base's key.
  const auto& test = description("sap/api_test/srvd_a2x/sap/api_test_srv/0001");
  EXPECT_EQ(test.of_set("A_TestEntityMultiLink")->key, std::vector<std::string>{"KeyProperty"});
  EXPECT_TRUE(test.of_set("A_TestEntityWithNoKeys")->key.empty());
  EXPECT_EQ(description("API_TEST_SRV").version(), 2);
  EXPECT_EQ(description("API_TEST_SRV").sets().size(), 14u);
}

TEST(odata_description, complains_of_what_its_service_would_refuse) {
  const auto wrong = [](const char* service, const std::string& target) {
    const auto all = description(service).complaints(target);
    return all.empty() ? std::string{} : all.front();
  };
  const auto old = [&](const std::string& target) { return wrong("API_TEST_SRV", target); };
  const auto fresh = [&](const std::string& target) {
    return wrong("sap/api_test/srvd_a2x/sap/api_test_srv/0001", target);
  };
  const std::string set{"A_TestEntity"};
  EXPECT_EQ(old(set + "?$filter=DateTimeProperty ge datetime'2026-03-01T00:00:00' or (Int16Property"
                      " eq 7 and StringProperty eq 'O''Neil')&$select=StringProperty&$top=5"),
            "");
  EXPECT_EQ(old("A_Test"), "there is no set A_Test");
  EXPECT_EQ(old(set + "?$count=true"), "$count is no option of OData 2");
  EXPECT_EQ(fresh(set + "?$inlinecount=allpages"), "$inlinecount is no option of OData 4");
  EXPECT_EQ(old(set + "?$top=many"), "$top cannot be 'many'");
  EXPECT_EQ(old(set + "?$select=Strings"), "$select: Strings is not declared");
  EXPECT_EQ(old(set + "?$orderby=Strings desc"), "$orderby: Strings is not declared");
  EXPECT_EQ(old(set + "?$expand=StringProperty"), "$expand: StringProperty is not declared");
  EXPECT_EQ(old(set + "?$filter=DateTimeProperty ge 2026-03-01T00:00:00Z"),
            "$filter has 2026-03-01T00:00:00Z, which is no literal");
  EXPECT_EQ(fresh(set + "?$filter=DateTimeOffSetProperty ge 2026-03-01T00:00:00Z"), "");
  EXPECT_EQ(fresh(set + "?$filter=DateTimeOffSetProperty ge 2026-03-01"),
            "$filter: DateTimeOffSetProperty is Edm.DateTimeOffset, and not 2026-03-01");
  EXPECT_EQ(old(set + "?$filter=Int16Property eq"), "$filter compares nothing: Int16Property eq");
  EXPECT_EQ(old(set + "?$filter=(Int16Property eq 7"),
            "$filter has parentheses without end: (Int16Property eq 7");
  EXPECT_EQ(old(set + "(KeyPropertyString='a')"),
            "that is not the key of API_TEST_SRV.A_TestEntityType");
  EXPECT_EQ(old(set + "(KeyPropertyGuid='a',KeyPropertyString='b')"),
            "the key's KeyPropertyGuid cannot be 'a'");
  EXPECT_EQ(old("A_TestEntityMultiLink('a')"), "");
}

TEST(odata_description, complains_of_entities_that_its_service_would_not_give) {
  const auto& known = description("API_TEST_SRV");
  const auto* type = known.of_set("A_TestEntity");
  const auto wrong = [&](const char* name, value content) {
    auto entity = known.entity("A_TestEntity", 1);
    entity[name] = std::move(content);
    const auto all = known.complaints(*type, entity, true);
    return all.empty() ? std::string{} : all.front();
  };
  EXPECT_EQ(wrong("Int16Property", 7), "");
  EXPECT_EQ(wrong("Int16Property", "7"), "Int16Property is Edm.Int16, and not \"7\"");
  EXPECT_EQ(wrong("Int64Property", 7), "Int64Property is Edm.Int64, and not 7");
  EXPECT_EQ(wrong("DateTimeProperty", "2026-03-01"),
            "DateTimeProperty is Edm.DateTime, and not \"2026-03-01\"");
  EXPECT_EQ(wrong("Strings", "a"), "Strings is not declared");
  EXPECT_EQ(wrong("KeyPropertyGuid", nullptr), "KeyPropertyGuid cannot be null");
  EXPECT_EQ(wrong("ComplexTypeProperty", object{{"StringProperty", nullptr}}),
            "ComplexTypeProperty.StringProperty cannot be null");
  EXPECT_EQ(wrong("KeyPropertyString", "other"),
            "__metadata.uri has 'O''Neil/ü 1' where KeyPropertyString is \"other\"");
}

} // namespace
} // namespace tenon::actors::connectors
