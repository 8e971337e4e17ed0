#include "actors/sync/sources/relational/server.hpp"

#include "actors/credential.hpp"
#include "actors/sync/outcome.hpp"
#include "actors/sync/sources/network/url.hpp"
#include "actors/sync/surroundings.hpp"
#include "protocols/json.hpp"
#include "runtime/hosting/host.hpp"
#include "runtime/tasks/asking.hpp"

#include <algorithm>
#include <array>

#include <sys/mman.h>
#include <unistd.h>

namespace tenon::actors::relational {
namespace {

using runtime::task;

constexpr std::array<std::string_view, 3> protection_names{"prefer", "require", "verify-full"};

/// user@host:port/database
result<void> take_url(server_options& o, const option_names& names, const network::url_shape& shape,
                      std::string_view text) {
  auto u = network::read_url(names, shape, text);
  if (!u)
    return std::move(u).error();
  if (u->rest.empty())
    return names.wrong("url", "the address names no database",
                       "Write " + shape.schemes.front() +
                           "://host:" + std::to_string(shape.usual_port) + shape.rest + '.');
  o.host = std::move(u->host);
  o.port = u->port;
  o.user = std::move(u->user);
  o.database = std::move(u->rest);
  return {};
}

task<result<object>> ask_for_secrets(runtime::host& there, identity credential) {
  const protocols::credential::use use_it{};
  auto usable = co_await runtime::ask<actors::credential>(there, credential, use_it);
  if (!usable)
    co_return std::move(usable).error();
  const auto read = read_json(usable->secrets);
  const auto* secrets = read ? read->as<object>() : nullptr;
  if (!secrets)
    co_return object{};
  co_return *secrets;
}

class network_source final : public source {
public:
  network_source(const database_options& o, const server_options& s, const option_names& names,
                 identity sync, server_calls calls)
      : secrets_{o.secrets}, blocking_{o.blocking}, closing_{o.closing}, names_{names},
        user_{s.user}, credential_{s.credential}, sync_{std::move(sync)}, calls_{std::move(calls)} {
  }

  task<page_or_trouble> read(page_request wanted) override {
    work<source_page> reading =
        [read = calls_.read, wanted = std::move(wanted)](const login& who, std::stop_token stop) {
          return read(who, wanted, std::move(stop));
        };
    auto page = co_await there(std::move(reading));
    if (!page)
      co_return trouble_from(std::move(page).error());
    co_return *std::move(page);
  }

  task<result<void>> forget() override {
    if (!calls_.forget)
      co_return result<void>{};
    work<bool> letting_go = [forget = calls_.forget](const login& who, std::stop_token stop) {
      const auto done = forget(who, std::move(stop));
      return done ? result<bool>{true} : result<bool>{done.error()};
    };
    const auto done = co_await there(std::move(letting_go));
    if (!done)
      co_return done.error();
    co_return result<void>{};
  }

  task<result<source_page>> read_again(protocols::letter_types::kept letter) override {
    if (calls_.from_letter)
      co_return calls_.from_letter(letter);
    if (!calls_.from_server)
      co_return of_another_kind(letter);
    work<source_page> asking = [ask = calls_.from_server, letter = std::move(letter)](
                                   const login& who, std::stop_token stop) {
      return ask(who, letter, std::move(stop));
    };
    co_return co_await there(std::move(asking));
  }

private:
  template <class T> using work = std::function<result<T>(const login&, std::stop_token)>;

  /// On a thread that may block.
  template <class T> task<result<T>> there(work<T> what) {
    auto who = co_await who_asks();
    if (!who)
      co_return std::move(who).error();
    const auto stop = co_await runtime::stop_token_of_task{};
    auto begin = [&](runtime::completion<T> done) {
      auto started = runtime::start<T>(
          blocking_, work_there(std::move(what), closing_, *who),
          [done](result<T> made) { done(std::move(made)); }, stop);
      if (!started)
        done(std::move(started).error());
    };
    co_return co_await runtime::callback<T>(std::move(begin));
  }

  template <class T>
  static task<result<T>> work_there(work<T> what, std::stop_token closing, login who) {
    const auto stop = co_await runtime::stop_token_of_task{};
    std::stop_source either;
    const auto end = [&either] { either.request_stop(); };
    const std::stop_callback when_stopped{stop, end}, when_closing{closing, end};
    co_return what(who, either.get_token());
  }

  task<result<login>> who_asks() {
    const identity id{sync_.tenant, "credential", credential_};
    auto who = co_await log_in(secrets_, user_, id);
    if (!who) {
      auto why = std::move(who).error();
      why.where = names_.place_of("credential");
      co_return why;
    }
    co_return *std::move(who);
  }

  const secrets_of secrets_;
  runtime::executor& blocking_;
  const std::stop_token closing_;
  const option_names& names_;
  const std::string user_;
  const std::string credential_;
  const identity sync_;
  const server_calls calls_;
};

} // namespace

database_options options_within(const surroundings& s, runtime::executor& blocking) {
  return {.secrets = s.secrets, .blocking = blocking, .policy = s.policy, .closing = s.closing};
}

task<result<login>> log_in(secrets_of secrets, std::string user, identity credential) {
  login who{std::move(user), {}};
  if (credential.name.empty())
    co_return who;
  auto held = co_await secrets(credential);
  if (!held) {
    auto why = std::move(held).error();
    why.why = "the credential " + credential.name + ": " + why.why;
    co_return why;
  }
  const auto* name = held->find("user");
  const auto* password = held->find("password");
  if (name && name->is<std::string>())
    who.user = *name->as<std::string>();
  if (password && password->is<std::string>())
    who.password = *password->as<std::string>();
  co_return who;
}

secrets_of secrets_from(runtime::host& there) {
  return [&there](identity credential) { return ask_for_secrets(there, std::move(credential)); };
}

result<void> read_server_option(server_options& o, const option_names& names,
                                const std::vector<std::string>& schemes, std::uint16_t usual_port,
                                const std::string& name, const value& v) {
  auto text = names.text_of(name, v);
  if (!text)
    return std::move(text).error();
  if (name == "url")
    return take_url(o, names, {schemes, usual_port, "/database"}, *text);
  if (name == "credential") {
    o.credential = *std::move(text);
  } else if (name == "ca") {
    if (text->find("-----BEGIN CERTIFICATE-----") == text->npos)
      return names.wrong(name, "this is no certificate",
                         "Write the authority's certificate as PEM text.");
    o.ca = *std::move(text);
  } else {
    const auto mode = std::ranges::find(protection_names, *text);
    if (mode == protection_names.end())
      return names.wrong(name, "there is no sslmode " + *text,
                         "Write prefer, require or verify-full.");
    o.protection = static_cast<protection>(mode - protection_names.begin());
  }
  return {};
}

std::string key_of(const server_options& s, const login& who) {
  std::string key;
  for (const auto& part :
       {s.host, std::to_string(s.port), s.database, who.user, who.password, s.ca,
        s.protection ? std::to_string(static_cast<int>(*s.protection)) : std::string{}})
    (key += part) += '\0';
  return key;
}

result<found_server> find_server(const server_options& s, const database_options& o,
                                 const option_names& names) {
  auto literal = runtime::outbound::parse_address(s.host);
  auto addresses = literal ? result<std::vector<runtime::outbound::address>>{std::vector{*literal}}
                           : o.lookup(s.host);
  if (!addresses) {
    auto why = std::move(addresses).error();
    why.where = names.place_of("url");
    return why;
  }
  if (auto fine = runtime::outbound::allowed(*addresses, o.policy, s.host); !fine) {
    auto why = std::move(fine).error();
    why.where = names.place_of("url");
    return why;
  }
  const bool is_public = runtime::outbound::allowed(*addresses, {}, s.host).has_value();
  const auto usual = is_public ? protection::verify_full : protection::prefer;
  return found_server{*std::move(addresses), s.protection.value_or(usual)};
}

file_in_memory::file_in_memory(std::string_view content)
    : descriptor_{::memfd_create("certificates", MFD_CLOEXEC)}, path_{"/proc/self/fd/" +
                                                                      std::to_string(descriptor_)} {
  while (!content.empty()) {
    const auto n = ::write(descriptor_, content.data(), content.size());
    if (n <= 0)
      break; // a file without the whole of it is refused by whoever reads it
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

file_in_memory::~file_in_memory() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

std::unique_ptr<source> server_source(const database_options& o, const server_options& s,
                                      const option_names& names, identity sync,
                                      server_calls calls) {
  return std::make_unique<network_source>(o, s, names, std::move(sync), std::move(calls));
}

} // namespace tenon::actors::relational
