// Functions on numbers.
#include "runtime/expression/evaluation/operators.hpp"
#include "runtime/expression/function.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tenon::runtime::expression {
namespace {

/// A whole number as such when 64 bits hold it.
operand whole_if_it_fits(double d) {
  constexpr double limit = 9223372036854775808.0;
  if (d >= -limit && d < limit)
    return operand::of(static_cast<std::int64_t>(d));
  return operand::of(d);
}

template <double (*Toward)(double)> result<operand> rounded(workspace&, arguments args) {
  if (args[0].what == operand::kind::integer)
    return args[0];
  return whole_if_it_fits(Toward(args[0].real));
}

result<operand> round(workspace& work, arguments args) {
  const auto digits = args.size() > 1 ? args[1].number() : 0;
  if (!(digits >= 0 && digits <= 15) || digits != std::trunc(digits))
    return refuse("the number of digits is not a whole number from 0 to 15");
  if (digits == 0)
    return rounded<std::round>(work, args);
  if (args[0].what == operand::kind::integer)
    return args[0];
  // Decimal text is rounded, not the binary number: 1.005 to two digits is 1.01.
  const auto scale = std::pow(10.0, digits);
  const auto scaled = args[0].real * scale;
  if (!std::isfinite(scaled) || std::fabs(scaled) >= 4503599627370496.0)
    return args[0];
  const auto nudged = std::nextafter(scaled, scaled < 0 ? -INFINITY : INFINITY);
  return operand::of(std::round(nudged) / scale);
}

result<operand> absolute(workspace&, arguments args) {
  const bool negative =
      args[0].what == operand::kind::integer ? args[0].integer < 0 : args[0].real < 0;
  return negative ? negate(args[0]) : args[0];
}

/// The arguments, or the elements of the one list that is the argument, one after the other.
/// Nulls are passed over.
template <class Each> result<void> for_each_of(workspace& work, arguments args, Each each) {
  if (args.size() != 1 || !args[0].is_container()) {
    for (const auto& arg : args)
      if (auto done = arg.is_null() ? result<void>{} : each(arg); !done)
        return done;
    return {};
  }
  auto tree = work.tree_of(args[0]);
  if (!tree)
    return std::move(tree).error();
  const auto& items = *(*tree)->template as<list>();
  if (auto affordable = work.spend(items.size() / 16); !affordable)
    return affordable;
  for (const auto& item : items)
    if (auto done = item.is_null() ? result<void>{} : each(operand::of(item)); !done)
      return done;
  return {};
}

template <int Sign> result<operand> extreme(workspace& work, arguments args) {
  operand best;
  auto done = for_each_of(work, args, [&](const operand& o) -> result<void> {
    if (best.is_null()) {
      best = o;
      auto ordered = order_of(o, o); // something that has no order is no extreme either
      return ordered ? result<void>{} : result<void>{std::move(ordered).error()};
    }
    const auto order = order_of(o, best);
    if (!order)
      return order.error();
    if (*order * Sign > 0)
      best = o;
    return {};
  });
  if (!done)
    return std::move(done).error();
  return best;
}

result<operand> sum(workspace& work, arguments args) {
  auto total = operand::of(std::int64_t{0});
  auto done = for_each_of(work, args, [&](const operand& o) -> result<void> {
    if (!o.is_number())
      return refuse("only numbers have a sum, this is " + names_of(o.type()));
    auto next = calculate(operation::add, total, o, work);
    if (!next)
      return std::move(next).error();
    total = *next;
    return {};
  });
  if (!done)
    return std::move(done).error();
  return total;
}

result<operand> number(workspace&, arguments args) {
  const auto& x = args[0];
  if (x.is_number())
    return x;
  if (x.what == operand::kind::boolean)
    return operand::of(x.integer);
  auto text = x.text;
  while (!text.empty() && (text.front() == ' ' || text.front() == '+'))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  const auto* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc{} && read.ptr == end)
    return operand::of(whole);
  double real = 0;
  if (const auto read = std::from_chars(text.data(), end, real);
      read.ec == std::errc{} && read.ptr == end && std::isfinite(real))
    return operand::of(real);
  return refuse("'" + std::string{x.text.substr(0, 40)} + "' is not a number");
}

/// Decimal places by ISO 4217; two for what is not named here.
int places_of(std::string_view currency) {
  for (const std::string_view none :
       {"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF"})
    if (currency == none)
      return 0;
  for (const std::string_view three : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
    if (currency == three)
      return 3;
  return 2;
}

result<operand> money(workspace& work, arguments args) {
  const auto currency = args.size() > 1 ? args[1].text : std::string_view{};
  const auto places = places_of(currency);
  const std::array<operand, 2> rounding{args[0], operand::of(std::int64_t{places})};
  auto amount = round(work, rounding);
  if (!amount)
    return amount;
  // 310 digits before the point are the most a double has.
  std::array<char, 340> digits;
  char* end = digits.data();
  if (amount->what == operand::kind::integer) {
    end = std::to_chars(end, digits.data() + digits.size(), amount->integer).ptr;
    if (places > 0) {
      *end++ = '.';
      end = std::fill_n(end, places, '0');
    }
  } else {
    end = std::to_chars(end, digits.data() + digits.size(), amount->real, std::chars_format::fixed,
                        places)
              .ptr;
  }
  std::string text{digits.data(), end};
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  const auto point = std::min(text.find('.'), text.size());
  for (auto at = point; at > first + 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  if (!currency.empty())
    text.append(" ").append(currency);
  return work.keep(std::move(text));
}

constexpr std::array<function_entry, 9> entries{{
    {"round(x: number, digits: number?) -> number",
     "The nearest number with so many decimals, none unless told; halves go away from zero.",
     round},
    {"floor(x: number) -> number", "The largest whole number that is not larger.",
     rounded<std::floor>},
    {"ceil(x: number) -> number", "The smallest whole number that is not smaller.",
     rounded<std::ceil>},
    {"abs(x: number) -> number", "The number without its sign.", absolute},
    {"min(x: anything...) -> anything",
     "The smallest of its arguments or of one list's elements; null when there is none.",
     extreme<-1>},
    {"max(x: anything...) -> anything",
     "The largest of its arguments or of one list's elements; null when there is none.",
     extreme<1>},
    {"sum(x: number|list|null...) -> number", "The sum of its arguments or of one list's elements.",
     sum},
    {"number(x: text|number|bool) -> number", "The number that a text says.", number},
    {"money(x: number, currency: text?) -> text",
     "The amount with the currency's decimals and thousands apart: 1,234.50 EUR.", money},
}};

} // namespace

std::span<const function_entry> number_functions() {
  return entries;
}

} // namespace tenon::runtime::expression
