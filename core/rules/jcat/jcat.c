/* jcat-tool verify: what libjcat's own program says of a catalogue and the
 * files that it is about.
 *
 * It is no gate of a device, and both stricter and laxer than one: every blob
 * has to pass, but checksums alone do.
 *
 * Source: hughsie/libjcat, libjcat/jcat-tool.c (jcat_tool_verify,
 * jcat_tool_verify_item), tag 0.2.3.
 */
#include "core/jcat.h"
#include "core/setting.h"

#include <string.h>

extern const struct kf_verifier kf_rules_jcat;

static const struct kf_rules profiles[] = {
	{ "jcat-0.2.3", "jcat-tool 0.2.3, Debian 12's (0.2.3-1~deb12u1)",
	  &kf_rules_jcat, NULL, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "jcat", NULL };

static const char *const parts[] = { "pki", "payload", NULL };

static const struct kf_choice choices[] = {
	{ "item", KF_SETTING_TEXT,
	  "the one file that is asked about; all, if not said" },
	{ "time", "checked|ignored",
	  "ignored: as with --disable-time-checks" },
	{ NULL, NULL, NULL },
};

/* device is the keys and the files that there are. */
struct device {
	struct kf_jcat_keys keys, files;
	const char *item;
	bool any_time;
};

/* jcat_case is one question. */
struct jcat_case {
	const struct kf_jcat *jcat;
	const struct device *device;
	struct kf_jcat_ask ask;
	struct kf_verdict *out;
	const struct kf_jcat_item *item;
	struct kf_bytes file;
	size_t num_signatures;		/* that hold */
	bool open;
};

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	struct kf_jcat *jcat = kf_arena_take(env->arena, sizeof(*jcat));

	if (!jcat) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	if (artifact->num_suppose || !artifact->source)
		jcat->beyond = "a signature that nobody made cannot be asked about here";
	else
		artifact->status = kf_jcat_read(jcat, artifact->source, 0,
						artifact->source->size, env);
	return jcat;
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	struct device *d = kf_arena_take(env->arena, sizeof(*d));
	const char *time = kf_store_setting(store, "time");

	if (!d) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	d->item = kf_store_setting(store, "item");
	d->any_time = time && kf_same(time, "ignored");
	store->status = kf_jcat_keys_read(&d->keys, store, "pki", env);
	if (store->status == KF_OK)
		store->status = kf_jcat_keys_read(&d->files, store,
						  "payload", env);
	return d;
}

static void release(void *state, struct kf_env *env)
{
}

static bool refuse(struct jcat_case *k, enum kf_reason_id reason,
		   const char *rule)
{
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, reason, rule);
	return false;
}

/* leave says that the answer is not to be told; what is refused for certain
 * goes before it. */
static bool leave(struct jcat_case *k, enum kf_reason_id reason,
		  const char *text)
{
	if (!k->open) {
		kf_find(&k->out->why, reason, NULL);
		if (reason == KF_REASON_STORE_PART_UNKNOWN)
			kf_prove(&k->out->why, KF_EV_STORE_PART, text);
		else
			kf_prove_text(&k->out->why, text);
	}
	k->open = true;
	return false;
}

static bool is_path(struct kf_bytes name)
{
	return name.len == 0 || memchr(name.data, '/', name.len);
}

/* take_file finds a file by its name among those that there are. */
static bool take_file(struct jcat_case *k, struct kf_bytes name)
{
	const struct kf_jcat_keys *files = &k->device->files;

	for (size_t i = 0; i < files->num; i++)
		if (kf_equal(files->key[i].name, name)) {
			k->file = files->key[i].bytes;
			return true;
		}
	return false;
}

/* find_file finds the file of an item, by its id or an alias. */
static bool find_file(struct jcat_case *k)
{
	bool odd = !k->item->id.data || is_path(k->item->id);

	if (!odd && take_file(k, k->item->id))
		return true;
	for (const struct kf_jcat_name *a = k->item->alias; a && !odd;
	     a = a->next) {
		odd = is_path(a->name);
		if (!odd && take_file(k, a->name))
			return true;
	}
	if (odd)
		return leave(k, KF_REASON_BEYOND_LIMITS,
			     "an item that names a file in another folder, or none");
	if (k->device->files.presence == KF_UNKNOWN)
		return leave(k, KF_REASON_STORE_PART_UNKNOWN, "payload");
	(void)refuse(k, KF_REASON_FILE_NOT_INSIDE, "JCAT-7");
	kf_prove_text(&k->out->why, kf_jcat_text(&k->ask, k->item->id));
	return false;
}

/* said_of takes what became of one blob. False: the item has failed. */
static bool said_of(struct jcat_case *k, const struct kf_jcat_answer *a)
{
	switch (a->said) {
	case KF_JCAT_GOOD:
		k->num_signatures += kf_jcat_is_signature(a->blob->kind);
		return true;
	case KF_JCAT_NO_ENGINE:
		return true;
	case KF_JCAT_OPEN:
		k->open = true;
		if (!k->out->why.reason)
			k->out->why = a->why;
		return true;
	case KF_JCAT_CRASH:
		return refuse(k, KF_REASON_VERIFIER_FAULT, "JCAT-1");
	case KF_JCAT_NOT_ALLOWED:
		(void)refuse(k, KF_REASON_KEY_KIND_MISSING, "JCAT-6");
		kf_prove_text(&k->out->why, "a kind that libjcat has not");
		return false;
	default:
		k->out->answer = KF_REJECT;
		k->out->why = a->why;
		return false;
	}
}

/* judge_blob judges one, over the file or over the checksum that it signs. */
static bool judge_blob(struct jcat_case *k, const struct kf_jcat_blob *b)
{
	struct kf_bytes over = k->file;
	struct kf_source source;
	struct kf_gnutls_data data = { &source, 0, 0 };
	struct kf_jcat_answer answer;
	const struct kf_jcat_blob *target;

	if (b->target != KF_JCAT_UNKNOWN) {
		target = kf_jcat_only(k->item, b->target);
		if (!target) {
			(void)refuse(k, KF_REASON_FILE_HASH_MISSING,
				     "JCAT-8");
			kf_prove_text(&k->out->why,
				      kf_jcat_text(&k->ask, k->item->id));
			return false;
		}
		over = target->data;
	}
	source = kf_bytes_source(&over);
	data.len = over.len;
	/* GLib keeps no pointer to a text of a catalogue that is empty. */
	if (b->target != KF_JCAT_UNKNOWN && over.len == 0)
		data.source = NULL;
	kf_jcat_ask_blob(&answer, &k->ask, b, &data);
	if (k->ask.status != KF_OK)
		return false;
	if (answer.why.reason == &kf_reasons[KF_REASON_FILE_HASH_MISMATCH])
		kf_prove_text(&answer.why, kf_jcat_text(&k->ask,
							k->item->id));
	kf_jcat_result(k->out, &answer);
	return said_of(k, &answer);
}

static bool judge_item(struct jcat_case *k, const struct kf_jcat_item *item)
{
	k->item = item;
	if (!find_file(k))
		return k->out->answer != KF_REJECT;
	for (const struct kf_jcat_blob *b = item->blob; b; b = b->next)
		if (!b->replaced && !judge_blob(k, b))
			return false;
	return true;
}

/* read_well tells whether libjcat reads the catalogue. */
static bool read_well(struct jcat_case *k)
{
	const struct kf_jcat *jcat = k->jcat;

	if (jcat->beyond)
		return leave(k, KF_REASON_BEYOND_LIMITS, jcat->beyond);
	for (const struct kf_jcat_item *i = jcat->item; i; i = i->next)
		for (const struct kf_jcat_blob *b = i->blob; b; b = b->next)
			if (b->crashes) {
				(void)refuse(k, KF_REASON_VERIFIER_FAULT,
					     "JCAT-1");
				kf_prove_text(&k->out->why, "a blob that says it is text, and is none");
				return false;
			}
	if (!jcat->damage.field)
		return true;
	(void)refuse(k, KF_REASON_CATALOGUE_MALFORMED, "JCAT-1");
	kf_prove_field(&k->out->why, jcat->damage.field, jcat->damage.at, 0);
	return false;
}

/* judge_all judges the items that are asked about. */
static bool judge_all(struct jcat_case *k)
{
	const struct kf_jcat_item *only;

	if (!k->device->item) {
		for (only = k->jcat->item; only; only = only->next)
			if (!judge_item(k, only))
				return false;
		return true;
	}
	only = kf_jcat_find(k->jcat, kf_text(k->device->item));
	if (only)
		return judge_item(k, only);
	(void)refuse(k, KF_REASON_FILE_UNSIGNED, "JCAT-7");
	kf_prove_text(&k->out->why, k->device->item);
	return false;
}

/* accept: without a signature that holds, nobody vouches for anything. */
static void accept(struct jcat_case *k)
{
	struct kf_verdict *v = k->out;

	v->answer = KF_ACCEPT;
	memset(&v->why, 0, sizeof(v->why));
	v->why.rule = "JCAT-4";
	if (k->num_signatures == 0) {
		v->not_enforced = true;
		v->enforced_answer = KF_REJECT;
		kf_find(&v->why, KF_REASON_NOT_ENFORCED, "JCAT-4");
		kf_prove_text(&v->why, "jcat-tool asks for no signature");
		kf_find(&v->enforced, KF_REASON_FILE_UNSIGNED, "JCAT-3");
		kf_prove_text(&v->enforced, "all files of the catalogue");
		return;
	}
	for (size_t i = 0; i < v->num_signatures; i++) {
		const struct kf_signature_result *s = &v->signature[i];

		if (!s->trusted)
			continue;
		kf_prove_signature(&v->why, s->number, 0, s->len);
		kf_prove(&v->why, KF_EV_STORE_PART, "pki");
		for (size_t c = 0; c < s->num_chain && c < 4; c++)
			kf_prove_certificate(&v->why, c ? "issuer"
							: "signer",
					     s->chain[c]);
		return;
	}
}

/* warn tells of signatures that libjcat does not keep. */
static void warn(struct jcat_case *k)
{
	for (const struct kf_jcat_item *i = k->jcat->item; i; i = i->next)
		for (const struct kf_jcat_blob *b = i->blob; b; b = b->next) {
			struct kf_finding *w = NULL;

			if (b->replaced && kf_jcat_is_signature(b->kind))
				w = kf_warn(k->out,
					    KF_REASON_SIGNATURE_REPLACED,
					    "JCAT-5");
			if (w)
				kf_prove_signature(w, b->number, 0,
						   b->data.len);
		}
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	const struct device *d = kf_store_state(store, rules);
	struct jcat_case k = {
		.jcat = state,
		.device = d,
		.ask = { .keys = &d->keys, .env = env,
			 .any_time = d->any_time },
		.out = out,
	};

	if (read_well(&k) && judge_all(&k) && !k.open &&
	    k.ask.status == KF_OK)
		accept(&k);
	warn(&k);
	kf_jcat_close(&k.ask);
	out->outcome = "unknown";
	return k.ask.status;
}

const struct kf_verifier kf_rules_jcat = {
	.name = "jcat",
	.title = "jcat-tool verify: catalogues of signatures",
	.family = "JCAT",
	.stage = "tool",
	.formats = formats,
	.parts = parts,
	.choices = choices,
	.profiles = profiles,
	.prepare = prepare,
	.prepare_store = prepare_store,
	.release = release,
	.decide = decide,
};
