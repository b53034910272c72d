/* Which ability ends on which day, by each verifier's own clock rule.
 *
 * An anchor's last day ends what leads to it, where the verifier looks. Where
 * it does not look, what is signed stays good for ever; but an authority that
 * has ended signs nothing new (UEFI-39), so that what is published later passes
 * by devices that do not have its successor. That is said of the authorities of
 * which it is known alone: nobody knows what others will do.
 */
#include "matrix_losses.h"

#include <stdlib.h>
#include <string.h>

/* looking is one class while it is looked at. */
struct looking {
	struct kf_losses *out;
	struct kf_matrix *m;
	struct kf_work work;
	struct kf_known known;
	struct kf_anchors anchors;
	size_t class;
	const char *part, *anchor;	/* of the key that is looked at; NULL:
					 * of none */
};

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* same_name: a loss may have none. */
static bool same_name(const char *a, const char *b)
{
	return (!a && !b) || kf_same(a, b);
}

/* is_same: names are those of the key that is looked at. */
static bool is_same(const struct looking *l, const struct kf_loss *a,
		    const struct kf_loss *b)
{
	return a->kind == b->kind && a->rules == b->rules &&
	       a->last_s == b->last_s && a->authority == b->authority &&
	       same_name(a->part, l->part) &&
	       same_name(a->anchor, l->anchor) &&
	       kf_same(a->clock, b->clock) && kf_same(a->ability, b->ability);
}

/* count counts the class for a loss, once. */
static enum kf_status count(struct looking *l, size_t n, struct kf_fault *why)
{
	struct kf_losses *out = l->out;
	void *more;

	for (size_t i = out->num_of; i-- > 0 &&
	     out->of[i].class == l->class;)
		if (out->of[i].loss == n)
			return KF_OK;
	more = realloc(out->of, (out->num_of + 1) * sizeof(*out->of));
	if (!more)
		return no_memory(why);
	out->of = more;
	out->of[out->num_of++] = (struct kf_loss_of){ l->class, n };
	out->loss[n].devices += l->m->class[l->class].devices;
	out->loss[n].classes++;
	return KF_OK;
}

/* put takes a loss in, with copies of the names. */
static enum kf_status put(struct looking *l, const struct kf_loss *loss,
			  struct kf_fault *why)
{
	struct kf_losses *out = l->out;
	struct kf_loss *copy;
	size_t n = 0;

	while (n < out->num && !is_same(l, &out->loss[n], loss))
		n++;
	if (n == out->num) {
		void *more = realloc(out->loss,
				     (n + 1) * sizeof(*out->loss));

		if (!more)
			return no_memory(why);
		out->loss = more;
		copy = &out->loss[out->num++];
		*copy = *loss;
		copy->part = l->part ? strdup(l->part) : NULL;
		copy->anchor = l->anchor ? strdup(l->anchor) : NULL;
		if ((l->part && !copy->part) || (l->anchor && !copy->anchor))
			return no_memory(why);
	}
	return count(l, n, why);
}

/* changes_keys: this verifier judges changes of keys and lists alone. */
static bool changes_keys(const struct kf_verifier *verifier)
{
	return strcmp(verifier->name, "edk2-variable") == 0;
}

/* ability is what a key of a role is needed for. */
static const char *ability(const struct kf_verifier *verifier,
			   enum kf_anchor_role role)
{
	if (role == KF_ANCHOR_GIVES || changes_keys(verifier))
		return "enrol";
	return strcmp(verifier->stage, "boot") == 0 ? "start" : "install";
}

const char *kf_loss_ability(const struct kf_loss *loss)
{
	bool anew = loss->kind == KF_LOSS_NEW;

	if (strcmp(loss->ability, "enrol") == 0)
		return anew ? "take new changes of keys and lists"
			    : "take changes of keys and lists";
	if (strcmp(loss->ability, "start") == 0)
		return anew ? "start new media" : "start media";
	return anew ? "install new updates" : "install updates";
}

void kf_loss_words(struct kf_output *out, const struct kf_loss *loss)
{
	switch (loss->kind) {
	case KF_LOSS_ALL:
		kf_output_print(out, "nothing that leads to %s \"%s\" is taken any more",
				loss->part, loss->anchor);
		return;
	case KF_LOSS_LATER:
		kf_output_print(out, "nothing that is signed later and leads to %s \"%s\" is taken; what was signed before stays good",
				loss->part, loss->anchor);
		return;
	case KF_LOSS_NEW:
		kf_output_print(out, "%s \"%s\" signs nothing new (%s), and \"%s\" is not there; what it signed stays good",
				loss->part, loss->anchor,
				loss->authority->purpose,
				loss->authority->successor);
		return;
	case KF_LOSS_NEVER:
		kf_output_print(out, "never by date: %s", loss->clock);
		return;
	}
}

/* has_successor tells whether the part of an anchor holds who follows. */
static bool has_successor(const struct kf_anchors *all,
			  const struct kf_anchor_part *p,
			  const struct kf_authority *authority)
{
	for (size_t i = p->first; i < p->first + p->num; i++) {
		const struct kf_digest *d =
			&all->anchor[i].certificate.sha256;

		if (kf_hex_is(authority->successor_sha256,
			      kf_view(d->bytes, d->len)))
			return true;
	}
	return false;
}

/* succeeded puts what ends with an authority of which it is known. */
static enum kf_status succeeded(struct looking *l, struct kf_loss *loss,
				const struct kf_anchor_part *p,
				const struct kf_anchor_key *k,
				struct kf_fault *why)
{
	const struct kf_digest *d = &k->certificate.sha256;
	const struct kf_authority *authority;
	enum kf_status status = KF_OK;

	for (size_t i = 0; status == KF_OK &&
	     (authority = kf_authority_at(i)); i++) {
		if (!kf_same(p->name, authority->part) ||
		    !kf_hex_is(authority->sha256, kf_view(d->bytes, d->len)) ||
		    has_successor(&l->anchors, p, authority))
			continue;
		loss->kind = KF_LOSS_NEW;
		loss->authority = authority;
		status = put(l, loss, why);
	}
	return status;
}

/* one_key looks at what ends with an anchor. */
static enum kf_status one_key(struct looking *l,
			      const struct kf_rules *rules,
			      const struct kf_anchor_part *p,
			      const struct kf_anchor_key *k,
			      struct kf_fault *why)
{
	struct kf_loss loss = {
		.rules = rules,
		.ability = ability(rules->verifier, k->role),
		.last_s = k->certificate.not_after_s,
		.clock = l->anchors.clock->text,
	};

	if (!k->der.len || (k->role != KF_ANCHOR_GIVES &&
			    (k->role != KF_ANCHOR_STARTS ||
			     changes_keys(rules->verifier))))
		return KF_OK;
	l->part = p->name;
	l->anchor = k->certificate.name;
	if (l->anchors.clock->kind == KF_CLOCK_IGNORED)
		return succeeded(l, &loss, p, k, why);
	loss.kind = l->anchors.clock->kind == KF_CLOCK_SIGNED
		? KF_LOSS_LATER : KF_LOSS_ALL;
	return put(l, &loss, why);
}

static enum kf_status one_verifier(struct looking *l,
				   const struct kf_device_verifier *v,
				   struct kf_fault *why)
{
	const struct kf_anchors *all = &l->anchors;
	enum kf_status status;

	l->part = l->anchor = NULL;
	kf_work_again(&l->work, 0);
	status = kf_anchors_of(&l->anchors, &v->store, v->rules, &l->known,
			       &l->work.env);
	if (status != KF_OK || !all->clock)
		return status;
	if (all->clock->kind == KF_CLOCK_NONE ||
	    all->clock->kind == KF_CLOCK_IGNORED) {
		const struct kf_loss never = {
			.kind = KF_LOSS_NEVER, .rules = v->rules,
			.ability = ability(v->rules->verifier,
					   KF_ANCHOR_STARTS),
			.clock = all->clock->text,
		};

		status = put(l, &never, why);
	}
	for (size_t i = 0; i < all->num_parts && status == KF_OK; i++) {
		const struct kf_anchor_part *p = &all->part[i];

		for (size_t k = p->first; k < p->first + p->num &&
		     status == KF_OK; k++)
			status = one_key(l, v->rules, p, &all->anchor[k], why);
	}
	return status;
}

static enum kf_status one_class(struct looking *l, struct kf_fault *why)
{
	struct kf_device device;
	enum kf_status status = kf_matrix_open(l->m, &device, l->class,
					       "class", why);

	if (status != KF_OK)
		return status;
	for (size_t i = 0; i < device.num_verifiers && status == KF_OK; i++)
		status = one_verifier(l, &device.verifier[i], why);
	kf_device_close(&device);
	return status;
}

static int by_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* by_time puts what ends first in front, and what ends on one day in an order
 * that does not hang on that of the classes. */
static int by_time(const void *a, const void *b)
{
	const struct kf_loss *x = *(struct kf_loss *const *)a;
	const struct kf_loss *y = *(struct kf_loss *const *)b;
	int order = (x->kind == KF_LOSS_NEVER) - (y->kind == KF_LOSS_NEVER);

	if (!order)
		order = (x->last_s > y->last_s) - (x->last_s < y->last_s);
	if (!order)
		order = (int)x->kind - (int)y->kind;
	if (!order)
		order = by_text(x->rules->name, y->rules->name);
	if (!order)
		order = by_text(x->part, y->part);
	if (!order)
		order = by_text(x->anchor, y->anchor);
	return order ? order : by_text(x->authority
				       ? x->authority->successor : NULL,
				       y->authority
				       ? y->authority->successor : NULL);
}

enum kf_status kf_losses_find(struct kf_losses *out, struct kf_matrix *m,
			      struct kf_fault *why)
{
	struct looking *l = calloc(1, sizeof(*l));
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	if (!l)
		return no_memory(why);
	l->out = out;
	l->m = m;
	kf_known_start(&l->known);
	status = kf_work_open(&l->work, KF_ARENA_LEN, m->crypto, m->at_s,
			      why);
	for (; l->class < m->num_classes && status == KF_OK; l->class++) {
		status = one_class(l, why);
		kf_progress("anchors looked at", l->class, m->num_classes);
	}
	kf_progress("", 0, 0);
	kf_work_close(&l->work);
	free(l);
	out->order = calloc(out->num + 1, sizeof(*out->order));
	if (!out->order)
		return no_memory(why);
	for (size_t n = 0; n < out->num; n++)
		out->order[n] = &out->loss[n];
	qsort(out->order, out->num, sizeof(*out->order), by_time);
	return status;
}

bool kf_loss_has(const struct kf_losses *losses, const struct kf_loss *loss,
		 size_t class)
{
	size_t low = 0, high = losses->num_of;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (losses->of[middle].class < class)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < losses->num_of && losses->of[low].class == class; low++)
		if (&losses->loss[losses->of[low].loss] == loss)
			return true;
	return false;
}

void kf_losses_close(struct kf_losses *losses)
{
	for (size_t n = 0; n < losses->num; n++) {
		free(losses->loss[n].part);
		free(losses->loss[n].anchor);
	}
	free(losses->loss);
	free(losses->of);
	free(losses->order);
}
