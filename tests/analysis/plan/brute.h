/* Finds the cheapest plan by trying all of them.
 */
#ifndef KEYFIT_TESTS_ANALYSIS_PLAN_BRUTE_H
#define KEYFIT_TESTS_ANALYSIS_PLAN_BRUTE_H

#include "analysis/plan/make.h"

/* brute_make is kf_plan_make, without lessons and steps. */
enum kf_status brute_make(struct kf_made *out, const struct kf_rotation *r,
			  const struct kf_make *make, struct kf_room *room,
			  struct kf_arena *arena);

#endif
