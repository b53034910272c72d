/* A bill as CycloneDX: what it is about, its components, what belongs to what.
 */
#include "bom.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_LEN = 36 };

/* bill is one that is being written, with its algorithms, each once. */
struct writing {
	const struct kf_bill *b;
	const struct kf_bom_ask *ask;
	struct kf_json json;
	struct kf_bom_algorithm *algorithm;
	size_t num_algorithms;
	char uuid[UUID_LEN + 1];	/* empty: not worked out yet */
};

static void add_algorithm(struct writing *w, const struct kf_bom_algorithm *a)
{
	for (size_t i = 0; i < w->num_algorithms; i++)
		if (strcmp(w->algorithm[i].ref, a->ref) == 0)
			return;
	w->algorithm[w->num_algorithms++] = *a;
}

static void add_scheme(struct writing *w, const struct kf_bill_algorithm *s)
{
	struct kf_bom_algorithm a;

	if (!kf_bom_of_scheme(&a, s))
		return;
	add_algorithm(w, &a);
	if (!a.has_digest)
		return;
	kf_bom_of_digest(&a, s->digest);
	add_algorithm(w, &a);
}

/* gather finds all algorithms. Fails: no memory. */
static bool gather(struct writing *w)
{
	const struct kf_bill *b = w->b;
	struct kf_bom_algorithm a;

	w->algorithm = calloc(2 * b->num_signatures + 2 * b->num_certificates +
			      b->num_keys + 1, sizeof(*w->algorithm));
	if (!w->algorithm)
		return false;
	for (size_t i = 0; i < b->num_signatures; i++)
		add_scheme(w, &b->signature[i].algorithm);
	for (size_t i = 0; i < b->num_certificates; i++)
		add_scheme(w, &b->certificate[i].algorithm);
	for (size_t i = 0; i < b->num_keys; i++)
		if (kf_bom_of_key(&a, b->key[i].kind))
			add_algorithm(w, &a);
	return true;
}

/* is_shown: a key that turned out to be another one is told as that. */
static bool is_shown(const struct kf_bill *b, size_t key)
{
	return kf_bom_is_told(b, key) && b->key[key].same == KF_BILL_NONE;
}

static void number(struct kf_json *json, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	kf_bom_property(json, name, text);
}

/* use writes what a file has a key for. */
static void use(struct writing *w, const struct kf_bill_use *u)
{
	static const char *const roles[] = {
		[KF_BILL_BRINGS] = "brings", [KF_BILL_LISTS] = "lists",
		[KF_BILL_TRUSTS] = "trusts", [KF_BILL_FORBIDS] = "forbids",
		[KF_BILL_HOLDS] = "privateKey",
	};
	char ref[KF_BOM_REF_MAX], name[60];

	if (u->certificate != KF_BILL_NONE)
		kf_bom_ref_certificate(ref, w->b, u->certificate);
	else
		kf_bom_ref_key(ref, w->b, u->key);
	snprintf(name, sizeof(name), "%s%s%.40s", roles[u->role],
		 u->part ? ":" : "", u->part ? u->part : "");
	kf_bom_property(&w->json, name, ref);
}

static void file_properties(struct writing *w, size_t subject)
{
	const struct kf_bill *b = w->b;
	const struct kf_bill_subject *s = &b->subject[subject];

	kf_json_open(&w->json, "properties", '[');
	kf_bom_property(&w->json, s->is_store ? "store" : "format", s->kind);
	if (s->has_counter)
		number(&w->json, "securityCounter", s->counter);
	if (s->num_digests)
		number(&w->json, "digests", s->num_digests);
	if (s->num_unread)
		number(&w->json, "unreadable", s->num_unread);
	if (s->damaged)
		kf_bom_property(&w->json, "incomplete", "yes");
	for (size_t i = 0; i < b->num_facts; i++)
		if (b->fact[i].subject == subject)
			kf_bom_property(&w->json, b->fact[i].name,
					b->fact[i].value);
	for (size_t i = 0; i < b->num_uses; i++)
		if (b->use[i].subject == subject)
			use(w, &b->use[i]);
	kf_json_close(&w->json);
}

static void file(struct writing *w, const char *name, size_t subject)
{
	const struct kf_bill_subject *s = &w->b->subject[subject];
	struct kf_json *json = &w->json;
	char ref[KF_BOM_REF_MAX];

	kf_bom_ref_file(ref, w->b, subject);
	kf_json_open(json, name, '{');
	kf_json_text(json, "type", !s->is_store ? "firmware" :
		     s->sha256.len ? "data" : "device");
	kf_json_foreign(json, "bom-ref", kf_text(ref));
	kf_json_foreign(json, "name", kf_text(s->name));
	if (s->version)
		kf_json_foreign(json, "version", kf_text(s->version));
	if (s->sha256.len) {
		kf_json_open(json, "hashes", '[');
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "alg", "SHA-256");
		kf_json_hex(json, "content", kf_view(s->sha256.bytes,
						     s->sha256.len));
		kf_json_close(json);
		kf_json_close(json);
	}
	file_properties(w, subject);
	kf_json_close(json);
}

static void product(struct writing *w)
{
	struct kf_json *json = &w->json;

	kf_json_open(json, "component", '{');
	kf_json_text(json, "type", "firmware");
	kf_json_text(json, "bom-ref", "product");
	kf_json_foreign(json, "name", kf_text(w->ask->name));
	if (w->ask->version)
		kf_json_foreign(json, "version", kf_text(w->ask->version));
	kf_json_close(json);
}

/* is_about: one file is what the bill is about, and no part of it. */
static bool is_about(const struct writing *w)
{
	return !w->ask->name && w->b->num_subjects == 1;
}

static void metadata(struct writing *w)
{
	struct kf_json *json = &w->json;

	kf_json_open(json, "metadata", '{');
	if (w->ask->has_time) {
		kf_json_time(json, "timestamp", w->ask->at_s);
	}
	kf_json_open(json, "tools", '{');
	kf_json_open(json, "components", '[');
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "type", "application");
	kf_json_text(json, "name", "keyfit");
	kf_json_text(json, "version", w->ask->keyfit);
	kf_json_close(json);
	kf_json_close(json);
	kf_json_close(json);
	if (w->ask->name)
		product(w);
	else if (is_about(w))
		file(w, "component", 0);
	kf_json_close(json);
}

static void components(struct writing *w)
{
	const struct kf_bill *b = w->b;

	kf_json_open(&w->json, "components", '[');
	for (size_t i = 0; i < b->num_subjects && !is_about(w); i++)
		file(w, NULL, i);
	for (size_t i = 0; i < b->num_signatures; i++)
		kf_bom_write_signature(&w->json, b, i, w->ask);
	for (size_t i = 0; i < b->num_certificates; i++)
		kf_bom_write_certificate(&w->json, b, i, w->ask);
	for (size_t i = 0; i < b->num_keys; i++)
		if (is_shown(b, i))
			kf_bom_write_key(&w->json, b, i, w->ask);
	for (size_t i = 0; i < b->num_keys; i++)
		if (is_shown(b, i))
			kf_bom_write_private(&w->json, b, i, w->ask);
	for (size_t i = 0; i < w->num_algorithms; i++)
		kf_bom_write_algorithm(&w->json, &w->algorithm[i], w->ask);
	kf_json_close(&w->json);
}

/* needs is what one thing depends on, while it is written. */
struct needs {
	struct writing *w;
	char (*ref)[KF_BOM_REF_MAX];
	size_t num, max;
	bool failed;
};

static void need(struct needs *n, const char *ref)
{
	size_t max = n->max ? 2 * n->max : 16;
	void *more;

	for (size_t i = 0; i < n->num; i++)
		if (strcmp(n->ref[i], ref) == 0)
			return;
	if (n->num == n->max) {
		more = realloc(n->ref, max * sizeof(*n->ref));
		if (!more) {
			n->failed = true;
			return;
		}
		n->ref = more;
		n->max = max;
	}
	snprintf(n->ref[n->num++], KF_BOM_REF_MAX, "%s", ref);
}

static void need_scheme(struct needs *n, const struct kf_bill_algorithm *s)
{
	struct kf_bom_algorithm a;

	if (kf_bom_of_scheme(&a, s))
		need(n, a.ref);
}

static void need_key(struct needs *n, size_t key)
{
	char ref[KF_BOM_REF_MAX];

	if (!kf_bom_is_told(n->w->b, key))
		return;
	kf_bom_ref_key(ref, n->w->b, key);
	need(n, ref);
}

static void need_certificate(struct needs *n, size_t certificate)
{
	char ref[KF_BOM_REF_MAX];

	if (certificate == KF_BILL_NONE)
		return;
	kf_bom_ref_certificate(ref, n->w->b, certificate);
	need(n, ref);
}

/* say writes what has been gathered, and starts anew. */
static void say(struct needs *n, const char *ref)
{
	struct kf_json *json = &n->w->json;

	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "ref", kf_text(ref));
	if (n->num)
		kf_json_open(json, "dependsOn", '[');
	for (size_t i = 0; i < n->num; i++)
		kf_json_foreign(json, NULL, kf_text(n->ref[i]));
	if (n->num)
		kf_json_close(json);
	kf_json_close(json);
	n->num = 0;
	json->out->failed |= n->failed;
}

/* file_needs: what a file forbids it does not depend on. */
static void file_needs(struct needs *n, size_t subject)
{
	const struct kf_bill *b = n->w->b;
	char ref[KF_BOM_REF_MAX];

	for (size_t i = 0; i < b->num_signatures; i++) {
		if (b->signature[i].subject != subject)
			continue;
		kf_bom_ref_signature(ref, b, i);
		need(n, ref);
	}
	for (size_t i = 0; i < b->num_uses; i++) {
		if (b->use[i].subject != subject ||
		    b->use[i].role == KF_BILL_FORBIDS)
			continue;
		need_certificate(n, b->use[i].certificate);
		need_key(n, b->use[i].key);
	}
	kf_bom_ref_file(ref, b, subject);
	say(n, ref);
}

static void signature_needs(struct needs *n, size_t signature)
{
	const struct kf_bill_signature *s = &n->w->b->signature[signature];
	char ref[KF_BOM_REF_MAX];

	need_certificate(n, s->certificate);
	if (s->certificate == KF_BILL_NONE)
		need_key(n, s->key);
	need_scheme(n, &s->algorithm);
	kf_bom_ref_signature(ref, n->w->b, signature);
	say(n, ref);
}

static void certificate_needs(struct needs *n, size_t certificate)
{
	const struct kf_bill_certificate *c =
		&n->w->b->certificate[certificate];
	char ref[KF_BOM_REF_MAX];

	need_key(n, c->key);
	if (c->issuer != certificate)
		need_certificate(n, c->issuer);
	need_scheme(n, &c->algorithm);
	kf_bom_ref_certificate(ref, n->w->b, certificate);
	say(n, ref);
}

static void key_needs(struct needs *n, size_t key)
{
	char ref[KF_BOM_REF_MAX], half[KF_BOM_REF_MAX];
	struct kf_bom_algorithm a;
	const char *place;

	if (kf_bom_of_key(&a, n->w->b->key[key].kind))
		need(n, a.ref);
	kf_bom_ref_private(half, n->w->b, key);
	if (kf_bom_place(n->w->b, key, n->w->ask, &place)) {
		need(n, half);
		kf_bom_ref_key(ref, n->w->b, key);
		say(n, ref);
		say(n, half);
		return;
	}
	kf_bom_ref_key(ref, n->w->b, key);
	say(n, ref);
}

static void algorithm_needs(struct needs *n, const struct kf_bom_algorithm *a)
{
	struct kf_bom_algorithm digest;

	if (a->has_digest && !a->hashes) {
		kf_bom_of_digest(&digest, a->digest);
		need(n, digest.ref);
	}
	say(n, a->ref);
}

static void product_needs(struct needs *n)
{
	char ref[KF_BOM_REF_MAX];

	for (size_t i = 0; i < n->w->b->num_subjects; i++) {
		kf_bom_ref_file(ref, n->w->b, i);
		need(n, ref);
	}
	say(n, "product");
}

static void dependencies(struct writing *w)
{
	const struct kf_bill *b = w->b;
	struct needs n = { .w = w };

	kf_json_open(&w->json, "dependencies", '[');
	if (w->ask->name)
		product_needs(&n);
	for (size_t i = 0; i < b->num_subjects; i++)
		file_needs(&n, i);
	for (size_t i = 0; i < b->num_signatures; i++)
		signature_needs(&n, i);
	for (size_t i = 0; i < b->num_certificates; i++)
		certificate_needs(&n, i);
	for (size_t i = 0; i < b->num_keys; i++)
		if (is_shown(b, i))
			key_needs(&n, i);
	for (size_t i = 0; i < w->num_algorithms; i++)
		algorithm_needs(&n, &w->algorithm[i]);
	kf_json_close(&w->json);
	free(n.ref);
}

static void whole(struct writing *w)
{
	struct kf_json *json = &w->json;
	bool old = w->ask->spec == KF_BOM_1_6;
	char urn[UUID_LEN + 16];

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "$schema", old
		     ? "http://cyclonedx.org/schema/bom-1.6.schema.json"
		     : "http://cyclonedx.org/schema/bom-1.7.schema.json");
	kf_json_text(json, "bomFormat", "CycloneDX");
	kf_json_text(json, "specVersion", old ? "1.6" : "1.7");
	snprintf(urn, sizeof(urn), "urn:uuid:%s", w->uuid);
	if (w->uuid[0])
		kf_json_text(json, "serialNumber", urn);
	kf_json_number(json, "version", 1);
	metadata(w);
	components(w);
	dependencies(w);
	kf_json_close(json);
	kf_output_text(json->out, "\n");
}

/* make_uuid makes one of what the bill says. Source: RFC 9562, 5.8 (version 8:
 * bits of one's own choice). */
static void make_uuid(char out[UUID_LEN + 1], const struct kf_digest *d)
{
	uint8_t byte[16];
	size_t len = 0;

	memcpy(byte, d->bytes, sizeof(byte));
	byte[6] = (uint8_t)((byte[6] & 0x0f) | 0x80);
	byte[8] = (uint8_t)((byte[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(byte); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[len++] = '-';
		snprintf(out + len, 3, "%02x", byte[i]);
		len += 2;
	}
}

enum kf_status kf_bom_write(struct kf_output *out, const struct kf_bill *bill,
			    const struct kf_bom_ask *ask)
{
	struct writing w = { .b = bill, .ask = ask };
	struct kf_output first = { 0 };
	struct kf_digest digest = { .len = 0 };

	if (!gather(&w)) {
		free(w.algorithm);
		return KF_NO_MEMORY;
	}
	w.json = (struct kf_json){ .out = &first };
	whole(&w);
	if (!first.failed)
		kf_digest_of(&digest, bill->env->crypto, KF_SHA256,
			     kf_view(first.data, first.len));
	if (digest.len) {
		make_uuid(w.uuid, &digest);
		w.json = (struct kf_json){ .out = out };
		whole(&w);
	}
	free(w.algorithm);
	if (first.failed || out->failed) {
		kf_output_close(&first);
		return KF_NO_MEMORY;
	}
	kf_output_close(&first);
	return digest.len ? KF_OK : KF_NO_CRYPTO;
}
