// What every connector that takes events keeps to, shown with what its twin sends: it believes what
// the platform has proved and nothing else, knows a delivery that comes again, refuses one that is
// too old, and answers what the platform asks beforehand. The next hook is tested by being there.
#include "protocols/json.hpp"
#include "tests/conformance/part.hpp"

#include <random>
#include <set>

namespace tenon::actors::connectors {
namespace {

using namespace std::chrono_literals;

const std::string address{"https://me.example/hooks/default/one/events"};

class every_hook : public tests::conformance::promising<of_a_connector> {
protected:
  /// Calls with the hook, and its connector's twin.
  template <class Look> void each(Look look) {
    auto t = make();
    ASSERT_TRUE(t);
    look(part_of(connector_->hooks), *t);
  }

  static result<void> judge(const hook& h, const twin& t, const inbound& r, moment now,
                            const value* secrets = nullptr) {
    scope names;
    names.bind("conn", t.connection().settings)
        .bind_secret("secret", secrets ? *secrets : t.connection().secrets);
    return h.verify->verify(r, names, now);
  }

  static std::optional<result<hook_answer>> heard_by(const hook& h, const twin& t,
                                                     const inbound& r) {
    const auto ours = wanted_words(true);
    scope names;
    names.bind("conn", t.connection().settings)
        .bind_secret("secret", t.connection().secrets)
        .bind("hook", ours);
    for (const auto& one : h.challenges)
      if (auto said = one->answer(r, names))
        return said;
    return std::nullopt;
  }

  static std::vector<hook_event> events_of(const hook& h, const twin& t, const inbound& r,
                                           moment at = noon) {
    const auto read = read_events(h, r, t.connection().settings, at);
    EXPECT_TRUE(read) << h.name << ": " << read.error().why;
    return read ? *read : std::vector<hook_event>{};
  }
};

TEST_P(every_hook, takes_what_its_platform_has_signed) {
  each([](const hook& h, const twin& t) {
    const auto sent = t.deliver(h.name, address, noon);
    ASSERT_TRUE(sent) << sent.error().where << ": " << sent.error().why;
    const auto judged = judge(h, t, *sent, noon);
    EXPECT_TRUE(judged) << h.name << ": " << judged.error().why;
    const auto events = events_of(h, t, *sent);
    EXPECT_FALSE(events.empty()) << h.name << " lets the twin's events go";
    std::set<std::string> keys;
    for (const auto& one : events) {
      keys.insert(one.key);
      const auto content = read_json(one.content);
      ASSERT_TRUE(content) << one.content;
      const auto* type = content->find("type");
      EXPECT_TRUE(!h.type || (type && !type->as<std::string>()->empty())) << one.content;
    }
    EXPECT_EQ(keys.size(), events.size()) << h.name << ": two events have one id";
    EXPECT_TRUE(acknowledge(h, *sent, t.connection().settings));
  });
}

TEST_P(every_hook, knows_a_delivery_that_comes_again) {
  each([](const hook& h, const twin& t) {
    const auto first = t.deliver(h.name, address, noon);
    const auto again = t.deliver(h.name, address, noon + 30s); // as platforms do: signed anew
    ASSERT_TRUE(first && again);
    EXPECT_TRUE(judge(h, t, *again, noon + 30s)) << h.name;
    EXPECT_EQ(events_of(h, t, *first), events_of(h, t, *again, noon + 30s))
        << h.name << ": what is repeated would be stored twice";
  });
}

TEST_P(every_hook, believes_nothing_that_comes_from_others) {
  each([](const hook& h, const twin& t) {
    const auto sent = t.deliver(h.name, address, noon);
    ASSERT_TRUE(sent);
    auto secrets = t.connection().secrets;
    for (auto& [name, content] : *secrets.as<object>())
      content = value{"whsec_b3RoZXItc2VjcmV0LW9mLXNvbWVib2R5"};
    EXPECT_FALSE(judge(h, t, *sent, noon, &secrets)) << h.name << ": another secret is as good";
    auto bare = *sent;
    bare.headers.clear();
    bare.query.clear();
    EXPECT_FALSE(judge(h, t, bare, noon)) << h.name << ": no proof is as good";
  });
}

TEST_P(every_hook, believes_no_body_that_was_changed) {
  each([](const hook& h, const twin& t) {
    auto sent = t.deliver(h.name, address, noon);
    ASSERT_TRUE(sent);
    sent->body = blob::from(sent->body.text() + " ");
    EXPECT_FALSE(judge(h, t, *sent, noon)) << h.name << ": what is sent is not proved";
  });
}

TEST_P(every_hook, refuses_what_is_too_old) {
  each([](const hook& h, const twin& t) {
    const auto sent = t.deliver(h.name, address, noon);
    ASSERT_TRUE(sent);
    const auto judged = judge(h, t, *sent, noon + 25h);
    ASSERT_FALSE(judged) << h.name;
    EXPECT_EQ(judged.error().code, code::unauthenticated) << h.name;
  });
}

TEST_P(every_hook, answers_what_its_platform_asks) {
  each([](const hook& h, const twin& t) {
    const auto asked = t.challenge(h.name, address);
    EXPECT_EQ(asked.has_value(), !h.challenges.empty())
        << h.name << ": tests.hooks says nothing of a challenge, or what nobody answers";
    if (!asked)
      return;
    const auto ours = wanted_words(true);
    scope names;
    names.bind("conn", t.connection().settings).bind_secret("secret", t.connection().secrets);
    names.bind("hook", ours);
    const auto heard = heard_by(h, t, asked->first);
    ASSERT_TRUE(heard && *heard) << h.name;
    const auto& wanted = asked->second;
    const auto said = read_json((*heard)->body);
    const auto* text = wanted.as<std::string>();
    EXPECT_TRUE(text ? (*heard)->body == *text : said && *said == wanted) << (*heard)->body;
    const auto event = t.deliver(h.name, address, noon);
    for (const auto& one : h.challenges)
      EXPECT_FALSE(one->answer(*event, names)) << h.name << ": an event is taken for a challenge";
  });
}

/// The texts in an answer, which a stranger could take for signatures.
void texts_in(const value& v, std::vector<std::string>& into) {
  if (const auto* text = v.as<std::string>())
    into.push_back(*text);
  if (const auto* members = v.as<object>())
    for (const auto& [name, member] : *members)
      texts_in(member, into);
}

/// What a stranger would like to have signed: bodies, and what is signed around them.
std::vector<std::string> forgeries(const std::string& real, std::mt19937& random) {
  const auto ts = std::to_string(noon.time_since_epoch() / 1s);
  std::vector<std::string> bodies{real,  "{}",      "[]",       R"({"for_user_id":"1"})",
                                  "7",   "true",    "\"text\"", "a=b",
                                  "a",   "a=b&c=d", "",         "<a/>",
                                  "a,b", ".",       "1.5",      "crc-1158"};
  std::string token;
  for (auto i = random() % 40; i > 0; --i)
    token += "0123456789abcdefXYZ-_.~{}\"=:"[random() % 29];
  bodies.push_back(token);
  std::vector<std::string> all;
  for (const auto& body : bodies)
    for (const auto& before : {std::string{}, std::string{"hmacsha256="}, "v0:" + ts + ':',
                               ts + '.', "id." + ts + '.', "POST" + address, address})
      all.push_back(before + body);
  return all;
}

TEST_P(every_hook, signs_nothing_for_strangers_that_could_be_an_event) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  each([&](const hook& h, const twin& t) {
    const auto asked = t.challenge(h.name, address);
    if (!asked)
      return;
    const auto sent = t.deliver(h.name, address, noon);
    ASSERT_TRUE(sent);
    std::size_t answered = 0;
    const auto try_out = [&](const inbound& asking, const std::string& text) {
      const auto heard = heard_by(h, t, asking);
      if (!heard || !*heard)
        return;
      ++answered;
      std::vector<std::string> found{(*heard)->body};
      if (const auto said = read_json((*heard)->body))
        texts_in(*said, found);
      for (const auto& signature : found)
        for (std::size_t from = 0; from <= text.size(); ++from) {
          auto forged = *sent; // with the signature where its platform has it
          forged.body = blob::from(text.substr(from));
          for (auto& [name, content] : forged.headers)
            if (content.size() > 20 && name != "Content-Type")
              content = signature;
          if (!judge(h, t, forged, noon))
            continue;
          const auto events = read_events(h, forged, t.connection().settings, noon);
          EXPECT_TRUE(!events || events->empty())
              << h.name << " takes " << text.substr(from) << " signed by its answer to " << text;
        }
    };
    auto texts = forgeries(sent->body.text(), random);
    for (const auto& [name, content] : asked->first.query)
      texts.push_back(content);
    for (const auto& text : texts)
      for (const char* method : {"GET", "POST", "PUT", "OPTIONS"}) {
        for (std::size_t i = 0; i < asked->first.query.size(); ++i) {
          auto asking = asked->first;
          asking.method = method;
          asking.query[i].second = text;
          try_out(asking, text);
        }
        for (std::size_t i = 0; i < asked->first.headers.size(); ++i) {
          auto asking = asked->first;
          asking.method = method;
          asking.headers[i].second = text;
          try_out(asking, text);
        }
      }
    EXPECT_TRUE(answered > 0 || asked->first.query.empty()) << h.name << ": nothing was tried";
  });
}

/// Asks the twin as the node does, with the proof that it wants.
class asking_for_events {
public:
  asking_for_events(twin& t, const manifest& m, const hook& h)
      : twin_{t}, driver_{t, m}, manifest_{m}, rule_{*h.subscribe} {
    driver_.asks_the_quota = false;
  }

  http_response ask(const request_pattern& pattern, const subscription_place* place = nullptr) {
    const auto request = subscription_request(manifest_, twin_.connection(), pattern,
                                              hook_words(address, key, place), noon);
    EXPECT_TRUE(request) << request.error().where << ": " << request.error().why;
    return request ? driver_.send(*request, !rule_.bare) : http_response{};
  }

  subscription_place create() {
    subscription_place first{.id = rule_.id ? "" : key};
    if (rule_.first) {
      auto said = read_first(manifest_, twin_.connection(), rule_, ask(*rule_.first), noon);
      EXPECT_TRUE(said) << said.error().why;
      EXPECT_EQ(said->kept.size(), rule_.first_keep.size());
      first.kept = said->kept;
    }
    return taken(ask(rule_.create, &first), first);
  }
  subscription_place renew(const subscription_place& p) { return taken(ask(*rule_.renew, &p), p); }

  std::optional<subscription_place> find() {
    const auto found = read_found(manifest_, twin_.connection(), rule_, ask(rule_.find->request),
                                  hook_words(address, key), noon);
    EXPECT_TRUE(found) << found.error().why;
    return *found;
  }

  bool leave(const subscription_place& p) {
    return read_deleted(manifest_, twin_.connection(), ask(*rule_.erase, &p), noon).has_value();
  }

private:
  subscription_place taken(const http_response& answer, const subscription_place& before) {
    auto made = read_subscribed(manifest_, twin_.connection(), rule_, answer, before, noon);
    EXPECT_TRUE(made) << made.error().why;
    return made ? *made : subscription_place{};
  }

  static constexpr auto key = "key-that-nobody-can-guess";
  twin& twin_;
  driver driver_;
  const manifest& manifest_;
  const subscription_rule& rule_;
};

TEST_P(every_hook, asks_its_platform_for_events_until_it_tells_it_to_stop) {
  each([this](const hook& h, twin& t) {
    ASSERT_TRUE(h.subscribe) << h.name << ": a person has to do it";
    const auto& rule = *h.subscribe;
    asking_for_events a{t, *connector_, h};
    EXPECT_TRUE(!rule.find || !a.find()) << "before there is one";
    const auto made = a.create();
    ASSERT_EQ(t.subscribers().size(), 1u) << h.name;
    const auto there = t.subscribers().front();
    EXPECT_EQ(there.hook, h.name);
    EXPECT_TRUE(there.address.starts_with(address)) << there.address;
    EXPECT_EQ(made.until, there.until);
    EXPECT_TRUE(made.until == moment{} || made.until > noon) << "it has ended before it began";
    for (const auto& [name, path] : rule.keep)
      EXPECT_NE(made.kept.find(name), nullptr) << name;
    // The address that the platform was told is one that our own hook believes.
    const auto sent = t.deliver(h.name, there.address, noon);
    ASSERT_TRUE(sent);
    EXPECT_TRUE(judge(h, t, *sent, noon));
    if (rule.find) {
      const auto found = a.find();
      ASSERT_TRUE(found) << h.name << ": what was made, and its answer lost, is made again";
      EXPECT_EQ(found->id, made.id);
    }
    EXPECT_TRUE(rule.renew || made.until == moment{} || rule.erase)
        << "the old one is not told to stop when another is made";
    if (rule.renew) {
      EXPECT_EQ(a.renew(made).id, made.id);
      EXPECT_EQ(t.subscribers().size(), 1u) << h.name;
    }
    ASSERT_TRUE(rule.erase) << h.name << ": it would go on for ever";
    EXPECT_TRUE(a.leave(made));
    EXPECT_TRUE(t.subscribers().empty());
    EXPECT_TRUE(a.leave(made)) << "what is gone is left";
  });
}

INSTANTIATE_TEST_SUITE_P(shipped, every_hook,
                         testing::ValuesIn(parts_of_all<hook>(&manifest::hooks,
                                                              [](const hook&) { return true; })),
                         part_name);

} // namespace
} // namespace tenon::actors::connectors
