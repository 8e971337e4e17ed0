// The records of a Singer tap (singer.io's specification), which is run as a child process and
// read over its standard output:
//
//     from:
//       singer:
//         tap: github               # as the node was told: --stdio github=/opt/…/bin/tap-github
//         stream: issues
//         config: {repository: o/r} # the tap's own
//         credential: github        # its secrets are added to the configuration
//         catalog: {streams: […]}   # else what the tap finds (--discover), the stream selected
//         key: id                   # or a list; else what the tap's SCHEMA says (key_properties)
//         silence: 15m              # how long it may say nothing
//         page_size: 1000
//
// Only programs that the node was started with are run, and without any word of the spec on their
// command line: the configuration is a file that only they can read. They get none of the node's
// environment, but run as its user and connect to where they like: whoever names a tap answers for
// what it does with a configuration.
//
// The place is the last STATE that came before a page's end. Records after it are read again when
// the tap has to be started anew, and stored once, under their keys. A page ends at a STATE where
// one comes in time. RECORDs with a version that is new, up to its ACTIVATE_VERSION, are all there
// is: what they did not show is deleted. A record whose `_sdc_deleted_at` is set is deleted.
// What is no message of Singer's, and what cannot be stored, is a letter.
//
// A tap waits when nobody reads it. It ends with its run, when the sync is cancelled or removed,
// after ten minutes without a page (a paused sync), with the node, and with a node that is killed;
// and with it whatever it has begun. Its directory goes then too, or when a node starts again.
#pragma once

#include "actors/sync/sources/relational/server.hpp"

#include <filesystem>
#include <map>

namespace tenon::actors {

struct singer_options {
  std::map<std::string, std::filesystem::path> taps; // programs that may be run, by name
  relational::secrets_of secrets;
  runtime::executor& blocking; // where pages are read; a read holds its thread
  std::stop_token closing{};
  std::size_t at_once = 16; // taps alive
  span idle_limit = std::chrono::minutes{10};
  span page_limit = std::chrono::seconds{5}; // then a page has what is there
};

/// "NAME=PROGRAM": a name, and a program that is there and may be run.
result<std::pair<std::string, std::filesystem::path>> read_allowed_tap(const std::string& written);

/// `blocking` must outlive every source that was opened.
std::unique_ptr<source_kind> singer_source(singer_options);

} // namespace tenon::actors
