// tenon apply -f FILE|DIR|-: makes resources what the files say. They go to the server in their
// order, connectors first, a thousand in a request; its answers are shown resource by resource, a
// problem at the line that caused it.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/members.hpp"
#include "nodes/cli/resource_files.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/table.hpp"
#include "nodes/cli/words.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::nodes::cli {
namespace {

/// As many as the server takes at once.
constexpr std::size_t of_one_request = 1'000;

struct options {
  std::vector<std::string> files;
  bool dry_run = false;
};

// Turns the problem's field into a place in the file: "spec.page.size", or for a problem with the
// whole request "resources[2].spec.page.size".
failure placed(failure f, const std::vector<written_resource>& written,
               const written_resource* about) {
  std::string_view field = f.where;
  if (field.starts_with("resources[")) {
    std::size_t index = 0;
    const auto digits = field.substr(10);
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), index).ptr;
    if (index < written.size()) {
      about = &written[index];
      field = digits.substr(static_cast<std::size_t>(end - digits.data()));
      field.remove_prefix(std::min(field.find_first_not_of("]."), field.size()));
    }
  }
  if (about != nullptr)
    f.where = config::place(about->positions, field) +
              (field.empty() ? "" : " (" + std::string{field} + ')');
  return f;
}

const written_resource* find(const std::vector<written_resource>& written, const value& result) {
  for (const auto& each : written)
    if (each.kind() == text_at(result, "kind") && each.name() == text_at(result, "name"))
      return &each;
  return nullptr;
}

// "4 resources: 1 created, 3 unchanged"
std::string sentence(const std::vector<std::pair<std::string, std::int64_t>>& counts,
                     std::size_t all, bool dry_run) {
  auto out = as_count(static_cast<std::int64_t>(all), "resource", "resources");
  const char* lead = ": ";
  for (const auto& [outcome, count] : counts) {
    out += lead + with_thousands(count) + ' ' + outcome;
    lead = ", ";
  }
  return out + (dry_run ? "; nothing was changed (--dry-run)\n" : "\n");
}

exit_code show(const shell& s, const std::vector<written_resource>& written, const value& answered,
               bool dry_run) {
  std::vector<row> rows;
  std::vector<failure> problems;
  std::vector<std::pair<std::string, std::int64_t>> counts;
  for (const auto& result : list_at(answered, "results")) {
    const auto* problem = result.find("problem");
    auto outcome = text_at(result, "outcome");
    if (problem != nullptr && !problem->is_null()) {
      const auto& all = list_at(result, "problems"); // where there are several
      for (const auto& one : all.empty() ? list{*problem} : all)
        problems.push_back(placed(read_problem(one, 0), written, find(written, result)));
      outcome = "refused";
    }
    rows.push_back({{outcome, ink_of(outcome)},
                    {text_at(result, "kind")},
                    {text_at(result, "name"), ink::strong}});
    const auto known = std::ranges::find(counts, outcome, [](const auto& c) { return c.first; });
    if (known == counts.end())
      counts.emplace_back(outcome, 1);
    else
      ++known->second;
  }
  if (!s.printed_json(answered)) {
    s.screen.out << render_table({{"OUTCOME"}, {"KIND"}, {"NAME"}}, rows, s.screen.out_look)
                 << sentence(counts, rows.size(), dry_run) << std::flush;
    for (const auto& each : problems)
      s.show(each);
  }
  return problems.empty() ? exit_code::done : exit_code::refused;
}

exit_code apply(const shell& s, const options& o) {
  auto read = read_resources(o.files, s.screen.in);
  for (const auto& each : read.wrong)
    s.show(each);
  if (!read.wrong.empty())
    return exit_code::wrong_usage;
  if (read.resources.empty())
    return s.report(failure{.code = code::malformed,
                            .why = "there is no resource in what was given",
                            .remedy = "every resource has kind, name and spec"});
  // Whoever names one in a later request must find it.
  std::ranges::stable_partition(read.resources,
                                [](const written_resource& r) { return r.kind() == "connector"; });
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  const auto path = server->path({"apply"}) + (o.dry_run ? "?dry_run=true" : "");
  list results;
  std::int64_t failed = 0;
  const auto outcome = [&] {
    return value{object{{"results", std::move(results)}, {"failed", failed}}};
  };
  for (std::size_t from = 0; from < read.resources.size(); from += of_one_request) {
    const auto to = std::min(read.resources.size(), from + of_one_request);
    const std::vector<written_resource> some{read.resources.begin() + from,
                                             read.resources.begin() + to};
    list resources;
    for (const auto& each : some)
      resources.push_back(each.value);
    const auto answered = server->post(path, object{{"resources", std::move(resources)}});
    if (!answered) {
      if (!results.empty())
        show(s, read.resources, outcome(), o.dry_run);
      s.show(placed(answered.why, some, nullptr));
      return answered.code;
    }
    for (const auto& one : list_at(answered.body, "results"))
      results.push_back(one);
    failed += number_at(answered.body, "failed").value_or(0);
  }
  return show(s, read.resources, outcome(), o.dry_run);
}

} // namespace

void declare_apply(const command_words& app, shell& s) {
  auto o = std::make_shared<options>();
  auto command = app.command("apply", "Make resources what files say").group(resources_group);
  command
      .option("-f,--file", o->files,
              "YAML or JSON, many documents each; a folder; - for standard input")
      .required()
      .type_name("FILE|DIR|-");
  command.flag("--dry-run", o->dry_run, "Check everything, change nothing");
  s.does(command, [&s, o] { return apply(s, *o); });
}

} // namespace tenon::nodes::cli
