/* Anchors for programs: one object a verifier.
 */
#include "anchors.h"

#include <string.h>

static const char *role_name(enum kf_anchor_role role)
{
	static const char *const names[] = {
		[KF_ANCHOR_STARTS] = "starts",
		[KF_ANCHOR_GIVES] = "gives",
		[KF_ANCHOR_FORBIDS] = "forbids",
		[KF_ANCHOR_COUNTS] = "counts",
		[KF_ANCHOR_SETS] = "sets",
	};

	return names[role];
}

static const char *owner_name(enum kf_owner owner)
{
	static const char *const names[] = {
		[KF_OWNER_NAMELESS] = "nameless",
		[KF_OWNER_SAYS] = "says-itself",
		[KF_OWNER_TEST] = "test-key",
		[KF_OWNER_KNOWN] = "known",
		[KF_OWNER_LEAKED] = "leaked",
		[KF_OWNER_EVERYBODY] = "everybody",
	};

	return names[owner];
}

static void foreign(struct kf_json *json, const char *name, const char *text)
{
	if (text)
		kf_json_foreign(json, name, kf_text(text));
	else
		kf_json_text(json, name, NULL);
}

static void digest(struct kf_json *json, const char *name,
		   const struct kf_digest *d)
{
	if (d->len)
		kf_json_hex(json, name, kf_view(d->bytes, d->len));
	else
		kf_json_text(json, name, NULL);
}

static void moment(struct kf_json *json, const char *name, bool has,
		   int64_t seconds)
{
	char time[24];

	kf_time_write(time, seconds);
	kf_json_text(json, name, has ? time : NULL);
}

/* name_member writes what a key is called. */
static void name_member(struct kf_json *json, const struct kf_anchor_key *k)
{
	struct kf_output words = { 0 };

	kf_anchor_name(&words, k);
	kf_json_foreign(json, "name", kf_view(words.data, words.len));
	json->out->failed = json->out->failed || words.failed;
	kf_output_close(&words);
}

static void one_key(struct kf_json *json, const struct kf_anchor_key *k)
{
	const struct kf_certificate *c = &k->certificate;
	bool has = k->der.len > 0;

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "role", role_name(k->role));
	name_member(json, k);
	kf_json_number(json, "list", k->list);
	kf_json_number(json, "entry", k->entry);
	if (k->within.len)
		kf_json_foreign(json, "within", k->within);
	else
		kf_json_text(json, "within", NULL);
	foreign(json, "subject", has ? c->subject : NULL);
	foreign(json, "issuer", has ? c->issuer : NULL);
	digest(json, "certificate_sha256", &c->sha256);
	digest(json, "spki_sha256", &k->spki);
	foreign(json, "key", k->key);
	foreign(json, "signed_with", has ? c->algorithm : NULL);
	moment(json, "not_before", has, c->not_before_s);
	moment(json, "not_after", has, c->not_after_s);
	kf_json_open(json, "owner", '{');
	kf_json_text(json, "kind", owner_name(k->owner));
	foreign(json, "name", k->owner_name);
	foreign(json, "where", k->owner_where);
	kf_json_close(json);
	kf_json_close(json);
}

/* control writes whose keys sign a change, and who needs none. */
static void control(struct kf_json *json, const struct kf_anchors *all,
		    const struct kf_anchor_row *row)
{
	kf_json_open(json, "control", '{');
	kf_json_open(json, "keys", '[');
	for (size_t i = 0; i < all->num_anchors && row->by[0]; i++) {
		const struct kf_anchor_part *of = kf_anchor_part_of(all, i);

		if (!kf_anchor_word(row->by, of->name) ||
		    all->anchor[i].role == KF_ANCHOR_FORBIDS)
			continue;
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "part", of->name);
		name_member(json, &all->anchor[i]);
		digest(json, "spki_sha256", &all->anchor[i].spki);
		kf_json_close(json);
	}
	kf_json_close(json);
	kf_json_text(json, "parts", row->by[0] ? row->by : NULL);
	kf_json_text(json, "besides", row->who);
	kf_json_close(json);
}

static void row_members(struct kf_json *json, const struct kf_anchors *all,
			const struct kf_anchor_row *row)
{
	kf_json_text(json, "role", role_name(row->role));
	kf_json_text(json, "what", row->what);
	kf_json_text(json, "held", row->held);
	control(json, all, row);
	kf_json_text(json, "changed", row->change);
	kf_json_text(json, "back", row->back);
	kf_json_text(json, "fixed", row->fixed[0] ? row->fixed : NULL);
	kf_json_text(json, "source", row->source);
}

static void one_part(struct kf_json *json, const struct kf_anchors *all,
		     const struct kf_anchor_part *p)
{
	static const char *const presences[] = {
		[KF_UNKNOWN] = "unknown",
		[KF_ABSENT] = "absent",
		[KF_PRESENT] = "present",
	};

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "part", p->name);
	kf_json_text(json, "presence", presences[p->presence]);
	kf_json_yes_no(json, "told_by_running_system", !p->hidden);
	kf_json_yes_no(json, "damaged", p->damaged);
	kf_json_yes_no(json, "counts", !p->passed_over);
	foreign(json, "value", p->value);
	kf_json_number(json, "digests", p->num_digests);
	kf_json_number(json, "unreadable", p->num_others);
	kf_json_open(json, "anchors", '[');
	for (size_t i = p->first; i < p->first + p->num; i++)
		one_key(json, &all->anchor[i]);
	kf_json_close(json);
	if (p->row)
		row_members(json, all, p->row);
	kf_json_close(json);
}

/* deciding lists the keys that decide. */
static void deciding(struct kf_json *json, const struct kf_anchors *all)
{
	kf_json_open(json, "decides", '[');
	for (size_t i = 0; i < all->num_anchors; i++) {
		const struct kf_anchor_key *k = &all->anchor[i];

		if (!kf_anchor_decides(k))
			continue;
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "part", kf_anchor_part_of(all, i)->name);
		kf_json_text(json, "role", role_name(k->role));
		name_member(json, k);
		digest(json, "spki_sha256", &k->spki);
		kf_json_text(json, "owner", owner_name(k->owner));
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void verifier(struct kf_json *json, const struct kf_anchors *all)
{
	static const char *const kinds[] = {
		[KF_CLOCK_NONE] = "none",
		[KF_CLOCK_IGNORED] = "ignored",
		[KF_CLOCK_COUNTED] = "counted",
		[KF_CLOCK_SIGNED] = "signed",
	};

	kf_json_open(json, "code", '{');
	kf_json_text(json, "control", all->code ? all->code->who : NULL);
	kf_json_text(json, "source", all->code ? all->code->source : NULL);
	kf_json_close(json);
	kf_json_open(json, "clock", '{');
	kf_json_text(json, "kind", all->clock ? kinds[all->clock->kind]
					      : "unknown");
	kf_json_text(json, "text", all->clock ? all->clock->text : NULL);
	kf_json_text(json, "source", all->clock ? all->clock->source : NULL);
	kf_json_close(json);
}

void kf_anchors_json(struct kf_output *out, const struct kf_anchored *a)
{
	enum { CLASS_LEN = 32 };
	const struct kf_anchors *all = a->anchors;
	const struct kf_rules *rules = a->verifier->rules;
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	foreign(&json, "device", a->class ? NULL : a->device->name);
	if (a->class)
		kf_json_hex(&json, "class", kf_view(a->class, CLASS_LEN));
	else
		kf_json_text(&json, "class", NULL);
	kf_json_number(&json, "devices", a->class ? a->devices : 1);
	kf_json_text(&json, "stage", rules->verifier->stage);
	kf_json_text(&json, "rules", rules->name);
	kf_json_text(&json, "not_enforced", all->off.reason
		     ? all->off.reason->slug : NULL);
	kf_json_yes_no(&json, "together", all->together);
	deciding(&json, all);
	kf_json_number(&json, "digests", all->num_digests);
	kf_json_number(&json, "unowned", all->num_unowned);
	kf_json_number(&json, "exposed", all->num_exposed);
	kf_json_number(&json, "unknown", all->num_unknown);
	kf_json_yes_no(&json, "whole", !all->more && !all->num_unknown);
	verifier(&json, all);
	kf_json_open(&json, "parts", '[');
	for (size_t i = 0; i < all->num_parts; i++)
		one_part(&json, all, &all->part[i]);
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(out, "\n");
}
