/* A time stamp of a server over a signature that was just made.
 */
#ifndef KEYFIT_JOBS_SIGN_STAMP_H
#define KEYFIT_JOBS_SIGN_STAMP_H

#include "make.h"

/* kf_making_stamp asks the server over `m->signature`, and keeps what it
 * answers in `m->stamp`, once that is verified. Fails: as
 * kf_http_post_bytes, as kf_stamp_read; KF_CANNOT_READ, it answers no. */
KF_MUST enum kf_status kf_making_stamp(struct kf_making *m,
				       struct kf_fault *why);

#endif
