/* Runs the machine of an extended regular expression over a text: all of its
 * states at once.
 *
 * Source: IEEE Std 1003.1-2017, base definitions, 9.1 and 9.4.
 */
#include "pattern.h"

#include <string.h>

/* stops tells whether a state waits: for a letter, or for another place. */
static bool stops(const struct swupdate_state *s, size_t at, size_t len)
{
	return s->kind == SET || s->kind == FOUND ||
	       (s->kind == START && at != 0) || (s->kind == END && at != len);
}

/* follow marks the states that are reached without a letter. */
static void follow(const struct swupdate_state *states, bool *on, int from,
		   size_t at, size_t len)
{
	int todo[STATES_MAX * 2], num = 0;

	todo[num++] = from;
	while (num) {
		int i = todo[--num];
		const struct swupdate_state *s;

		if (i == NOWHERE || on[i])
			continue;
		on[i] = true;
		s = &states[i];
		if (stops(s, at, len))
			continue;
		todo[num++] = s->next;
		if (s->kind == SPLIT)
			todo[num++] = s->other;
	}
}

bool swupdate_run(const struct swupdate_state *states, int num, int first,
		  struct kf_bytes text)
{
	bool on[STATES_MAX] = { false }, then[STATES_MAX];

	for (size_t at = 0; at <= text.len; at++) {
		follow(states, on, first, at, text.len);
		if (on[num - 1])
			return true;
		if (at == text.len)
			break;
		memset(then, 0, sizeof(then));
		for (int i = 0; i < num; i++) {
			const struct swupdate_state *s = &states[i];
			uint8_t c = text.data[at];

			if (on[i] && s->kind == SET &&
			    s->set[c / 8] & 1 << c % 8)
				follow(states, then, s->next, at + 1,
				       text.len);
		}
		memcpy(on, then, sizeof(on));
	}
	return false;
}
