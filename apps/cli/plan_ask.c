/* Asks the verifiers of a class, as `keyfit check`, `chain` and `whatif` do:
 * what installs, what boots, which update is taken, and whether a key is
 * refused.
 */
#include "plan.h"

#include "inside.h"
#include "say.h"

#include "analysis/whatif_change.h"

#include <string.h>

int kf_plan_verifier(const struct kf_device *device, const char *name)
{
	for (size_t i = 0; i < device->num_verifiers; i++)
		if (strcmp(device->verifier[i].rules->verifier->name,
			   name) == 0)
			return (int)i;
	return -1;
}

/* question is one, while it is asked. */
struct question {
	struct kf_planning *p;
	struct kf_plan_class *c;
	size_t trust, date;
	struct kf_store store;	/* prepared for the verifier */
	struct kf_plan_answer *out;
	struct kf_fault why;
};

void kf_plan_forget(struct kf_planning *p)
{
	kf_artifact_close(&p->supposed, &p->work.env);
	memset(&p->supposed, 0, sizeof(p->supposed));
	if (p->has_step)
		kf_artifact_close(&p->step.artifact, &p->work.env);
	p->has_step = false;
}

/* begin makes room for a question about `size` bytes. */
static void begin(struct question *q, uint64_t size)
{
	struct kf_planning *p = q->p;

	kf_plan_forget(p);
	kf_work_again(&p->work, size);
	p->work.env.now_s = p->date_s[q->date];
	p->num_asked++;
	memset(q->out, 0, sizeof(*q->out));
}

/* ready prepares a verifier's store. */
static enum kf_status ready(struct question *q, size_t verifier)
{
	const struct kf_rules *rules = q->c->opened.verifier[verifier].rules;

	q->store = q->c->trust[q->trust].store[verifier];
	q->store.num_prepared = 0;
	kf_store_prepare(&q->store, rules, &q->p->work.env);
	return q->store.status;
}

static void keep(struct question *q, const struct kf_rules *rules)
{
	const struct kf_verdict *v = &q->p->verdict;

	q->out->answer = v->answer;
	q->out->why = v->why;
	q->out->rules = rules;
}

/* ask_file has one file judged by one verifier. */
static enum kf_status ask_file(struct question *q, struct kf_plan_opened *o,
			       struct kf_plan_file *f, size_t verifier)
{
	const struct kf_rules *rules = q->c->opened.verifier[verifier].rules;
	enum kf_status status;

	begin(q, f->file.source.size);
	status = ready(q, verifier);
	if (status != KF_OK)
		return status;
	kf_work_more(&o->work, f->file.source.size);
	kf_artifact_prepare(&f->artifact, rules, &o->work.env);
	status = kf_check(&q->p->verdict, &f->artifact, &q->store, rules,
			  &q->p->work.env);
	if (status == KF_OK)
		keep(q, rules);
	return status;
}

/* ask_signer asks about a file that is not there yet. */
static enum kf_status ask_signer(struct question *q,
				 const struct kf_signer *signer,
				 size_t verifier)
{
	const struct kf_rules *rules = q->c->opened.verifier[verifier].rules;
	struct kf_artifact *a = &q->p->supposed;
	enum kf_status status;

	begin(q, 0);
	kf_artifact_read(a, NULL, NULL, &q->p->work.env);
	a->suppose = signer->certificate;
	a->num_suppose = signer->num;
	status = ready(q, verifier);
	if (status == KF_OK) {
		kf_artifact_prepare(a, rules, &q->p->work.env);
		status = kf_check(&q->p->verdict, a, &q->store, rules,
				  &q->p->work.env);
	}
	if (status == KF_OK)
		keep(q, rules);
	return status;
}

/* is_stage: UEFI's own rules of updates are asked about changes alone, and
 * shim by the chain. */
static bool is_stage(const struct kf_device_verifier *v, const char *stage)
{
	return strcmp(v->stage, stage) == 0 &&
	       strcmp(v->rules->verifier->name, "edk2-variable") != 0 &&
	       strcmp(v->rules->verifier->name, "shim") != 0;
}

static size_t num_of_stage(const struct kf_plan_class *c, const char *stage)
{
	size_t num = 0;

	for (size_t i = 0; i < c->opened.num_verifiers; i++)
		num += is_stage(&c->opened.verifier[i], stage);
	return num;
}

/* say_open: nobody was asked who would have to be. */
static void say_open(struct question *q, const char *what)
{
	memset(q->out, 0, sizeof(*q->out));
	q->out->why.reason = kf_reason_find("contents-unknown");
	q->out->why.num_evidence = 1;
	q->out->why.evidence[0].kind = KF_EV_TEXT;
	q->out->why.evidence[0].text = what;
}

/* looking is what a bundle has in it, while it is judged. */
struct looking {
	struct question *q;
	size_t num;
	enum kf_answer worst;
	enum kf_status status;
};

/* inner judges a file of a bundle by those who boot it. The first that is
 * refused ends the search. */
static void inner(void *self, const char *path,
		  const struct kf_source *source,
		  const struct kf_format *format)
{
	struct looking *l = self;
	struct question *q = l->q;

	(void)path;
	for (size_t i = 0; i < q->c->opened.num_verifiers; i++) {
		const struct kf_device_verifier *v = &q->c->opened.verifier[i];
		struct kf_artifact a;

		if (!is_stage(v, "boot") || l->status != KF_OK ||
		    l->worst == KF_REJECT ||
		    !kf_verifier_takes(v->rules->verifier, format))
			continue;
		begin(q, source->size);
		kf_artifact_read(&a, format, source, &q->p->work.env);
		l->status = ready(q, i);
		if (l->status == KF_OK) {
			kf_artifact_prepare(&a, v->rules, &q->p->work.env);
			l->status = kf_check(&q->p->verdict, &a, &q->store,
					     v->rules, &q->p->work.env);
		}
		if (l->status == KF_OK)
			keep(q, v->rules);
		/* What it found is told without what it views. */
		q->out->why.num_evidence = 0;
		kf_artifact_close(&a, &q->p->work.env);
		if (q->out->answer != KF_ACCEPT)
			l->worst = q->out->answer;
		l->num++;
	}
}

/* ask_inside judges what a bundle will leave to be booted. */
static enum kf_status ask_inside(struct question *q, struct kf_plan_file *f,
				 size_t *asked, bool *open)
{
	struct looking l = { q, 0, KF_ACCEPT, KF_OK };
	struct kf_inside_found found = { 0 };
	struct kf_contents contents = { 0 };
	enum kf_status status;

	if (!kf_inside_matters(&q->c->opened, f->format))
		return KF_OK;
	f->format->contents(&f->artifact, &contents);
	status = kf_inside(&found, &q->c->opened, &contents, &f->file.source,
			   f->path, inner, &l, &q->why);
	*asked += l.num;
	*open |= status == KF_CANNOT_READ ||
		 found.unsearched.what[0] ||
		 (l.num && l.worst == KF_UNDECIDED);
	if (status == KF_CANNOT_READ)
		status = KF_OK;
	return status == KF_OK ? l.status : status;
}

/* is_for_nobody: none of the device's verifiers is made for a file; whoever
 * meets it may refuse it. */
static bool is_for_nobody(const struct question *q,
			  const struct kf_plan_file *f)
{
	for (size_t v = 0; v < q->c->opened.num_verifiers; v++)
		if (kf_verifier_takes(q->c->opened.verifier[v].rules->verifier,
				      f->format))
			return false;
	return true;
}

/* ask_files has all files of a release judged by all verifiers of a stage; one
 * that is refused ends it. */
static enum kf_status ask_files(struct question *q, struct kf_plan_opened *o,
				const char *stage, size_t *asked)
{
	enum kf_status status = KF_OK;
	bool open = false;

	for (size_t n = 0; n < o->num_files * q->c->opened.num_verifiers;
	     n++) {
		size_t v = n % q->c->opened.num_verifiers;
		struct kf_plan_file *f =
			&o->file[n / q->c->opened.num_verifiers];
		const struct kf_device_verifier *verifier =
			&q->c->opened.verifier[v];

		if (!is_stage(verifier, stage) ||
		    !kf_verifier_takes(verifier->rules->verifier, f->format))
			continue;
		(*asked)++;
		status = ask_file(q, o, f, v);
		if (status != KF_OK || q->out->answer == KF_REJECT)
			return status;
		open |= q->out->answer == KF_UNDECIDED;
	}
	for (size_t i = 0; i < o->num_files && strcmp(stage, "boot") == 0;
	     i++) {
		open |= is_for_nobody(q, &o->file[i]);
		status = ask_inside(q, &o->file[i], asked, &open);
		if (status != KF_OK || q->out->answer == KF_REJECT)
			return status;
	}
	if (open && q->out->answer != KF_UNDECIDED)
		say_open(q, "one of its files could not be judged");
	return KF_OK;
}

/* ask_supposed asks all verifiers of a stage about a release to come. */
static enum kf_status ask_supposed(struct question *q,
				   const struct kf_signer *signer,
				   const char *stage)
{
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < q->c->opened.num_verifiers; i++) {
		if (!is_stage(&q->c->opened.verifier[i], stage))
			continue;
		status = ask_signer(q, signer, i);
		if (status != KF_OK || q->out->answer != KF_ACCEPT)
			break;
	}
	return status;
}

/* ask_stage asks about a release, by the verifiers of one stage. */
static int ask_stage(struct question *q, size_t release, const char *stage)
{
	const struct kf_plan_release *r = &q->p->release[release];
	struct kf_plan_opened *o = NULL;
	size_t asked = 0;
	enum kf_status status = KF_OK;
	int opened = KF_EXIT_FITS;

	memset(q->out, 0, sizeof(*q->out));
	q->out->answer = KF_ACCEPT;
	if (num_of_stage(q->c, stage) == 0)
		return KF_EXIT_FITS;
	if (r->signed_by) {
		status = ask_supposed(q, &r->signer, stage);
	} else {
		opened = kf_plan_open(&o, q->p, q->date, release);
		if (opened != KF_EXIT_FITS)
			return opened;
		status = ask_files(q, o, stage, &asked);
		if (status == KF_OK && asked == 0)
			say_open(q, "none of its files is one that the device's verifiers judge");
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(r->name, status, &q->why);
}

/* settle tells what becomes of the device by the ways that were judged. */
static void settle(struct question *q, const struct kf_chain *chain)
{
	const struct kf_chain_path *way = kf_chain_starts(chain);
	const struct kf_chain_stage *stage;

	if (way) {
		q->out->answer = KF_ACCEPT;
		return;
	}
	q->out->answer = chain->cut ? KF_UNDECIDED : KF_REJECT;
	for (size_t i = 0; i < chain->num_paths; i++) {
		const struct kf_chain_path *path = &chain->path[i];

		if (path->aside || !path->num_stages)
			continue;
		if (!way || (path->answer == KF_UNDECIDED &&
			     way->answer == KF_REJECT))
			way = path;
	}
	if (!way) {
		say_open(q, "there is no way to boot among its files");
		return;
	}
	if (way->answer != KF_REJECT)
		q->out->answer = KF_UNDECIDED;
	stage = &way->stage[way->at];
	if (stage->verdict)
		q->out->why = stage->verdict->why;
	q->out->rules = stage->rules;
}

/* ask_chain judges all stages of a start by UEFI. */
static enum kf_status ask_chain(struct question *q, struct kf_plan_opened *o)
{
	int edk2 = kf_plan_verifier(&q->c->opened, "edk2");
	int shim = kf_plan_verifier(&q->c->opened, "shim");
	struct kf_store *stores = q->c->trust[q->trust].store;
	struct kf_chain_judges judges = {
		.firmware = q->c->opened.verifier[edk2].rules,
		.store = &q->store,
		.for_shim = shim < 0 ? &stores[edk2] : &stores[shim],
	};
	enum kf_status status = KF_OK;
	size_t culprit;

	o->esp.given.machine = kf_chain_machine(&stores[edk2]);
	if (!o->is_planned || o->machine != o->esp.given.machine)
		status = kf_chain_plan(&o->plan, &o->esp.given, &o->work.env);
	o->is_planned = status == KF_OK;
	o->machine = o->esp.given.machine;
	begin(q, 0);
	if (status == KF_OK)
		status = ready(q, (size_t)edk2);
	if (status != KF_OK)
		return status;
	o->now = o->plan;
	status = kf_chain_judge(&o->now, &o->esp.given, &judges,
				&q->p->work.env, &culprit);
	if (status == KF_OK)
		settle(q, &o->now);
	return status;
}

static int ask_uefi(struct question *q, size_t release)
{
	const struct kf_plan_release *r = &q->p->release[release];
	int edk2 = kf_plan_verifier(&q->c->opened, "edk2");
	struct kf_plan_opened *o = NULL;
	enum kf_status status = KF_OK;
	int opened;

	if (r->signed_by) {
		status = ask_signer(q, &r->signer, (size_t)edk2);
	} else {
		opened = kf_plan_open(&o, q->p, q->date, release);
		if (opened != KF_EXIT_FITS)
			return opened;
		if (o->has_boots)
			status = ask_chain(q, o);
		else
			say_open(q, "none of its files is one that UEFI boots");
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(r->name, status, &q->why);
}

int kf_plan_boots(struct kf_plan_answer *out, struct kf_planning *p,
		  struct kf_plan_class *c, size_t trust, size_t date,
		  size_t release)
{
	struct question q = { .p = p, .c = c, .trust = trust, .date = date,
			      .out = out };

	return c->uefi ? ask_uefi(&q, release)
		       : ask_stage(&q, release, "boot");
}

int kf_plan_installs(struct kf_plan_answer *out, struct kf_planning *p,
		     struct kf_plan_class *c, size_t trust, size_t date,
		     size_t release)
{
	struct question q = { .p = p, .c = c, .trust = trust, .date = date,
			      .out = out };
	int status = ask_stage(&q, release, "update");

	if (status == KF_EXIT_FITS && c->checked && out->answer == KF_ACCEPT)
		status = kf_plan_boots(out, p, c, trust, date, release);
	return status;
}

/* ask_change asks UEFI's rules about a change of its variables. */
static enum kf_status ask_change(struct question *q, struct kf_plan_update *u)
{
	int edk2 = kf_plan_verifier(&q->c->opened, "edk2");
	struct kf_planning *p = q->p;
	enum kf_status status;

	begin(q, u->changes.change[0].update.len);
	if (edk2 < 0) {
		q->out->answer = KF_REJECT;
		return KF_OK;
	}
	status = kf_step_open(&p->step, &u->changes.change[0], &p->work.env);
	p->has_step = status == KF_OK;
	if (status == KF_OK)
		status = kf_step_judge(&p->step,
				       &q->c->trust[q->trust].store[edk2],
				       q->c->update, &p->verdict,
				       &p->work.env);
	if (status != KF_OK)
		return status;
	q->out->answer = p->step.answer;
	q->out->why = p->step.why;
	q->out->rules = q->c->update;
	if (p->step.answer != KF_REJECT && u->right == KF_RIGHT_NOBODY)
		u->right = p->step.right;
	return KF_OK;
}

int kf_plan_updates(struct kf_plan_answer *out, struct kf_planning *p,
		    struct kf_plan_class *c, size_t trust, size_t date,
		    size_t update)
{
	struct kf_plan_update *u = &p->update[update];
	struct question q = { .p = p, .c = c, .trust = trust, .date = date,
			      .out = out };
	struct kf_plan_opened *o = NULL;
	enum kf_status status;
	size_t asked = 0;
	int opened;

	memset(out, 0, sizeof(*out));
	if (u->change) {
		status = ask_change(&q, u);
	} else {
		out->answer = KF_ACCEPT;
		if (!u->file)
			return KF_EXIT_FITS;
		opened = kf_plan_open(&o, p, date,
				      KF_ROTATION_RELEASES_MAX + update);
		if (opened != KF_EXIT_FITS)
			return opened;
		status = ask_files(&q, o, "update", &asked);
		if (status == KF_OK && asked == 0)
			say_open(&q, "its file is none that the device's verifiers judge");
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(u->name, status, &q.why);
}

/* refuses_releases: each of them is refused where it would boot or, where
 * nothing verifies that, where it would be installed. */
static int refuses_releases(struct kf_plan_answer *out, struct kf_planning *p,
			    struct kf_plan_class *c, size_t trust)
{
	bool boots = c->uefi || num_of_stage(c, "boot") > 0, open = false;

	for (size_t i = 0; i < p->rotation.num_releases; i++) {
		int status;

		if (!(p->retired >> i & 1))
			continue;
		status = boots ? kf_plan_boots(out, p, c, trust, 0, i)
			       : kf_plan_installs(out, p, c, trust, 0, i);
		if (status != KF_EXIT_FITS)
			return status;
		if (out->answer == KF_ACCEPT) {
			out->answer = KF_REJECT;
			return KF_EXIT_FITS;
		}
		open |= out->answer == KF_UNDECIDED;
	}
	out->answer = open ? KF_UNDECIDED : KF_ACCEPT;
	return KF_EXIT_FITS;
}

int kf_plan_refuses(struct kf_plan_answer *out, struct kf_planning *p,
		    struct kf_plan_class *c, size_t trust)
{
	struct question q = { .p = p, .c = c, .trust = trust, .out = out };
	bool open = false;

	if (!p->retire.num)
		return refuses_releases(out, p, c, trust);
	for (size_t i = 0; i < c->opened.num_verifiers; i++) {
		const struct kf_device_verifier *v = &c->opened.verifier[i];
		enum kf_status status;

		if (!is_stage(v, "boot") && !is_stage(v, "update"))
			continue;
		status = ask_signer(&q, &p->retire, i);
		if (status != KF_OK)
			return kf_say_failure(p->retire_text, status, &q.why);
		if (out->answer == KF_ACCEPT) {
			out->answer = KF_REJECT;
			return KF_EXIT_FITS;
		}
		open |= out->answer == KF_UNDECIDED;
	}
	out->answer = open ? KF_UNDECIDED : KF_ACCEPT;
	return KF_EXIT_FITS;
}
