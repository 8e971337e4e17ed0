#include "actors/integration/auth/token/saml.hpp"

#include "protocols/base64.hpp"

namespace tenon::actors::connectors {
namespace {

namespace signing = runtime::signing;

// Clocks of others are behind: it is good from some time ago on.
constexpr span tolerance = std::chrono::minutes{5};

constexpr std::string_view canonical = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// As the canonical form writes a text or, in quotes, an attribute. What XML cannot hold is left
/// out.
std::string escaped(std::string_view text, bool quoted = false) {
  std::string safe;
  for (const char c : text)
    switch (c) {
    case '&':
      safe += "&amp;";
      break;
    case '<':
      safe += "&lt;";
      break;
    case '>':
      safe += quoted ? ">" : "&gt;";
      break;
    case '"':
      safe += quoted ? "&quot;" : "\"";
      break;
    case '\t':
      safe += quoted ? "&#x9;" : "\t";
      break;
    case '\n':
      safe += quoted ? "&#xA;" : "\n";
      break;
    case '\r':
      safe += "&#xD;";
      break;
    default:
      if (static_cast<unsigned char>(c) >= 0x20)
        safe += c;
    }
  return safe;
}

std::string in_quotes(std::string_view text) {
  return '"' + escaped(text, true) + '"';
}

/// <saml2:NAME ATTRIBUTES>CONTENT</saml2:NAME>; attributes in the order of the canonical form,
/// which is that of their names.
std::string element(std::string_view name, const parameters& attributes, std::string_view content) {
  std::string all{"<saml2:"};
  all += name;
  for (const auto& [attribute, text] : attributes)
    all += ' ' + attribute + '=' + in_quotes(text);
  all += '>';
  all += content;
  all += "</saml2:";
  all += name;
  all += '>';
  return all;
}

std::string subject_of(const saml_claims& c) {
  const auto data =
      element("SubjectConfirmationData",
              {{"NotOnOrAfter", to_text(c.issued + c.life)}, {"Recipient", c.recipient}}, {});
  return element("Subject", {},
                 element("NameID",
                         {{"Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"}},
                         escaped(c.subject)) +
                     element("SubjectConfirmation",
                             {{"Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer"}}, data));
}

std::string statements_of(const saml_claims& c) {
  auto all = element(
      "Conditions",
      {{"NotBefore", to_text(c.issued - tolerance)}, {"NotOnOrAfter", to_text(c.issued + c.life)}},
      element("AudienceRestriction", {}, element("Audience", {}, escaped(c.audience))));
  all += element("AuthnStatement", {{"AuthnInstant", to_text(c.issued)}, {"SessionIndex", c.id}},
                 element("AuthnContext", {},
                         element("AuthnContextClassRef", {},
                                 "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified")));
  if (c.attributes.empty())
    return all;
  std::string attributes;
  for (const auto& [name, text] : c.attributes)
    attributes +=
        element("Attribute", {{"Name", name}}, element("AttributeValue", {}, escaped(text)));
  return all + element("AttributeStatement", {}, attributes);
}

std::string signed_part(std::string_view id, std::string_view digest, signing::algorithm how) {
  std::string all{"<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"};
  const auto named = [&](std::string_view name, std::string_view algorithm) {
    all += "<ds:" + std::string{name} + " Algorithm=" + in_quotes(algorithm) +
           "></ds:" + std::string{name} + '>';
  };
  named("CanonicalizationMethod", canonical);
  named("SignatureMethod", how == signing::algorithm::es256
                               ? "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
                               : "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
  all += "<ds:Reference URI=" + in_quotes('#' + std::string{id}) + "><ds:Transforms>";
  named("Transform", "http://www.w3.org/2000/09/xmldsig#enveloped-signature");
  named("Transform", canonical);
  all += "</ds:Transforms>";
  named("DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha256");
  all += "<ds:DigestValue>" + std::string{digest} + "</ds:DigestValue>";
  return all + "</ds:Reference></ds:SignedInfo>";
}

} // namespace

result<std::string> make_saml(const signing::private_key& key, signing::algorithm how,
                              const saml_claims& c) {
  const auto head = "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=" +
                    in_quotes(c.id) + " IssueInstant=" + in_quotes(to_text(c.issued)) +
                    " Version=\"2.0\">" + element("Issuer", {}, escaped(c.issuer));
  const auto rest = subject_of(c) + statements_of(c) + "</saml2:Assertion>";
  // The signature's own element is taken out before the digest is made of what is left.
  const auto digest = to_base64(signing::hash(signing::digest::sha256, head + rest));
  const auto part = signed_part(c.id, digest, how);
  const auto signature = key.sign(how, part);
  if (!signature)
    return signature.error();
  return head + "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">" + part +
         "<ds:SignatureValue>" + to_base64(*signature) + "</ds:SignatureValue></ds:Signature>" +
         rest;
}

} // namespace tenon::actors::connectors
