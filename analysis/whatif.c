/* Plays planned changes in the model, in the order given and, where that is not
 * safe, in others.
 */
#include "whatif.h"

#include "whatif_change.h"

#include "core/reasons.h"

#include <string.h>

static const char *const rights[KF_NUM_RIGHTS] = {
	[KF_RIGHT_NOBODY] = "nobody",
	[KF_RIGHT_PK] = "pk",
	[KF_RIGHT_KEK] = "kek",
	[KF_RIGHT_SETUP] = "setup-mode",
	[KF_RIGHT_PK_HOLDER] = "pk-holder",
	[KF_RIGHT_KEK_HOLDER] = "kek-holder",
	[KF_RIGHT_OWNER] = "owner",
	[KF_RIGHT_SHIM] = "shim",
	[KF_RIGHT_SCREEN] = "setup-screen",
};

static const char *const effects[KF_NUM_EFFECTS] = {
	[KF_EFFECT_NONE] = "none",
	[KF_EFFECT_STOPS] = "stops",
	[KF_EFFECT_STARTS] = "starts",
	[KF_EFFECT_GAP] = "gap",
	[KF_EFFECT_UNKNOWN] = "unknown",
};

const char *kf_right_name(enum kf_right right)
{
	return right < KF_NUM_RIGHTS ? rights[right] : "nobody";
}

const char *kf_effect_name(enum kf_effect effect)
{
	return effect < KF_NUM_EFFECTS ? effects[effect] : "none";
}

/* playing is one order while it is played. */
struct playing {
	struct kf_whatif *w;
	const struct kf_whatif_ask *ask;
	struct kf_env *env;
	struct kf_verdict *verdict;	/* the one that is being made */
	struct kf_sides *now;		/* as the changes so far leave it */
	enum kf_status status;
};

/* look judges all ways to boot on the device as it is now. Each look has a
 * budget of its own: their number is bounded. */
static void look(struct playing *p)
{
	struct kf_env env = *p->env;
	struct kf_chain_judges judges = {
		.firmware = p->ask->firmware,
		.store = &p->now->firmware,
		.for_shim = &p->now->shim,
	};
	size_t culprit;

	p->now->firmware.num_prepared = 0;
	kf_store_prepare(&p->now->firmware, p->ask->firmware, &env);
	p->status = p->now->firmware.status;
	for (size_t i = 0; i < p->ask->num_boots && p->status == KF_OK; i++) {
		struct kf_boots *boots = p->ask->boots[i];

		boots->now = boots->plan;
		p->status = kf_chain_judge(&boots->now, boots->given, &judges,
					   &env, &culprit);
	}
}

/* see takes what the last look saw of a way. */
static void see(struct kf_seen *out, const struct kf_whatif_path *path)
{
	const struct kf_chain_path *now = &path->boots->now.path[path->index];
	const struct kf_chain_stage *stage = &now->stage[now->at];
	static const struct kf_finding nothing;

	out->answer = now->answer;
	out->stage = now->at;
	out->then = now->then;
	out->why = now->answer == KF_ACCEPT ? nothing : stage->verdict->why;
	out->rules = now->answer == KF_ACCEPT ? NULL : stage->rules;
}

/* is_aside: it is taken only when somebody asks for it. */
static bool is_aside(const struct kf_whatif_path *path)
{
	return path->boots->plan.path[path->index].aside;
}

/* apply makes the device behind a change. */
static void apply(struct playing *p, const struct kf_change *change)
{
	struct kf_sides *next = kf_arena_take(p->env->arena, sizeof(*next));

	if (!next) {
		p->status = KF_NO_MEMORY;
		return;
	}
	p->status = kf_change_apply(&next->firmware, &p->now->firmware,
				    change, p->env);
	if (p->status == KF_OK)
		p->status = kf_change_apply(&next->shim, &p->now->shim,
					    change, p->env);
	p->now = next;
}

/* lists tells whether a part has a certificate. */
static bool lists(struct playing *p, const struct kf_store *store,
		  const char *part, const char *sha256)
{
	bool listed = false;

	if (p->status == KF_OK)
		p->status = kf_store_lists(&listed, store, part, sha256,
					   p->env->crypto);
	return listed;
}

/* hazard_at tells whether a change took away the predecessor of what a
 * published update brings, and that is not there either. */
static bool hazard_at(struct playing *p, struct kf_hazard *out,
		      const struct kf_published *u,
		      const struct kf_store *old)
{
	const struct kf_store *now = &p->now->firmware;

	if (!u->follows_sha256[0] || kf_store_is_off(now) ||
	    !lists(p, old, "db", u->follows_sha256) ||
	    lists(p, old, "dbx", u->follows_sha256) ||
	    lists(p, now, "db", u->sha256))
		return false;
	out->published = u;
	out->mended = false;
	out->dropped = !lists(p, now, "db", u->follows_sha256);
	return (out->dropped || lists(p, now, "dbx", u->follows_sha256)) &&
	       p->status == KF_OK;
}

/* hazards_of finds them all, up to `max`. */
static size_t hazards_of(struct playing *p, struct kf_hazard *out, size_t max,
			 const struct kf_store *old)
{
	const struct kf_published *u;
	size_t num = 0;

	for (size_t i = 0; (u = kf_published_at(i)) && num < max; i++)
		num += hazard_at(p, &out[num], u, old);
	return num;
}

/* note keeps what a way became by a step. */
static void note(struct kf_whatif_path *path, size_t step)
{
	see(&path->after, path);
	if (path->step || path->before.answer != KF_ACCEPT ||
	    path->after.answer == KF_ACCEPT)
		return;
	path->worst = path->after;
	path->step = step;
}

/* hold: what edk2 takes, this model's firmware is known not to. */
static void hold(struct kf_step *step, const char *quirk)
{
	if (!quirk || step->answer != KF_ACCEPT ||
	    !kf_same(step->change->part, "dbx"))
		return;
	step->answer = KF_UNDECIDED;
	kf_find(&step->why, KF_REASON_PLATFORM_QUIRK, NULL);
	kf_prove_text(&step->why, quirk);
}

/* judge plays one change: judges it, and makes it unless it is refused. */
static void judge(struct playing *p, struct kf_step *step)
{
	const struct kf_sides *old = p->now;

	p->status = kf_step_judge(step, &old->firmware, p->ask->update,
				  p->verdict, p->env);
	hold(step, p->ask->quirk);
	if (p->status == KF_OK && step->answer != KF_REJECT)
		apply(p, step->change);
	if (p->status == KF_OK)
		kf_step_compare(step, old, p->now);
}

/* take plays one change, and keeps what it does. */
static void take(struct playing *p, struct kf_step *step, size_t number)
{
	const struct kf_sides *old = p->now;
	struct kf_whatif *w = p->w;
	size_t found;

	judge(p, step);
	if (p->status == KF_OK)
		look(p);
	if (p->status != KF_OK)
		return;
	found = hazards_of(p, &w->hazard[w->num_hazards],
			   KF_WHATIF_HAZARDS_MAX - w->num_hazards,
			   &old->firmware);
	while (found--)
		w->hazard[w->num_hazards++].step = number;
	kf_losses_note(&w->losses, &w->before.firmware, &p->now->firmware,
		       number);
	for (size_t i = 0; i < w->num_paths; i++)
		note(&w->path[i], number);
}

static enum kf_effect effect_of(const struct kf_whatif_path *path)
{
	if (path->before.answer == KF_UNDECIDED ||
	    path->after.answer == KF_UNDECIDED)
		return KF_EFFECT_UNKNOWN;
	if (path->before.answer != path->after.answer)
		return path->after.answer == KF_ACCEPT ? KF_EFFECT_STARTS
						       : KF_EFFECT_STOPS;
	if (!path->step)
		return KF_EFFECT_NONE;
	return path->worst.answer == KF_REJECT ? KF_EFFECT_GAP
					       : KF_EFFECT_UNKNOWN;
}

/* conclude weighs what was found: what breaks counts more than what is refused,
 * and that more than what is not known. */
static enum kf_conclusion conclude(const struct kf_whatif *w)
{
	bool refused = false, unknown = w->cut;

	if (w->num_hazards)
		return KF_PLAN_STRANDS;
	for (size_t i = 0; i < w->num_paths; i++) {
		enum kf_effect effect = w->path[i].effect;

		if (is_aside(&w->path[i]))
			continue;
		if (effect == KF_EFFECT_STOPS || effect == KF_EFFECT_GAP)
			return KF_PLAN_STRANDS;
		unknown |= effect == KF_EFFECT_UNKNOWN;
	}
	for (size_t i = 0; i < w->num_steps; i++) {
		refused |= w->step[i].answer == KF_REJECT;
		unknown |= w->step[i].answer == KF_UNDECIDED;
	}
	return refused ? KF_PLAN_REFUSED
	       : unknown ? KF_PLAN_UNKNOWN : KF_PLAN_SAFE;
}

/* mend looks which successors come later. */
static void mend(struct playing *p)
{
	struct kf_whatif *w = p->w;

	for (size_t i = 0; i < w->num_hazards; i++)
		w->hazard[i].mended = lists(p, &w->after.firmware, "db",
					    w->hazard[i].published->sha256);
}

/* plan finds the ways to boot. */
static void plan(struct playing *p)
{
	struct kf_whatif *w = p->w;

	for (size_t i = 0; i < p->ask->num_boots && p->status == KF_OK; i++) {
		struct kf_boots *boots = p->ask->boots[i];

		p->status = kf_chain_plan(&boots->plan, boots->given, p->env);
		w->cut |= boots->plan.cut;
		for (size_t n = 0; n < boots->plan.num_paths; n++) {
			if (w->num_paths == KF_WHATIF_PATHS_MAX) {
				w->cut = true;
				break;
			}
			w->path[w->num_paths].boots = boots;
			w->path[w->num_paths++].index = n;
		}
	}
}

static void forget_prepared(struct kf_sides *sides)
{
	sides->firmware.num_prepared = 0;
	sides->shim.num_prepared = 0;
}

/* play_given plays the changes in their order, and keeps what it finds. */
static void play_given(struct playing *p)
{
	struct kf_whatif *w = p->w;

	p->now = &w->before;
	look(p);
	for (size_t i = 0; i < w->num_paths && p->status == KF_OK; i++) {
		see(&w->path[i].before, &w->path[i]);
		w->path[i].after = w->path[i].before;
	}
	for (size_t i = 0; i < w->num_steps && p->status == KF_OK; i++)
		take(p, &w->step[i], i + 1);
	w->after = *p->now;
	forget_prepared(&w->after);
	kf_losses_end(&w->losses, &w->after.firmware);
	for (size_t i = 0; i < w->num_paths; i++)
		w->path[i].effect = effect_of(&w->path[i]);
	mend(p);
	w->conclusion = conclude(w);
}

/* breaks tells whether a way that booted before does not now. */
static bool breaks(struct playing *p)
{
	look(p);
	for (size_t i = 0; i < p->w->num_paths && p->status == KF_OK; i++) {
		const struct kf_whatif_path *path = &p->w->path[i];
		struct kf_seen seen;

		if (is_aside(path) || path->before.answer != KF_ACCEPT)
			continue;
		see(&seen, path);
		if (seen.answer != KF_ACCEPT)
			return true;
	}
	return false;
}

/* play tries an order. Returns how many changes went well; all: it is safe. */
static size_t play(struct playing *p, const size_t *order, size_t num)
{
	size_t i;

	p->now = &p->w->before;
	for (i = 0; i < num; i++) {
		const struct kf_sides *old = p->now;
		struct kf_step step = p->w->step[order[i]];
		struct kf_hazard hazard;

		judge(p, &step);
		if (p->status != KF_OK || step.answer != KF_ACCEPT)
			break;
		if (hazards_of(p, &hazard, 1, &old->firmware) ||
		    p->status != KF_OK || breaks(p))
			break;
	}
	return i;
}

static void swap(size_t *a, size_t *b)
{
	size_t kept = *a;

	*a = *b;
	*b = kept;
}

/* turn turns the order round, from `at` on. */
static void turn(size_t *order, size_t at, size_t num)
{
	while (at + 1 < num)
		swap(&order[at++], &order[--num]);
}

/* next_order goes on to the next order, in the order of numbers, that differs
 * within the first `good + 1`: with these the rest does not matter. Returns
 * false after the last one. */
static bool next_order(size_t *order, size_t num, size_t good)
{
	size_t i, j = num - 1;

	/* The rest, falling, is the last one with these in front. */
	for (size_t a = good + 1; a < num; a++)
		for (size_t b = a + 1; b < num; b++)
			if (order[b] > order[a])
				swap(&order[a], &order[b]);
	for (i = num - 1; i > 0 && order[i - 1] > order[i]; i--)
		;
	if (i == 0)
		return false;
	while (order[j] < order[i - 1])
		j--;
	swap(&order[i - 1], &order[j]);
	turn(order, i, num);
	return true;
}

/* seek_order tries all orders, and keeps the first that is safe. */
static void seek_order(struct playing *p)
{
	size_t order[KF_WHATIF_ORDER_MAX], good, num = p->w->num_steps;
	size_t used = p->env->arena->used;
	struct kf_whatif *w = p->w;

	if (w->conclusion == KF_PLAN_SAFE || num < 2 ||
	    num > KF_WHATIF_ORDER_MAX)
		return;
	for (size_t i = 0; i < num; i++)
		order[i] = i;
	do {
		good = play(p, order, num);
		p->env->arena->used = used;
	} while (good < num && p->status == KF_OK &&
		 next_order(order, num, good));
	w->tried = p->status == KF_OK;
	if (good < num)
		return;
	w->num_order = num;
	for (size_t i = 0; i < num; i++)
		w->order[i] = order[i] + 1;
}

enum kf_status kf_whatif(struct kf_whatif *out,
			 const struct kf_whatif_ask *ask, struct kf_env *env)
{
	struct playing p = { .w = out, .ask = ask, .env = env };

	memset(out, 0, sizeof(*out));
	if (ask->num_changes > KF_WHATIF_CHANGES_MAX)
		return KF_WRONG_USE;
	out->before.firmware = *ask->store;
	out->before.shim = *ask->for_shim;
	forget_prepared(&out->before);
	p.verdict = kf_arena_take(env->arena, sizeof(*p.verdict));
	if (!p.verdict)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < ask->num_changes && p.status == KF_OK; i++)
		p.status = kf_step_open(&out->step[out->num_steps++],
					&ask->change[i], env);
	if (p.status == KF_OK)
		plan(&p);
	if (p.status == KF_OK)
		play_given(&p);
	if (p.status == KF_OK)
		seek_order(&p);
	forget_prepared(&out->before);
	return p.status;
}

void kf_whatif_close(struct kf_whatif *whatif, struct kf_env *env)
{
	for (size_t i = 0; i < whatif->num_steps; i++)
		kf_artifact_close(&whatif->step[i].artifact, env);
	memset(whatif, 0, sizeof(*whatif));
}

/* part_differs tells whether a part is another one. */
static enum kf_answer3 part_differs(const struct kf_store *a,
				    const struct kf_store *b, const char *name)
{
	enum kf_presence before = kf_store_presence(a, name);
	enum kf_presence after = kf_store_presence(b, name);
	const struct kf_part *x = kf_store_part(a, name);
	const struct kf_part *y = kf_store_part(b, name);

	if (before == KF_UNKNOWN || after == KF_UNKNOWN)
		return before == after ? KF_NO : KF_NOT_ASKED;
	if (before != after)
		return KF_YES;
	return before == KF_PRESENT && !kf_equal(x->bytes, y->bytes)
		? KF_YES : KF_NO;
}

enum kf_answer3 kf_whatif_measured(const struct kf_store *before,
				   const struct kf_store *after,
				   const char **part)
{
	static const char *const measured[] = { "pk", "kek", "db", "dbx",
						"dbt" };
	const char *a = kf_store_setting(before, "secure-boot");
	const char *b = kf_store_setting(after, "secure-boot");
	enum kf_answer3 answer = KF_NO;

	*part = NULL;
	for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		enum kf_answer3 one = part_differs(before, after, measured[i]);

		if (one == KF_NO || answer == KF_YES)
			continue;
		if (one == KF_YES || answer == KF_NO)
			*part = measured[i];
		answer = one;
	}
	if (answer != KF_NO || !b || (a && kf_equal(kf_text(a), kf_text(b))))
		return answer;
	/* What the mode was before, the store alone does not say. */
	*part = "secure-boot";
	return a ? KF_YES : KF_NOT_ASKED;
}
