// Connectors whose vendors describe their API are held against that description: every request that
// a connector makes of its twin is one that the vendor knows, with parameters, headers and bodies
// as declared and within their bounds; what the twin answers, and every field that the connector
// reads of it, is declared as well. Where the two differ and the connector is right, the table of
// waivers says why, with how the complaint ends; what in it is no longer true fails.
#include "actors/integration/web/multipart.hpp"
#include "tests/conformance/exchanges.hpp"
#include "tests/conformance/waivers.hpp"
#include "tests/support/vendor_specification.hpp"

#include <map>
#include <set>

namespace tenon::actors::connectors {
namespace {

using tests::described_operation;
using tests::vendor_specification;

/// A connector, and where its vendor's description is.
const std::map<std::string, std::string> described{
    {"dropbox", "dropbox"},   {"google_drive", "google_drive"},
    {"openai", "openai"},     {"custom_ai", "openai"}, // who speaks as OpenAI does
    {"sendgrid", "sendgrid"}, {"slack", "slack"},
};

/// Where files go with what is in them, and where the vendor describes that.
const std::map<std::string, std::string> uploads{
    {"https://www.googleapis.com/upload/drive/v3", "https://www.googleapis.com/drive/v3"},
    {"https://content.dropboxapi.com/2", "https://api.dropboxapi.com/2"},
};

std::string described_address(std::string url) {
  for (const auto& [there, here] : uploads)
    if (url.starts_with(there))
      url.replace(0, there.size(), here);
  return url;
}

/// What is said of a file that is uploaded is described as if it were all there is.
http_request as_described(http_request r) {
  r.url = described_address(std::move(r.url));
  const std::string type{find_header(r.headers, "content-type").value_or("")};
  if (type.starts_with("multipart/related")) {
    const auto parts = read_multipart(type, r.body.view());
    r.body = blob::copy_of(parts && !parts->empty() ? parts->front().content : "");
    set_header(r.headers, "Content-Type", "application/json");
  } else if (const auto said = find_header(r.headers, "dropbox-api-arg")) {
    r.body = blob::copy_of(*said);
    set_header(r.headers, "Content-Type", "application/json");
    std::erase_if(r.headers, [](const auto& h) { return h.first == "Dropbox-API-Arg"; });
  }
  return r;
}

/// "record.file.trashed" or "choices[0].index", as its steps.
std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> steps{""};
  bool quoted = false;
  for (const char c : path) {
    quoted = quoted != (c == '"' || c == '\'');
    if (!quoted && (c == '.' || c == '['))
      steps.emplace_back();
    else if (c != ']' && c != '"' && c != '\'' && c != '?')
      steps.back() += c;
  }
  std::erase(steps, "");
  return steps;
}

/// What the expressions of a part of a manifest look up.
void collect_paths(const value& part, std::set<std::string>& into) {
  if (const auto* members = part.as<object>())
    for (const auto& [name, content] : *members)
      collect_paths(content, into);
  if (const auto* items = part.as<list>())
    for (const auto& one : *items)
      collect_paths(one, into);
  if (const auto* text = part.as<std::string>())
    if (const auto made = runtime::expression::compile_template(*text))
      for (const auto path : made->paths())
        into.emplace(path);
}

std::set<std::string> paths_of_condition(const std::string& text) {
  std::set<std::string> all;
  if (const auto made = runtime::expression::compile(text))
    for (const auto path : made->paths())
      all.emplace(path);
  return all;
}

std::string text_in(const value& part, std::string_view name) {
  const auto* said = part.find(name);
  const auto* text = said == nullptr ? nullptr : said->as<std::string>();
  return text == nullptr ? std::string{} : *text;
}

/// With something in the place of every expression.
std::string filled_in(std::string text) {
  for (auto at = text.find("{{"); at != text.npos; at = text.find("{{"))
    text.replace(at, text.find("}}", at) + 2 - at, "any");
  return text;
}

class every_described_connector : public every_connector {
protected:
  void SetUp() override {
    every_connector::SetUp();
    ASSERT_TRUE(connector_);
    auto made = make({.limits = false});
    ASSERT_TRUE(made);
    twin_ = std::make_unique<twin>(*std::move(made));
    const auto& file = described.at(GetParam());
    base_ = to_text(twin_->connection().base);
    specification_ = std::make_unique<vendor_specification>(
        "tests/recordings/specifications/" + file + ".json", file == GetParam() ? "" : base_);
    ASSERT_TRUE(specification_->is_there()) << file;
    std::ostringstream text;
    const auto path = "config/connectors/" + GetParam() + ".yaml";
    text << std::ifstream{path}.rdbuf();
    written_ = config::read_yaml(text.str(), path)->front().value;
  }

  void complain(const std::string& about, const std::vector<std::string>& wrong) {
    for (const auto& one : wrong)
      complaints_.insert(about + ": " + one);
  }

  std::optional<described_operation> find(std::string_view method, const std::string& url) {
    auto found = specification_->find(method, url);
    if (found)
      return *std::move(found);
    complaints_.insert(found.error().why);
    return std::nullopt;
  }

  void hear(const http_request& sent, const http_response& came, bool as_it_is) {
    const auto request = as_described(sent);
    if (!request.url.starts_with(base_))
      return; // a file that lies with others
    const auto at = find(request.method, request.url);
    if (!at)
      return;
    complain(at->name, specification_->complaints(*at, request));
    ++exchanges_;
    if (as_it_is)
      complain(at->name, specification_->complaints(*at, came));
  }

  std::optional<described_operation> operation_of(const value& request) {
    for (const auto* verb : {"get", "post", "put", "patch", "delete"})
      if (const auto path = text_in(request, verb); !path.empty()) {
        std::string method{verb};
        std::ranges::transform(method, method.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        const auto address = filled_in(path);
        return find(method,
                    address.starts_with('/') ? base_ + address : described_address(address));
      }
    return std::nullopt;
  }

  /// A field that is read of an answer; those of other words are not the vendor's.
  void expect_field(const described_operation& at, const std::vector<std::string>& before,
                    const std::string& path, const std::set<std::string>& other_words) {
    auto steps = steps_of(path);
    if (steps.empty() || other_words.contains(steps.front()))
      return;
    auto whole = before;
    if (steps.front() == "body")
      whole.clear();
    if (std::set<std::string>{"record", "result", "body"}.contains(steps.front()))
      steps.erase(steps.begin());
    std::ranges::copy(steps, std::back_inserter(whole));
    if (!specification_->answers_with(at, whole))
      complaints_.insert(at.name + ": it does not answer with `" + path + '`');
    ++fields_;
  }

  /// One way of reading a stream.
  void expect_fields_of_shape(const value& shape) {
    const auto* request = shape.find("request");
    const auto at = request == nullptr ? std::nullopt : operation_of(*request);
    if (!at)
      return;
    const std::set<std::string> others{"conn", "partition", "outer", "cursor"};
    auto item = steps_of(text_in(shape, "records"));
    expect_field(*at, {}, text_in(shape, "records"), {});
    item.emplace_back("*");
    std::set<std::string> added;
    if (const auto* add = shape.find("add"); add && add->is<object>())
      for (const auto& [name, content] : *add->as<object>())
        added.insert(name);
    std::set<std::string> read;
    if (const auto* key = shape.find("key"))
      for (const auto& one : key->is<list>() ? *key->as<list>() : list{*key})
        read.insert(*one.as<std::string>());
    if (!shape.find("expand"))
      for (const auto& path : paths_of_condition(text_in(shape, "deleted")))
        read.insert(path);
    for (const auto& path : paths_of_condition(text_in(shape, "keep")))
      read.insert(path);
    for (const auto* part : {shape.find("map"), shape.find("add")})
      if (part != nullptr)
        collect_paths(*part, read);
    for (const auto& path : read)
      if (!added.contains(path))
        expect_field(*at, item, path, others);
    const auto* cursor = shape.find("cursor");
    for (const auto* kind : {"time", "seq", "replay"})
      if (const auto* rule = cursor ? cursor->find(kind) : nullptr)
        expect_field(*at, item, text_in(*rule, "field"), {});
    const auto* token = cursor ? cursor->find("token") : nullptr;
    const auto* start = token ? token->find("start") : nullptr;
    if (const auto first = start ? operation_of(*start) : std::nullopt)
      expect_field(*first, {}, text_in(*start, "token"), {});
    if (const auto* changes = token ? token->find("changes") : nullptr)
      expect_fields_of_shape(*changes);
  }

  void expect_fields() {
    for (const auto& [name, shape] : *written_.find("streams")->as<object>())
      expect_fields_of_shape(shape);
    for (const auto& [name, action] : *written_.find("actions")->as<object>()) {
      const auto* request = action.find("request");
      if (request == nullptr)
        continue; // by a job, whose requests are all driven
      const auto at = operation_of(*request);
      const auto* batch = action.find("batch");
      std::vector<std::string> item;
      if (const auto results = batch ? text_in(*batch, "results") : ""; at && !results.empty()) {
        expect_field(*at, {}, results, {});
        item = steps_of(results);
        item.emplace_back("*");
      }
      std::set<std::string> read;
      if (const auto* returns = action.find("returns"))
        collect_paths(*returns, read);
      for (const auto& path : read)
        if (at)
          expect_field(*at, item, path, {"conn", "record", "key", "status"});
    }
    const auto& check = *written_.find("check");
    std::set<std::string> read;
    if (const auto* shown = check.find("name"))
      collect_paths(*shown, read);
    if (const auto at = operation_of(check))
      for (const auto& path : read)
        expect_field(*at, {}, path, {"conn"});
    if (specification_->document().find("webhooks") != nullptr)
      expect_events();
  }

  void expect_events() {
    for (const auto& [name, hook] : *written_.find("hooks")->as<object>()) {
      if (!specification_->sends(name, {})) {
        complaints_.insert("hooks." + name + " are not described");
        continue;
      }
      std::set<std::string> read;
      for (const auto* part : {"id", "type", "keep"})
        if (const auto text = text_in(hook, part); text.find("{{") != text.npos)
          collect_paths(text, read);
        else
          read.merge(paths_of_condition(text));
      if (const auto* connection = hook.find("connection"))
        read.merge(paths_of_condition(text_in(*connection, "with")));
      for (const auto& path : read) {
        auto steps = steps_of(path);
        if (std::set<std::string>{"header", "query", "conn"}.contains(steps.front()))
          continue;
        ++fields_;
        if (!specification_->sends(name, steps))
          complaints_.insert("hooks." + name + ": it does not send `" + path + '`');
      }
    }
  }

  std::unique_ptr<twin> twin_;
  std::unique_ptr<vendor_specification> specification_;
  std::string base_;
  value written_;
  std::set<std::string> complaints_;
  std::size_t exchanges_ = 0;
  std::size_t fields_ = 0;
};

TEST_P(every_described_connector, agrees_with_its_vendor) {
  ask_for_everything(*twin_, *connector_,
                     [this](const auto& request, const auto& came, bool as_it_is) {
                       hear(request, came, as_it_is);
                     });
  expect_fields();
  EXPECT_GE(exchanges_, connector_->streams.size() + connector_->actions.size());
  EXPECT_GE(fields_, connector_->streams.size());
  RecordProperty("exchanges", static_cast<int>(exchanges_));
  RecordProperty("fields", static_cast<int>(fields_));
  tests::conformance::expect_waived("described/" + GetParam(), complaints_);
}

TEST(vendor_specification, is_waived_only_of_connectors_that_have_one) {
  for (const auto& w : tests::conformance::waivers())
    if (const std::string_view of{"described/"}; w.thing.starts_with(of)) {
      EXPECT_TRUE(described.contains(w.thing.substr(of.size()))) << w.thing;
    }
}

TEST(vendor_specification, complains_of_what_its_vendor_would_refuse) {
  const auto wrong = [](const std::string& file, http_request r) {
    const vendor_specification s{"tests/recordings/specifications/" + file + ".json"};
    r.headers.emplace_back("Content-Type", "application/json");
    const auto at = s.find(r.method, r.url);
    if (!at)
      return at.error().why;
    const auto all = s.complaints(*at, r);
    return all.empty() ? std::string{} : all.front();
  };
  const std::string dropbox{"https://api.dropboxapi.com/2/"}, slack{"https://slack.com/api/"};
  const auto list = dropbox + "files/list_folder";
  const auto body = [](std::string_view text) { return blob::copy_of(text); };
  EXPECT_EQ(wrong("dropbox", {"POST", list, {}, body(R"({"path":"","limit":2000})")}), "");
  EXPECT_EQ(wrong("dropbox", {"POST", list, {}, body(R"({"path":"","limit":2001})")}),
            "body.limit is above maximum 2000");
  EXPECT_EQ(wrong("dropbox", {"POST", list, {}, body(R"({"path":7})")}),
            "body.path is number, not string");
  EXPECT_EQ(wrong("dropbox", {"POST", list, {}, body(R"({"limit":1})")}), "body.path is required");
  EXPECT_EQ(wrong("dropbox", {"POST", list, {}, body(R"({"path":"","recursiv":true})")}),
            "body.recursiv is not declared");
  EXPECT_EQ(wrong("dropbox", {"GET", list, {}, {}}), "there is no GET /files/list_folder");
  EXPECT_EQ(wrong("slack", {"GET", slack + "users.lists", {}, {}}), "there is no GET /users.lists");
  EXPECT_EQ(wrong("slack", {"GET", slack + "users.list?limits=5", {}, {}}),
            "query.limits is not declared");
  EXPECT_EQ(wrong("slack", {"GET", slack + "users.list?limit=many", {}, {}}),
            "query.limit is text, not integer");
  EXPECT_EQ(wrong("slack", {"GET", slack + "users.info", {}, {}}),
            "GET /users.info is left out of the excerpt");
}

INSTANTIATE_TEST_SUITE_P(shipped, every_described_connector, testing::ValuesIn([] {
                           std::vector<std::string> all;
                           for (const auto& [name, file] : described)
                             all.push_back(name);
                           return all;
                         }()),
                         [](const auto& each) { return each.param; });

} // namespace
} // namespace tenon::actors::connectors
