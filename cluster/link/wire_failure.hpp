// What went wrong on a connection between nodes, as a sentence with a remedy.
#pragma once

#include "protocols/failure.hpp"

#include <boost/system/error_code.hpp>

namespace tenon::cluster::link {

/// `verdict` is OpenSSL's on the peer's certificate, X509_V_OK where there is none.
failure explained(const boost::system::error_code&, long verdict);

} // namespace tenon::cluster::link
