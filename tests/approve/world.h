/* A case in which all is well, for tests that spoil it.
 */
#ifndef KEYFIT_TESTS_APPROVE_WORLD_H
#define KEYFIT_TESTS_APPROVE_WORLD_H

#include "jobs/approve/decide.h"

enum { NOW_S = 1795773600 };	/* Friday 2026-11-27T10:00:00Z */

/* world is a case in which all is well: two approvals of two groups. */
struct world {
	struct kf_person person[KF_NUM_ROLES + 8];
	struct kf_ruled_key key;
	struct kf_policy policy;
	struct kf_request request;
	struct kf_approval approval[4];
	struct kf_rebuild rebuild[4];
	struct kf_of_artifact subject[4];
	struct kf_past past[4];
	struct kf_spent spent[2];
	struct kf_history history;
	struct kf_process process;
	struct kf_case c;
};

/* hash is some digest, a different one for each start. */
struct kf_hash hash(uint8_t start);

void set_up(struct world *w);

#endif
