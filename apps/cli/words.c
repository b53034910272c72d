/* Fills the sentences of reasons.def, and words evidence.
 *
 * A place whose evidence is missing is filled with a word that says so, never
 * left as it is: a sentence is always one.
 */
#include "words.h"

#include <inttypes.h>
#include <string.h>

const char *kf_answer_name(enum kf_answer answer)
{
	return answer == KF_ACCEPT ? "accept" :
	       answer == KF_REJECT ? "reject" : "unknown";
}

bool kf_words_read(struct kf_certificate *out, struct kf_arena *lent,
		   struct kf_bytes der, const struct kf_env *env,
		   struct kf_output *text)
{
	enum kf_status status = KF_WRONG_USE;

	*lent = *env->arena;
	if (der.len)
		status = env->crypto->certificate_read(env->crypto->self, out,
						       der, lent);
	if (status != KF_OK && status != KF_WRONG_USE)
		text->failed = true;
	return status == KF_OK;
}

void kf_words_certificate(struct kf_output *out, struct kf_bytes der,
			  const struct kf_env *env)
{
	struct kf_certificate c;
	struct kf_arena lent;

	if (!kf_words_read(&c, &lent, der, env, out)) {
		kf_output_text(out, der.len ? "an unreadable certificate"
			       : "a certificate that is not in the file");
		return;
	}
	if (c.name && c.name[0]) {
		kf_output_text(out, c.name);
		return;
	}
	kf_output_text(out, "certificate without a name, SHA-256 ");
	kf_output_hex(out, kf_view(c.sha256.bytes, c.sha256.len));
}

void kf_words_moment(struct kf_output *out, const struct kf_moment *when)
{
	kf_output_print(out, "%04u-%02u-%02uT%02u:%02u:%02uZ", when->year,
			when->month, when->day, when->hour, when->minute,
			when->second);
}

/* of_kind finds the first piece of evidence of a kind. */
static const struct kf_evidence *of_kind(const struct kf_finding *f,
					 enum kf_evidence_kind kind)
{
	for (size_t i = 0; i < f->num_evidence; i++)
		if (f->evidence[i].kind == kind)
			return &f->evidence[i];
	return NULL;
}

/* A place's words. Returns false where the evidence is missing. */
typedef bool place_words(struct kf_output *out, const struct kf_finding *f,
			 const struct kf_env *env);

static bool place_signature(struct kf_output *out, const struct kf_finding *f,
			    const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_SIGNATURE);

	if (e)
		kf_output_print(out, "%" PRIu32, e->signature);
	return e;
}

static bool place_certificate(struct kf_output *out,
			      const struct kf_finding *f,
			      const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_CERTIFICATE);

	if (e)
		kf_words_certificate(out, e->bytes, env);
	return e;
}

static bool place_role(struct kf_output *out, const struct kf_finding *f,
		       const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_CERTIFICATE);

	if (e && e->name)
		kf_output_text(out, e->name);
	return e && e->name;
}

/* place_issued says who stands behind the signer, and behind the last
 * certificate that the signature brings, where that is somebody else. */
static bool place_issued(struct kf_output *out, const struct kf_finding *f,
			 const struct kf_env *env)
{
	const struct kf_evidence *last = NULL;
	const struct kf_evidence *first = of_kind(f, KF_EV_CERTIFICATE);
	struct kf_certificate signer, top;
	struct kf_arena lent, lent_too;

	for (size_t i = 0; i < f->num_evidence; i++)
		if (f->evidence[i].kind == KF_EV_CERTIFICATE)
			last = &f->evidence[i];
	if (!first || !kf_words_read(&signer, &lent, first->bytes, env,
				    out))
		return true;
	if (signer.self_issued) {
		kf_output_text(out, ", which nobody else has issued");
		return true;
	}
	kf_output_print(out, ", issued by \"%s\"", signer.issuer_name);
	lent_too = lent;
	if (last != first &&
	    env->crypto->certificate_read(env->crypto->self, &top, last->bytes,
					  &lent_too) == KF_OK &&
	    strcmp(top.name, signer.name) != 0 &&
	    strcmp(top.name, signer.issuer_name) != 0)
		kf_output_print(out, ", and its chain ends with \"%s\"",
				top.name);
	return true;
}

/* place_entry names an entry of a part, and the certificate in it when that
 * is not the one that the sentence names already. */
static bool place_entry(struct kf_output *out, const struct kf_finding *f,
			const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_STORE_ENTRY);
	const struct kf_evidence *named = of_kind(f, KF_EV_CERTIFICATE);
	struct kf_certificate c;
	struct kf_arena lent;

	if (!e)
		return false;
	if (!(named && kf_equal(named->bytes, e->bytes)) &&
	    kf_words_read(&c, &lent, e->bytes, env, out))
		kf_output_print(out, "\"%s\" in ", c.name);
	kf_output_text(out, e->name);
	if (e->list)
		kf_output_print(out, " (list %" PRIu32 ", entry %" PRIu32 ")",
				e->list, e->entry);
	return true;
}

static bool place_part(struct kf_output *out, const struct kf_finding *f,
		       const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_STORE_PART);

	if (!e)
		e = of_kind(f, KF_EV_STORE_ENTRY);
	if (e && e->name)
		kf_output_text(out, e->name);
	return e && e->name;
}

static bool place_digest(struct kf_output *out, const struct kf_finding *f,
			 const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_DIGEST);

	if (e)
		kf_output_hex(out, e->bytes);
	return e;
}

static bool place_field(struct kf_output *out, const struct kf_finding *f,
			const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_FIELD);

	if (e && e->name)
		kf_output_text(out, e->name);
	return e && e->name;
}

/* place_row writes the component of an SBAT row. What is no plain character is
 * left out: the name comes from the file. */
static bool place_row(struct kf_output *out, const struct kf_finding *f,
		      const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_FIELD);

	for (size_t i = 0; e && i < e->bytes.len && i < 64; i++)
		if (e->bytes.data[i] > 0x20 && e->bytes.data[i] < 0x7f)
			kf_output_print(out, "%c", e->bytes.data[i]);
	return e && e->bytes.len;
}

static bool place_at(struct kf_output *out, const struct kf_finding *f,
		     const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_FIELD);

	if (!e)
		e = of_kind(f, KF_EV_STORE_PART);
	if (e)
		kf_output_print(out, "%" PRIu64, e->at);
	return e;
}

static bool place_value(struct kf_output *out, const struct kf_finding *f,
			const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_FIELD);

	if (e && e->has_value)
		kf_output_print(out, "%" PRIu64, e->value);
	return e && e->has_value;
}

static bool place_bound(struct kf_output *out, const struct kf_finding *f,
			const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_FIELD);

	if (e && e->has_bound)
		kf_output_print(out, "%" PRIu64, e->bound);
	return e && e->has_bound;
}

/* write_when writes the time of a piece of evidence: a moment of UEFI, or
 * seconds. */
static void write_when(struct kf_output *out, const struct kf_evidence *e)
{
	char text[24];

	if (e->when.year) {
		kf_words_moment(out, &e->when);
		return;
	}
	kf_time_write(text, (int64_t)e->value);
	kf_output_text(out, text);
}

static bool place_when(struct kf_output *out, const struct kf_finding *f,
		       const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_MOMENT);

	if (e)
		write_when(out, e);
	return e;
}

static bool place_text(struct kf_output *out, const struct kf_finding *f,
		       const struct kf_env *env)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_TEXT);

	if (e && e->text)
		kf_output_text(out, e->text);
	return e && e->text;
}

/* place_verifier: what is built of edk2 is the firmware itself. */
static bool place_verifier(struct kf_output *out, const struct kf_finding *f,
			   const struct kf_env *env)
{
	(void)env;
	if (!f->verifier || strncmp(f->verifier, "edk2", 4) == 0)
		return false;
	kf_output_text(out, f->verifier);
	return true;
}

static const struct {
	const char *name;
	place_words *words;
	const char *missing;
} places[] = {
	{ "signature", place_signature, "(of unknown number)" },
	{ "certificate", place_certificate, "an unknown certificate" },
	{ "role", place_role, "certificate" },
	{ "issued", place_issued, "" },
	{ "entry", place_entry, "the trust store" },
	{ "part", place_part, "a part of the trust store" },
	{ "digest", place_digest, "an unknown digest" },
	{ "field", place_field, "a field" },
	{ "row", place_row, "a component" },
	{ "at", place_at, "an unknown place" },
	{ "value", place_value, "an unknown value" },
	{ "bound", place_bound, "an unknown bound" },
	{ "when", place_when, "an unknown day" },
	{ "text", place_text, "no more is known" },
	{ "verifier", place_verifier, "the firmware" },
};

/* fill writes one place. */
static void fill(struct kf_output *out, const char *name, size_t len,
		 const struct kf_finding *f, const struct kf_env *env)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strlen(places[i].name) != len ||
		    memcmp(places[i].name, name, len) != 0)
			continue;
		if (!places[i].words(out, f, env))
			kf_output_text(out, places[i].missing);
		return;
	}
	/* A place that nobody knows shows up in tests as what it is. */
	kf_output_print(out, "{%.*s}", (int)len, name);
}

/* sentence writes a text with its places filled. */
static void sentence(struct kf_output *out, const char *text,
		     const struct kf_finding *f, const struct kf_env *env)
{
	while (*text) {
		size_t len = strcspn(text, "{");

		kf_output_add(out, text, len);
		text += len;
		if (!*text)
			break;
		len = strcspn(text, "}");
		fill(out, text + 1, len - 1, f, env);
		text += len + (text[len] == '}');
	}
}

void kf_words_finding(struct kf_output *out, const struct kf_finding *finding,
		      const struct kf_env *env)
{
	if (finding->reason)
		sentence(out, finding->reason->sentence, finding, env);
}

/* set_instead: a part that is told, not given. SecureBoot is what a running
 * system says of itself: no device keeps it in a file. */
static const char *set_instead(const struct kf_finding *f)
{
	const struct kf_evidence *e = of_kind(f, KF_EV_STORE_PART);

	if (!e || !e->name || strcmp(e->name, "secure-boot") != 0 ||
	    strcmp(f->reason->slug, "store-part-unknown") != 0)
		return NULL;
	return "say which it is with --set secure-boot=on or --set secure-boot=off";
}

void kf_words_advice(struct kf_output *out, const struct kf_finding *finding,
		     const struct kf_env *env)
{
	const char *text;

	if (!finding->reason)
		return;
	text = set_instead(finding);
	sentence(out, text ? text : finding->reason->advice, finding, env);
}

/* allowed_by is what is said of an accept, by the evidence that it has: the
 * first line of which all kinds are there. */
static const char *allowed_by(const struct kf_finding *finding)
{
	static const struct {
		enum kf_evidence_kind kind[3];	/* 0 ends */
		const char *text;
	} lines[] = {
		{ { KF_EV_STORE_ENTRY, KF_EV_SIGNATURE, KF_EV_CERTIFICATE },
		  "signature {signature} leads to \"{certificate}\", which is in {entry}" },
		{ { KF_EV_STORE_ENTRY, KF_EV_SIGNATURE },
		  "signature {signature} is by the key in {entry}" },
		{ { KF_EV_STORE_ENTRY, KF_EV_DIGEST },
		  "the image's digest is in {entry}" },
		{ { KF_EV_SIGNATURE, KF_EV_STORE_PART, KF_EV_CERTIFICATE },
		  "signature {signature} is by \"{certificate}\", and leads to the device's {part}" },
		{ { KF_EV_SIGNATURE, KF_EV_STORE_PART, KF_EV_TEXT },
		  "signature {signature} is by {text}, a key in {part}" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t k = 0;

		while (k < 3 && lines[i].kind[k] &&
		       of_kind(finding, lines[i].kind[k]))
			k++;
		if (k == 3 || !lines[i].kind[k])
			return lines[i].text;
	}
	return NULL;
}

void kf_words_allowed(struct kf_output *out, const struct kf_finding *finding,
		      const struct kf_env *env)
{
	const char *text = allowed_by(finding);

	if (text)
		sentence(out, text, finding, env);
	if (text && of_kind(finding, KF_EV_SETTING) &&
	    of_kind(finding, KF_EV_SETTING)->text)
		kf_output_print(out, "; it has to be written with %s %s",
				of_kind(finding, KF_EV_SETTING)->name,
				of_kind(finding, KF_EV_SETTING)->text);
}

/* stopped_early says that a good signature was never come to. */
static void stopped_early(struct kf_output *out, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;

	for (size_t i = 0; i < v->num_signatures; i++) {
		const struct kf_signature_result *s = &v->signature[i];

		if (!s->trusted || s->revoked || s->looked_at)
			continue;
		kf_output_print(out,
			"; %s stops there although signature %" PRIu32 " is trusted",
			pair->verifier->rules->verifier->name, s->number);
		return;
	}
}

void kf_words_why(struct kf_output *out, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;

	kf_words_finding(out, &v->why, pair->env);
	if (v->answer == KF_REJECT)
		stopped_early(out, pair);
}

static void write_range(struct kf_output *out, const struct kf_evidence *e,
			const char *of)
{
	if (e->len)
		kf_output_print(out, ": %" PRIu64 " bytes at %" PRIu64 " of %s",
				e->len, e->at, of);
	else if (e->at)
		kf_output_print(out, ": at byte %" PRIu64 " of %s", e->at, of);
}

static void write_certificate(struct kf_output *out,
			      const struct kf_evidence *e,
			      const struct kf_env *env)
{
	struct kf_certificate c;
	struct kf_arena lent;
	char until[24];

	kf_output_print(out, "%s: \"", e->name ? e->name : "certificate");
	kf_words_certificate(out, e->bytes, env);
	kf_output_text(out, "\"");
	if (!kf_words_read(&c, &lent, e->bytes, env, out))
		return;
	kf_time_write(until, c.not_after_s);
	kf_output_print(out, ", %s, until %.10s, SHA-256 ", c.key, until);
	kf_output_hex(out, kf_view(c.sha256.bytes, c.sha256.len));
}

static void write_entry(struct kf_output *out, const struct kf_evidence *e,
			const struct kf_pair *pair)
{
	const struct kf_part *part = kf_store_part(&pair->verifier->store,
						   e->name);

	/* Of an entry that is only known to be there it is not known where. */
	kf_output_text(out, e->name);
	if (e->list) {
		kf_output_print(out, ", list %" PRIu32 ", entry %" PRIu32,
				e->list, e->entry);
		write_range(out, e, e->name);
	}
	if (e->when.year) {
		kf_output_text(out, ", revoked as of ");
		kf_words_moment(out, &e->when);
	}
	if (part && part->from)
		kf_output_print(out, ", from %s", part->from);
}

/* of_store tells whether evidence is about the device's store, not about the
 * file. */
static bool of_store(const struct kf_evidence *e, const struct kf_pair *pair)
{
	const struct kf_finding *why = &pair->verdict->why;

	return e >= why->evidence && e < why->evidence + why->num_evidence &&
	       why->reason && strncmp(why->reason->slug, "store-", 6) == 0;
}

static void write_field(struct kf_output *out, const struct kf_evidence *e,
			const struct kf_pair *pair)
{
	kf_output_text(out, e->name);
	write_range(out, e, of_store(e, pair) ? "the trust store"
					      : "the file");
	if (e->has_value)
		kf_output_print(out, ", value %" PRIu64 " (0x%" PRIx64 ")",
				e->value, e->value);
	if (e->has_bound)
		kf_output_print(out, ", against %" PRIu64 " (0x%" PRIx64 ")",
				e->bound, e->bound);
}

void kf_words_evidence(struct kf_output *out, const struct kf_evidence *e,
		       const struct kf_pair *pair)
{
	switch (e->kind) {
	case KF_EV_FIELD:
		write_field(out, e, pair);
		break;
	case KF_EV_SIGNATURE:
		kf_output_print(out, "signature %" PRIu32, e->signature);
		write_range(out, e, "the file");
		break;
	case KF_EV_CERTIFICATE:
		write_certificate(out, e, pair->env);
		break;
	case KF_EV_DIGEST:
		kf_output_print(out, "%s%s: ", e->name,
				strncmp(e->name, "SHA", 3) == 0
				? " digest of the image" : "");
		kf_output_hex(out, e->bytes);
		break;
	case KF_EV_STORE_ENTRY:
		write_entry(out, e, pair);
		break;
	case KF_EV_STORE_PART:
		kf_output_text(out, e->name);
		write_range(out, e, e->name);
		break;
	case KF_EV_SETTING:
		kf_output_print(out, "setting %s%s%s", e->name,
				e->text ? "=" : "", e->text ? e->text : "");
		break;
	case KF_EV_MOMENT:
		kf_output_print(out, "%s: ", e->name);
		write_when(out, e);
		break;
	case KF_EV_TEXT:
		kf_output_text(out, e->text);
		break;
	}
}
