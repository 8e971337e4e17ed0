// A conversation as C++ text.
#pragma once

#include "protocols/generator/model.hpp"

#include <string>

namespace tenon::generator {

/// <conversation>.hpp: the value types, what they say about themselves, their codecs declared.
std::string write_header(const conversation&);

/// <conversation>.codec.cpp: encode, decode, and the conversation's part of the message catalog.
std::string write_codecs(const conversation&);

} // namespace tenon::generator
