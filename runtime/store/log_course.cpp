#include "runtime/store/log_course.hpp"

namespace tenon::runtime::store {

namespace {

std::string expected_found(std::uint64_t expected, std::uint64_t found) {
  return "index " + std::to_string(expected) + " should follow, index " + std::to_string(found) +
         " does";
}

} // namespace

std::string log_course::take(const stored_block& block) {
  const bool any = lowest_ == 0;
  const bool sound = block.start == block_start::begins ? block.first <= trimmed_ + 1
                     : block.start == block_start::cuts ? any || block.first < next_
                                                        : any || block.first == next_;
  auto wrong = sound ? std::string{} : expected_found(next_, block.first);
  const bool lower = any || block.start == block_start::begins || block.first < lowest_;
  lowest_ = lower ? block.first : lowest_;
  next_ = block.last() + 1;
  return wrong;
}

std::string log_course::end() const {
  if (lowest_ > trimmed_ + 1)
    return expected_found(trimmed_ + 1, lowest_);
  if (next_ <= trimmed_)
    return "the log ends at index " + std::to_string(next_ - 1) + ", and it is trimmed through " +
           std::to_string(trimmed_);
  return {};
}

} // namespace tenon::runtime::store
