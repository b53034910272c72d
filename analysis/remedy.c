/* Tries remedies in the model, and keeps those that turn the verdict.
 */
#include "remedy.h"

#include "change.h"
#include "known.h"

#include "core/pe.h"
#include "core/siglist.h"

#include <string.h>

/* attempt is the question, and what it is asked with. */
struct attempt {
	const struct kf_artifact *artifact;
	const struct kf_store *store;
	const struct kf_rules *rules;
	const struct kf_verdict *verdict;
	struct kf_env *env;
	struct kf_remedy *out;
	size_t max, num;
	enum kf_status status;
};

static const char *const names[KF_NUM_REMEDY_KINDS] = {
	[KF_KEEP_SIGNATURE] = "keep-signature",
	[KF_REPAIR_TABLE] = "repair-certificate-table",
	[KF_ENROL_CERTIFICATE] = "enrol-certificate",
	[KF_ENROL_DIGEST] = "enrol-digest",
	[KF_SIGN_UNDER] = "sign-under",
	[KF_WRITE_OTHERWISE] = "write-otherwise",
	[KF_TAKE_PUBLISHED] = "take-published",
};

const char *kf_remedy_name(enum kf_remedy_kind kind)
{
	return kind > 0 && kind < KF_NUM_REMEDY_KINDS ? names[kind] : "none";
}

/* accepts asks the verifier again. */
static bool accepts(struct attempt *a, struct kf_artifact *artifact,
		    struct kf_store *store)
{
	struct kf_verdict *v = kf_arena_take(a->env->arena, sizeof(*v));
	enum kf_status status = KF_NO_MEMORY;

	if (!v) {
		a->status = status;
		return false;
	}
	kf_artifact_prepare(artifact, a->rules, a->env);
	kf_store_prepare(store, a->rules, a->env);
	status = kf_check(v, artifact, store, a->rules, a->env);
	if (status != KF_OK)
		a->status = status;
	return status == KF_OK && v->answer == KF_ACCEPT;
}

/* try_file asks of another file, or of another signature on this one. */
static bool try_file(struct attempt *a, const struct kf_source *source,
		     const struct kf_bytes *suppose, size_t num_suppose)
{
	size_t used = a->env->arena->used;
	struct kf_store store = *a->store;
	struct kf_artifact artifact;
	bool yes;

	kf_artifact_read(&artifact, a->artifact->format, source, a->env);
	artifact.suppose = suppose;
	artifact.num_suppose = num_suppose;
	yes = accepts(a, &artifact, &store);
	kf_artifact_close(&artifact, a->env);
	a->env->arena->used = used;
	return yes;
}

/* try_store asks of a store to which a list was added. */
static bool try_store(struct attempt *a, const char *part,
		      struct kf_bytes list)
{
	size_t used = a->env->arena->used;
	const struct kf_part *old = kf_store_part(a->store, part);
	struct kf_part grown = { .name = part, .presence = KF_PRESENT };
	struct kf_bytes before = old && old->presence == KF_PRESENT
		? old->bytes : kf_view(NULL, 0);
	struct kf_artifact artifact = *a->artifact;
	struct kf_store store = *a->store;
	uint8_t *joined = kf_arena_take(a->env->arena,
					before.len + list.len);
	bool yes = false;

	if (!joined) {
		a->status = KF_NO_MEMORY;
		return false;
	}
	if (before.len)
		memcpy(joined, before.data, before.len);
	memcpy(joined + before.len, list.data, list.len);
	grown.bytes = kf_view(joined, before.len + list.len);
	store.num_prepared = 0;
	if (kf_store_put(&store, &grown))
		yes = accepts(a, &artifact, &store);
	a->env->arena->used = used;
	return yes;
}

/* try_setting asks the same device, told otherwise how the update is
 * written. */
static bool try_setting(struct attempt *a, const char *name,
			const char *value)
{
	size_t used = a->env->arena->used;
	struct kf_artifact artifact = *a->artifact;
	struct kf_store store = *a->store;
	bool yes = false;

	store.num_prepared = 0;
	if (kf_store_set(&store, name, value))
		yes = accepts(a, &artifact, &store);
	a->env->arena->used = used;
	return yes;
}

/* What every change of the keys does on the device itself. */
static const char sealed[] = "PCR 7 is another one then: what is sealed to it asks for its recovery key";

static struct kf_remedy *offer(struct attempt *a, enum kf_remedy_kind kind)
{
	struct kf_remedy *r = &a->out[a->num++];

	memset(r, 0, sizeof(*r));
	r->kind = kind;
	return r;
}

static void put_u32le(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

/* with_table builds the file whose certificate table is one slice of the old
 * one, padded to 8 bytes, at the same place. */
static bool with_table(struct kf_patch *patch, const struct kf_source *source,
		       const struct kf_pe *pe, uint64_t at, uint64_t len)
{
	static const uint8_t zeros[8];
	struct kf_pe_directory old = pe->directory[KF_PE_DIR_SECURITY];
	uint64_t after = (uint64_t)pe->security_at + 8;
	uint64_t end = (uint64_t)old.rva + old.len;
	uint64_t pad = -len & 7;
	uint8_t field[8];

	put_u32le(field, old.rva);
	put_u32le(field + 4, len + pad);
	kf_patch_open(patch, source);
	if (old.rva < after || end > source->size)
		return false;
	return kf_patch_slice(patch, 0, pe->security_at) &&
	       kf_patch_bytes(patch, kf_view(field, sizeof(field))) &&
	       kf_patch_slice(patch, after, old.rva - after) &&
	       kf_patch_slice(patch, at, len) &&
	       kf_patch_bytes(patch, kf_view(zeros, (size_t)pad)) &&
	       kf_patch_slice(patch, end, source->size - end);
}

/* alone makes the file that has this signature alone: by surgery, as keyfit
 * strip does it, where the table can be taken apart. */
static bool alone(struct attempt *a, struct kf_remedy *r,
		  const struct kf_pe *pe, const struct kf_signature_result *s)
{
	const struct kf_source *source = a->artifact->source;
	struct kf_wanted wanted = { s->number, { NULL, 0 } };
	struct kf_signatures file;
	enum kf_status status = kf_signatures_read(&file, source, a->env);

	if (status != KF_OK) {
		a->status = status;
		return false;
	}
	if (file.unfit || file.broken.field || file.too_many ||
	    file.behind_len || s->number == 0 || s->number > file.num ||
	    file.signature[s->number - 1].at != s->at)
		return with_table(&r->patch, source, pe, s->at, s->len);
	status = kf_signatures_put(&r->patch, &file, &wanted, 1, a->env);
	if (status != KF_OK && status != KF_WRONG_USE)
		a->status = status;
	r->num_attached = (uint32_t)file.num;
	return status == KF_OK;
}

/* keep_signature: one of several signatures, alone. */
static void keep_signature(struct attempt *a, const struct kf_pe *pe)
{
	const struct kf_verdict *v = a->verdict;

	for (size_t i = 0; i < v->num_signatures && a->num < a->max &&
			   a->status == KF_OK; i++) {
		const struct kf_signature_result *s = &v->signature[i];
		struct kf_remedy *r;

		if (!s->trusted)
			continue;
		r = offer(a, v->num_signatures > 1 ? KF_KEEP_SIGNATURE
						   : KF_REPAIR_TABLE);
		r->signature = s->number;
		if (v->num_signatures > 1)
			r->caution = "devices that trust only the other signatures then refuse it";
		if (alone(a, r, pe, s) &&
		    try_file(a, kf_patch_source(&r->patch), NULL, 0))
			return;
		a->num--;
	}
}

/* published_too notes which published update enrols a certificate, and whether
 * this device takes that. */
static void published_too(struct attempt *a, struct kf_remedy *r)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_bytes pk = kf_store_pk(a->store);
	struct kf_digest digest;

	kf_digest_of(&digest, crypto, KF_SHA256, r->certificate);
	if (digest.len == 0)
		a->status = KF_NO_CRYPTO;
	r->published = kf_published_brings(&digest);
	if (r->published && !kf_equal(kf_text(r->published->part),
				      kf_text(r->part)))
		r->published = NULL;
	if (r->published)
		a->status = kf_published_taken(&r->taken, r->published,
					       a->store, crypto);
	if (!kf_equal(kf_text(r->part), kf_text("kek")) || pk.len == 0 ||
	    !kf_hex_is(KF_NEW_KEK, kf_view(digest.bytes, digest.len)))
		return;
	kf_digest_of(&digest, crypto, KF_SHA1, pk);
	if (digest.len == 0)
		a->status = KF_NO_CRYPTO;
	r->kek_update = kf_published_kek(&digest);
}

/* enrol_certificate: the last certificate of a signature's chain, or the
 * signer's own where the chain is cut short. */
static void enrol_certificate(struct attempt *a, const char *part)
{
	const struct kf_verdict *v = a->verdict;

	for (size_t i = 0; i < v->num_signatures && a->num < a->max; i++) {
		const struct kf_signature_result *s = &v->signature[i];
		struct kf_remedy *r;

		if (s->num_chain == 0 || s->revoked)
			continue;
		r = offer(a, KF_ENROL_CERTIFICATE);
		r->part = part;
		r->certificate = s->chain[s->num_chain - 1];
		if (kf_siglist_of_certificates(&r->list, &r->certificate, 1,
					       a->env->arena) != KF_OK) {
			a->status = KF_NO_MEMORY;
		} else if (try_store(a, r->part, r->list)) {
			r->caution = sealed;
			published_too(a, r);
			return;
		}
		a->num--;
	}
}

/* image_digest is the SHA-256 digest that the verdict shows, if any. */
static struct kf_bytes image_digest(const struct kf_verdict *v)
{
	return v->image_digest.len == 32
		? kf_view(v->image_digest.bytes, 32) : kf_view(NULL, 0);
}

static void enrol_digest(struct attempt *a)
{
	struct kf_bytes digest = image_digest(a->verdict);
	struct kf_remedy *r;

	if (digest.len == 0 || a->num == a->max)
		return;
	r = offer(a, KF_ENROL_DIGEST);
	r->part = "db";
	r->digest = a->verdict->image_digest;
	r->caution = "it has to be done again for every new build, and PCR 7 is another one each time: what is sealed to it asks for its recovery key";
	if (kf_siglist_of_digest(&r->list, digest, a->env->arena) != KF_OK)
		a->status = KF_NO_MEMORY;
	else if (try_store(a, r->part, r->list))
		return;
	a->num--;
}

/* anchors_of walks the certificates of db, as far as its lists hold. */
static void sign_under(struct attempt *a)
{
	const struct kf_part *db = kf_store_part(a->store, "db");
	struct kf_siglist_walk walk;
	struct kf_bytes der;
	int64_t from, to;

	if (!db || db->presence != KF_PRESENT || a->num == a->max)
		return;
	walk = kf_siglist_walk(db->bytes);
	while (kf_siglist_certificate(&walk, &der)) {
		struct kf_remedy *r;

		/* Nobody signs under an authority that has expired. */
		if (!a->env->crypto->certificate_times(a->env->crypto->self,
						       der, &from, &to) ||
		    to <= a->env->now_s)
			continue;
		r = offer(a, KF_SIGN_UNDER);
		r->certificate = der;
		if (try_file(a, a->artifact->source, &r->certificate, 1))
			return;
		a->num--;
	}
}

/* is_why tells whether the verdict was given for one reason. */
static bool is_why(const struct attempt *a, const char *slug)
{
	return kf_equal(kf_text(a->verdict->why.reason->slug), kf_text(slug));
}

/* write_otherwise: as the signature wants it, where that was what is wrong. A
 * device that asks for no signature would take it for any variable. */
static void write_otherwise(struct attempt *a)
{
	static const struct {
		const char *reason, *name, *value;
	} ways[] = {
		{ "update-attributes", "attributes", "0x67" },
		{ "update-attributes", "attributes", "0x27" },
		{ "update-attributes-not-signed", "attributes", "0x67" },
		{ "update-attributes-not-signed", "attributes", "0x27" },
		{ "update-other-variable", "variable", "db" },
		{ "update-other-variable", "variable", "dbx" },
		{ "update-other-variable", "variable", "dbt" },
		{ "update-other-variable", "variable", "KEK" },
		{ "update-other-variable", "variable", "PK" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct kf_remedy *r;

		if (a->num == a->max || a->status != KF_OK)
			return;
		if (!is_why(a, ways[i].reason))
			continue;
		r = offer(a, KF_WRITE_OTHERWISE);
		r->setting = ways[i].name;
		r->value = ways[i].value;
		if (try_setting(a, r->setting, r->value))
			return;
		a->num--;
	}
}

/* brings_new_kek tells whether an update is one of KEK that brings what all
 * the published ones do. */
static bool brings_new_kek(struct attempt *a)
{
	const char *variable = kf_store_setting(a->store, "variable");
	const struct kf_variable *v = variable ? kf_change_target(variable)
					       : NULL;
	struct kf_store alone = { .complete = true };
	struct kf_change change;
	struct kf_bytes file;
	size_t used = a->env->arena->used;
	bool brings = false;

	if (!v || !kf_equal(kf_text(v->part), kf_text("kek")))
		return false;
	a->status = kf_source_keep(&file, a->artifact->source, a->env, 0,
				   a->artifact->source->size);
	if (a->status == KF_OK)
		a->status = kf_change_update(&change, file, a->env);
	if (a->status == KF_OK) {
		struct kf_part part = { .name = "kek",
					.presence = KF_PRESENT,
					.bytes = change.value };

		a->status = kf_store_put(&alone, &part)
			? kf_store_lists(&brings, &alone, "kek", KF_NEW_KEK,
					 a->env->crypto)
			: KF_NO_MEMORY;
	}
	a->env->arena->used = used;
	return brings;
}

/* by_platform_key: the same update, signed by this device's platform key. For
 * many of them it is published; else the key's holder has to sign it. */
static void by_platform_key(struct attempt *a)
{
	struct kf_bytes pk = kf_store_pk(a->store);
	struct kf_digest sha1;
	struct kf_remedy *r;
	bool new_kek;

	if (pk.len == 0 || a->num == a->max)
		return;
	new_kek = brings_new_kek(a);
	kf_digest_of(&sha1, a->env->crypto, KF_SHA1, pk);
	if (sha1.len == 0)
		a->status = KF_NO_CRYPTO;
	r = offer(a, KF_SIGN_UNDER);
	r->part = "pk";
	r->certificate = pk;
	r->kek_update = new_kek ? kf_published_kek(&sha1) : NULL;
	if (r->kek_update)
		r->kind = KF_TAKE_PUBLISHED;
	else if (new_kek)
		r->caution = "none is published for this platform key, as of 2026-07-15";
	if (a->status != KF_OK ||
	    !try_file(a, a->artifact->source, &r->certificate, 1))
		a->num--;
	/* A PK that is no certificate signs nothing. */
	if (a->status == KF_WRONG_USE)
		a->status = KF_OK;
}

/* of_update finds what would let an update through. */
static void of_update(struct attempt *a)
{
	write_otherwise(a);
	if (a->status == KF_OK && is_why(a, "update-pk-not-identical"))
		by_platform_key(a);
	if (a->status != KF_OK || !is_why(a, "update-not-authorized"))
		return;
	enrol_certificate(a, "kek");
	if (a->num && !a->out[0].kek_update)
		a->out[0].caution = "the platform key has to sign that first, and PCR 7 is another one then: what is sealed to it asks for its recovery key";
}

/* of_image finds what would let an image through. */
static void of_image(struct attempt *a)
{
	struct kf_pe pe;
	bool has_place;

	a->status = kf_pe_read(&pe, a->artifact->source);
	/* A file whose headers have no place for a signature takes none. */
	has_place = pe.num_directories > KF_PE_DIR_SECURITY;
	if (a->status == KF_OK && has_place)
		keep_signature(a, &pe);
	if (a->status == KF_OK)
		enrol_certificate(a, "db");
	if (a->status == KF_OK && has_place)
		sign_under(a);
	if (a->status == KF_OK)
		enrol_digest(a);
}

enum kf_status kf_remedies(struct kf_remedy *out, size_t max, size_t *num,
			   const struct kf_artifact *artifact,
			   const struct kf_store *store,
			   const struct kf_rules *rules,
			   const struct kf_verdict *verdict,
			   struct kf_env *env)
{
	struct attempt a = { artifact, store, rules, verdict, env, out, max,
			     0, KF_OK };

	*num = 0;
	if (verdict->answer != KF_REJECT || !artifact->source ||
	    artifact->num_suppose)
		return KF_OK;
	if (kf_equal(kf_text(rules->verifier->name),
		     kf_text("edk2-variable")))
		of_update(&a);
	else
		of_image(&a);
	*num = a.num;
	return a.status;
}
