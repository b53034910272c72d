/* The guarded arena. Without ASan guard_all only empties it.
 */
#ifndef KEYFIT_FUZZ_ARENA_H
#define KEYFIT_FUZZ_ARENA_H

#include <keyfit/env.h>

/* guard_all takes back all that was given out. */
void guard_all(struct kf_arena *arena);

#endif
