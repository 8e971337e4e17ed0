// Going to another node's door with one question. Whether it is the right door is seen before
// anything is said: by the authority that a token names, or by the one this node trusts already.
#pragma once

#include "nodes/cluster/letters.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/io_context.hpp>

namespace tenon::nodes::cluster {

/// How to speak to a door whose authority shows this certificate, or why not.
using judged_door =
    std::function<result<tenon::cluster::link::security>(const std::string& authority)>;

struct knocking {
  std::string address; // "host:port"
  judged_door judge;
  protocols::council::knock say;
};

/// Answers once, within the patience at the door, unless the io_context ends. What the door
/// refuses is a failure here; `where` begins with the address when nobody was spoken to.
void knock(boost::asio::io_context&, const runtime::clock&, knocking,
           std::function<void(result<protocols::council::answer>)>);

} // namespace tenon::nodes::cluster
