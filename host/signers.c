/* Signers, found in what a format describes: what stands in "signers" or
 * "signatures" is one signer an item.
 */
#include "signers.h"

#include <string.h>

enum { HEAD_LEN = 4096 };

/* finding walks a description. */
struct finding {
	struct kf_signers *all;
	const struct kf_sink *also;
	bool fault;		/* a part could not be described */
	unsigned depth, list;	/* depth of the list; 0: outside */
	struct kf_told_signer now;
};

bool kf_fact_is(const struct kf_fact *fact, const char *name)
{
	return fact->name && strcmp(fact->name, name) == 0;
}

void kf_fact_copy(char *out, size_t size, struct kf_bytes text)
{
	size_t len = text.len < size ? text.len : size - 1;

	if (len)
		memcpy(out, text.data, len);
	out[len] = '\0';
}

static void digest(struct kf_digest *out, struct kf_bytes bytes)
{
	if (bytes.len != 32 || out->len)
		return;
	memcpy(out->bytes, bytes.data, bytes.len);
	out->len = bytes.len;
}

static bool same(const struct kf_told_signer *a,
		 const struct kf_told_signer *b)
{
	return memcmp(&a->certificate, &b->certificate,
		      sizeof(a->certificate)) == 0 &&
	       memcmp(&a->hash, &b->hash, sizeof(a->hash)) == 0 &&
	       memcmp(&a->spki, &b->spki, sizeof(a->spki)) == 0;
}

size_t kf_signers_add(struct kf_signers *all, const struct kf_told_signer *one)
{
	if (!one->certificate.len && !one->hash.len && !one->spki.len)
		return KF_SIGNERS_MAX;
	for (size_t i = 0; i < all->num; i++)
		if (same(&all->signer[i], one))
			return i;
	if (all->num == KF_SIGNERS_MAX) {
		all->more = true;
		return KF_SIGNERS_MAX;
	}
	all->signer[all->num] = *one;
	return all->num++;
}

/* is_key: a key without a certificate, or digits. */
static bool is_key(const struct kf_key_names *names,
		   const struct kf_digest *spki)
{
	struct kf_bytes key = kf_view(spki->bytes, spki->len);

	return kf_equal(kf_view(names->spki.bytes, names->spki.len), key) &&
	       (!names->certificate.len ||
		kf_equal(kf_view(names->certificate.bytes,
				 names->certificate.len), key));
}

void kf_signers_name(struct kf_signers *all, const struct kf_key_names *names)
{
	struct kf_told_signer one = { .spki = names->spki,
				      .certificate = names->certificate };

	for (size_t i = 0; i < all->num; i++) {
		struct kf_told_signer *s = &all->signer[i];

		if (names->certificate.len && memcmp(
			    &s->certificate, &names->certificate,
			    sizeof(s->certificate)) == 0) {
			/* Digits alone may name either. */
			if (!s->spki.len)
				s->spki = names->spki;
			return;
		}
		if (s->spki.len && is_key(names, &s->spki))
			return;
	}
	kf_fact_copy(one.key, sizeof(one.key), kf_text(names->key));
	(void)kf_signers_add(all, &one);
}

static void take(struct finding *f, const struct kf_fact *fact)
{
	struct kf_told_signer *now = &f->now;

	if (kf_fact_is(fact, "sha256"))
		digest(&now->certificate, fact->bytes);
	else if (kf_fact_is(fact, "spki-sha256"))
		digest(&now->spki, fact->bytes);
	else if (kf_fact_is(fact, "key-hash"))
		digest(&now->hash, fact->bytes);
	else if (kf_fact_is(fact, "key") && !now->key[0])
		kf_fact_copy(now->key, sizeof(now->key), fact->bytes);
	else if (kf_fact_is(fact, "algorithm") && !now->algorithm[0])
		kf_fact_copy(now->algorithm, sizeof(now->algorithm),
			     fact->bytes);
}

/* opened: a list of signers begins, or one of them. */
static void opened(struct finding *f, const struct kf_fact *fact)
{
	f->depth++;
	if (kf_fact_is(fact, "signers") || (!f->list && kf_fact_is(fact, "signatures")))
		f->list = f->depth;
	if (f->list && f->depth == f->list + 1)
		memset(&f->now, 0, sizeof(f->now));
}

static void closed(struct finding *f)
{
	if (f->list && f->depth == f->list + 1)
		(void)kf_signers_add(f->all, &f->now);
	if (f->list == f->depth)
		f->list = 0;
	f->depth--;
}

static void look(void *self, const struct kf_fact *fact)
{
	struct finding *f = self;

	f->fault = f->fault || kf_fact_is(fact, "fault");
	if (f->also)
		f->also->fact(f->also->self, fact);
	if (fact->kind == KF_FACT_OPEN)
		opened(f, fact);
	else if (fact->kind == KF_FACT_CLOSE)
		closed(f);
	/* Of an item itself, or of the certificate in it. */
	else if (f->list && f->depth > f->list && f->depth <= f->list + 2)
		take(f, fact);
}

enum kf_status kf_signers_find(struct kf_signers *all, const char **format,
			       const struct kf_source *source,
			       struct kf_work *work,
			       const struct kf_sink *also)
{
	struct finding f = { .all = all, .also = also };
	const struct kf_sink sink = { look, &f };
	size_t len = source->size < HEAD_LEN ? (size_t)source->size
					     : (size_t)HEAD_LEN;
	struct kf_artifact artifact;
	const struct kf_format *known;
	uint8_t head[HEAD_LEN];
	enum kf_status status;

	if (!source->read_at(source->self, 0, head, len))
		return KF_CANNOT_READ;
	known = kf_format_of(kf_view(head, len), source);
	if (!known)
		return KF_OK;
	*format = known->name;
	kf_artifact_read(&artifact, known, source, &work->env);
	status = artifact.status;
	if (status == KF_OK)
		known->describe(&artifact, &work->env, &sink);
	kf_artifact_close(&artifact, &work->env);
	return status == KF_OK && f.fault ? KF_NO_MEMORY : status;
}

/* hex writes a digest, where there is one. */
static void hex(struct kf_json *json, const char *name,
		const struct kf_digest *d)
{
	if (d->len)
		kf_json_hex(json, name, kf_view(d->bytes, d->len));
}

void kf_signers_write(struct kf_json *json, const struct kf_signers *all)
{
	kf_json_open(json, "signers", '[');
	for (size_t i = 0; i < all->num; i++) {
		const struct kf_told_signer *s = &all->signer[i];

		kf_json_open(json, NULL, '{');
		hex(json, "spki_sha256", &s->spki);
		hex(json, "cert_sha256", &s->certificate);
		hex(json, "key_hash", &s->hash);
		if (s->key[0])
			kf_json_foreign(json, "key", kf_text(s->key));
		if (s->algorithm[0])
			kf_json_foreign(json, "alg", kf_text(s->algorithm));
		kf_json_close(json);
	}
	kf_json_close(json);
}
