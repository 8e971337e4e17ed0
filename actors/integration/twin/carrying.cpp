// Jobs that carry records to a twin: what is in them is written once the job is made, and each has
// a result when it is done.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/twin/encoding.hpp"
#include "actors/integration/twin/parts.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace tenon::actors::connectors {
namespace {

list lines_of(std::string_view text) {
  list all;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto one = read_json(text.substr(0, end)); one && end > 0)
      all.push_back(*std::move(one));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

/// The first list of objects in a body.
const list* items_in(const value& body) {
  if (const auto* items = body.as<list>())
    return !items->empty() && items->front().is<object>() ? items : nullptr;
  if (const auto* members = body.as<object>())
    for (const auto& [name, content] : *members)
      if (const auto* found = items_in(content))
        return found;
  return nullptr;
}

} // namespace

/// An upload, a job that is made, or the list of those that are there.
std::optional<http_response> twin::parts::serve_carrying_job(const operation& o, const asked& r,
                                                             moment now) {
  const auto& j = *o.job;
  if (j.upload && fits(*j.upload, r)) {
    const auto id = "twin-upload-" + std::to_string(uploads.size() + 1);
    uploads[id] = r.body;
    value body;
    set_member(body, j.upload_id, id);
    return json_answer(body);
  }
  if (j.find && fits(j.find->request, r) && r.whole.method != j.create.method)
    return list_jobs(j);
  if (fits(j.create, r))
    return carry(o, r, now);
  return std::nullopt;
}

std::optional<http_response> twin::parts::carry(const operation& o, const asked& r, moment now) {
  list items;
  if (const auto* members = r.body.as<object>(); members && o.job->upload)
    for (const auto& [name, content] : *members)
      if (const auto* id = content.as<std::string>())
        if (const auto there = uploads.find(*id); there != uploads.end())
          for (const auto& [field, file] : *there->second.as<object>())
            if (const auto* text = file.as<std::string>(); text && items.empty())
              items = lines_of(*text);
  if (const auto* written_there = items_in(r.body); written_there && items.empty())
    items = *written_there;
  if (items.empty())
    return std::nullopt; // it is made by another action
  if (items.size() > o.batch.max)
    return refuse({400, "at most " + std::to_string(o.batch.max) + " items in a job"});
  const auto id = "twin-job-" + std::to_string(++ledger.jobs);
  auto& made = made_jobs[id];
  made.what = o.job.get();
  made.carries = &o;
  if (const auto* sent = r.body.as<object>())
    made.sent = *sent;
  for (const auto& item : items) {
    const bool refused = is_marked(item);
    if (!refused) {
      ++ledger.written;
      written[o.name].push_back(item);
      keep(o, r, item, now);
    }
    made.made.push_back(result_of(o, item, "twin-" + std::to_string(ledger.written), refused));
  }
  value body;
  if (const auto known = samples.jobs.find(o.job->name); known != samples.jobs.end())
    body = known->second.created;
  set_member(body, o.job->id, id);
  return json_answer(body);
}

http_response twin::parts::results_of(const made_job& j) const {
  const auto& read = *j.what->download;
  auto made = read.decode == &json_decoder ? encoded{write_json(value{j.made}), "application/json"}
                                           : encode_records(*read.decode, j.made);
  auto body = blob::from(read.unpack ? packed(made.body) : std::move(made.body));
  return {200, {{"Content-Type", std::string{made.type}}}, std::move(body)};
}

} // namespace tenon::actors::connectors
