/* Makes a statement out of artifacts: their digests, and the signers that their
 * formats tell of.
 */
#include "ledger.h"

#include "host/json_write.h"

#include <string.h>

enum { HEAD_LEN = 4096, DEPTH_MAX = 32 };

/* signer is one of those that were found. */
struct signer {
	struct kf_digest spki, certificate, hash;
	char key[32];
	char algorithm[48];
};

/* finding walks a description: what stands in "signers" or "signatures" is
 * one signer an item. */
struct finding {
	struct signer signer[KF_LEDGER_SIGNERS_MAX];
	size_t num;
	bool more;		/* than there is room for */
	bool fault;		/* a part could not be described */
	unsigned depth, list;	/* depth of the list; 0: outside */
	struct signer now;
};

static bool is(const struct kf_fact *fact, const char *name)
{
	return fact->name && strcmp(fact->name, name) == 0;
}

static void copy(char *out, size_t size, struct kf_bytes text)
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

static bool same(const struct signer *a, const struct signer *b)
{
	return memcmp(&a->certificate, &b->certificate,
		      sizeof(a->certificate)) == 0 &&
	       memcmp(&a->hash, &b->hash, sizeof(a->hash)) == 0 &&
	       memcmp(&a->spki, &b->spki, sizeof(a->spki)) == 0;
}

static void keep(struct finding *f)
{
	if (!f->now.certificate.len && !f->now.hash.len && !f->now.spki.len)
		return;
	for (size_t i = 0; i < f->num; i++)
		if (same(&f->signer[i], &f->now))
			return;
	if (f->num == KF_LEDGER_SIGNERS_MAX)
		f->more = true;
	else
		f->signer[f->num++] = f->now;
}

static void take(struct finding *f, const struct kf_fact *fact)
{
	struct signer *now = &f->now;

	if (is(fact, "sha256"))
		digest(&now->certificate, fact->bytes);
	else if (is(fact, "key-hash"))
		digest(&now->hash, fact->bytes);
	else if (is(fact, "key") && !now->key[0])
		copy(now->key, sizeof(now->key), fact->bytes);
	else if (is(fact, "algorithm") && !now->algorithm[0])
		copy(now->algorithm, sizeof(now->algorithm), fact->bytes);
}

/* opened: a list of signers begins, or one of them. */
static void opened(struct finding *f, const struct kf_fact *fact)
{
	f->depth++;
	if (is(fact, "signers") || (!f->list && is(fact, "signatures")))
		f->list = f->depth;
	if (f->list && f->depth == f->list + 1)
		memset(&f->now, 0, sizeof(f->now));
}

static void closed(struct finding *f)
{
	if (f->list && f->depth == f->list + 1)
		keep(f);
	if (f->list == f->depth)
		f->list = 0;
	f->depth--;
}

static void look(void *self, const struct kf_fact *fact)
{
	struct finding *f = self;

	f->fault = f->fault || is(fact, "fault");
	if (fact->kind == KF_FACT_OPEN)
		opened(f, fact);
	else if (fact->kind == KF_FACT_CLOSE)
		closed(f);
	/* Of an item itself, or of the certificate in it. */
	else if (f->list && f->depth > f->list && f->depth <= f->list + 2)
		take(f, fact);
}

/* hex writes a digest, where there is one. */
static void hex(struct kf_json *json, const char *name,
		const struct kf_digest *d)
{
	if (d->len)
		kf_json_hex(json, name, kf_view(d->bytes, d->len));
}

static void write_signer(struct kf_json *json, const struct signer *s)
{
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

/* told adds a signer that the user names; where a certificate was found that is
 * its own, that one gets the key's name. */
static void told(struct finding *f, const struct kf_key_names *names)
{
	for (size_t i = 0; i < f->num; i++) {
		struct signer *s = &f->signer[i];

		if (names->certificate.len && memcmp(
			    &s->certificate, &names->certificate,
			    sizeof(s->certificate)) == 0) {
			s->spki = names->spki;
			return;
		}
	}
	memset(&f->now, 0, sizeof(f->now));
	f->now.spki = names->spki;
	f->now.certificate = names->certificate;
	copy(f->now.key, sizeof(f->now.key), kf_text(names->key));
	keep(f);
}

/* describe asks a format about an artifact. */
static enum kf_status describe(struct finding *f, const char **format,
			       const struct kf_source *source,
			       struct kf_work *work)
{
	const struct kf_sink sink = { look, f };
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
	return status == KF_OK && f->fault ? KF_NO_MEMORY : status;
}

static enum kf_status one(struct kf_json *json, struct finding *f,
			  const char **format, const char *path,
			  struct kf_work *work, struct kf_fault *why)
{
	const char *slash = strrchr(path, '/');
	struct kf_digest sha256;
	struct kf_file file;
	enum kf_status status = kf_file_open(&file, path, why);

	if (status != KF_OK)
		return status;
	kf_work_again(work, file.source.size);
	status = kf_file_digest(&sha256, &file.source, &work->env);
	if (status == KF_OK)
		status = describe(f, format, &file.source, work);
	if (status == KF_OK && !kf_file_same(&file)) {
		kf_fault_say(why, NULL, "has changed meanwhile");
		status = KF_CANNOT_READ;
	}
	kf_file_close(&file);
	if (status != KF_OK)
		return status;
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "name", kf_text(slash ? slash + 1 : path));
	kf_json_open(json, "digest", '{');
	kf_json_hex(json, "sha256", kf_view(sha256.bytes, sha256.len));
	kf_json_close(json);
	kf_json_close(json);
	return KF_OK;
}

static void predicate(struct kf_json *json, const struct kf_key_use *use,
		      const struct finding *f, const char *format)
{
	char made[24];

	kf_time_write(made, use->made_s);
	kf_json_open(json, "predicate", '{');
	kf_json_foreign(json, "product", kf_text(use->product));
	kf_json_foreign(json, "version", kf_text(use->version));
	if (use->has_counter)
		kf_json_number(json, "security_counter", use->counter);
	if (format)
		kf_json_text(json, "format", format);
	kf_json_open(json, "signers", '[');
	for (size_t i = 0; i < f->num; i++)
		write_signer(json, &f->signer[i]);
	kf_json_close(json);
	kf_json_text(json, "made", made);
	kf_json_close(json);
}

enum kf_status kf_key_use_write(struct kf_output *out, const char **path,
				const struct kf_key_use *use,
				struct kf_work *work, struct kf_fault *why)
{
	struct kf_json json = { .out = out };
	struct finding f = { .num = 0 };
	const char *format = NULL;
	enum kf_status status = KF_OK;

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "_type", KF_STATEMENT_TYPE);
	kf_json_open(&json, "subject", '[');
	for (size_t i = 0; i < use->num_artifacts && status == KF_OK; i++) {
		*path = use->artifact[i];
		status = one(&json, &f, &format, *path, work, why);
	}
	kf_json_close(&json);
	for (size_t i = 0; i < use->num_signers; i++)
		told(&f, &use->signer[i]);
	if (status == KF_OK && f.more) {
		kf_fault_say(why, "log fewer artifacts at once",
			     "has more signers than a statement holds: %d",
			     KF_LEDGER_SIGNERS_MAX);
		status = KF_WRONG_USE;
	}
	kf_json_text(&json, "predicateType", KF_STATEMENT_KEY_USE);
	predicate(&json, use, &f, format);
	kf_json_close(&json);
	return status == KF_OK && out->failed ? KF_NO_MEMORY : status;
}
