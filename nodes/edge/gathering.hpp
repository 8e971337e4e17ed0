// Many asks, one answer, in the order of the asks.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace tenon::nodes::edge {

template <class T> class gathering {
public:
  using gathered = std::function<void(std::vector<T>&)>;

  gathering(std::size_t count, gathered then)
      : answers_(count), missing_{count}, then_{std::move(then)} {}

  /// From any thread, once for each; the last of them hears all.
  void put(std::size_t i, T answer) {
    {
      const std::lock_guard hold{guard_};
      answers_[i] = std::move(answer);
      if (--missing_ > 0)
        return;
    }
    then_(answers_);
  }

private:
  std::mutex guard_;
  std::vector<T> answers_;
  std::size_t missing_;
  gathered then_;
};

/// Of none, nothing is heard.
template <class T>
std::shared_ptr<gathering<T>> gather(std::size_t count, typename gathering<T>::gathered then) {
  return std::make_shared<gathering<T>>(count, std::move(then));
}

} // namespace tenon::nodes::edge
