/* Every part that a verifier has, and what comes of all of them together.
 *
 * A part that is not known is named as such: what is not looked at is not
 * trusted by anybody, as far as a reader can tell.
 */
#include "anchors.h"
#include "audit.h"

#include "core/keyfile.h"
#include "core/reasons.h"
#include "core/variables.h"

#include <string.h>

#define ANCHOR(verifiers, part, reading, role, by, what, held, who, change, \
	       back, fixed, source) \
	{ verifiers, part, KF_ANCHOR_##reading, KF_ANCHOR_##role, by, what, \
	  held, who, change, back, fixed, source },
#define CODE(verifiers, who, source)
#define CLOCK(rules, kind, text, source)
static const struct kf_anchor_row rows[] = {
#include "anchors.def"
};
#undef ANCHOR
#undef CODE
#undef CLOCK

#define ANCHOR(verifiers, part, reading, role, by, what, held, who, change, \
	       back, fixed, source)
#define CODE(verifiers, who, source) { verifiers, who, source },
#define CLOCK(rules, kind, text, source)
static const struct kf_anchor_code codes[] = {
#include "anchors.def"
};
#undef CODE
#undef CLOCK

#define CODE(verifiers, who, source)
#define CLOCK(rules, kind, text, source) \
	{ rules, KF_CLOCK_##kind, text, source },
static const struct kf_anchor_clock clocks[] = {
#include "anchors.def"
};
#undef ANCHOR
#undef CODE
#undef CLOCK

const struct kf_anchor_row *kf_anchor_row_at(size_t index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

const struct kf_anchor_code *kf_anchor_code_at(size_t index)
{
	return index < sizeof(codes) / sizeof(codes[0]) ? &codes[index] : NULL;
}

const struct kf_anchor_clock *kf_anchor_clock_at(size_t index)
{
	return index < sizeof(clocks) / sizeof(clocks[0]) ? &clocks[index]
							  : NULL;
}

bool kf_anchor_word(const char *words, const char *word)
{
	size_t len = kf_text(word).len;

	while (*words) {
		size_t n = 0;

		while (words[n] && words[n] != ' ')
			n++;
		if (n == len && memcmp(words, word, n) == 0)
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

static const struct kf_anchor_row *row_of(const char *verifier,
					  const char *part)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (kf_anchor_word(rows[i].verifiers, verifier) &&
		    kf_same(rows[i].part, part))
			return &rows[i];
	return NULL;
}

/* about finds what is said of the verifier as a whole. */
static void about(struct kf_anchors *out, const struct kf_rules *rules)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (kf_anchor_word(codes[i].verifiers, rules->verifier->name))
			out->code = &codes[i];
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		if (kf_same(clocks[i].rules, rules->name) ||
		    (kf_same(clocks[i].rules, rules->verifier->name) &&
		     (!out->clock || !kf_same(out->clock->rules, rules->name))))
			out->clock = &clocks[i];
}

/* signing_time: a RAUC that believes its bundles. RAUC-9 */
static enum kf_status signing_time(struct kf_anchors *out,
				   const struct kf_store *store,
				   struct kf_env *env)
{
	const struct kf_part *config = kf_store_part(store, "config");
	const struct kf_keyfile_entry *e;
	struct kf_keyfile file;
	enum kf_status status;
	bool on = false;

	if (!config || config->presence != KF_PRESENT)
		return KF_OK;
	status = kf_keyfile_read(&file, config->bytes, env);
	if (status != KF_OK || file.damage.field)
		return status;
	e = kf_keyfile_entry_of(&file, kf_keyfile_group_of(&file, "keyring"),
				"use-bundle-signing-time");
	if (!e || kf_keyfile_truth(&on, e->value) != KF_VALUE_GOOD || !on)
		return KF_OK;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		if (clocks[i].kind == KF_CLOCK_SIGNED)
			out->clock = &clocks[i];
	return KF_OK;
}

/* built tells whether MCUboot was built with an option; KF_NOT_ASKED: nobody
 * says how it was built. */
static enum kf_answer3 built(const struct kf_store *store, const char *option)
{
	const char *options = kf_store_setting(store, "options");

	if (!options)
		return KF_NOT_ASKED;
	return kf_audit_has_option(options, option) ? KF_YES : KF_NO;
}

/* setting_presence: a fuse or a counter is there where the bootloader was built
 * for it. A table of keys is what a build with fuses does not have. */
static enum kf_presence setting_presence(const struct kf_store *store,
					 const char *name)
{
	bool fuse = kf_same(name, "key-hash");
	enum kf_answer3 has = built(store, fuse ? "HW_KEY"
						: "HW_ROLLBACK_PROT");

	if (kf_store_setting(store, name))
		return KF_PRESENT;
	if (has == KF_NO || (fuse && has == KF_NOT_ASKED &&
			     kf_store_presence(store, "key") == KF_PRESENT))
		return KF_ABSENT;
	return KF_UNKNOWN;
}

/* look_at_part looks at one that is a part of the store. A build with fuses has
 * no table of keys. */
static void look_at_part(struct kf_anchor_read *r, struct kf_anchor_part *p)
{
	const struct kf_part *part = kf_store_part(r->store, p->name);
	const struct kf_variable *variable = kf_variable_of(p->name);

	p->presence = kf_store_presence(r->store, p->name);
	if (p->row && p->row->reading == KF_ANCHOR_KEYS &&
	    p->presence == KF_UNKNOWN && built(r->store, "HW_KEY") == KF_YES)
		p->presence = KF_ABSENT;
	p->hidden = p->presence == KF_UNKNOWN && r->store->complete &&
		    variable && variable->hidden;
	if (p->row && part && p->presence == KF_PRESENT)
		kf_anchor_read(r, part->bytes);
}

static void look_at_setting(struct kf_anchor_read *r,
			    struct kf_anchor_part *p)
{
	p->presence = setting_presence(r->store, p->name);
	p->value = kf_store_setting(r->store, p->name);
	if (p->value && p->row->role == KF_ANCHOR_STARTS)
		kf_anchor_read(r, kf_text(p->value));
}

/* put_part looks at one part, or setting. */
static void put_part(struct kf_anchor_read *r, const struct kf_anchor_row *row,
		     const char *name)
{
	struct kf_anchor_part *p;

	if (r->out->num_parts == KF_ANCHOR_PARTS_MAX) {
		r->out->more = true;
		return;
	}
	p = &r->out->part[r->out->num_parts++];
	*p = (struct kf_anchor_part){ .row = row, .name = name,
				      .first = r->out->num_anchors };
	r->part = p;
	if (row && row->reading == KF_ANCHOR_SETTING)
		look_at_setting(r, p);
	else
		look_at_part(r, p);
}

/* put_rest names the parts of the store of which the table says nothing. What
 * the firmware works out anew at each start is none, nor is what the table has
 * for another verifier of the same machine. */
static void put_rest(struct kf_anchor_read *r, const char *verifier)
{
	for (size_t i = 0; i < r->store->num_parts && r->status == KF_OK; i++) {
		const char *name = r->store->part[i].name;
		const struct kf_variable *variable = kf_variable_of(name);

		if (!row_of(verifier, name) &&
		    !(variable && (!variable->attributes ||
				   row_of("shim", name))))
			put_part(r, NULL, name);
	}
}

/* no_key_required: a tree that was read, and requires no key. */
static bool no_key_required(const struct kf_anchors *out)
{
	for (size_t i = 0; i < out->num_parts; i++) {
		const struct kf_anchor_part *p = &out->part[i];

		if (kf_same(p->name, "dtb"))
			return p->presence == KF_PRESENT && !p->damaged &&
			       !p->num_others && p->num == p->num_optional;
	}
	return false;
}

/* takes_all tells whether fwupd is told to install what nobody has signed. */
static enum kf_status takes_all(bool *out, const struct kf_store *store,
				struct kf_env *env)
{
	const char *told = kf_store_setting(store, "only-trusted");
	const struct kf_part *conf = kf_store_part(store, "conf");

	*out = kf_same(told, "off");
	if (told || !conf || conf->presence != KF_PRESENT)
		return KF_OK;
	return kf_audit_takes_all(out, conf->bytes, env);
}

/* nothing_asked looks whether anything is verified at all. */
static enum kf_status nothing_asked(struct kf_anchors *out,
				    const struct kf_store *store,
				    const struct kf_verifier *verifier,
				    struct kf_env *env)
{
	const char *name = verifier->name;
	enum kf_reason_id id = KF_NUM_REASONS;
	enum kf_status status = KF_OK;
	bool all = false;

	if (kf_same(verifier->family, "UEFI"))
		out->off = kf_mode_of(store);
	if (kf_same(name, "shim") && kf_mode_set(store, "mok-sb-state", 1))
		id = KF_REASON_MOK_VALIDATION_OFF;
	else if (kf_same(name, "mcuboot") &&
		 kf_same(kf_store_setting(store, "signature"), "none"))
		id = KF_REASON_NOT_ENFORCED;
	else if (kf_same(name, "u-boot-fit") && no_key_required(out))
		id = KF_REASON_NO_REQUIRED_KEY;
	else if (kf_same(name, "fwupd"))
		status = takes_all(&all, store, env);
	if (all)
		id = KF_REASON_ONLY_TRUSTED_OFF;
	if (!out->off.reason && id != KF_NUM_REASONS)
		out->off.reason = &kf_reasons[id];
	return status;
}

/* pass_over: where MokDBState says so, db does not count for shim. UEFI-63 */
static void pass_over(struct kf_anchors *out, const struct kf_store *store,
		      const struct kf_verifier *verifier)
{
	if (!kf_same(verifier->name, "shim") ||
	    !kf_mode_set(store, "mok-db-state", 1))
		return;
	for (size_t i = 0; i < out->num_parts; i++) {
		struct kf_anchor_part *p = &out->part[i];

		if (!kf_same(p->name, "db"))
			continue;
		p->passed_over = true;
		for (size_t k = 0; k < p->num; k++)
			out->anchor[p->first + k].role = KF_ANCHOR_SETS;
	}
}

static bool came_before(const struct kf_anchors *all, size_t index)
{
	const struct kf_anchor_key *a = &all->anchor[index];

	for (size_t i = 0; a->spki.len && i < index; i++)
		if (all->anchor[i].role == a->role &&
		    kf_equal(kf_view(all->anchor[i].spki.bytes,
				     all->anchor[i].spki.len),
			     kf_view(a->spki.bytes, a->spki.len)))
			return true;
	return false;
}

/* count_keys counts those that decide. */
static void count_keys(struct kf_anchors *out)
{
	for (size_t i = 0; i < out->num_anchors; i++) {
		struct kf_anchor_key *a = &out->anchor[i];

		a->again = came_before(out, i);
		if (a->again || (a->role != KF_ANCHOR_STARTS &&
				 a->role != KF_ANCHOR_GIVES))
			continue;
		out->num_starts += a->role == KF_ANCHOR_STARTS;
		out->num_gives += a->role == KF_ANCHOR_GIVES;
		out->num_unowned += a->owner <= KF_OWNER_TEST;
		out->num_exposed += a->owner >= KF_OWNER_LEAKED;
	}
}

static void count_parts(struct kf_anchors *out)
{
	for (size_t i = 0; i < out->num_parts; i++) {
		const struct kf_anchor_part *p = &out->part[i];
		bool decides = p->row && (p->row->role == KF_ANCHOR_STARTS ||
					  p->row->role == KF_ANCHOR_GIVES);

		if (decides && (p->presence == KF_UNKNOWN || p->damaged))
			out->num_unknown++;
		if (p->row && p->row->role == KF_ANCHOR_STARTS &&
		    !p->passed_over)
			out->num_digests += p->num_digests;
	}
}

enum kf_status kf_anchors_of(struct kf_anchors *out,
			     const struct kf_store *store,
			     const struct kf_rules *rules,
			     const struct kf_known *known, struct kf_env *env)
{
	const struct kf_verifier *verifier = rules->verifier;
	struct kf_anchor_read r = { .out = out, .store = store,
				    .known = known, .env = env };

	memset(out, 0, sizeof(*out));
	out->anchor = kf_arena_take(env->arena, KF_ANCHORS_MAX *
				    sizeof(*out->anchor));
	if (!out->anchor)
		return KF_NO_MEMORY;
	about(out, rules);
	if (kf_same(verifier->name, "rauc"))
		r.status = signing_time(out, store, env);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) &&
	     r.status == KF_OK; i++)
		if (kf_anchor_word(rows[i].verifiers, verifier->name))
			put_part(&r, &rows[i], rows[i].part);
	put_rest(&r, verifier->name);
	if (r.status != KF_OK)
		return r.status;
	r.status = nothing_asked(out, store, verifier, env);
	pass_over(out, store, verifier);
	count_keys(out);
	count_parts(out);
	return r.status;
}
