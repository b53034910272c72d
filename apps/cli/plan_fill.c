/* Puts the verifiers' answers into tables: for each trust that a class can come
 * to have, breadth first, on each date.
 */
#include "plan.h"

#include "say.h"

#include <stdlib.h>
#include <string.h>

/* filling is one class while it is filled. A row is a trust. */
struct filling {
	struct kf_planning *p;
	struct kf_plan_class *c;
	struct kf_rotation_class *t;
	size_t releases, updates, dates;
	/* [date][trust][which], for as many trusts as there may be */
	uint8_t *install, *boot, *update;
	uint32_t asked;		/* updates; of others none is ever offered */
	bool large;
};

static uint8_t *bytes(struct kf_planning *p, size_t len)
{
	uint8_t *out = kf_arena_take(&p->keep.arena, len + 1);

	if (!out)
		kf_say(NULL, "out of memory", NULL);
	return out;
}

static size_t at(size_t date, size_t trust, size_t num, size_t which)
{
	return (date * KF_ROTATION_TRUSTS_MAX + trust) * num + which;
}

/* add_trust notes where something leads. */
static int add_trust(struct filling *f, uint8_t *out, size_t trust)
{
	f->large |= trust == KF_NO_TRUST;
	*out = trust == KF_NO_TRUST ? 0 : (uint8_t)trust;
	return KF_EXIT_FITS;
}

/* fill_release asks about one release. What never boots leaves nothing. */
static int fill_release(struct filling *f, size_t trust, size_t release)
{
	enum kf_answer any = KF_REJECT;
	struct kf_plan_answer answer;
	size_t after = trust;
	int status = KF_EXIT_FITS;

	for (size_t d = f->dates; d-- > 0 && status == KF_EXIT_FITS;) {
		status = kf_plan_installs(&answer, f->p, f->c, trust, d,
					  release);
		f->install[at(d, trust, f->releases, release)] =
			(uint8_t)answer.answer;
		if (status == KF_EXIT_FITS)
			status = kf_plan_boots(&answer, f->p, f->c, trust, d,
					       release);
		f->boot[at(d, trust, f->releases, release)] =
			(uint8_t)answer.answer;
		if (answer.answer != KF_REJECT)
			any = answer.answer;
	}
	/* Today was asked last: its ways are those at hand. */
	if (status == KF_EXIT_FITS && any != KF_REJECT)
		status = kf_plan_boot(&after, f->p, f->c, trust, release);
	return status == KF_EXIT_FITS
		? add_trust(f, &f->t->booted[kf_class_pair(f->releases, trust,
							   release)], after)
		: status;
}

static int fill_update(struct filling *f, size_t trust, size_t update)
{
	enum kf_answer any = KF_REJECT;
	struct kf_plan_answer answer;
	size_t after = trust;
	bool holds = false;
	int status = KF_EXIT_FITS;

	for (size_t d = 0; d < f->dates && status == KF_EXIT_FITS; d++) {
		if (!(f->asked >> update & 1)) {
			f->update[at(d, trust, f->updates, update)] =
				KF_REJECT;
			continue;
		}
		status = kf_plan_updates(&answer, f->p, f->c, trust, d,
					 update);
		f->update[at(d, trust, f->updates, update)] =
			(uint8_t)answer.answer;
		if (answer.answer != KF_REJECT)
			any = answer.answer;
	}
	if (status == KF_EXIT_FITS)
		status = kf_plan_change(&after, &holds, f->p, f->c, trust,
					update, any != KF_REJECT);
	if (status != KF_EXIT_FITS)
		return status;
	f->t->holds[trust] |= (uint32_t)holds << update;
	return add_trust(f, &f->t->updated[kf_class_pair(f->updates, trust,
							 update)], after);
}

static int fill_trust(struct filling *f, size_t trust)
{
	struct kf_plan_answer answer = { KF_UNDECIDED };
	int status = KF_EXIT_FITS;
	size_t after = KF_NO_TRUST;

	for (size_t i = 0; i < f->releases && status == KF_EXIT_FITS; i++)
		status = fill_release(f, trust, i);
	for (size_t i = 0; i < f->updates && status == KF_EXIT_FITS; i++)
		status = fill_update(f, trust, i);
	if (status == KF_EXIT_FITS && f->p->rotation.retires)
		status = kf_plan_refuses(&answer, f->p, f->c, trust);
	f->t->retired[trust] = (uint8_t)answer.answer;
	if (status == KF_EXIT_FITS && f->t->factory != KF_NO_RELEASE) {
		status = kf_plan_reset(&after, f->p, f->c, trust);
		f->large |= after == KF_NO_TRUST;
	}
	f->t->reset[trust] = (uint8_t)after;
	return status;
}

/* pack leaves the rows of the trusts that there are. */
static uint8_t *pack(struct filling *f, const uint8_t *rows, size_t num)
{
	size_t trusts = f->c->num_trusts;
	uint8_t *out = bytes(f->p, f->dates * trusts * num);

	for (size_t d = 0; out && d < f->dates; d++)
		for (size_t t = 0; t < trusts; t++)
			memcpy(out + (d * trusts + t) * num,
			       rows + at(d, t, num, 0), num);
	return out;
}

static bool open_tables(struct filling *f)
{
	size_t max = KF_ROTATION_TRUSTS_MAX;

	f->install = bytes(f->p, f->dates * max * f->releases);
	f->boot = bytes(f->p, f->dates * max * f->releases);
	f->update = bytes(f->p, f->dates * max * f->updates);
	f->t->updated = bytes(f->p, max * f->updates);
	f->t->booted = bytes(f->p, max * f->releases);
	f->t->reset = bytes(f->p, max);
	f->t->retired = bytes(f->p, max);
	f->t->holds = kf_arena_take(&f->p->keep.arena,
				    max * sizeof(*f->t->holds));
	return f->install && f->boot && f->update && f->t->updated &&
	       f->t->booted && f->t->reset && f->t->retired && f->t->holds;
}

/* counts_alone: a device that counts gets its counter raised by what it boots,
 * and a release that does not say how far would make the plan a wrong one. */
static int counts_alone(struct filling *f)
{
	static const char counter[] = "security-counter";
	bool counts = false;

	for (size_t i = 0; i < f->c->opened.num_verifiers; i++)
		counts |= kf_store_setting(&f->c->opened.verifier[i].store,
					   counter) != NULL;
	for (size_t i = 0; counts && i < f->releases; i++) {
		const struct kf_plan_after *a = &f->p->release[i].after;

		if (a->becomes || a->num_set || a->num_raise ||
		    a->raises_nothing)
			continue;
		kf_say(f->p->release[i].name, "does not say what it does to the device's security-counter",
		       "give \"raises\": {\"security-counter\": NUMBER}, or \"raises\": {} where it leaves the counter alone");
		return KF_EXIT_USAGE;
	}
	return KF_EXIT_FITS;
}

static int fill_class(struct filling *f)
{
	bool again = f->c->num_trusts;
	int status = !open_tables(f) ? KF_EXIT_FAULT
		: again ? KF_EXIT_FITS : kf_plan_start(f->p, f->c);

	/* The first trust is that of the start. */
	if (again)
		f->c->num_trusts = 1;

	if (status == KF_EXIT_FITS)
		status = counts_alone(f);

	for (size_t i = 0; i < f->c->num_trusts && status == KF_EXIT_FITS &&
			   !f->large; i++)
		status = fill_trust(f, i);
	if (status != KF_EXIT_FITS)
		return status;
	f->t->num_trusts = f->c->num_trusts;
	f->t->install = pack(f, f->install, f->releases);
	f->t->boot = pack(f, f->boot, f->releases);
	f->t->update = pack(f, f->update, f->updates);
	return f->t->install && f->t->boot && f->t->update ? KF_EXIT_FITS
							   : KF_EXIT_FAULT;
}

int kf_plan_fill(struct kf_planning *p, uint32_t updates, const char **large)
{
	int status = KF_EXIT_FITS;

	*large = NULL;
	for (size_t i = 0; i < p->rotation.num_classes &&
			   status == KF_EXIT_FITS && !*large; i++) {
		struct filling f = {
			.p = p,
			.c = &p->class_[i],
			.t = &p->table[i],
			.releases = p->rotation.num_releases,
			.updates = p->rotation.num_updates,
			.dates = p->rotation.num_epochs,
			.asked = updates,
		};

		status = fill_class(&f);
		if (f.large)
			*large = p->class_[i].name;
	}
	p->rotation.class_ = p->table;
	if (status == KF_EXIT_FITS && !kf_plan_files_same(p)) {
		kf_say(p->path, "a file changed while it was read", NULL);
		return KF_EXIT_FAULT;
	}
	return status;
}
