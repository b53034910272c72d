/* Judges one planned change. Signed updates go to the rules of updates as they
 * are. A list that nobody has signed goes there in the form of an update, with
 * the question of the signature left out: then it is said who has to sign it.
 */
#include "whatif_change.h"

#include "core/update.h"

#include <string.h>

static bool is_signed_part(const char *part)
{
	const struct kf_variable *v = kf_variable_of(part);

	return v && v->attributes == KF_VARIABLE_SIGNED;
}

/* in_form puts the header of an update in front of a value, with no signature
 * behind it. */
static enum kf_status in_form(struct kf_bytes *out, struct kf_bytes value,
			      struct kf_arena *arena)
{
	static const uint8_t head[KF_UPDATE_HEADER_LEN] = {
		[16] = KF_UPDATE_CERTIFICATE_LEN, 0, 0, 0, 0x00, 0x02, 0xf1,
		0x0e, 0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49, 0x8a,
		0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
	};
	uint8_t *file = kf_arena_take(arena, sizeof(head) + value.len);

	if (!file)
		return KF_NO_MEMORY;
	memcpy(file, head, sizeof(head));
	if (value.len)
		memcpy(file + sizeof(head), value.data, value.len);
	*out = kf_view(file, sizeof(head) + value.len);
	return KF_OK;
}

enum kf_status kf_step_open(struct kf_step *out,
			    const struct kf_change *change, struct kf_env *env)
{
	enum kf_status status = KF_OK;

	memset(out, 0, sizeof(*out));
	out->change = change;
	if (change->update.len)
		out->file = change->update;
	else if (change->part && is_signed_part(change->part))
		status = in_form(&out->file, change->kind == KF_CHANGE_REMOVE
				 ? kf_view(NULL, 0) : change->value,
				 env->arena);
	if (status != KF_OK || out->file.len == 0)
		return status;
	out->source = kf_bytes_source(&out->file);
	kf_artifact_read(&out->artifact, NULL, &out->source, env);
	return out->artifact.status;
}

/* asking is one question to the rules of updates. */
struct asking {
	const char *variable;
	bool append;
	bool unsigned_too;	/* leave the signature out of it */
};

/* ask asks the rules, on a copy of the device. */
static enum kf_status ask(struct kf_step *step, const struct kf_store *device,
			  const struct asking *asking,
			  const struct kf_rules *rules,
			  struct kf_verdict *verdict, struct kf_env *env)
{
	struct kf_env local = *env;
	struct kf_store store = *device;

	store.num_prepared = 0;
	if (!kf_store_set(&store, "variable", asking->variable) ||
	    !kf_store_set(&store, "attributes", asking->append ? "0x67"
							       : "0x27") ||
	    (asking->unsigned_too &&
	     !kf_store_set(&store, "custom-mode", "on")))
		return KF_NO_MEMORY;
	kf_artifact_prepare(&step->artifact, rules, env);
	kf_store_prepare(&store, rules, &local);
	return kf_check(verdict, &step->artifact, &store, rules, &local);
}

static void keep(struct kf_step *step, const struct kf_verdict *v)
{
	step->answer = v->answer;
	step->why = v->why;
	for (size_t i = 0; i < v->num_warnings; i++)
		step->no_effect |= kf_same(v->warning[i].reason->slug,
					"no-effect");
}

/* right_of tells from what let an update through whose right it was. */
static enum kf_right right_of(const struct kf_verdict *v)
{
	if (v->answer != KF_ACCEPT)
		return KF_RIGHT_NOBODY;
	for (size_t i = 0; i < v->why.num_evidence; i++) {
		const struct kf_evidence *e = &v->why.evidence[i];

		if (e->kind == KF_EV_STORE_ENTRY)
			return kf_same(e->name, "pk") ? KF_RIGHT_PK
						   : KF_RIGHT_KEK;
	}
	return KF_RIGHT_SETUP;
}

/* judge_signed: the rules say it all. */
static enum kf_status judge_signed(struct kf_step *step,
				   const struct kf_store *store,
				   const struct kf_rules *rules,
				   struct kf_verdict *v, struct kf_env *env)
{
	struct asking asking = {
		.variable = step->change->part,
		.append = step->change->kind == KF_CHANGE_APPEND,
	};
	enum kf_status status = ask(step, store, &asking, rules, v, env);

	if (status == KF_OK) {
		keep(step, v);
		step->right = right_of(v);
	}
	return status;
}

/* judge_astray: an update whose signature holds for no variable. Of the
 * refusals the one is kept that says so. */
static enum kf_status judge_astray(struct kf_step *step,
				   const struct kf_store *store,
				   const struct kf_rules *rules,
				   struct kf_verdict *v, struct kf_env *env)
{
	static const char *const names[] = { "db", "dbx", "kek", "pk" };
	enum kf_status status = KF_OK;

	step->note = "its signature holds for none of PK, KEK, db, dbx and dbt";
	for (size_t i = 0; i < 8 && status == KF_OK; i++) {
		struct asking asking = { .variable = names[i / 2],
					 .append = i % 2 == 0 };

		status = ask(step, store, &asking, rules, v, env);
		if (status != KF_OK)
			break;
		if (i == 0 || (v->why.reason &&
			       kf_same(v->why.reason->slug, "signature-invalid")))
			keep(step, v);
	}
	/* Without a platform key all of them would take it, and nobody says
	 * where it belongs. */
	if (step->answer != KF_REJECT)
		step->answer = KF_UNDECIDED;
	return status;
}

/* judge_list: a list that nobody has signed yet. */
static enum kf_status judge_list(struct kf_step *step,
				 const struct kf_store *store,
				 const struct kf_rules *rules,
				 struct kf_verdict *v, struct kf_env *env)
{
	const char *part = step->change->part;
	bool own = kf_same(part, "pk") || kf_same(part, "kek");
	struct asking asking = {
		.variable = part,
		.append = step->change->kind == KF_CHANGE_APPEND,
		.unsigned_too = true,
	};
	enum kf_status status;

	if (step->change->kind == KF_CHANGE_REMOVE &&
	    kf_store_presence(store, part) == KF_ABSENT) {
		step->answer = KF_ACCEPT;
		step->no_effect = true;
		step->note = "there is none";
		return KF_OK;
	}
	status = ask(step, store, &asking, rules, v, env);
	if (status != KF_OK)
		return status;
	keep(step, v);
	if (step->answer == KF_REJECT)
		return KF_OK;
	/* An empty finding: that nothing was asked for was our own doing. */
	if (step->answer == KF_ACCEPT)
		memset(&step->why, 0, sizeof(step->why));
	step->right = kf_store_presence(store, "pk") == KF_ABSENT
		? KF_RIGHT_SETUP : own ? KF_RIGHT_PK_HOLDER
		: KF_RIGHT_KEK_HOLDER;
	if (step->right == KF_RIGHT_SETUP && kf_same(part, "pk"))
		step->note = "some firmware takes a first PK only if its own key has signed it";
	return KF_OK;
}

/* judge_elsewhere: what the firmware does not guard. */
static void judge_elsewhere(struct kf_step *step, const struct kf_store *store)
{
	const struct kf_change *change = step->change;

	step->answer = KF_ACCEPT;
	if (change->kind == KF_CHANGE_SETTING) {
		step->right = KF_RIGHT_SCREEN;
		if (kf_same(change->word, "on") &&
		    kf_store_presence(store, "pk") == KF_ABSENT) {
			step->answer = KF_REJECT;
			step->right = KF_RIGHT_NOBODY;
			step->note = "without a platform key Secure Boot cannot be on";
		}
		return;
	}
	step->right = kf_same(change->part, "sbat-level") ||
		      kf_same(change->part, "sbat-policy")
		? KF_RIGHT_SHIM : KF_RIGHT_OWNER;
}

enum kf_status kf_step_judge(struct kf_step *step,
			     const struct kf_store *store,
			     const struct kf_rules *update,
			     struct kf_verdict *verdict, struct kf_env *env)
{
	static const struct kf_finding nothing;
	const struct kf_change *change = step->change;

	step->answer = KF_UNDECIDED;
	step->right = KF_RIGHT_NOBODY;
	step->why = nothing;
	step->note = NULL;
	step->no_effect = step->ends_user_mode = false;
	if (!change->part)
		return judge_astray(step, store, update, verdict, env);
	if (change->kind == KF_CHANGE_SETTING ||
	    !is_signed_part(change->part)) {
		judge_elsewhere(step, store);
		return KF_OK;
	}
	return change->update.len
		? judge_signed(step, store, update, verdict, env)
		: judge_list(step, store, update, verdict, env);
}

/* side is who keeps a part. */
static const struct kf_store *side(const struct kf_sides *sides,
				   const char *part)
{
	return is_signed_part(part) ? &sides->firmware : &sides->shim;
}

void kf_step_compare(struct kf_step *step, const struct kf_sides *before,
		     const struct kf_sides *after)
{
	const char *part = step->change->part;
	const struct kf_store *old, *new;
	const struct kf_part *a, *b;

	if (!part)
		return;
	if (step->change->kind == KF_CHANGE_SETTING) {
		step->no_effect = kf_same(kf_store_setting(&before->firmware,
							part),
				       step->change->word);
		return;
	}
	old = side(before, part);
	new = side(after, part);
	a = kf_store_part(old, part);
	b = kf_store_part(new, part);
	step->len_before = a ? a->bytes.len : 0;
	step->len_after = b ? b->bytes.len : 0;
	if (step->answer == KF_ACCEPT && kf_store_presence(new, part) &&
	    kf_store_presence(old, part) == kf_store_presence(new, part))
		step->no_effect |= !a || !b || kf_equal(a->bytes, b->bytes);
	step->ends_user_mode =
		kf_store_presence(&before->firmware, "pk") != KF_ABSENT &&
		kf_store_presence(&after->firmware, "pk") == KF_ABSENT;
}
