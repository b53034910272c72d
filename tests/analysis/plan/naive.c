/* The second opinion.
 */
#include "naive.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* after is one thing that may happen. */
struct after {
	struct n_state to;
	bool sure;
	enum kf_move_kind kind;
	int which;
};

struct afters {
	struct after a[400];
	int num;
};

static bool alike(const struct n_state *a, const struct n_state *b)
{
	if (a->phase != b->phase || a->epoch != b->epoch ||
	    a->trust != b->trust || a->dead != b->dead ||
	    a->in_recovery != b->in_recovery)
		return false;
	return a->slot[a->at] == b->slot[b->at] &&
	       a->slot[!a->at] == b->slot[!b->at];
}

static void happen(struct afters *all, struct n_state to, bool sure,
		   enum kf_move_kind kind, int which)
{
	assert(all->num < 400);
	all->a[all->num].to = to;
	all->a[all->num].sure = sure;
	all->a[all->num].kind = kind;
	all->a[all->num++].which = which;
}

/* power: the device is switched on. Tries one thing after the other; what may
 * boot or not is followed both ways. */
static void power(const struct n_world *w, struct afters *all,
		  struct n_state s, int step, bool sure,
		  enum kf_move_kind kind, int which)
{
	int release = step == 0 ? s.slot[s.at]
		: step == 1 ? (w->two_slots ? s.slot[!s.at] : N_EMPTY)
		: w->recovery < 0 ? N_EMPTY : w->recovery;
	struct n_state up = s;
	enum n_say say;

	if (step == 3) {
		s.dead = true;
		happen(all, s, sure, kind, which);
		return;
	}
	say = release == N_EMPTY ? N_NO : w->boot[s.epoch][s.trust][release];
	if (say == N_NO) {
		power(w, all, s, step + 1, sure, kind, which);
		return;
	}
	if (step == 1)
		up.at = !up.at;
	if (step == 2)
		up.in_recovery = true;
	up.trust = w->booted[s.trust][release];
	happen(all, up, sure && say == N_YES, kind, which);
	if (say == N_MAYBE)
		power(w, all, s, step + 1, false, kind, which);
}

static bool in_gate(const struct n_world *w, const struct kf_offer *o,
		    const struct n_state *s)
{
	int runs = s->in_recovery ? w->recovery : s->slot[s->at];
	int other = s->slot[!s->at];

	if (!o->published || s->phase < o->from || o->until < s->phase)
		return false;
	if (o->gate.releases) {
		if ((o->gate.releases & 1u << runs) == 0)
			return false;
		if (o->gate.both && other != N_EMPTY &&
		    (o->gate.releases & 1u << other) == 0)
			return false;
	}
	for (int u = 0; u < w->updates; u++)
		if ((o->gate.updates & 1u << u) && !w->holds[s->trust][u])
			return false;
	return true;
}

static void installs(const struct n_world *w, const struct kf_schedule *plan,
		     const struct n_state *s, struct afters *all)
{
	int runs = s->in_recovery ? w->recovery : s->slot[s->at];

	for (int r = 0; r < w->releases; r++) {
		enum n_say say = w->install[s->epoch][s->trust][r];
		struct n_state t = *s;

		if (say == N_NO || !in_gate(w, &plan->release[r], s))
			continue;
		if (w->needs_any[r] && !w->needs[r][runs])
			continue;
		if (w->two_slots && !s->in_recovery)
			t.at = !t.at;
		t.slot[t.at] = r;
		t.in_recovery = false;
		power(w, all, t, 0, say == N_YES, KF_MOVE_INSTALL, r);
	}
}

static void updates(const struct n_world *w, const struct kf_schedule *plan,
		    const struct n_state *s, struct afters *all)
{
	for (int u = 0; u < w->updates; u++) {
		enum n_say say = w->update[s->epoch][s->trust][u];
		struct n_state t = *s;

		t.trust = w->updated[s->trust][u];
		if (say == N_NO || t.trust == s->trust ||
		    !in_gate(w, &plan->update[u], s))
			continue;
		t.in_recovery = false;
		power(w, all, t, 0, say == N_YES, KF_MOVE_UPDATE, u);
	}
}

/* accidents are what nobody has to ask for. */
static void accidents(const struct n_world *w, const struct kf_schedule *plan,
		      const struct n_state *s, struct afters *all)
{
	struct n_state t = *s;

	if (s->phase + 1 < (int)plan->num_phases) {
		t.phase++;
		happen(all, t, true, KF_MOVE_PHASE, t.phase);
	}
	t = *s;
	t.in_recovery = false;
	power(w, all, t, 0, true, KF_MOVE_RESTART, 0);
	if (s->epoch + 1 < w->epochs) {
		t.epoch++;
		power(w, all, t, 0, true, KF_MOVE_TIME, t.epoch);
	}
	t = *s;
	if (w->two_slots && w->slot_may_fail && !s->in_recovery &&
	    s->slot[!s->at] != N_EMPTY) {
		t.slot[t.at] = N_EMPTY;
		t.at = !t.at;
		power(w, all, t, 0, true, KF_MOVE_FALL_BACK, 0);
	}
	t = *s;
	if (w->recovery >= 0 && !s->in_recovery &&
	    w->boot[s->epoch][s->trust][w->recovery] != N_NO) {
		t.in_recovery = true;
		t.trust = w->booted[s->trust][w->recovery];
		happen(all, t, w->boot[s->epoch][s->trust][w->recovery] ==
		       N_YES, KF_MOVE_RECOVER, 0);
	}
	if (w->reset[s->trust] >= 0) {
		t = *s;
		t.trust = w->reset[s->trust];
		t.slot[0] = w->factory;
		t.slot[1] = N_EMPTY;
		t.at = 0;
		t.in_recovery = false;
		power(w, all, t, 0, true, KF_MOVE_RESET, 0);
	}
}

static void everything(const struct n_world *w, const struct kf_schedule *plan,
		       const struct n_state *s, struct afters *all)
{
	all->num = 0;
	if (s->dead)
		return;
	installs(w, plan, s, all);
	updates(w, plan, s, all);
	accidents(w, plan, s, all);
}

/* seen is a list, looked through from its start. */
struct seen {
	struct n_state *state;
	int num;
};

static bool note(struct seen *list, const struct n_state *s)
{
	for (int i = 0; i < list->num; i++)
		if (alike(&list->state[i], s))
			return false;
	assert(list->num < N_SEEN);
	list->state[list->num++] = *s;
	return true;
}

static bool is_there(const struct n_world *w, const struct n_state *s,
		     bool retired)
{
	int runs = s->slot[s->at];

	return !s->dead && !s->in_recovery && runs == w->newest &&
	       w->boot[s->epoch][s->trust][runs] == N_YES &&
	       (!retired || w->retired[s->trust]);
}

/* gets_there follows every path from one state, until one leads there. */
static bool gets_there(const struct n_world *w,
		       const struct kf_schedule *plan,
		       const struct n_state *s, bool retired,
		       struct seen *list)
{
	struct afters all;

	if (is_there(w, s, retired))
		return true;
	if (!note(list, s))
		return false;
	everything(w, plan, s, &all);
	for (int i = 0; i < all.num; i++)
		if (all.a[i].sure &&
		    gets_there(w, plan, &all.a[i].to, retired, list))
			return true;
	return false;
}

/* one list for what is reached, one for each look ahead */
static struct n_state reached_states[N_SEEN], ahead_states[N_SEEN];

static enum kf_proven end_of(const struct n_world *w,
			     const struct kf_schedule *plan,
			     const struct n_state *s)
{
	struct seen ahead = { ahead_states, 0 };

	if (s->dead)
		return KF_PROVEN_DIES;
	if (!gets_there(w, plan, s, false, &ahead))
		return KF_PROVEN_STRANDS;
	ahead.num = 0;
	if (w->retires && !gets_there(w, plan, s, true, &ahead))
		return KF_PROVEN_KEEPS;
	return KF_PROVEN_SAFE;
}

static void begin(const struct n_world *w, struct afters *all)
{
	struct n_state s = { .trust = w->trust, .slot = { w->slot[0],
							  w->slot[1] } };

	all->num = 0;
	power(w, all, s, 0, true, KF_MOVE_START, 0);
}

void n_look(struct n_found *out, const struct n_world *w,
	    const struct kf_schedule *plan)
{
	struct seen list = { reached_states, 0 };
	int from = 0, shortest[KF_NUM_PROVEN];
	struct afters all;

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < KF_NUM_PROVEN; i++)
		shortest[i] = -1;
	begin(w, &all);
	for (int i = 0; i < all.num; i++)
		note(&list, &all.a[i].to);
	/* Round by round: all that so many moves lead to. */
	for (int moves = 0; from < list.num; moves++) {
		int until = list.num;

		for (; from < until; from++) {
			enum kf_proven end = end_of(w, plan,
						    &list.state[from]);

			out->dies |= end == KF_PROVEN_DIES;
			out->strands |= end == KF_PROVEN_STRANDS;
			out->keeps |= end == KF_PROVEN_KEEPS;
			if (shortest[end] < 0)
				shortest[end] = moves;
			everything(w, plan, &list.state[from], &all);
			for (int i = 0; i < all.num; i++)
				note(&list, &all.a[i].to);
		}
	}
	out->shortest = shortest[out->dies ? KF_PROVEN_DIES : out->strands
				 ? KF_PROVEN_STRANDS : KF_PROVEN_KEEPS];
	out->seen = list.num;
}

static int index_of(const struct seen *list, const struct n_state *s)
{
	for (int i = 0; i < list->num; i++)
		if (alike(&list->state[i], s))
			return i;
	abort();
}

/* all_in: each end that a thing may have is one that is still good. */
static bool all_in(const struct seen *list, const bool *good,
		   const struct afters *all, const struct after *thing)
{
	for (int i = 0; i < all->num; i++)
		if (all->a[i].kind == thing->kind &&
		    all->a[i].which == thing->which &&
		    !good[index_of(list, &all->a[i].to)])
			return false;
	return true;
}

/* is_bad: something leads out by itself. */
static bool is_bad(const struct seen *list, const bool *good,
		   const struct afters *all)
{
	for (int i = 0; i < all->num; i++)
		if (all->a[i].kind != KF_MOVE_INSTALL &&
		    all->a[i].kind != KF_MOVE_UPDATE &&
		    !good[index_of(list, &all->a[i].to)])
			return true;
	return false;
}

/* brought: there is a way that stays in what is good. */
static bool brought(const struct n_world *w, const struct kf_schedule *plan,
		    const struct seen *list, const bool *good, bool *been,
		    int at, bool retired)
{
	struct afters all;

	if (!good[at] || been[at])
		return false;
	been[at] = true;
	if (is_there(w, &list->state[at], retired))
		return true;
	everything(w, plan, &list->state[at], &all);
	for (int i = 0; i < all.num; i++)
		if (all.a[i].sure && all_in(list, good, &all, &all.a[i]) &&
		    brought(w, plan, list, good, been,
			    index_of(list, &all.a[i].to), retired))
			return true;
	return false;
}

bool n_best(const struct n_world *w, bool retired)
{
	static bool good[N_SEEN], been[N_SEEN];
	struct seen list = { reached_states, 0 };
	struct kf_schedule all_out = { .num_phases = 1 };
	struct afters all;
	struct n_found found;
	bool more = true;

	for (int r = 0; r < w->releases; r++)
		all_out.release[r].published = true;
	for (int u = 0; u < w->updates; u++)
		all_out.update[u].published = true;
	n_look(&found, w, &all_out);
	list.num = found.seen;
	for (int i = 0; i < list.num; i++)
		good[i] = !list.state[i].dead;
	while (more) {
		more = false;
		for (int i = 0; i < list.num; i++) {
			memset(been, 0, sizeof(been[0]) * (size_t)list.num);
			everything(w, &all_out, &list.state[i], &all);
			if (!good[i] ||
			    (!is_bad(&list, good, &all) &&
			     brought(w, &all_out, &list, good, been, i,
				     retired)))
				continue;
			good[i] = false;
			more = true;
		}
	}
	begin(w, &all);
	for (int i = 0; i < all.num; i++)
		if (!good[index_of(&list, &all.a[i].to)])
			return false;
	return true;
}

static bool is_told(const struct kf_state *told, const struct n_state *s)
{
	int other = s->slot[!s->at];

	return told->phase == s->phase && told->epoch == s->epoch &&
	       told->trust == s->trust &&
	       told->active == s->slot[s->at] &&
	       told->other == (other == N_EMPTY ? KF_NO_RELEASE : other) &&
	       (told->mode == KF_MODE_DEAD) == s->dead &&
	       (told->mode == KF_MODE_RECOVERY) == s->in_recovery;
}

bool n_replay(const struct n_world *w, const struct kf_schedule *plan,
	      const struct kf_story *story, enum kf_proven end)
{
	struct n_state at = { 0 };
	struct afters all;

	for (size_t i = 0; i < story->num; i++) {
		const struct kf_move *move = &story->move[i];
		int found = -1;

		if (i == 0)
			begin(w, &all);
		else
			everything(w, plan, &at, &all);
		for (int k = 0; k < all.num; k++)
			if (all.a[k].kind == move->kind &&
			    all.a[k].which == move->which &&
			    all.a[k].sure == move->sure &&
			    is_told(&move->to, &all.a[k].to))
				found = k;
		if (found < 0)
			return false;
		at = all.a[found].to;
	}
	return end_of(w, plan, &at) == end;
}

static uint8_t cell(enum n_say say)
{
	return say == N_YES ? KF_ACCEPT : say == N_NO ? KF_REJECT
						      : KF_UNDECIDED;
}

static void fill_trust(struct n_tables *out, const struct n_world *w, int t)
{
	int releases = w->releases, num = w->updates;

	for (int e = 0; e < w->epochs; e++) {
		int row = e * w->trusts + t;

		for (int r = 0; r < releases; r++) {
			out->install[row * releases + r] =
				cell(w->install[e][t][r]);
			out->boot[row * releases + r] =
				cell(w->boot[e][t][r]);
		}
		for (int u = 0; u < num; u++)
			out->update[row * num + u] = cell(w->update[e][t][u]);
	}
	for (int u = 0; u < num; u++) {
		out->updated[t * num + u] = (uint8_t)w->updated[t][u];
		out->holds[t] |= (uint32_t)w->holds[t][u] << u;
	}
	for (int r = 0; r < releases; r++)
		out->booted[t * releases + r] = (uint8_t)w->booted[t][r];
	out->reset[t] = w->reset[t] < 0 ? KF_NO_TRUST : (uint8_t)w->reset[t];
	out->retired[t] = w->retired[t] ? KF_ACCEPT : KF_REJECT;
}

void n_fill(struct n_tables *out, const struct n_world *w)
{
	struct kf_rotation_class *c = &out->class_;
	struct kf_rotation *r = &out->rotation;

	memset(out, 0, sizeof(*out));
	for (int t = 0; t < w->trusts; t++)
		fill_trust(out, w, t);
	c->name = "class";
	c->num_trusts = (size_t)w->trusts;
	c->install = out->install;
	c->boot = out->boot;
	c->update = out->update;
	c->updated = out->updated;
	c->booted = out->booted;
	c->reset = out->reset;
	c->retired = out->retired;
	c->holds = out->holds;
	c->trust = (uint8_t)w->trust;
	c->active = (uint8_t)w->slot[0];
	c->other = w->slot[1] == N_EMPTY ? KF_NO_RELEASE
					 : (uint8_t)w->slot[1];
	c->factory = (uint8_t)w->factory;
	c->recovery = w->recovery < 0 ? KF_NO_RELEASE : (uint8_t)w->recovery;
	c->two_slots = w->two_slots;
	c->slot_may_fail = w->slot_may_fail;
	r->num_releases = (size_t)w->releases;
	r->num_updates = (size_t)w->updates;
	r->num_epochs = (size_t)w->epochs;
	r->newest = (uint8_t)w->newest;
	r->retires = w->retires;
	for (int i = 0; i < w->releases; i++)
		for (int k = 0; w->needs_any[i] && k < w->releases; k++)
			r->requires[i] |= (uint32_t)w->needs[i][k] << k;
	r->class_ = c;
	r->num_classes = 1;
}
