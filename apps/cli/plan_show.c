/* Writes plans and changes of plans, for people and as files.
 */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *name_of(const struct kf_planning *p, bool update,
			   size_t which)
{
	return update ? p->update[which].name : p->release[which].name;
}

static void set_words(struct kf_output *out, const struct kf_planning *p,
		      uint32_t set, bool updates)
{
	size_t num = 0;

	for (size_t i = 0; i < 32; i++)
		if (set >> i & 1)
			kf_output_print(out, "%s%s", num++ ? updates ? " and "
					: " or " : "", name_of(p, updates, i));
}

void kf_plan_retire_words(struct kf_output *out, const struct kf_planning *p)
{
	if (!p->retire.num) {
		set_words(out, p, p->retired, false);
		return;
	}
	kf_output_text(out, "\"");
	kf_words_certificate(out, p->retire.certificate[0], &p->work.env);
	kf_output_text(out, "\"");
}

/* gate_words writes to whom something is offered. */
static void gate_words(struct kf_output *out, const struct kf_planning *p,
		       const struct kf_gate *gate)
{
	if (!gate->releases && !gate->updates) {
		kf_output_text(out, "all devices");
		return;
	}
	kf_output_text(out, "devices that report ");
	if (gate->releases) {
		set_words(out, p, gate->releases, false);
		if (gate->both)
			kf_output_text(out, " in both slots");
	}
	if (gate->updates) {
		kf_output_text(out, gate->releases ? ", and to hold "
			       : "to hold ");
		set_words(out, p, gate->updates, true);
	}
}

void kf_plan_offer_words(struct kf_output *out, const struct kf_planning *p,
			 const struct kf_offer *offer, size_t phases)
{
	if (!offer->published) {
		kf_output_text(out, "never");
		return;
	}
	if (phases > 1)
		kf_output_print(out, "from phase %u%s", offer->from + 1,
				offer->until + 1u == phases ? " on" : "");
	if (offer->until + 1u < phases)
		kf_output_print(out, " to %u", offer->until + 1);
	kf_output_text(out, phases > 1 ? ", to " : "to ");
	gate_words(out, p, &offer->gate);
}

static bool is_same_gate(const struct kf_gate *a, const struct kf_gate *b)
{
	return a->releases == b->releases && a->both == b->both &&
	       a->updates == b->updates;
}

void kf_plan_edit_words(struct kf_output *out, const struct kf_planning *p,
			const struct kf_edit *edit, size_t phases)
{
	const char *name = name_of(p, edit->is_update, edit->which);
	const struct kf_offer *a = &edit->before, *b = &edit->after;

	if (!b->published) {
		kf_output_print(out, "do not publish %s", name);
		return;
	}
	if (!a->published || a->from != b->from) {
		kf_output_print(out, "publish %s ", name);
		kf_plan_offer_words(out, p, b, phases);
		return;
	}
	if (a->until != b->until)
		kf_output_print(out, "keep %s published", name);
	if (is_same_gate(&a->gate, &b->gate))
		return;
	kf_output_print(out, "%soffer %s %sto ", a->until != b->until
			? ", and " : "", name,
			b->gate.releases || b->gate.updates ? "only " : "");
	gate_words(out, p, &b->gate);
}

/* starts writes what begins, or ends, with a phase. Returns whether anything
 * does. */
static bool starts(struct kf_output *out, const struct kf_planning *p,
		   const struct kf_schedule *plan, size_t phase, bool begin)
{
	const struct kf_rotation *r = &p->rotation;
	size_t num = 0;

	for (size_t i = 0; i < r->num_releases + r->num_updates; i++) {
		bool update = i >= r->num_releases;
		size_t which = update ? i - r->num_releases : i;
		const struct kf_offer *o = update ? &plan->update[which]
						  : &plan->release[which];

		if (!o->published || (begin ? o->from : o->until + 1u) !=
		    phase)
			continue;
		kf_output_text(out, num++ ? ", " : out->len ? "; withdraw "
			       : begin ? "publish " : "withdraw ");
		kf_output_text(out, name_of(p, update, which));
		if (!begin || (!o->gate.releases && !o->gate.updates))
			continue;
		kf_output_text(out, " (only to ");
		gate_words(out, p, &o->gate);
		kf_output_text(out, ")");
	}
	return num;
}

/* phase_text tells what a phase begins with. */
static void phase_text(struct kf_planning *p, const struct kf_schedule *plan,
		       size_t phase)
{
	struct kf_output words = { 0 };
	char label[32];
	bool any = starts(&words, p, plan, phase, true);

	if (phase)
		any |= starts(&words, p, plan, phase, false);
	if (!any)
		kf_output_text(&words, "nothing changes");
	snprintf(label, sizeof(label), "phase %zu", phase + 1);
	kf_text_line(&p->render, label, &words);
}

void kf_plan_steps_text(struct kf_planning *p, const struct kf_schedule *plan)
{
	struct kf_output words = { 0 };
	bool kept = false;

	for (size_t i = 0; i < plan->num_phases; i++)
		phase_text(p, plan, i);
	for (size_t i = 0; i < p->rotation.num_updates; i++) {
		const struct kf_plan_update *u = &p->update[i];

		if (!plan->update[i].published ||
		    (u->right != KF_RIGHT_PK_HOLDER &&
		     u->right != KF_RIGHT_KEK_HOLDER))
			continue;
		kf_output_print(&words, "%s is not signed yet: %s has to",
				u->name, u->right == KF_RIGHT_PK_HOLDER
				? "the holder of the platform key"
				: "the holder of a key of kek, or of the platform key,");
		kf_text_line(&p->render, "sign", &words);
	}
	for (size_t i = 0; i < p->rotation.num_releases; i++)
		kept |= plan->release[i].published &&
			plan->release[i].until + 1u == plan->num_phases &&
			i != p->rotation.newest;
	if (kept) {
		kf_output_text(&words, "what is not withdrawn stays published for as long as devices may come back");
		kf_text_line(&p->render, "keep", &words);
	}
}

static void set_json(struct kf_json *json, const char *key,
		     const struct kf_planning *p, uint32_t set, bool updates)
{
	if (!set)
		return;
	kf_json_open(json, key, '[');
	for (size_t i = 0; i < 32; i++)
		if (set >> i & 1)
			kf_json_text(json, NULL, name_of(p, updates, i));
	kf_json_close(json);
}

static void offer_json(struct kf_json *json, const struct kf_planning *p,
		       bool update, size_t which, const struct kf_offer *o,
		       size_t phases)
{
	if (!o->published)
		return;
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "name", name_of(p, update, which));
	kf_json_number(json, "from", o->from + 1u);
	if (o->until + 1u < phases)
		kf_json_number(json, "until", o->until + 1u);
	if (o->gate.releases || o->gate.updates) {
		kf_json_open(json, "gate", '{');
		set_json(json, "runs", p, o->gate.releases, false);
		if (o->gate.both)
			kf_json_yes_no(json, "both-slots", true);
		set_json(json, "holds", p, o->gate.updates, true);
		kf_json_close(json);
	}
	kf_json_close(json);
}

void kf_plan_write(struct kf_planning *p, struct kf_json *json,
		   const struct kf_schedule *plan)
{
	kf_json_open(json, "plan", '{');
	kf_json_number(json, "phases", plan->num_phases);
	kf_json_open(json, "publish", '[');
	for (size_t i = 0; i < p->rotation.num_releases; i++)
		offer_json(json, p, false, i, &plan->release[i],
			   plan->num_phases);
	for (size_t i = 0; i < p->rotation.num_updates; i++)
		offer_json(json, p, true, i, &plan->update[i],
			   plan->num_phases);
	kf_json_close(json);
	kf_json_close(json);
}

/* boots_json writes the releases that a trust answers so, today. */
static void boots_json(struct kf_json *json, const char *key,
		       const struct kf_planning *p, size_t class_,
		       size_t trust, enum kf_answer answer)
{
	const struct kf_rotation_class *t = &p->table[class_];

	kf_json_open(json, key, '[');
	for (size_t i = 0; i < p->rotation.num_releases; i++)
		if (t->boot[kf_class_cell(t, p->rotation.num_releases, 0,
					  trust, i)] == answer)
			kf_json_text(json, NULL, p->release[i].name);
	kf_json_close(json);
}

void kf_plan_table_json(const struct kf_planning *p, struct kf_json *json,
			size_t class_)
{
	const struct kf_rotation_class *t = &p->table[class_];

	kf_json_open(json, "table", '[');
	for (size_t i = 0; i < t->num_trusts; i++) {
		kf_json_open(json, NULL, '{');
		kf_json_open(json, "holds", '[');
		for (size_t u = 0; u < p->rotation.num_updates; u++)
			if (t->holds[i] >> u & 1)
				kf_json_text(json, NULL, p->update[u].name);
		kf_json_close(json);
		boots_json(json, "boots", p, class_, i, KF_ACCEPT);
		boots_json(json, "unknown", p, class_, i, KF_UNDECIDED);
		kf_json_close(json);
	}
	kf_json_close(json);
}
