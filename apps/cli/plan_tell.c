/* Weighs what was proven of all classes, and tells it: the conclusion, the
 * steps, the story of whoever is stranded with what would mend it, those whom
 * no plan saves, and the proof.
 */
#include "plan.h"

#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct kf_make kf_plan_limits = {
	.max_phases = 3,
	.max_tries = 200000,
	.max_steps = 100000000,
};

static const char *const ends[KF_NUM_PROVEN] = {
	[KF_PROVEN_NOT] = "not-proven",
	[KF_PROVEN_SAFE] = "safe",
	[KF_PROVEN_DIES] = "dies",
	[KF_PROVEN_STRANDS] = "strands",
	[KF_PROVEN_KEEPS] = "keeps-old-key",
};

/* conclusion is what a whole plan comes to. */
struct conclusion {
	enum kf_proven worst;	/* of the classes that can be saved */
	bool sure;
	size_t class_;		/* the first of the worst; num: none */
	size_t num_lost, num_keeping, num_open;
	size_t nodes, states, edges;
	uint64_t devices;
};

/* is_sure tells whether a bad end follows from what is known. */
static bool is_sure(const struct kf_planning *p, size_t class_,
		    const struct kf_schedule *plan)
{
	const struct kf_rotation_class *t = &p->table[class_];
	const struct kf_story *story = &p->class_[class_].proof.story;
	const struct kf_state *s;

	if (!story->sure || story->num == 0)
		return false;
	s = &story->move[story->num - 1].to;
	for (size_t i = 0; i < p->rotation.num_releases; i++)
		if (kf_class_refusal(&p->rotation, t, plan, s,
				     KF_MOVE_INSTALL, i) == KF_REFUSAL_UNKNOWN)
			return false;
	for (size_t i = 0; i < p->rotation.num_updates; i++)
		if (kf_class_refusal(&p->rotation, t, plan, s, KF_MOVE_UPDATE,
				     i) == KF_REFUSAL_UNKNOWN)
			return false;
	return true;
}

static bool has_unknown(const uint8_t *table, size_t num)
{
	return num && memchr(table, KF_UNDECIDED, num);
}

/* is_open tells whether a class has answers that are not known. */
static bool is_open(const struct kf_planning *p, size_t class_)
{
	const struct kf_rotation *r = &p->rotation;
	const struct kf_rotation_class *t = &p->table[class_];
	size_t rows = r->num_epochs * t->num_trusts;

	return has_unknown(t->install, rows * r->num_releases) ||
	       has_unknown(t->boot, rows * r->num_releases) ||
	       has_unknown(t->update, rows * r->num_updates) ||
	       (r->retires && has_unknown(t->retired, t->num_trusts));
}

/* weigh notes what a class adds. */
static void weigh(struct conclusion *c, struct kf_planning *p, size_t i,
		  const struct kf_schedule *plan)
{
	struct kf_plan_class *k = &p->class_[i];
	bool sure = is_sure(p, i, plan);
	bool lost = k->best == KF_PROVEN_STRANDS || k->best == KF_PROVEN_DIES;

	c->nodes += k->proof.num_nodes;
	c->states += k->proof.num_states;
	c->edges += k->proof.num_edges;
	c->devices += k->count;
	/* That no plan helps has to follow from what is known. */
	if (k->best != KF_PROVEN_SAFE && k->best != KF_PROVEN_NOT &&
	    is_open(p, i)) {
		c->num_open++;
	} else {
		c->num_lost += lost;
		c->num_keeping += k->best == KF_PROVEN_KEEPS;
	}
	if (k->proof.worst == KF_PROVEN_SAFE || k->best == KF_PROVEN_DIES)
		return;
	if (c->worst == KF_PROVEN_SAFE || (sure && !c->sure)) {
		c->worst = k->proof.worst;
		c->sure = sure;
		c->class_ = i;
	}
}

/* prove holds a plan against each class, as far as that can be saved. */
static void prove(struct conclusion *c, struct kf_planning *p,
		  const struct kf_schedule *plan)
{
	memset(c, 0, sizeof(*c));
	c->worst = KF_PROVEN_SAFE;
	c->class_ = p->rotation.num_classes;
	for (size_t i = 0; i < p->rotation.num_classes; i++) {
		struct kf_rotation_class t = p->table[i];

		t.may_keep |= p->class_[i].best == KF_PROVEN_KEEPS;
		t.is_lost = p->class_[i].best == KF_PROVEN_STRANDS;
		kf_class_prove(&p->class_[i].proof, &p->rotation, &t, plan,
			       &p->room);
		weigh(c, p, i, plan);
	}
}

void kf_plan_tables(const struct kf_planning *p, struct kf_output *out)
{
	const struct kf_rotation *r = &p->rotation;
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_number(&json, "newest", r->newest);
	for (size_t i = 0; i < r->num_classes; i++) {
		const struct kf_rotation_class *c = &r->class_[i];
		size_t rows = r->num_epochs * c->num_trusts;

		kf_json_hex(&json, "install",
			    kf_view(c->install, rows * r->num_releases));
		kf_json_hex(&json, "boot",
			    kf_view(c->boot, rows * r->num_releases));
		kf_json_hex(&json, "update",
			    kf_view(c->update, rows * r->num_updates));
		kf_json_hex(&json, "updated",
			    kf_view(c->updated,
				    c->num_trusts * r->num_updates));
		kf_json_hex(&json, "booted",
			    kf_view(c->booted,
				    c->num_trusts * r->num_releases));
		kf_json_hex(&json, "reset", kf_view(c->reset, c->num_trusts));
		kf_json_hex(&json, "retired",
			    kf_view(c->retired, c->num_trusts));
		for (size_t t = 0; t < c->num_trusts; t++)
			kf_json_number(&json, "holds", c->holds[t]);
		kf_json_number(&json, "start", c->active | c->other << 5 |
			       c->factory << 10 | c->recovery << 15 |
			       c->two_slots << 20 | c->slot_may_fail << 21 |
			       c->may_keep << 22);
	}
	kf_json_close(&json);
}

static const char *word_of(const struct conclusion *c)
{
	if (c->worst == KF_PROVEN_NOT)
		return "NOT PROVEN";
	if (c->worst != KF_PROVEN_SAFE)
		return !c->sure ? "UNKNOWN" : c->worst == KF_PROVEN_DIES
			? "DIES" : c->worst == KF_PROVEN_KEEPS ? "KEEPS"
			: "STRANDS";
	return c->num_lost ? "STRANDS" : c->num_keeping ? "KEEPS"
		: c->num_open ? "UNKNOWN" : "SAFE";
}

/* slug_of is that word for machines. */
static const char *slug_of(const struct conclusion *c)
{
	if (c->worst != KF_PROVEN_SAFE)
		return c->sure || c->worst == KF_PROVEN_NOT ? ends[c->worst]
							    : "unknown";
	return c->num_lost ? ends[KF_PROVEN_STRANDS]
		: c->num_keeping ? ends[KF_PROVEN_KEEPS]
		: c->num_open ? "unknown" : ends[KF_PROVEN_SAFE];
}

static int exit_of(const struct conclusion *c)
{
	if (c->worst == KF_PROVEN_NOT)
		return KF_EXIT_UNKNOWN;
	if (c->worst != KF_PROVEN_SAFE)
		return c->sure ? KF_EXIT_NOT : KF_EXIT_UNKNOWN;
	return c->num_lost || c->num_keeping ? KF_EXIT_NOT
		: c->num_open ? KF_EXIT_UNKNOWN : KF_EXIT_FITS;
}

void kf_plan_line(struct kf_planning *p, const char *label, const char *text)
{
	struct kf_output words = { 0 };

	kf_output_text(&words, text);
	kf_text_line(&p->render, label, &words);
}

static const char *end_words(enum kf_proven end)
{
	switch (end) {
	case KF_PROVEN_DIES:
		return "does not boot any more";
	case KF_PROVEN_STRANDS:
		return "never gets to the newest release";
	case KF_PROVEN_KEEPS:
		return "goes on to accept the key that is to retire";
	default:
		return "cannot be saved";
	}
}

/* tell_class tells of a class that comes to a bad end. */
static int tell_class(struct kf_planning *p, size_t i,
		      const struct kf_schedule *plan, const char *label,
		      const char *more)
{
	struct kf_plan_class *k = &p->class_[i];
	struct kf_output words = { 0 };

	kf_output_print(&words, "%s (%" PRIu64 " device%s) %s%s", k->name,
			k->count, k->count == 1 ? "" : "s",
			end_words(k->proof.worst), more);
	kf_text_line(&p->render, label, &words);
	return kf_plan_story_text(p, i, plan);
}

/* dies tells whether a class has a dead end under a plan. */
static bool dies(struct kf_planning *p, size_t i,
		 const struct kf_schedule *plan)
{
	struct kf_rotation_class t = p->table[i];
	struct kf_class_proof proof;

	t.is_lost = true;
	t.phase = 0;
	kf_class_prove(&proof, &p->rotation, &t, plan, &p->room);
	return proof.worst != KF_PROVEN_SAFE;
}

/* most publishes the newest release, and all else that kills no device of the
 * class: what more than that could help it? */
static void most(struct kf_schedule *out, struct kf_planning *p, size_t i)
{
	const struct kf_rotation *r = &p->rotation;

	memset(out, 0, sizeof(*out));
	out->num_phases = 1;
	out->release[r->newest].published = true;
	if (dies(p, i, out))
		return;
	for (size_t n = 0; n < r->num_releases + r->num_updates; n++) {
		struct kf_offer *o = n < r->num_releases
			? &out->release[n]
			: &out->update[n - r->num_releases];
		bool was = o->published;

		o->published = true;
		if (!was && dies(p, i, out))
			o->published = false;
	}
}

/* kf_plan_lost tells of those whom no plan saves. */
int kf_plan_lost(struct kf_planning *p)
{
	int status = KF_EXIT_FITS;

	p->room.steps = kf_plan_limits.max_steps;
	for (size_t i = 0; i < p->rotation.num_classes &&
			   status == KF_EXIT_FITS; i++) {
		struct kf_plan_class *k = &p->class_[i];
		struct kf_class_proof kept = k->proof;
		struct kf_rotation_class today;
		struct kf_schedule all;

		if (k->best == KF_PROVEN_SAFE || k->best == KF_PROVEN_NOT)
			continue;
		most(&all, p, i);
		today = p->table[i];
		today.phase = 0;
		kf_class_prove(&k->proof, &p->rotation, &today, &all,
			       &p->room);
		if (k->proof.worst != KF_PROVEN_SAFE)
			status = is_open(p, i)
				? tell_class(p, i, &all, "unknown",
					     ", for all that is known")
				: tell_class(p, i, &all, "no plan",
					     ", whatever the plan");
		k->proof = kept;
	}
	p->room.steps = UINT64_MAX;
	return status;
}

/* tell_remedy tells the smallest change that makes the plan safe. */
static int tell_remedy(struct kf_planning *p, const struct kf_schedule *plan)
{
	struct kf_made *m = &p->made;
	struct kf_output words = { 0 };
	enum kf_status status;

	if (p->is_narrow) {
		kf_plan_line(p, "remedy", "none was looked for: with all updates of the goal there is more to trust than can be looked at");
		return KF_EXIT_FITS;
	}
	status = kf_plan_mend(m, &p->aims, plan, &kf_plan_limits, &p->room,
			      &p->keep.arena);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &(struct kf_fault){ 0 });
	for (size_t i = 0; i < m->num_edits; i++) {
		if (i)
			kf_output_text(&words, ", and ");
		kf_plan_edit_words(&words, p, &m->edit[i], plan->num_phases);
	}
	if (m->num_edits)
		kf_output_text(&words, ": proven to be safe");
	else if (m->found == KF_FOUND_TOO_MANY)
		kf_output_text(&words, "none was found within the steps that keyfit takes");
	else
		kf_output_text(&words, "no few changes of this plan make it safe: keyfit plan make looks for another one");
	kf_text_line(&p->render, "remedy", &words);
	return KF_EXIT_FITS;
}

/* no_return finds the first step that takes the way back, over all classes. */
static const struct kf_plan_class *no_return(const struct kf_planning *p)
{
	const struct kf_plan_class *first = NULL;

	for (size_t i = 0; i < p->rotation.num_classes; i++) {
		const struct kf_plan_class *k = &p->class_[i];

		if (k->proof.no_return.kind != KF_MOVE_START &&
		    (!first || k->proof.no_return_phase <
		     first->proof.no_return_phase))
			first = k;
	}
	return first;
}

static const char *step_of(const struct kf_planning *p,
			   const struct kf_move *m)
{
	return m->kind == KF_MOVE_INSTALL ? p->release[m->which].name
		: m->kind == KF_MOVE_UPDATE ? p->update[m->which].name
		: m->kind == KF_MOVE_TIME ? p->date[m->which]
		: m->kind == KF_MOVE_RESET ? "a reset" : "a restart";
}

static void tell_proof(struct kf_planning *p, const struct conclusion *c,
		       bool found)
{
	const struct kf_plan_class *k = no_return(p);
	struct kf_output words = { 0 };

	if (k) {
		kf_output_print(&words, "%s in phase %u is the point of no return: %s that has taken it refuses ",
				step_of(p, &k->proof.no_return),
				k->proof.no_return_phase + 1, k->name);
		if (p->rotation.retires)
			kf_plan_retire_words(&words, p);
		else
			kf_output_text(&words, "the release that it started with");
		kf_text_line(&p->render, "one-way", &words);
	}
	kf_output_print(&words, "%zu states in all phases (%zu without), %zu moves, %zu verdicts",
			c->nodes, c->states, c->edges, p->num_asked);
	if (found)
		kf_output_print(&words, "; %zu plans were tried",
				p->made.num_tries);
	kf_text_line(&p->render, "proof", &words);
	kf_output_text(&words, "SHA-256 of all that it is about: ");
	kf_output_hex(&words, kf_view(p->digest, sizeof(p->digest)));
	kf_text_line(&p->render, "", &words);
}

static void headline(struct kf_planning *p, const struct conclusion *c,
		     const struct kf_schedule *plan)
{
	const struct kf_rotation *r = &p->rotation;

	kf_output_print(&p->render.out,
			"%s  %zu class%s, %" PRIu64 " device%s, to %s in %zu phase%s\n",
			word_of(c), r->num_classes,
			r->num_classes == 1 ? "" : "es", c->devices,
			c->devices == 1 ? "" : "s",
			p->release[r->newest].name, plan->num_phases,
			plan->num_phases == 1 ? "" : "s");
}

/* tell_others names all other classes that come to a bad end. */
static void tell_others(struct kf_planning *p, size_t told)
{
	for (size_t i = 0; i < p->rotation.num_classes; i++) {
		const struct kf_plan_class *k = &p->class_[i];
		struct kf_output words = { 0 };

		if (i == told || k->proof.worst == KF_PROVEN_SAFE ||
		    k->best == KF_PROVEN_DIES)
			continue;
		kf_output_print(&words, "%s (%" PRIu64 " device%s) %s",
				k->name, k->count, k->count == 1 ? "" : "s",
				end_words(k->proof.worst));
		kf_text_line(&p->render, "also", &words);
	}
}

/* is_there tells whether a class is where the plan leads. */
static bool is_there(const struct kf_planning *p, size_t i,
		     const struct kf_state *s)
{
	return kf_class_is_goal(&p->rotation, &p->table[i], s,
				p->rotation.retires && !p->table[i].may_keep);
}

/* offered writes what a class is offered now, and takes. Returns how much. */
static size_t offered(struct kf_output *out, struct kf_json *json,
		      struct kf_planning *p, size_t i,
		      const struct kf_schedule *plan,
		      const struct kf_state *s)
{
	const struct kf_rotation *r = &p->rotation;
	size_t num = 0;

	for (size_t n = 0; n < r->num_releases + r->num_updates; n++) {
		bool update = n >= r->num_releases;
		size_t which = update ? n - r->num_releases : n;
		const char *name = update ? p->update[which].name
					  : p->release[which].name;

		if (kf_class_refusal(r, &p->table[i], plan, s, update
				     ? KF_MOVE_UPDATE : KF_MOVE_INSTALL,
				     which) != KF_REFUSAL_NONE)
			continue;
		if (json)
			kf_json_text(json, NULL, name);
		else
			kf_output_print(out, "%s%s", num ? ", " : "", name);
		num++;
	}
	return num;
}

/* tell_now tells where the classes are, and what they are offered. */
static void tell_now(struct kf_planning *p, const struct kf_schedule *plan)
{
	for (size_t i = 0; i < p->rotation.num_classes; i++) {
		struct kf_plan_class *k = &p->class_[i];
		struct kf_output words = { 0 };
		struct kf_move start[KF_ROTATION_MOVES_MAX];
		size_t num = kf_class_starts(start, &p->rotation,
					     &p->table[i]);
		bool there = num && is_there(p, i, &start[0].to);

		kf_output_print(&words, "%s (%" PRIu64 " device%s) runs %s",
				k->name, k->count, k->count == 1 ? "" : "s",
				p->release[p->table[i].active].name);
		kf_output_text(&words, there ? "; is offered "
			       : ", and is offered ");
		if (!num || !offered(&words, NULL, p, i, plan, &start[0].to))
			kf_output_text(&words, "nothing that it takes");
		kf_text_line(&p->render, there ? "done" : "now", &words);
	}
}

static void tell_change(struct kf_planning *p, void *self, const char *name,
			const char *how)
{
	struct kf_output words = { 0 };

	kf_output_print(&words, "%s %s since this plan was proven", name,
			strcmp(how, "changed") == 0 ? "has changed"
			: strcmp(how, "new") == 0 ? "is new" : "is gone");
	kf_text_line(&p->render, "changed", &words);
	(void)self;
}

/* tell_inputs holds what was read against what the plan was proven with. */
static void tell_inputs(struct kf_planning *p)
{
	struct kf_output words = { 0 };

	if (!p->proof || kf_plan_changes(p, tell_change, NULL))
		return;
	kf_output_print(&words, "all %zu are as they were when this plan was proven",
			p->num_inputs);
	kf_text_line(&p->render, "inputs", &words);
}

static void change_json(struct kf_planning *p, void *self, const char *name,
			const char *how)
{
	struct kf_json *json = self;

	(void)p;
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "name", name);
	kf_json_text(json, "how", how);
	kf_json_close(json);
}

/* show_text tells of a plan. `found`: it was made, not given. */
static int show_text(struct kf_planning *p, const struct conclusion *c,
		     const struct kf_schedule *plan, bool found)
{
	int status = KF_EXIT_FITS;

	headline(p, c, plan);
	kf_plan_steps_text(p, plan);
	tell_inputs(p);
	if (p->tells_now)
		tell_now(p, plan);
	if (c->worst == KF_PROVEN_NOT)
		kf_plan_line(p, "unknown", "there are more states than can be looked at: split the classes, or plan fewer releases and updates at a time");
	else if (c->worst != KF_PROVEN_SAFE)
		status = tell_class(p, c->class_, plan, c->sure ? "story"
				    : "unknown", c->sure ? ""
				    : ", for all that is known");
	if (status == KF_EXIT_FITS && c->worst != KF_PROVEN_SAFE &&
	    c->worst != KF_PROVEN_NOT) {
		tell_others(p, c->class_);
		status = tell_remedy(p, plan);
	}
	if (status == KF_EXIT_FITS)
		status = kf_plan_lost(p);
	if (exit_of(c) == KF_EXIT_FITS)
		tell_proof(p, c, found);
	return status;
}

static int class_json(struct kf_planning *p, struct kf_json *json, size_t i,
		      const struct kf_schedule *plan)
{
	const struct kf_plan_class *k = &p->class_[i];
	struct kf_move start[KF_ROTATION_MOVES_MAX];
	int status = KF_EXIT_FITS;
	size_t num;

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "name", k->name);
	kf_json_number(json, "count", k->count);
	kf_json_text(json, "best", ends[k->best]);
	kf_json_text(json, "end", ends[k->proof.worst]);
	kf_json_number(json, "trusts", k->num_trusts);
	kf_json_number(json, "nodes", k->proof.num_nodes);
	kf_json_number(json, "states", k->proof.num_states);
	kf_json_number(json, "moves", k->proof.num_edges);
	kf_json_number(json, "dead", k->proof.num_dead);
	kf_json_number(json, "stranded", k->proof.num_stranded);
	kf_json_number(json, "keeping", k->proof.num_keeping);
	num = kf_class_starts(start, &p->rotation, &p->table[i]);
	kf_json_yes_no(json, "done", num && is_there(p, i, &start[0].to));
	kf_json_open(json, "offered", '[');
	if (num)
		offered(NULL, json, p, i, plan, &start[0].to);
	kf_json_close(json);
	kf_plan_table_json(p, json, i);
	if (k->proof.worst != KF_PROVEN_SAFE)
		status = kf_plan_story_json(p, json, i, plan);
	kf_json_close(json);
	return status;
}

static int remedy_json(struct kf_planning *p, struct kf_json *json,
		       const struct kf_schedule *plan)
{
	enum kf_status status = kf_plan_mend(&p->made, &p->aims, plan,
					     &kf_plan_limits, &p->room,
					     &p->keep.arena);

	if (status != KF_OK)
		return kf_say_failure(NULL, status, &(struct kf_fault){ 0 });
	kf_json_open(json, "remedy", '[');
	for (size_t i = 0; i < p->made.num_edits; i++) {
		struct kf_output words = { 0 };

		kf_plan_edit_words(&words, p, &p->made.edit[i],
				   plan->num_phases);
		kf_json_foreign(json, NULL,
				kf_view((const uint8_t *)words.data,
					words.len));
		json->out->failed |= words.failed;
		kf_output_close(&words);
	}
	kf_json_close(json);
	if (p->made.found == KF_FOUND) {
		kf_json_open(json, "mended", '{');
		kf_plan_write(p, json, &p->made.plan);
		kf_json_close(json);
	}
	return KF_EXIT_FITS;
}

static void proof_json(struct kf_planning *p, struct kf_json *json,
		       const struct conclusion *c, bool found)
{
	const struct kf_plan_class *k = no_return(p);

	kf_json_open(json, "proof", '{');
	kf_json_number(json, "nodes", c->nodes);
	kf_json_number(json, "states", c->states);
	kf_json_number(json, "moves", c->edges);
	kf_json_number(json, "verdicts", p->num_asked);
	if (found)
		kf_json_number(json, "plans", p->made.num_tries);
	kf_plan_inputs_json(p, json);
	kf_json_close(json);
	if (p->proof) {
		kf_json_open(json, "changed", '[');
		(void)kf_plan_changes(p, change_json, json);
		kf_json_close(json);
	}
	if (!k)
		return;
	kf_json_open(json, "no_return", '{');
	kf_json_text(json, "step", step_of(p, &k->proof.no_return));
	kf_json_number(json, "phase", k->proof.no_return_phase + 1u);
	kf_json_text(json, "class", k->name);
	kf_json_close(json);
}

static int show_json(struct kf_planning *p, const struct conclusion *c,
		     const struct kf_schedule *plan, bool found)
{
	struct kf_json json = { .out = &p->render.out };
	int status = KF_EXIT_FITS;

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "conclusion", slug_of(c));
	kf_plan_write(p, &json, plan);
	kf_json_open(&json, "classes", '[');
	for (size_t i = 0; i < p->rotation.num_classes &&
			   status == KF_EXIT_FITS; i++)
		status = class_json(p, &json, i, plan);
	kf_json_close(&json);
	proof_json(p, &json, c, found);
	if (status == KF_EXIT_FITS && c->worst != KF_PROVEN_SAFE &&
	    c->worst != KF_PROVEN_NOT && !p->is_narrow)
		status = remedy_json(p, &json, plan);
	kf_json_close(&json);
	kf_output_text(&p->render.out, "\n");
	return status;
}

int kf_plan_conclude(struct kf_planning *p, const struct kf_schedule *plan,
		    bool found)
{
	struct conclusion c;
	int status = kf_plan_inputs(p, plan);

	if (status != KF_EXIT_FITS)
		return status;
	prove(&c, p, plan);
	status = p->json ? show_json(p, &c, plan, found)
			 : show_text(p, &c, plan, found);
	if (status == KF_EXIT_FITS)
		status = kf_put_answer(&p->render.out);
	return status == KF_EXIT_FITS ? exit_of(&c) : status;
}

