// Team of threads that wait for jobs: they spin for a short time, then sleep.
#include "team.hpp"

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace sk_adaptive {

namespace {
constexpr int spins = 1500;  // tens of microseconds, less than going to sleep and waking up takes

inline int this_process() {
#ifdef _WIN32
    return _getpid();
#else
    return getpid();
#endif
}

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

template <class Ready> void spin_until(Ready ready) {
    for (int i = 0; !ready(); ++i) i < spins ? relax() : std::this_thread::yield();
}
}  // namespace

struct Team {
    const int process = this_process();
    int size = 1;
    std::vector<std::thread> helpers;
    std::mutex mutex;
    std::condition_variable wake;
    std::atomic<unsigned> round{0};  // number of jobs started; a helper waits until it changes
    std::atomic<int> running{0};
    std::atomic<int> arrived{0};
    std::atomic<unsigned> phase{0};
    bool closing = false;
    void (*job)(void*, int) = nullptr;
    void* context = nullptr;

    void help(int worker) {
        for (unsigned seen = 0;; ++seen) {
            for (int i = 0; i < spins && round.load(std::memory_order_acquire) == seen; ++i) relax();
            if (round.load(std::memory_order_acquire) == seen) {
                std::unique_lock<std::mutex> lock(mutex);
                wake.wait(lock, [&] { return round.load(std::memory_order_acquire) != seen; });
            }
            if (closing) return;
            job(context, worker);
            running.fetch_sub(1, std::memory_order_release);
        }
    }
    void start_round() {
        {
            std::lock_guard<std::mutex> lock(mutex);
            round.fetch_add(1, std::memory_order_release);
        }
        wake.notify_all();
    }
};

Team* team_create(int size) {
    if (size < 2) return nullptr;
    Team* team = new Team;
    team->helpers.reserve(size_t(size - 1));
    try {
        for (; team->size < size; ++team->size) team->helpers.emplace_back(&Team::help, team, team->size);
    } catch (const std::exception&) {  // a limit on processes or memory: continue with fewer threads
    }
    if (team->size > 1) return team;
    delete team;
    return nullptr;
}

Team* team_here(Team* team) { return team && team->process == this_process() ? team : nullptr; }

void team_destroy(Team* team) {
    if (!team_here(team)) return;  // a forked process has no threads to join; the memory is not freed
    team->closing = true;
    team->start_round();
    for (std::thread& helper : team->helpers) helper.join();
    delete team;
}

int team_size(const Team* team) { return team ? team->size : 1; }

void team_run(Team* team, void (*job)(void*, int), void* context) {
    if (!team) return job(context, 0);
    team->job = job;
    team->context = context;
    team->running.store(team->size - 1, std::memory_order_relaxed);
    team->start_round();
    job(context, 0);
    spin_until([&] { return team->running.load(std::memory_order_acquire) == 0; });
}

void team_barrier(Team* team) {
    if (!team) return;
    const unsigned phase = team->phase.load(std::memory_order_relaxed);
    if (team->arrived.fetch_add(1, std::memory_order_acq_rel) == team->size - 1) {
        team->arrived.store(0, std::memory_order_relaxed);
        team->phase.store(phase + 1, std::memory_order_release);
    } else {
        spin_until([&] { return team->phase.load(std::memory_order_acquire) != phase; });
    }
}

}  // namespace sk_adaptive
