// Source text as it is being written.
#pragma once

#include <string>
#include <string_view>

namespace tenon::generator {

/// Lines, indented by the blocks that are open.
class lines {
public:
  void open(const std::string& line) {
    add(line + " {");
    ++depth_;
  }
  void close(std::string_view behind = "") {
    --depth_;
    add("}" + std::string{behind});
  }
  void add(const std::string& line) { text_.append(2 * depth_, ' ').append(line).append("\n"); }
  void blank() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

private:
  std::string text_;
  std::size_t depth_ = 0;
};

} // namespace tenon::generator
