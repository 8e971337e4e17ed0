// Messages that an MQTT 5 broker delivers:
//
//     from:
//       mqtt:
//         url: mqtt://broker.example.com:1883   # mqtts:// with TLS
//         credential: broker        # its secrets: user, password
//         topics: plant/+/temperature    # or a list; with wildcards, or $share/GROUP/…
//         payload: json             # or text (unless told), or base64
//         key: payload.device       # an expression over the record; none: each delivery is its own
//         retained: true            # whether what the broker keeps for new subscribers comes too
//         client_id: tenon-plant    # one for each sync; drawn from its name unless told
//         session: 7d               # how long the broker keeps what we do not fetch
//         quiet: 1s                 # the end of a run: nothing came for so long
//         sslmode: verify-full      # or require
//         ca: "-----BEGIN …"        # instead of the system's authorities
//         page_size: 500
//
// A record has topic, payload, retained, and, if the message has them, content_type and properties.
//
// The broker keeps a session for the sync, and what it delivers with QoS 1 is acknowledged only
// when the page with it is in the collection: a message is either there, or delivered again. What
// was stored and not yet acknowledged when a connection broke is known by its packet id and content
// when it is delivered again, and is not stored twice. Twice comes only what a run had read that
// was then cancelled, and what was published twice. What is published with QoS 0, what a broker
// drops when its queue is full, and what it forgets with a session is beyond that promise; that it
// has forgotten the session is a letter. Beyond it is also an equal message under an id that was
// just acknowledged, if the connection breaks right then (mqtt/deliveries.hpp). The session ends
// with the sync.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

namespace tenon::actors {

/// `blocking` must outlive every source that was opened.
std::unique_ptr<source_kind> mqtt_source(relational::database_options);

} // namespace tenon::actors
