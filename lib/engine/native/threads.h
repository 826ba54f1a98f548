// The threads that operations share their work out to.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace songs {

// Runs parts 0 … count - 1 on all cores; the caller works too. A thread that the system has not given a core by the time all
// parts are taken is not waited for.
class Pool {
 public:
  static Pool& get() {
    static Pool* pool = new Pool();  // never destroyed: threads may outlive static destruction
    return *pool;
  }

  void run(int count, const std::function<void(int)>& part) {
    if (count <= 1 || threads_ == 0) {
      for (int i = 0; i < count; i++) part(i);
      return;
    }
    std::lock_guard<std::mutex> one_job(run_);
    part_ = &part;
    count_ = count;
    next_.store(0);
    state_.store(((state_.load() >> kNumberAt) + 1) << kNumberAt | kOpen);
    if (asleep_.load() > 0) {
      { std::lock_guard<std::mutex> lock(mutex_); }
      wake_.notify_all();
    }
    work();
    state_.fetch_and(~kOpen);
    const auto done = [this] { return (state_.load() & kWorkers) == 0; };
    if (spin(done)) return;
    std::unique_lock<std::mutex> lock(mutex_);
    waits_.store(true);
    done_.wait(lock, done);
    waits_.store(false);
  }

 private:
  // A job's number, whether more threads may join it, and how many have.
  static constexpr int kNumberAt = 32;
  static constexpr uint64_t kOpen = 1u << 16, kWorkers = kOpen - 1;

  Pool() : threads_(std::max(1u, std::thread::hardware_concurrency()) - 1) {
    for (int i = 0; i < threads_; i++) std::thread([this] { loop(); }).detach();
  }

  // Waits a little, some ten microseconds, for what comes soon as a rule. Whether it came.
  template <typename Condition>
  static bool spin(const Condition& condition) {
    for (int i = 0; i < 2000; i++) {
      if (condition()) return true;
#ifdef __x86_64__
      _mm_pause();
#endif
    }
    return condition();
  }

  void work() {
    for (int i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) (*part_)(i);
  }

  void loop() {
    uint64_t seen = 0;
    const auto comes = [&] { return state_.load() >> kNumberAt != seen; };
    for (;;) {
      if (!spin(comes)) {
        std::unique_lock<std::mutex> lock(mutex_);
        asleep_.fetch_add(1);
        wake_.wait(lock, comes);
        asleep_.fetch_sub(1);
      }
      uint64_t state = state_.load();
      seen = state >> kNumberAt;
      while ((state & kOpen) != 0 && state >> kNumberAt == seen) {
        if (!state_.compare_exchange_weak(state, state + 1)) continue;
        work();
        state_.fetch_sub(1);
        if (waits_.load()) {
          { std::lock_guard<std::mutex> lock(mutex_); }
          done_.notify_one();
        }
        break;
      }
    }
  }

  const int threads_;
  std::mutex run_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* part_ = nullptr;
  std::atomic<int> next_{0}, asleep_{0};
  std::atomic<bool> waits_{false};
  std::atomic<uint64_t> state_{0};
  int count_ = 0;
};

// The parts that rows are cut into; the same on every machine.
constexpr int kParts = 32;

// Calls part(i, from, to) for each of them. What a part's inner loops use is copied into variables of its own first:
// compilers do not vectorise loops that read through a captured reference.
inline void over_rows(int64_t rows, const std::function<void(int, int64_t, int64_t)>& part) {
  const int parts = static_cast<int>(std::min<int64_t>(kParts, rows));
  Pool::get().run(parts, [&](int i) { part(i, rows * i / parts, rows * (i + 1) / parts); });
}

}  // namespace songs
