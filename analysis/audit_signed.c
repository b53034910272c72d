/* Who signed a file: the keys of its signatures, how strong they are, and
 * whether all of them are under authorities that are being replaced.
 *
 * Certificates are told by name here, as they come in the signature; whether
 * they hold is what a check asks.
 */
#include "audit.h"
#include "signatures.h"

#include "core/pkcs7.h"
#include "core/reasons.h"
#include "core/update.h"

enum { PATH_MAX_LEN = 8 };

/* line is one signature, by the line of issuers that it comes from. */
struct line {
	const struct kf_authority *under;	/* it has successors */
	struct kf_audit_place place;
};

struct lines {
	struct line line[KF_SIGNATURES_MAX];
	size_t num;
	bool of_keys;		/* an update of keys: its signer may be a
				 * platform key, whose end means nothing */
	bool renewed;		/* a successor stands behind one of them */
};

/* mentions tells whether the name of an algorithm has a word in it, however
 * it is spelt. */
static bool mentions(const char *name, const char *word)
{
	for (; *name; name++) {
		size_t i = 0, skipped = 0;

		for (; word[i]; i++) {
			skipped += name[i + skipped] == '-';
			if ((name[i + skipped] | 0x20) != word[i])
				break;
		}
		/* sha1, and not sha128. */
		if (!word[i] && !(name[i + skipped] >= '0' &&
				  name[i + skipped] <= '9'))
			return true;
	}
	return false;
}

/* weak_digest is the weak digest in the name of an algorithm; NULL: none. */
static const char *weak_digest(const char *name)
{
	return !name ? NULL : mentions(name, "md5") ? "MD5" :
	       mentions(name, "sha1") ? "SHA-1" : NULL;
}

static void say_weak(struct kf_audit *a, const char *digest,
		     const struct kf_audit_place *place, struct kf_bytes der)
{
	struct kf_finding f;

	if (!digest)
		return;
	kf_audit_start(&f, KF_REASON_WEAK_DIGEST, place, der);
	kf_prove_text(&f, digest);
	kf_audit_give(a, &f);
}

/* authority_of finds the authority that a certificate is, or was issued by.
 * By name alone where it is not in the signature. */
static void authority_of(struct lines *lines, struct line *line,
			 const struct kf_certificate *c)
{
	struct kf_bytes sha256 = kf_view(c->sha256.bytes, c->sha256.len);
	const struct kf_authority *row;

	for (size_t i = 0; (row = kf_authority_at(i)); i++) {
		if (kf_hex_is(row->successor_sha256, sha256) ||
		    kf_same(row->successor, c->issuer_name))
			lines->renewed = true;
		if (line->under || (!kf_hex_is(row->sha256, sha256) &&
				    !kf_same(row->name, c->issuer_name)))
			continue;
		line->under = row;
	}
}

/* look_at_path goes from the signer up. The signature on the last certificate
 * counts only where somebody above it is the anchor. */
static void look_at_path(struct kf_audit *a, struct lines *lines,
			 const struct kf_bytes *path, size_t num,
			 struct line *line)
{
	struct kf_certificate c = { 0 };

	for (size_t i = 0; i < num && a->status == KF_OK; i++) {
		line->place.role = i == 0 ? "signer" : "issuer";
		if (!kf_audit_key_of(a, &c, path[i], &line->place))
			return;
		authority_of(lines, line, &c);
		if (!c.self_issued && (i == 0 || i + 1 < num))
			say_weak(a, weak_digest(c.algorithm), &line->place,
				 path[i]);
		if (i + 1 == num && !line->under && !lines->of_keys)
			kf_audit_end(a, &c, &line->place);
	}
}

/* look_at_signature takes one PKCS#7 structure. Fails: through `a`. */
static void look_at_signature(struct kf_audit *a, struct lines *lines,
			      struct kf_bytes blob,
			      const struct kf_evidence *where)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct line *line = &lines->line[lines->num++];
	struct kf_bytes path[PATH_MAX_LEN];
	struct kf_signed_data *data = NULL;
	struct kf_signed_facts facts;
	struct kf_signer_facts signer;
	size_t num;

	*line = (struct line){ .place = { .where = *where } };
	a->status = crypto->signed_read(crypto->self, &data, blob, 0);
	if (!data) {
		if (a->status == KF_OK)
			a->unread(a->self, "a signature",
				  "is no PKCS#7 structure");
		return;
	}
	crypto->signed_facts(data, &facts);
	for (size_t i = 0; i < facts.num_signers; i++) {
		crypto->signed_signer(data, i, &signer);
		say_weak(a, weak_digest(signer.digest), &line->place,
			 kf_view(NULL, 0));
	}
	num = crypto->signed_path(data, path, PATH_MAX_LEN);
	look_at_path(a, lines, path, num, line);
	crypto->signed_close(data);
}

/* conclude tells of signatures under an authority that is being replaced,
 * where none is under its successor. */
static void conclude(struct kf_audit *a, struct lines *lines)
{
	for (size_t i = 0; i < lines->num && !lines->renewed; i++) {
		struct line *line = &lines->line[i];
		struct kf_finding f;

		if (!line->under)
			continue;
		kf_audit_start(&f, KF_REASON_SIGNER_SUPERSEDED, &line->place,
			       kf_view(NULL, 0));
		kf_prove_text(&f, kf_audit_join(a, (const char *[]){
			"\"", line->under->name, "\" alone, whose successor is \"",
			line->under->successor, "\"", NULL }));
		kf_audit_give(a, &f);
	}
}

void kf_audit_image(struct kf_audit *a, const struct kf_source *source)
{
	struct kf_arena *arena = a->env->arena;
	struct kf_signatures file;
	struct lines lines = { .num = 0 };

	a->status = kf_signatures_read(&file, source, a->env);
	if (a->status == KF_OK && file.unfit && file.unfit != KF_UNFIT_NO_PE &&
	    file.unfit != KF_UNFIT_TE)
		a->unread(a->self, file.damage.field ? file.damage.field
			  : "the headers", "is damaged: its signatures cannot be told");
	for (size_t i = 0; i < file.num && a->status == KF_OK; i++) {
		const struct kf_attached *one = &file.signature[i];
		const struct kf_evidence where = {
			.kind = KF_EV_SIGNATURE, .at = one->at,
			.len = one->len, .signature = (uint32_t)i + 1,
		};
		size_t used = arena->used;
		struct kf_bytes blob;

		if (one->blob_len == 0)
			continue;
		a->status = kf_source_keep(&blob, source, a->env, one->blob_at,
					   one->blob_len);
		if (a->status == KF_OK)
			look_at_signature(a, &lines, blob, &where);
		arena->used = used;
	}
	if (a->status == KF_OK && (file.broken.field || file.too_many))
		a->unread(a->self, "the certificate table",
			  "is damaged: not all of its signatures were looked at");
	if (a->status == KF_OK)
		conclude(a, &lines);
}

void kf_audit_update(struct kf_audit *a, struct kf_bytes file)
{
	struct lines lines = { .of_keys = true };
	struct kf_update update;
	struct kf_evidence where = { .kind = KF_EV_SIGNATURE, .signature = 1 };
	struct kf_bytes signature;
	struct kf_bytes blob;

	kf_update_read(&update, kf_part_of(file, 0, file.len <
					   KF_UPDATE_HEADER_LEN ? file.len :
					   KF_UPDATE_HEADER_LEN), file.len);
	if (!update.adds_up) {
		a->unread(a->self, "the update's header", "is damaged");
		return;
	}
	signature = kf_part_of(file, update.signature_at,
			       update.signature_len);
	where.at = update.signature_at;
	where.len = update.signature_len;
	if (kf_pkcs7_wrap(&blob, signature, a->env->arena))
		look_at_signature(a, &lines, blob, &where);
	else
		a->status = KF_NO_MEMORY;
	if (a->status == KF_OK)
		conclude(a, &lines);
	if (a->status == KF_OK)
		kf_audit_lists(a, kf_part_of(file, update.value_at,
					     update.value_len));
}
