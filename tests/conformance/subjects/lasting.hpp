// What subjects share and what is costly to begin: made when it is first asked for, and gone before
// main ends, which servers' processes and CAF's actors must not outlive.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace tenon::tests::conformance::subjects {

template <class T> class lasting {
public:
  explicit lasting(std::function<std::unique_ptr<T>()> make = [] { return std::make_unique<T>(); })
      : made_{new made{std::move(make)}} {
    testing::AddGlobalTestEnvironment(made_); // which owns it
  }
  T& operator*() const { return made_->get(); }

private:
  struct made : testing::Environment {
    explicit made(std::function<std::unique_ptr<T>()> f) : make{std::move(f)} {}
    void TearDown() override { one.reset(); }
    T& get() {
      if (!one)
        one = make();
      return *one;
    }

    std::function<std::unique_ptr<T>()> make;
    std::unique_ptr<T> one;
  };

  made* made_;
};

} // namespace tenon::tests::conformance::subjects
