#include "actors/collection/merging.hpp"

#include "actors/integration/page/json_text.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <optional>

namespace tenon::actors::collections {
namespace {

using connectors::json_text;
using origin = protocols::row_types::origin;
using raw = std::optional<std::string_view>; // a member's content, as it is written

constexpr std::size_t most_origins = 256; // of a row; fields beyond count as its newest change's

struct document {
  explicit document(std::string_view bytes) : text{json_text::check(bytes)} {}

  bool is_object() const { return text && connectors::is_object(text->root()); }
  raw member(raw of, std::string_view key) const {
    if (!is_object() || !of || !connectors::is_object(*of))
      return std::nullopt;
    const auto name = read_json(key);
    return name ? text->member(*of, *name->as<std::string>()) : std::nullopt;
  }
  raw root() const { return is_object() ? raw{text->root()} : std::nullopt; }

  result<json_text> text;
};

std::string below(const std::string& path, std::string_view key) {
  const auto name = key.substr(1, key.size() - 2);
  return path.empty() ? std::string{name} : path + '.' + std::string{name};
}

/// One merge on its way down through the objects of a record.
class merger {
public:
  merger(const std::vector<document>& earlier, const document& ours, const document& theirs,
         const written_by& by, std::string_view feed, moment at)
      : earlier_{earlier}, ours_{ours}, theirs_{theirs}, by_{by}, feed_{feed}, at_{at} {}

  void run() {
    raws roots;
    for (const auto& one : earlier_)
      roots.push_back(one.root());
    object(roots, *ours_.root(), *theirs_.root(), "");
  }

  merging out;

private:
  using raws = std::vector<raw>; // of each earlier content

  raws members(const raws& of, std::string_view key) const {
    raws found;
    for (std::size_t i = 0; i < of.size(); ++i)
      found.push_back(earlier_[i].member(of[i], key));
    return found;
  }

  void object(const raws& earlier, std::string_view ours, std::string_view theirs,
              const std::string& path) {
    out.content += '{';
    bool first = true;
    const auto each = [&](const document& of, std::string_view container, bool only_new) {
      for (json_text::walk at{*of.text, container}; at.next();)
        if (!only_new || !ours_.member(ours, at.key()))
          field(at.key(), members(earlier, at.key()), ours_.member(ours, at.key()),
                theirs_.member(theirs, at.key()), below(path, at.key()), first);
    };
    each(ours_, ours, false);
    each(theirs_, theirs, true);
    out.content += '}';
  }

  void field(std::string_view key, const raws& earlier, raw ours, raw theirs,
             const std::string& path, bool& first) {
    const auto begin = [&] {
      if (!first)
        out.content += ',';
      first = false;
      out.content += key;
      out.content += ':';
    };
    const bool we_did = ours != earlier.front();
    const bool they_did = std::ranges::count(earlier, theirs) == 0;
    const bool both = ours != theirs && we_did && they_did;
    if (both && ours && theirs && connectors::is_object(*ours) && connectors::is_object(*theirs)) {
      begin();
      object(earlier, *ours, *theirs, path);
      return;
    }
    const bool take_theirs =
        ours != theirs && (both ? !ours || (theirs && at_ >= our_time(path)) : they_did);
    const auto& chosen = take_theirs ? theirs : ours;
    if (!chosen)
      return; // one side took it away, and the other had not touched it
    begin();
    out.content += *chosen;
    note(path, take_theirs);
  }

  void note(const std::string& path, bool theirs) {
    if (out.fields.size() == most_origins)
      return;
    const auto* kept = by_.find(path);
    if (theirs)
      out.fields.push_back({path, std::string{feed_}, at_});
    else if (kept)
      out.fields.push_back({path, kept->feed, kept->at});
    else
      out.fields.push_back({path, std::string{by_.feed}, by_.at});
  }

  moment our_time(const std::string& path) const {
    const auto* kept = by_.find(path);
    return kept ? kept->at : by_.at;
  }

  const std::vector<document>& earlier_;
  const document& ours_;
  const document& theirs_;
  const written_by& by_;
  std::string_view feed_;
  moment at_;
};

void keep(const document& before, raw old, const document& after, raw now, const std::string& path,
          const written_by& by, origins& out) {
  for (json_text::walk at{*after.text, *now}; at.next() && out.size() < most_origins;) {
    const auto was = before.member(old, at.key());
    if (!was)
      continue;
    const auto here = below(path, at.key());
    if (connectors::is_object(at.content()) && connectors::is_object(*was))
      keep(before, was, after, at.content(), here, by, out);
    else if (*was == at.content()) {
      const auto* kept = by.find(here);
      out.push_back(kept ? *kept : origin{here, std::string{by.feed}, by.at});
    }
  }
}

} // namespace

const origin* written_by::find(std::string_view path) const {
  const auto it = std::ranges::find(others, path, &origin::path);
  return it == others.end() ? nullptr : &*it;
}

merging merge(const std::vector<std::string_view>& earlier, std::string_view ours,
              const written_by& by, std::string_view theirs, std::string_view feed, moment at) {
  const document of_ours{ours}, of_theirs{theirs};
  const std::vector<document> of_earlier(earlier.begin(), earlier.end());
  if (!of_ours.is_object() || !of_theirs.is_object())
    return {std::string{at >= by.at ? theirs : ours}, {}};
  merger m{of_earlier, of_ours, of_theirs, by, feed, at};
  m.run();
  return std::move(m.out);
}

origins kept_origins(std::string_view before, const written_by& by, std::string_view after) {
  const document was{before}, is{after};
  origins kept;
  if (was.is_object() && is.is_object())
    keep(was, was.root(), is, is.root(), "", by, kept);
  return kept;
}

} // namespace tenon::actors::collections
