/* The list itself: what is added is there once, and kept.
 */
#include "bill.h"

#include <string.h>

enum kf_status kf_bill_open(struct kf_bill *out, struct kf_arena *keep,
			    struct kf_env *env)
{
	struct kf_bill bill = { .keep = keep, .env = env };

	bill.subject = kf_arena_take(keep, KF_BILL_SUBJECTS_MAX *
				     sizeof(*bill.subject));
	bill.key = kf_arena_take(keep, KF_BILL_KEYS_MAX * sizeof(*bill.key));
	bill.certificate = kf_arena_take(keep, KF_BILL_CERTIFICATES_MAX *
					 sizeof(*bill.certificate));
	bill.signature = kf_arena_take(keep, KF_BILL_SIGNATURES_MAX *
				       sizeof(*bill.signature));
	bill.use = kf_arena_take(keep, KF_BILL_USES_MAX * sizeof(*bill.use));
	bill.fact = kf_arena_take(keep,
				  KF_BILL_FACTS_MAX * sizeof(*bill.fact));
	*out = bill;
	return bill.subject && bill.key && bill.certificate &&
	       bill.signature && bill.use && bill.fact ? KF_OK : KF_NO_MEMORY;
}

/* fail notes why the work cannot go on. */
static void fail(struct kf_bill *b, enum kf_status status)
{
	if (b->status == KF_OK)
		b->status = status;
}

/* next takes a place in a table, if there is one. */
static size_t next(struct kf_bill *b, size_t *num, size_t max)
{
	if (*num == max) {
		b->more = true;
		fail(b, KF_TOO_MUCH);
		return KF_BILL_NONE;
	}
	return (*num)++;
}

const char *kf_bill_keep(struct kf_bill *b, struct kf_bytes text)
{
	char *out = kf_arena_take(b->keep, text.len + 1);

	if (!out) {
		fail(b, KF_NO_MEMORY);
		return "";
	}
	if (text.len)
		memcpy(out, text.data, text.len);
	return out;
}

static const char *keep_text(struct kf_bill *b, const char *text)
{
	return text ? kf_bill_keep(b, kf_text(text)) : NULL;
}

void kf_bill_start(struct kf_bill *b, const char *name, const char *kind,
		   bool is_store)
{
	size_t i = next(b, &b->num_subjects, KF_BILL_SUBJECTS_MAX);

	if (i != KF_BILL_NONE)
		b->subject[i] = (struct kf_bill_subject){
			.name = keep_text(b, name),
			.kind = kind,
			.is_store = is_store,
		};
}

struct kf_bill_subject *kf_bill_of_file(struct kf_bill *b)
{
	return &b->subject[b->num_subjects ? b->num_subjects - 1 : 0];
}

static bool same_digest(const struct kf_digest *a, const struct kf_digest *b)
{
	return a->len && kf_equal(kf_view(a->bytes, a->len),
				  kf_view(b->bytes, b->len));
}

/* key_of finds a key by its id, or makes a place for it. */
static size_t key_of(struct kf_bill *b, const struct kf_digest *id,
		     const char *kind)
{
	size_t i;

	for (i = 0; i < b->num_keys; i++)
		if (same_digest(&b->key[i].id, id))
			return i;
	i = next(b, &b->num_keys, KF_BILL_KEYS_MAX);
	if (i != KF_BILL_NONE)
		b->key[i] = (struct kf_bill_key){
			.id = *id,
			.kind = keep_text(b, kind),
			.same = KF_BILL_NONE,
		};
	return i;
}

size_t kf_bill_add_key(struct kf_bill *b, const struct kf_key *key)
{
	size_t i = key_of(b, &key->sha256, key->name);

	if (i == KF_BILL_NONE)
		return i;
	if (key->own.len && !b->key[i].own.len)
		kf_digest_of(&b->key[i].own, b->env->crypto, KF_SHA256,
			     key->own);
	if (!b->key[i].spki.len &&
	    !kf_arena_keep(b->keep, &b->key[i].spki, key->spki))
		fail(b, KF_NO_MEMORY);
	return i;
}

size_t kf_bill_add_bytes(struct kf_bill *b, struct kf_bytes bytes)
{
	const struct kf_crypto *crypto = b->env->crypto;
	size_t used = b->env->arena->used, i = KF_BILL_NONE;
	struct kf_key key;
	enum kf_status status = crypto->key_read(crypto->self, &key, bytes,
						 b->env->arena);

	if (status == KF_OK)
		i = kf_bill_add_key(b, &key);
	else if (status != KF_WRONG_USE)
		fail(b, status);
	b->env->arena->used = used;
	return i;
}

size_t kf_bill_add_called(struct kf_bill *b, const char *by,
			  struct kf_bytes called)
{
	size_t i;

	for (i = 0; i < b->num_keys; i++)
		if (kf_same(b->key[i].called_by, by) &&
		    kf_equal(b->key[i].called, called))
			return i;
	i = next(b, &b->num_keys, KF_BILL_KEYS_MAX);
	if (i != KF_BILL_NONE)
		b->key[i] = (struct kf_bill_key){
			.called_by = by,
			.called = kf_view(kf_bill_keep(b, called), called.len),
			.same = KF_BILL_NONE,
		};
	return i;
}

/* key_of_certificate takes its key in, also one that nothing is verified
 * with. */
static size_t key_of_certificate(struct kf_bill *b,
				 const struct kf_certificate *c)
{
	struct kf_bytes serial, spki;
	struct kf_digest id;
	size_t i;

	kf_known_parts(&serial, &spki, c->der);
	i = spki.len ? kf_bill_add_bytes(b, spki) : KF_BILL_NONE;
	if (i != KF_BILL_NONE || !spki.len || b->status != KF_OK)
		return i;
	kf_digest_of(&id, b->env->crypto, KF_SHA256, spki);
	if (!id.len) {
		fail(b, KF_NO_CRYPTO);
		return KF_BILL_NONE;
	}
	return key_of(b, &id, c->key);
}

size_t kf_bill_add_certificate(struct kf_bill *b, struct kf_bytes der)
{
	const struct kf_crypto *crypto = b->env->crypto;
	struct kf_bill_certificate *c;
	struct kf_digest sha256;
	enum kf_status status;
	struct kf_bytes kept;
	size_t i, used = b->keep->used;

	kf_digest_of(&sha256, crypto, KF_SHA256, der);
	for (i = 0; i < b->num_certificates; i++)
		if (same_digest(&b->certificate[i].x509.sha256, &sha256))
			return i;
	if (b->num_certificates == KF_BILL_CERTIFICATES_MAX)
		return next(b, &b->num_certificates,
			    KF_BILL_CERTIFICATES_MAX);
	c = &b->certificate[b->num_certificates];
	status = kf_arena_keep(b->keep, &kept, der)
		? crypto->certificate_read(crypto->self, &c->x509, kept,
					   b->keep) : KF_NO_MEMORY;
	if (status == KF_WRONG_USE) {
		b->keep->used = used;
		kf_bill_of_file(b)->num_unread++;
	} else if (status != KF_OK) {
		fail(b, status);
	}
	if (status != KF_OK)
		return KF_BILL_NONE;
	c->issuer = KF_BILL_NONE;
	c->key = key_of_certificate(b, &c->x509);
	kf_bill_signed_with(&c->algorithm, &c->x509, b->keep);
	return b->num_certificates++;
}

static bool is_same_use(const struct kf_bill_use *a,
			const struct kf_bill_use *b)
{
	return a->subject == b->subject && a->role == b->role &&
	       (a->part ? kf_same(a->part, b->part) : !b->part) &&
	       a->certificate == b->certificate && a->key == b->key;
}

void kf_bill_add_use(struct kf_bill *b, enum kf_bill_role role,
		     const char *part, size_t certificate, size_t key)
{
	struct kf_bill_use use = {
		.subject = b->num_subjects - 1, .role = role, .part = part,
		.certificate = certificate, .key = key,
	};
	size_t i;

	if (certificate == KF_BILL_NONE && key == KF_BILL_NONE)
		return;
	for (i = 0; i < b->num_uses; i++)
		if (is_same_use(&b->use[i], &use))
			return;
	i = next(b, &b->num_uses, KF_BILL_USES_MAX);
	if (i != KF_BILL_NONE) {
		use.part = keep_text(b, part);
		b->use[i] = use;
	}
}

struct kf_bill_signature *kf_bill_add_signature(struct kf_bill *b,
						const char *form,
						struct kf_bytes bytes)
{
	size_t i = next(b, &b->num_signatures, KF_BILL_SIGNATURES_MAX);
	struct kf_bill_signature *s;
	uint32_t number = 1;

	if (i == KF_BILL_NONE)
		return NULL;
	s = &b->signature[i];
	for (size_t k = 0; k < i; k++)
		number += b->signature[k].subject == b->num_subjects - 1;
	*s = (struct kf_bill_signature){
		.subject = b->num_subjects - 1, .number = number,
		.form = form, .certificate = KF_BILL_NONE,
		.key = KF_BILL_NONE,
	};
	kf_digest_of(&s->sha256, b->env->crypto, KF_SHA256, bytes);
	return s;
}

void kf_bill_add_fact(struct kf_bill *b, const char *name,
		      struct kf_bytes value)
{
	size_t i = next(b, &b->num_facts, KF_BILL_FACTS_MAX);

	if (i != KF_BILL_NONE)
		b->fact[i] = (struct kf_bill_fact){
			.subject = b->num_subjects - 1, .name = name,
			.value = kf_bill_keep(b, value),
		};
}

size_t kf_bill_key_at(const struct kf_bill *b, size_t key)
{
	return key != KF_BILL_NONE && b->key[key].same != KF_BILL_NONE
		? b->key[key].same : key;
}

/* find_called finds the key that a file calls by a digest: SHA-256 of what
 * bootloaders keep of it, the key of RSA, and of others all of it. Source:
 * mcu-tools/mcuboot, scripts/imgtool/image.py, Image.create (KEYHASH). */
static size_t find_called(const struct kf_bill *b,
			  const struct kf_bill_key *key)
{
	for (size_t i = 0; i < b->num_keys; i++) {
		const struct kf_bill_key *k = &b->key[i];
		const struct kf_digest *kept = k->own.len ? &k->own : &k->id;

		if (kept->len && kf_equal(key->called,
					  kf_view(kept->bytes, kept->len)))
			return i;
	}
	return KF_BILL_NONE;
}

/* find_issuer looks among those that have the issuer's name. */
static void find_issuer(struct kf_bill *b, struct kf_bill_certificate *c)
{
	for (size_t i = 0; i < b->num_certificates && b->status == KF_OK;
	     i++) {
		const struct kf_bill_certificate *other = &b->certificate[i];
		enum kf_answer3 answer = KF_NO;

		if (!kf_same(other->x509.subject, c->x509.issuer))
			continue;
		fail(b, kf_bill_issued_by(&answer, &c->x509, &other->x509,
					  b->env));
		if (answer == KF_YES) {
			c->issuer = i;
			c->algorithm.key = other->x509.key;
			return;
		}
	}
}

void kf_bill_finish(struct kf_bill *b)
{
	for (size_t i = 0; i < b->num_keys; i++)
		if (kf_same(b->key[i].called_by, "key-hash"))
			b->key[i].same = find_called(b, &b->key[i]);
	for (size_t i = 0; i < b->num_certificates; i++)
		find_issuer(b, &b->certificate[i]);
	for (size_t i = 0; i < b->num_signatures; i++) {
		struct kf_bill_signature *s = &b->signature[i];
		size_t key = kf_bill_key_at(b, s->key);

		if (key != KF_BILL_NONE && !s->algorithm.key)
			s->algorithm.key = b->key[key].kind;
	}
}
