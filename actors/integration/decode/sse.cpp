// Server-sent events (HTML, 9.2): each event is a record {event, id, data}; `data` is the JSON that
// it says, or its text. The word [DONE], with which some platforms end a stream, is no event.
#include "actors/integration/decode/decoder.hpp"
#include "actors/integration/page/json_text.hpp"
#include "protocols/json.hpp"

namespace tenon::actors::connectors {
namespace {

struct event {
  std::string name{"message"};
  std::string id{}; // stays for the events after it
  std::string data{};
  bool said = false;
};

void write(event& e, std::string& into) {
  if (e.said && e.data != "[DONE]") {
    if (into.size() > 1)
      into += ',';
    into += "{\"event\":";
    write_json_text(e.name, into);
    into += ",\"id\":";
    write_json_text(e.id, into);
    into += ",\"data\":";
    if (json_text::check(e.data))
      into += e.data;
    else
      write_json_text(e.data, into);
    into += '}';
  }
  e = {.id = std::move(e.id)};
}

void take(std::string_view line, event& e) {
  const auto colon = std::min(line.find(':'), line.size());
  const auto name = line.substr(0, colon);
  auto content = line.substr(std::min(colon + 1, line.size()));
  if (content.starts_with(' '))
    content.remove_prefix(1);
  if (name == "event") {
    e.name = content;
  } else if (name == "id") {
    e.id = content;
  } else if (name == "data") {
    if (e.said)
      e.data += '\n';
    e.said = true;
    e.data += content;
  }
}

result<decoded> decode(const blob& body) {
  std::string all{'['};
  event present;
  auto rest = body.view();
  if (rest.starts_with("\xef\xbb\xbf"))
    rest.remove_prefix(3);
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of("\r\n"), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end);
    if (rest.starts_with("\r\n"))
      rest.remove_prefix(2);
    else if (!rest.empty())
      rest.remove_prefix(1);
    if (line.empty())
      write(present, all);
    else if (!line.starts_with(':'))
      take(line, present);
  }
  // What no blank line ends was cut off: it is no event.
  all += ']';
  return decoded{blob::from(std::move(all))};
}

} // namespace

const decoder sse_decoder{"sse", "text/event-stream", decode};

} // namespace tenon::actors::connectors
