// The threads that operations share their work out to.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace songs {

// Runs parts 0 … count - 1 on all cores; the caller works too.
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
    {
      std::lock_guard<std::mutex> lock(mutex_);
      part_ = &part;
      count_ = count;
      next_.store(0);
      working_ = threads_;
      job_++;
    }
    wake_.notify_all();
    work();
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return working_ == 0; });
  }

 private:
  Pool() : threads_(std::max(1u, std::thread::hardware_concurrency()) - 1) {
    for (int i = 0; i < threads_; i++) std::thread([this] { loop(); }).detach();
  }

  void work() {
    for (int i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) (*part_)(i);
  }

  void loop() {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return job_ != seen; });
      seen = job_;
      lock.unlock();
      work();
      lock.lock();
      if (--working_ == 0) done_.notify_one();
    }
  }

  const int threads_;
  std::mutex run_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* part_ = nullptr;
  std::atomic<int> next_{0};
  int count_ = 0, working_ = 0;
  uint64_t job_ = 0;
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
