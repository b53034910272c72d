/* Tells how a device comes to a bad end, move by move, and why nothing that is
 * published leads out of it. Each move that a verifier decides is asked again,
 * so that no table is taken at its word.
 */
#include "plan.h"

#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* telling is a story while it is told: each line goes to a list of JSON, or
 * to the text. */
struct telling {
	struct kf_planning *p;
	struct kf_plan_class *c;
	const struct kf_rotation_class *t;
	const struct kf_schedule *plan;
	struct kf_json *json;	/* NULL: text */
	const char *reason;	/* the last one that was written; NULL: none */
	int status;
};

static const char *const kinds[KF_NUM_MOVES] = {
	"start", "phase", "date", "install", "update", "restart", "fall-back",
	"recover", "reset",
};

static const char *const refusals[] = {
	[KF_REFUSAL_NONE] = "taken",
	[KF_REFUSAL_UNPUBLISHED] = "not-published",
	[KF_REFUSAL_GATE_RELEASE] = "gate-runs",
	[KF_REFUSAL_GATE_OTHER] = "gate-both-slots",
	[KF_REFUSAL_GATE_UPDATE] = "gate-holds",
	[KF_REFUSAL_REQUIRES] = "requires",
	[KF_REFUSAL_DEVICE] = "device",
	[KF_REFUSAL_UNKNOWN] = "unknown",
	[KF_REFUSAL_HELD] = "there-already",
};

static const char *release(const struct telling *t, size_t which)
{
	return which < t->p->rotation.num_releases
		? t->p->release[which].name : "nothing";
}

/* differ: a verifier says now what the table does not. */
static void differ(struct telling *t)
{
	if (t->status != KF_EXIT_FITS)
		return;
	kf_say(t->c->name, "a verifier gives another answer than before",
	       "this is a fault of keyfit: please report it");
	t->status = KF_EXIT_FAULT;
}

/* asking is one of kf_plan_installs, kf_plan_boots, kf_plan_updates. */
typedef int asking(struct kf_plan_answer *out, struct kf_planning *p,
		   struct kf_plan_class *c, size_t trust, size_t date,
		   size_t which);

/* hold holds an answer, and how asking went, against what the table says. */
static void hold(struct telling *t, const struct kf_plan_answer *out,
		 int status, uint8_t table)
{
	if (status != KF_EXIT_FITS)
		t->status = status;
	else if (out->answer != (enum kf_answer)table)
		differ(t);
}

/* ask asks again what stands in a table of `num` columns. */
static void ask(struct telling *t, struct kf_plan_answer *out, asking *how,
		const uint8_t *table, size_t num, const struct kf_state *s,
		size_t which)
{
	int status = how(out, t->p, t->c, s->trust, s->epoch, which);

	hold(t, out, status, table[kf_class_cell(t->t, num, s->epoch,
						 s->trust, which)]);
}

static void ask_boot(struct telling *t, struct kf_plan_answer *out,
		     const struct kf_state *s, size_t which)
{
	ask(t, out, kf_plan_boots, t->t->boot, t->p->rotation.num_releases, s,
	    which);
}

/* ask_taken asks whether a release is installed, or an update taken. */
static void ask_taken(struct telling *t, struct kf_plan_answer *out,
		      const struct kf_state *s, enum kf_move_kind kind,
		      size_t which)
{
	if (kind == KF_MOVE_INSTALL)
		ask(t, out, kf_plan_installs, t->t->install,
		    t->p->rotation.num_releases, s, which);
	else
		ask(t, out, kf_plan_updates, t->t->update,
		    t->p->rotation.num_updates, s, which);
}

/* why writes a reason: "signer-unknown: no certificate ... (UEFI-34)". */
static void why(struct telling *t, struct kf_output *out,
		const struct kf_plan_answer *answer)
{
	if (!answer->why.reason) {
		kf_output_text(out, answer->answer == KF_REJECT
			       ? "it is not for this device" : "no reason is known");
		return;
	}
	t->reason = answer->why.reason->slug;
	kf_output_print(out, "%s: ", t->reason);
	kf_words_finding(out, &answer->why, &t->p->work.env);
	if (answer->why.rule)
		kf_output_print(out, " (%s)", answer->why.rule);
}

/* changes_of writes what a phase begins with. */
static void changes_of(struct telling *t, struct kf_output *out, size_t phase)
{
	const struct kf_rotation *r = &t->p->rotation;
	size_t num = 0;

	for (size_t i = 0; i < r->num_releases + r->num_updates; i++) {
		bool update = i >= r->num_releases;
		const struct kf_offer *o = update
			? &t->plan->update[i - r->num_releases]
			: &t->plan->release[i];
		const char *name = update
			? t->p->update[i - r->num_releases].name
			: t->p->release[i].name;

		if (!o->published || (o->from != phase &&
				      o->until + 1u != phase))
			continue;
		kf_output_print(out, "%s%s is %s", num++ ? ", " : ": ", name,
				o->from == phase ? "published" : "withdrawn");
	}
}

/* after writes how the start behind a move ended. */
static void after(struct telling *t, struct kf_output *out,
		  const struct kf_state *to, size_t expected)
{
	struct kf_plan_answer answer;

	if (to->mode == KF_MODE_DEAD) {
		ask_boot(t, &answer, to, to->active);
		kf_output_print(out, "; then it does not boot any more: %s is refused, ",
				release(t, to->active));
		why(t, out, &answer);
	} else if (to->mode == KF_MODE_RECOVERY) {
		kf_output_text(out, "; no slot boots, and the recovery image does");
	} else if (to->active != expected) {
		kf_output_print(out, "; that does not boot, and %s in the other slot does",
				release(t, to->active));
	}
}

/* taken asks again what was installed, or applied. */
static void taken(struct telling *t, struct kf_output *out,
		  const struct kf_state *from, const struct kf_move *m)
{
	bool install = m->kind == KF_MOVE_INSTALL;
	struct kf_plan_answer answer;

	ask_taken(t, &answer, from, m->kind, m->which);
	kf_output_print(out, "%s %s%s", install ? "installs" : "takes",
			install ? release(t, m->which)
			: t->p->update[m->which].name,
			answer.answer == KF_UNDECIDED
			? " (whether it may is not known)" : "");
	after(t, out, &m->to, install ? m->which : from->active);
}

/* move_words writes one move. */
static void move_words(struct telling *t, struct kf_output *out,
		       const struct kf_state *from, const struct kf_move *m)
{
	switch (m->kind) {
	case KF_MOVE_START:
		kf_output_print(out, "%s runs %s", t->c->name,
				release(t, t->t->active));
		after(t, out, &m->to, t->t->active);
		break;
	case KF_MOVE_PHASE:
		kf_output_print(out, "it is off line; phase %u begins",
				m->to.phase + 1);
		changes_of(t, out, m->to.phase);
		break;
	case KF_MOVE_TIME:
		kf_output_print(out, "it is off line until %s",
				t->p->date[m->to.epoch]);
		after(t, out, &m->to, from->active);
		break;
	case KF_MOVE_INSTALL:
	case KF_MOVE_UPDATE:
		taken(t, out, from, m);
		break;
	case KF_MOVE_RESTART:
		kf_output_text(out, "it is started again");
		after(t, out, &m->to, from->active);
		break;
	case KF_MOVE_FALL_BACK:
		kf_output_print(out, "its slot with %s fails, and it turns to the other one, with %s",
				release(t, from->active),
				release(t, from->other));
		after(t, out, &m->to, from->other);
		break;
	case KF_MOVE_RECOVER:
		kf_output_print(out, "somebody boots the recovery image, %s",
				release(t, t->t->recovery));
		break;
	case KF_MOVE_RESET:
		kf_output_print(out, "it is reset, to %s",
				release(t, t->t->factory));
		after(t, out, &m->to, t->t->factory);
		break;
	default:
		break;
	}
}

static void set_words(struct kf_output *out, const struct telling *t,
		      uint32_t set, bool updates)
{
	size_t num = 0;

	for (size_t i = 0; i < 32; i++)
		if (set >> i & 1)
			kf_output_print(out, "%s%s", num++ ? ", " : "",
					updates ? t->p->update[i].name
					: release(t, i));
}

/* refusal_words writes why something leads nowhere. Returns false where that
 * need not be told. */
static bool refusal_words(struct telling *t, struct kf_output *out,
			  const struct kf_state *s, enum kf_move_kind kind,
			  size_t which)
{
	bool install = kind == KF_MOVE_INSTALL;
	const struct kf_offer *o = install ? &t->plan->release[which]
					   : &t->plan->update[which];
	const char *name = install ? release(t, which)
				   : t->p->update[which].name;
	enum kf_refusal refusal = kf_class_refusal(&t->p->rotation, t->t,
						   t->plan, s, kind, which);
	struct kf_plan_answer answer;

	if (!o->published)
		return false;
	kf_output_print(out, "%s ", name);
	switch (refusal) {
	case KF_REFUSAL_UNPUBLISHED:
		if (s->phase < o->from)
			kf_output_print(out, "comes in phase %u, and does not help",
					o->from + 1);
		else
			kf_output_print(out, "is withdrawn since phase %u",
					o->until + 2);
		break;
	case KF_REFUSAL_GATE_RELEASE:
	case KF_REFUSAL_GATE_OTHER:
		kf_output_print(out, "is not offered: %s does not have one of ",
				refusal == KF_REFUSAL_GATE_OTHER
				? "its other slot" : "it");
		set_words(out, t, o->gate.releases, false);
		break;
	case KF_REFUSAL_GATE_UPDATE:
		kf_output_text(out, "is not offered: it does not hold ");
		set_words(out, t, o->gate.updates & ~t->t->holds[s->trust],
			  true);
		break;
	case KF_REFUSAL_REQUIRES:
		kf_output_text(out, "installs over ");
		set_words(out, t, t->p->rotation.requires[which], false);
		kf_output_text(out, " alone");
		break;
	case KF_REFUSAL_DEVICE:
	case KF_REFUSAL_UNKNOWN:
		ask_taken(t, &answer, s, kind, which);
		kf_output_text(out, refusal == KF_REFUSAL_DEVICE
			       ? "is refused: " : "may be refused: ");
		why(t, out, &answer);
		break;
	case KF_REFUSAL_HELD:
		kf_output_text(out, "is there already");
		break;
	case KF_REFUSAL_NONE:
	default:
		kf_output_text(out, "is taken, and leads no nearer");
		break;
	}
	return true;
}

/* line ends one line of the story. */
static void line(struct telling *t, const char *label, struct kf_output *words)
{
	if (t->json) {
		kf_json_foreign(t->json, t->json->closing[t->json->depth - 1]
				== '}' ? "words" : NULL,
				kf_view((const uint8_t *)words->data,
					words->len));
		t->json->out->failed |= words->failed;
		kf_output_close(words);
	} else {
		kf_text_line(&t->p->render, label, words);
	}
}

/* tell_move tells one move, in JSON with the state behind it. */
static void tell_move(struct telling *t, size_t number,
		      const struct kf_state *from, const struct kf_move *m)
{
	struct kf_output words = { 0 };
	char label[32];

	snprintf(label, sizeof(label), "  %zu", number);
	t->reason = NULL;
	move_words(t, &words, from, m);
	if (!t->json) {
		line(t, label, &words);
		return;
	}
	kf_json_open(t->json, NULL, '{');
	kf_json_text(t->json, "move", kinds[m->kind]);
	if (m->kind == KF_MOVE_INSTALL)
		kf_json_text(t->json, "name", release(t, m->which));
	if (m->kind == KF_MOVE_UPDATE)
		kf_json_text(t->json, "name", t->p->update[m->which].name);
	kf_json_number(t->json, "phase", m->to.phase + 1u);
	kf_json_text(t->json, "date", m->to.epoch ? t->p->date[m->to.epoch]
		     : NULL);
	kf_json_number(t->json, "trust", m->to.trust);
	kf_json_text(t->json, "runs", m->to.mode == KF_MODE_DEAD ? NULL
		     : release(t, m->to.mode == KF_MODE_RECOVERY
			       ? t->t->recovery : m->to.active));
	kf_json_yes_no(t->json, "sure", m->sure);
	kf_json_text(t->json, "reason", t->reason);
	line(t, "", &words);
	kf_json_close(t->json);
}

/* tell_end tells why nothing leads out of the last state. */
static void tell_end(struct telling *t, const struct kf_state *s)
{
	const struct kf_rotation *r = &t->p->rotation;

	for (size_t i = 0; i < r->num_releases + r->num_updates; i++) {
		bool update = i >= r->num_releases;
		size_t which = update ? i - r->num_releases : i;
		enum kf_move_kind kind = update ? KF_MOVE_UPDATE
						: KF_MOVE_INSTALL;
		struct kf_output words = { 0 };

		t->reason = NULL;
		if (!refusal_words(t, &words, s, kind, which)) {
			kf_output_close(&words);
			continue;
		}
		if (t->json) {
			kf_json_open(t->json, NULL, '{');
			kf_json_text(t->json, "name", update
				     ? t->p->update[which].name
				     : release(t, which));
			kf_json_text(t->json, "why",
				     refusals[kf_class_refusal(r, t->t,
						t->plan, s, kind, which)]);
			kf_json_text(t->json, "reason", t->reason);
		}
		line(t, "  end", &words);
		if (t->json)
			kf_json_close(t->json);
	}
}

/* keeps writes why the old key is not refused. */
static void keeps(struct telling *t, struct kf_output *out,
		  const struct kf_state *s)
{
	struct kf_plan_answer answer;

	if (t->t->retired[s->trust] != KF_UNDECIDED) {
		kf_output_text(out, "nothing that is published makes it refuse ");
		kf_plan_retire_words(out, t->p);
		return;
	}
	hold(t, &answer, kf_plan_refuses(&answer, t->p, t->c, s->trust),
	      KF_UNDECIDED);
	kf_output_text(out, "whether it refuses ");
	kf_plan_retire_words(out, t->p);
	kf_output_text(out, " cannot be told: ");
	why(t, out, &answer);
}

static int tell(struct telling *t)
{
	const struct kf_class_proof *proof = &t->c->proof;
	const struct kf_story *story = &proof->story;

	if (t->json)
		kf_json_open(t->json, "story", '[');
	for (size_t i = 0; i < story->num; i++)
		tell_move(t, i + 1, i ? &story->move[i - 1].to : NULL,
			  &story->move[i]);
	if (t->json) {
		kf_json_close(t->json);
		kf_json_open(t->json, "refused", '[');
	}
	if (story->num && !story->cut && proof->worst == KF_PROVEN_STRANDS)
		tell_end(t, &story->move[story->num - 1].to);
	if (proof->worst == KF_PROVEN_KEEPS) {
		struct kf_output words = { 0 };

		t->reason = NULL;
		keeps(t, &words, &story->move[story->num - 1].to);
		if (t->json) {
			kf_json_open(t->json, NULL, '{');
			kf_json_text(t->json, "name", NULL);
			kf_json_text(t->json, "why", "keeps");
			kf_json_text(t->json, "reason", t->reason);
		}
		line(t, "  end", &words);
		if (t->json)
			kf_json_close(t->json);
	}
	if (t->json)
		kf_json_close(t->json);
	return t->status;
}

int kf_plan_story_text(struct kf_planning *p, size_t class_,
		       const struct kf_schedule *plan)
{
	struct telling t = { .p = p, .c = &p->class_[class_],
			     .t = &p->table[class_], .plan = plan };

	return tell(&t);
}

int kf_plan_story_json(struct kf_planning *p, struct kf_json *json,
		       size_t class_, const struct kf_schedule *plan)
{
	struct telling t = { .p = p, .c = &p->class_[class_],
			     .t = &p->table[class_], .plan = plan,
			     .json = json };

	return tell(&t);
}
