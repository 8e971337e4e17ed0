// Values of any generated type, at random. Numbers are small, or taken from what was noted (an
// actor's own), so that they mean something to it; the ends of their range come up sometimes.
#pragma once

#include "protocols/binding.hpp"
#include "protocols/json.hpp"

#include <concepts>
#include <random>

namespace tenon::tests {

class random_values {
public:
  random_values(std::uint64_t seed, std::vector<std::string> samples)
      : random_{seed}, rarity_{2 + seed % 3}, samples_{std::move(samples)} {}

  moment now{};

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  /// Numbers within the document come up from now on, instead of those noted before.
  void note(const value& document) {
    noted_.clear();
    collect(document);
  }

  template <class T> T any() {
    T x{};
    fill(x, protocols::field{});
    return x;
  }

private:
  void collect(const value& v) {
    if (const auto* n = v.as<std::int64_t>())
      noted_.push_back(*n);
    if (const auto* elements = v.as<list>())
      for (const auto& element : *elements)
        collect(element);
    if (const auto* members = v.as<object>())
      for (const auto& [name, member] : *members)
        collect(member);
  }

  template <class T> void fill(T& x, const protocols::field& f) {
    if constexpr (protocols::is_structure<T>) {
      T::each(x, [this](const protocols::field& inner, auto& member) { fill(member, inner); });
    } else if constexpr (protocols::is_union<T>) {
      fill_union(x);
    } else if constexpr (protocols::is_enumeration<T>) {
      x = static_cast<T>(below(protocols::names_of<T>::names.size()));
    } else if constexpr (std::same_as<T, bool>) {
      x = one_in(rarity_);
    } else if constexpr (std::integral<T>) {
      x = one_in(8)                     ? static_cast<T>(random_())
          : noted_.empty() || one_in(2) ? static_cast<T>(below(5))
                                        : static_cast<T>(noted_[below(noted_.size())]);
    } else if constexpr (std::floating_point<T>) {
      x = static_cast<T>(below(1000)) / 7;
    } else {
      fill_other(x, f);
    }
  }

  template <class... Alternatives> void fill_union(std::variant<Alternatives...>& x) {
    auto chosen = below(sizeof...(Alternatives));
    (void)((chosen-- == 0 ? (fill(x.template emplace<Alternatives>(), {}), true) : false) || ...);
  }

  void fill_other(std::string& x, const protocols::field& f) {
    if (f.json)
      x = one_in(8) || samples_.empty() ? "{\"some\":1" + std::string(below(2), '}')
                                        : samples_[below(samples_.size())];
    else if (one_in(16))
      x = std::string(below(300), 'x') + "\xff";
    else
      x = std::array{"", "a", "b", "shop", "acme/sync/shop"}[below(5)];
  }
  void fill_other(blob& x, const protocols::field&) {
    x = blob::from(std::string(below(40), static_cast<char>(random_())));
  }
  void fill_other(moment& x, const protocols::field&) {
    if (one_in(16))
      x = one_in(2) ? moment::max() : moment::min();
    else
      x = now + span{static_cast<std::int64_t>(below(200'000)) - 50'000};
  }
  void fill_other(span& x, const protocols::field&) {
    if (one_in(16))
      x = one_in(2) ? span::max() : span::min();
    else
      x = span{static_cast<std::int64_t>(below(60'000)) - 100};
  }
  template <class T> void fill_other(std::optional<T>& x, const protocols::field& f) {
    if (one_in(2))
      fill(x.emplace(), f);
  }
  template <class T> void fill_other(std::vector<T>& x, const protocols::field& f) {
    for (auto count = below(4); count-- > 0;) {
      T element{}; // by hand: vector<bool> has no elements to refer to
      fill(element, f);
      x.push_back(std::move(element));
    }
  }

  std::mt19937_64 random_;
  std::uint64_t rarity_;             // of true: conditions that must all be met are met more often
  std::vector<std::string> samples_; // of JSON
  std::vector<std::int64_t> noted_;
};

} // namespace tenon::tests
