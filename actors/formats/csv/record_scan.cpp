#include "actors/formats/csv/record_scan.hpp"

namespace tenon::actors::formats {

record_scan::record_scan(const dialect& d) : dialect_{d} {
  for (std::size_t c = 0; c < kinds_.size(); ++c)
    kinds_[c] = c < 0x20 || c == '"' || c == '\\' ? kind::special
                : c >= 0x80                       ? kind::wide
                                                  : kind::plain;
  const auto mean = [&](char c, kind k) { kinds_[static_cast<unsigned char>(c)] = k; };
  mean('\n', kind::line);
  mean('\r', kind::line);
  mean(d.delimiter, kind::delimiter);
  if (d.quote != '\0')
    mean(d.quote, kind::quote);
  if (d.escape != '\0' && d.escape != d.quote)
    mean(d.escape, kind::escape);
}

scanned record_scan::scan(std::string_view bytes, bool at_end) {
  fields_.clear();
  bytes_ = bytes;
  at_ = lines_ = 0;
  faulty_ = wide_ = unclosed_ = false;
  for (;;) {
    csv_field f;
    const bool quoted = at_ < bytes.size() && kind_of(bytes[at_]) == kind::quote;
    if (quoted ? !read_quoted(f, at_end) : !read_plain(f, at_end))
      return unclosed_ ? scanned::unclosed : scanned::cut;
    wide_ = wide_ || f.wide;
    fields_.push_back(f);
    if (at_ == bytes_.size())
      return scanned::record;
    if (kind_of(bytes_[at_]) == kind::line)
      return end_of_line(at_end) ? scanned::record : scanned::cut;
    ++at_; // the delimiter
  }
}

/// Up to what ends the field. False: that is not among the bytes.
bool record_scan::read_plain(csv_field& f, bool at_end) {
  const auto* const begin = bytes_.data() + at_;
  const auto* const end = bytes_.data() + bytes_.size();
  const auto* c = begin;
  for (;; ++c) {
    while (c != end && kind_of(*c) == kind::plain)
      ++c;
    if (c == end)
      break;
    const auto k = kind_of(*c);
    if (k == kind::delimiter || k == kind::line)
      break;
    if (k == kind::wide) {
      f.wide = true;
      continue;
    }
    f.special = true;
    if (k != kind::escape)
      continue;
    f.escaped = true;
    if (++c == end)
      break;
    f.wide = f.wide || kind_of(*c) == kind::wide;
    lines_ += *c == '\n';
  }
  f.bytes = {begin, static_cast<std::size_t>(c - begin)};
  at_ += f.bytes.size();
  return at_ < bytes_.size() || at_end;
}

bool record_scan::read_quoted(csv_field& f, bool at_end) {
  f.quoted = true;
  const auto begin = ++at_;
  for (;; ++at_) {
    if (at_ == bytes_.size()) {
      unclosed_ = at_end;
      return false;
    }
    switch (kind_of(bytes_[at_])) {
    case kind::plain:
      continue;
    case kind::wide:
      f.wide = true;
      continue;
    case kind::line:
      lines_ += bytes_[at_] == '\n';
      f.special = true;
      continue;
    case kind::delimiter: // a tab has to be escaped
    case kind::special:
      f.special = true;
      continue;
    case kind::escape:
      f.special = f.escaped = true;
      if (++at_ == bytes_.size()) {
        unclosed_ = at_end;
        return false;
      }
      f.wide = f.wide || kind_of(bytes_[at_]) == kind::wide;
      lines_ += bytes_[at_] == '\n';
      continue;
    case kind::quote:
      break;
    }
    if (at_ + 1 == bytes_.size() && !at_end)
      return false;
    if (at_ + 1 < bytes_.size() && kind_of(bytes_[at_ + 1]) == kind::quote) {
      f.special = f.escaped = true;
      ++at_;
      continue;
    }
    break;
  }
  f.bytes = bytes_.substr(begin, at_ - begin);
  ++at_;
  if (at_ == bytes_.size())
    return true;
  const auto after = kind_of(bytes_[at_]);
  if (after == kind::delimiter || after == kind::line)
    return true;
  faulty_ = true;
  csv_field rest;
  return read_plain(rest, at_end);
}

bool record_scan::end_of_line(bool at_end) {
  const bool may_be_two = bytes_[at_] == '\r';
  ++at_;
  ++lines_;
  if (!may_be_two)
    return true;
  if (at_ == bytes_.size())
    return at_end;
  if (bytes_[at_] == '\n')
    ++at_;
  return true;
}

std::string_view record_scan::decoded(const csv_field& f, std::string& room) const {
  if (!f.escaped)
    return f.bytes;
  room.clear();
  for (std::size_t i = 0; i < f.bytes.size(); ++i) {
    const auto k = kind_of(f.bytes[i]);
    // A quote in a quoted field is the first of two.
    if ((k == kind::escape || (f.quoted && k == kind::quote)) && i + 1 < f.bytes.size())
      ++i;
    room += f.bytes[i];
  }
  return room;
}

std::size_t record_scan::pass(std::string_view bytes, bool begins, bool& ended) {
  if (begins) {
    passing_ = passing::at_field;
    skips_one_ = false;
    lines_ = 0;
  }
  ended = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto k = kind_of(bytes[i]);
    lines_ += bytes[i] == '\n';
    if (skips_one_ || k == kind::escape) {
      skips_one_ = !skips_one_;
      passing_ = passing_ == passing::quoted ? passing::quoted : passing::plain;
    } else if (passing_ == passing::quoted) {
      passing_ = k == kind::quote ? passing::quote : passing::quoted;
    } else if (k == kind::line) {
      ended = true;
      return i + 1;
    } else if (k == kind::quote) { // the first of a field, the second of two, or text
      passing_ = passing_ == passing::plain ? passing::plain : passing::quoted;
    } else {
      passing_ = k == kind::delimiter ? passing::at_field : passing::plain;
    }
  }
  return bytes.size();
}

} // namespace tenon::actors::formats
