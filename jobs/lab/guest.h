/* The guest program, as the build made it from jobs/lab/guest; empty where
 * the build has no clang and lld.
 */
#ifndef KEYFIT_JOBS_LAB_GUEST_H
#define KEYFIT_JOBS_LAB_GUEST_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t kf_guest[];
extern const size_t kf_guest_len;

#endif
