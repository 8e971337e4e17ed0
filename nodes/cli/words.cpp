#include "nodes/cli/words.hpp"

#include "nodes/cli/help.hpp"

namespace tenon::nodes::cli {

const option_words& option_words::required() const {
  option_->required();
  return *this;
}
const option_words& option_words::type_name(const std::string& in_capitals) const {
  option_->type_name(in_capitals);
  return *this;
}
const option_words& option_words::shows_default() const {
  option_->capture_default_str();
  return *this;
}
const option_words& option_words::needs(const option_words& other) const {
  option_->needs(other.option_);
  return *this;
}
const option_words& option_words::excludes(const option_words& other) const {
  option_->excludes(other.option_);
  return *this;
}
const option_words& option_words::one_of(std::vector<std::string> choices) const {
  option_->check(CLI::IsMember(std::move(choices)));
  return *this;
}
const option_words& option_words::between(std::int64_t least, std::int64_t most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}
const option_words& option_words::positive() const {
  option_->check(CLI::PositiveNumber);
  return *this;
}
const option_words& option_words::kind_of_resource() const {
  option_->check(kind_argument());
  return *this;
}

command_words command_words::command(const std::string& name, const std::string& meaning) const {
  return command_words{app_->add_subcommand(name, meaning)};
}
const command_words& command_words::group(const std::string& title) const {
  app_->group(title);
  return *this;
}
const command_words& command_words::more(const std::string& text) const {
  app_->footer(text);
  return *this;
}

const command_words& command_words::needs_command(int least, int most) const {
  app_->require_subcommand(static_cast<std::size_t>(least), static_cast<std::size_t>(most));
  return *this;
}

void command_words::runs(std::function<void()> action) const {
  app_->callback(std::move(action));
}

option_words command_words::option(const std::string& names, std::string& into,
                                   const std::string& meaning) const {
  return option_words{app_->add_option(names, into, meaning)};
}
option_words command_words::option(const std::string& names, std::vector<std::string>& into,
                                   const std::string& meaning) const {
  return option_words{app_->add_option(names, into, meaning)};
}
option_words command_words::option(const std::string& names, unsigned& into,
                                   const std::string& meaning) const {
  return option_words{app_->add_option(names, into, meaning)};
}
option_words command_words::option(const std::string& names, std::int64_t& into,
                                   const std::string& meaning) const {
  return option_words{app_->add_option(names, into, meaning)};
}
option_words command_words::option(const std::string& names, std::uint64_t& into,
                                   const std::string& meaning) const {
  return option_words{app_->add_option(names, into, meaning)};
}
option_words command_words::option(const std::string& names, std::optional<std::size_t>& into,
                                   const std::string& meaning) const {
  return option_words{app_->add_option(names, into, meaning)};
}
option_words command_words::flag(const std::string& names, bool& into,
                                 const std::string& meaning) const {
  return option_words{app_->add_flag(names, into, meaning)};
}

} // namespace tenon::nodes::cli
