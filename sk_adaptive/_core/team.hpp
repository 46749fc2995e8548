// Threads that split a batch's rows. Declared apart from its code: standard-library templates must not be
// instantiated in the files that are compiled for a particular instruction set.
#pragma once

namespace sk_adaptive {

struct Team;

constexpr int max_workers = 64;  // of a team, the caller included

Team* team_create(int size);  // as large as the system allows, nullptr for a team of one
void team_destroy(Team* team);
// The team, or nullptr in a process that was forked from its own: threads do not come along.
Team* team_here(Team* team);
int team_size(const Team* team);
// Runs job(context, worker) on every worker, the caller being worker 0, and returns when all are done.
void team_run(Team* team, void (*job)(void* context, int worker), void* context);
// Waits, inside a job, until every worker has come here; what they wrote before is visible after.
void team_barrier(Team* team);

}  // namespace sk_adaptive
