// Team of threads that share the rows of a batch.
//
// The code is in team.cpp: templates of the standard library must not be instantiated in files that are compiled for
// one instruction set.
#pragma once

namespace sk_adaptive {

struct Team;

constexpr int max_workers = 64;  // largest number of workers in a team, including the caller

Team* team_create(int size);  // smaller if the system limits threads; nullptr for a team of one
void team_destroy(Team* team);
// The team, or nullptr in a forked process: fork does not copy threads.
Team* team_here(Team* team);
int team_size(const Team* team);
// Runs job(context, worker) on every worker and returns when all have finished. The caller is worker 0.
void team_run(Team* team, void (*job)(void* context, int worker), void* context);
// Waits, inside a job, until every worker has called it. What the workers wrote before it is visible after it.
void team_barrier(Team* team);

}  // namespace sk_adaptive
