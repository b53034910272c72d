/* A fleet after a change of what it trusts. Nothing is changed but the model.
 *
 * A change touches a class when its devices would be stored as another one:
 * then alone is it judged again.
 */
#include "matrix_change.h"

#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* is_part, is_choice tell whether any verifier knows a name. */
static bool is_part(const char *name)
{
	const struct kf_rules *rules;

	for (size_t i = 0; (rules = kf_rules_at(i)); i++)
		if (kf_part_name(rules->verifier, name))
			return true;
	return false;
}

static bool is_choice(const char *name)
{
	const struct kf_rules *rules;

	for (size_t i = 0; (rules = kf_rules_at(i)); i++)
		if (kf_choice_of(rules->verifier, name))
			return true;
	return false;
}

/* keep_name keeps the name of a change. Fails: NULL, and says so. */
static const char *keep_name(struct kf_planned *p, const char *text,
			     size_t len)
{
	char *name = NULL;

	if (p->num_names == 2 * KF_PLANNED_MAX) {
		kf_say(text, "is one change too many", NULL);
		return NULL;
	}
	name = strndup(text, len);
	if (!name)
		kf_say(NULL, "out of memory", NULL);
	else
		p->names[p->num_names++] = name;
	return name;
}

/* is_pair tells whether a text is NAME=VALUE, and not a file's name. */
static bool is_pair(const char *text, size_t len)
{
	struct stat st;

	return len && text[len] && text[len + 1] && text[len - 1] != '+' &&
	       stat(text, &st) != 0;
}

/* plan_other takes a change that is none of UEFI's variables. `*taken` false:
 * it is one, or nothing that keyfit knows. */
static int plan_other(struct kf_planned *p, const char *text, bool *taken)
{
	size_t len = strcspn(text, "=");
	struct kf_setting *list = p->trust;
	size_t *num = &p->num_trust;
	const char *name;

	*taken = false;
	if (!is_pair(text, len))
		return KF_EXIT_FITS;
	name = keep_name(p, text, len);
	if (!name)
		return KF_EXIT_FAULT;
	if (kf_change_target(name) || strcmp(name, "secure-boot") == 0)
		return KF_EXIT_FITS;
	if (!is_part(name)) {
		if (!is_choice(name))
			return KF_EXIT_FITS;
		list = p->set;
		num = &p->num_set;
	}
	if (*num == KF_PLANNED_MAX) {
		kf_say(text, "is one change too many", NULL);
		return KF_EXIT_USAGE;
	}
	*taken = true;
	list[(*num)++] = (struct kf_setting){ name, text + len + 1 };
	return KF_EXIT_FITS;
}

int kf_planned_read(struct kf_planned *out,
		    const struct kf_arguments *arguments,
		    const struct kf_crypto *crypto, int64_t at_s)
{
	const char **texts = calloc(arguments->num_given + 1, sizeof(*texts));
	int status = KF_EXIT_FITS;
	size_t num = 0;

	memset(out, 0, sizeof(*out));
	if (!texts) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	for (size_t i = 0; i < arguments->num_given && !status; i++) {
		const struct kf_given *g = &arguments->given[i];
		bool taken = false;

		if (strcmp(g->option->name, "change") != 0)
			continue;
		status = plan_other(out, g->value, &taken);
		if (!taken)
			texts[num++] = g->value;
	}
	if (status == KF_EXIT_FITS)
		status = kf_changes_read(&out->uefi, texts, num, crypto, at_s);
	free(texts);
	return status;
}

void kf_planned_close(struct kf_planned *planned)
{
	for (size_t n = 0; n < planned->num_names; n++)
		free(planned->names[n]);
	kf_changes_close(&planned->uefi);
	memset(planned, 0, sizeof(*planned));
}

/* knows tells whether a verifier of the device knows a part, or a setting. */
static bool knows(const struct kf_device *device, const char *name, bool part)
{
	for (size_t v = 0; v < device->num_verifiers; v++) {
		const struct kf_verifier *verifier =
			device->verifier[v].rules->verifier;

		if (part ? kf_part_name(verifier, name) != NULL
			 : kf_choice_of(verifier, name) != NULL)
			return true;
	}
	return false;
}

/* fits keeps those changes that a verifier of the device knows. `room` holds
 * twice as many as there may be. */
static void fits(struct kf_ask *ask, struct kf_setting *room,
		 const struct kf_device *device,
		 const struct kf_planned *planned)
{
	struct kf_setting *set = room + KF_PLANNED_MAX;

	ask->trust = room;
	ask->set = set;
	for (size_t n = 0; n < planned->num_trust; n++)
		if (knows(device, planned->trust[n].name, true))
			room[ask->num_trust++] = planned->trust[n];
	for (size_t n = 0; n < planned->num_set; n++)
		if (knows(device, planned->set[n].name, false))
			set[ask->num_set++] = planned->set[n];
}

/* undo_rewrites: to write what a variable holds already changes the time of its
 * last write, which nobody looks at who starts files. */
static void undo_rewrites(struct kf_store *store, const struct kf_store *old)
{
	for (size_t n = 0; n < store->num_parts; n++) {
		struct kf_part *part = &store->part[n];
		const struct kf_part *was = kf_store_part(old, part->name);

		if (was && was->presence == part->presence &&
		    kf_equal(was->bytes, part->bytes))
			*part = *was;
	}
}

/* change_uefi carries out the changes of variables, where there are any. */
static enum kf_status change_uefi(struct kf_device *device,
				  const struct kf_planned *planned,
				  struct kf_fault *why)
{
	struct kf_env *env = &device->memory->work.env;

	for (size_t v = 0; v < device->num_verifiers; v++) {
		struct kf_device_verifier *d = &device->verifier[v];
		struct kf_store old = d->store;

		if (!kf_part_name(d->rules->verifier, "db"))
			continue;
		if (kf_changes_apply(&d->store, &d->store, &planned->uefi,
				     env) != KF_EXIT_FITS) {
			kf_fault_say(why, NULL,
				     "the change cannot be carried out on every class");
			return KF_WRONG_USE;
		}
		if (strcmp(d->stage, "boot") == 0)
			undo_rewrites(&d->store, &old);
		d->store.num_prepared = 0;
		kf_store_prepare(&d->store, d->rules, env);
		if (d->store.status != KF_OK)
			return d->store.status;
	}
	return KF_OK;
}

enum kf_status kf_matrix_open(struct kf_matrix *m, struct kf_device *out,
			      size_t class, const char *name,
			      struct kf_fault *why)
{
	const struct kf_planned *planned = m->planned;
	struct kf_setting room[2 * KF_PLANNED_MAX];
	struct kf_ask ask = { .num_trust = 0 };
	int64_t id = m->class[class].id;
	enum kf_status status = kf_fleet_class_open(m->fleet, out, id, name,
						    NULL, m->at_s, why);

	if (status != KF_OK || !planned)
		return status;
	fits(&ask, room, out, planned);
	if (ask.num_trust || ask.num_set) {
		kf_device_close(out);
		status = kf_fleet_class_open(m->fleet, out, id, name, &ask,
					     m->at_s, why);
	}
	if (status == KF_OK && planned->uefi.num) {
		status = change_uefi(out, planned, why);
		if (status != KF_OK)
			kf_device_close(out);
	}
	return status;
}

static enum kf_status keep_nothing(void *self, const struct kf_digest *sha256,
				   struct kf_bytes bytes,
				   struct kf_fault *why)
{
	(void)self;
	(void)sha256;
	(void)bytes;
	(void)why;
	return KF_OK;
}

enum kf_status kf_matrix_touched(const struct kf_matrix *m, size_t class,
				 const struct kf_device *device,
				 bool *touched, struct kf_fault *why)
{
	struct kf_digest digest = { .len = 0 };
	struct kf_output text = { 0 };
	enum kf_status status = kf_stored_write(&text, device, NULL,
						keep_nothing, NULL, why);

	if (status == KF_OK)
		status = kf_sha256(&digest, kf_view(text.data, text.len),
				   m->crypto, why);
	kf_output_close(&text);
	*touched = digest.len != sizeof(m->class[class].digest) ||
		   memcmp(digest.bytes, m->class[class].digest,
			  digest.len) != 0;
	return status;
}

/* after_of finds the cell of the same verifier and file afterwards. A device
 * has the same verifiers, so that there is one. */
static bool after_of(const struct kf_matrix *before,
		     const struct kf_matrix *after, uint32_t cell,
		     size_t class, uint32_t *out)
{
	const struct kf_cell *c = &before->cell[cell];
	size_t num;
	const uint32_t *list = kf_matrix_cells(after, class, &num);

	for (size_t n = 0; n < num; n++) {
		const struct kf_cell *other = &after->cell[list[n]];

		*out = list[n];
		if (other->file == c->file && other->verifier == c->verifier &&
		    other->shut == c->shut)
			return true;
	}
	return false;
}

static bool is_turn(const struct kf_cell *a, const struct kf_cell *b)
{
	return a->answer != b->answer || a->reason != b->reason ||
	       !kf_same(a->rule, b->rule) ||
	       a->not_enforced != b->not_enforced;
}

/* put counts a turn of a class. */
static enum kf_status put(struct kf_turns *t, uint32_t before, uint32_t after,
			  size_t class, uint64_t devices,
			  struct kf_fault *why)
{
	size_t n = 0;
	void *more;

	while (n < t->num && (t->turn[n].before != before ||
			      t->turn[n].after != after))
		n++;
	if (n == t->num) {
		more = realloc(t->turn, (n + 1) * sizeof(*t->turn));
		if (!more)
			return no_memory(why);
		t->turn = more;
		t->turn[t->num++] = (struct kf_turn){
			.before = before, .after = after };
	}
	t->turn[n].devices += devices;
	t->turn[n].classes++;
	more = realloc(t->of, (t->num_of + 1) * sizeof(*t->of));
	if (!more)
		return no_memory(why);
	t->of = more;
	t->of[t->num_of++] = (struct kf_turn_of){ class, n };
	return KF_OK;
}

enum kf_status kf_turns_find(struct kf_turns *out, struct kf_matrix *before,
			     struct kf_matrix *after, struct kf_fault *why)
{
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = kf_matrix_run_after(after, before, &out->touched,
				     &out->devices, why);
	for (size_t c = 0; c < before->num_classes && status == KF_OK; c++) {
		size_t num;
		const uint32_t *cell = kf_matrix_cells(before, c, &num);

		for (size_t n = 0; n < num && status == KF_OK; n++) {
			uint32_t then;

			if (after_of(before, after, cell[n], c, &then) &&
			    is_turn(&before->cell[cell[n]],
				    &after->cell[then]))
				status = put(out, cell[n], then, c,
					     before->class[c].devices, why);
		}
	}
	return status;
}

void kf_turns_close(struct kf_turns *turns)
{
	for (size_t n = 0; n < turns->num; n++)
		kf_first_names_close(&turns->turn[n].first);
	free(turns->turn);
	free(turns->of);
}
