#include "actors/integration/job/files.hpp"

namespace tenon::actors::connectors {
namespace {

result<url> address_of(const job_place& j) {
  if (j.file >= j.files.size())
    return failure{code::malformed, "the kept position names a file that is not there", "position",
                   "Reset the stream's cursor to read it from its start."};
  return parse_url(j.files[j.file]);
}

std::vector<std::string> hosts_of(const manifest& m, const job& what) {
  auto all = m.hosts;
  all.insert(all.end(), what.hosts.begin(), what.hosts.end());
  return all;
}

} // namespace

std::size_t keep_files(const json_text& text, const job& what, job_place& j) {
  std::size_t bytes = 0;
  j.files.clear();
  if (!what.files)
    return bytes;
  const auto add = [&](std::string_view one) {
    if (auto address = scalar_text(one); address && !address->empty()) {
      bytes += address->size();
      j.files.push_back(*std::move(address));
    }
  };
  find_all(text, text.root(), *what.files, [&](std::string_view raw) {
    if (!is_list(raw))
      return add(raw);
    for (json_text::walk items{text, raw}; items.next();)
      add(items.content());
  });
  return bytes;
}

result<draft> draft_for_file(const manifest& m, const connection& c, const job& what,
                             const job_place& j) {
  auto there = address_of(j);
  if (!there)
    return failure{there.error().code,
                   "the file of the job " + j.id + " has no address: " + there.error().why,
                   "jobs." + what.name + ".download.url", there.error().remedy};
  if (!is_allowed(*there, c.base, hosts_of(m, what)))
    return failure{code::forbidden,
                   "the file of the job " + j.id + " lies at " + endpoint_of(*there) +
                       ", which is not a host of this connector",
                   "jobs." + what.name + ".download.hosts",
                   "If the platform's files lie there, add it to `hosts`."};
  return draft{"GET",
               c.base,
               *std::move(there),
               {},
               {{"Accept", std::string{what.download->decode->accept}}},
               {}};
}

result<http_request> finish_for_file(const manifest& m, const job& what, draft made) {
  return finish_request(std::move(made), hosts_of(m, what));
}

bool shows_proof(const manifest& m, const connection& c, const job& what, const job_place& j) {
  const auto there = address_of(j);
  return there && !what.bare && is_allowed(*there, c.base, m.hosts);
}

} // namespace tenon::actors::connectors
