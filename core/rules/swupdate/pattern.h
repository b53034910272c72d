/* The machine that an extended regular expression becomes.
 */
#ifndef KEYFIT_CORE_RULES_SWUPDATE_PATTERN_H
#define KEYFIT_CORE_RULES_SWUPDATE_PATTERN_H

#include <keyfit/bytes.h>

enum { STATES_MAX = 512, SET_LEN = 32, NOWHERE = -1 };

enum kind { SET, SPLIT, START, END, FOUND };

/* swupdate_state is one of its states. */
struct swupdate_state {
	enum kind kind;
	int next, other;
	uint8_t set[SET_LEN];	/* a bit a letter */
};

/* swupdate_run tells whether a machine of `num` states finds itself anywhere
 * in a text. The last state is the one that it wants to reach. */
bool swupdate_run(const struct swupdate_state *states, int num, int first,
		  struct kf_bytes text);

#endif
