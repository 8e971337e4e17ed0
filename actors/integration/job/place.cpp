#include "actors/integration/job/place.hpp"

namespace tenon::actors::connectors {
namespace {

std::uint64_t count_in(const object& kept, std::string_view name) {
  const auto* member = kept.find(name);
  const auto* number = member == nullptr ? nullptr : member->as<std::int64_t>();
  return number == nullptr || *number < 0 ? 0 : static_cast<std::uint64_t>(*number);
}

} // namespace

object to_object(const job_place& p) {
  object kept{{"id", p.id}, {"since", p.since.time_since_epoch().count()}};
  if (p.done)
    kept["done"] = true;
  if (!p.kept.empty())
    kept["kept"] = p.kept;
  list files;
  for (const auto& one : p.files)
    files.emplace_back(one);
  if (!files.empty())
    kept["files"] = std::move(files);
  if (p.file > 0)
    kept["file"] = p.file;
  if (p.renewed > 0)
    kept["renewed"] = p.renewed;
  return kept;
}

result<job_place> to_job_place(const object& kept) {
  const auto* id = kept.find("id");
  const auto* since = kept.find("since");
  if (id == nullptr || !id->is<std::string>() || since == nullptr || !since->is<std::int64_t>())
    return failure{code::malformed, "the kept position of a job is not one", "position.job",
                   "Reset the stream's cursor to read it from its start."};
  job_place p{.id = *id->as<std::string>(), .since = moment{span{*since->as<std::int64_t>()}}};
  p.done = kept.find("done") != nullptr;
  if (const auto* said = kept.find("kept"); said && said->is<object>())
    p.kept = *said->as<object>();
  if (const auto* files = kept.find("files"); files && files->is<list>())
    for (const auto& one : *files->as<list>())
      if (const auto* text = one.as<std::string>())
        p.files.push_back(*text);
  p.file = count_in(kept, "file");
  p.renewed = count_in(kept, "renewed");
  return p;
}

value words_of(const job_place& p) {
  object words = p.kept;
  words["id"] = p.id;
  return words;
}

} // namespace tenon::actors::connectors
