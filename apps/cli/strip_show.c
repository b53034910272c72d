/* Words for the signatures of a file, and for what differs between two.
 */
#include "strip_show.h"

#include "words.h"

#include <inttypes.h>
#include <string.h>

enum { BLOB_MAX = 1 << 20 };

/* signer is the first one of a signature, for the time of showing it. */
struct signer {
	struct kf_signed_data *data;
	struct kf_signed_facts facts;
	struct kf_signer_facts first;
	struct kf_bytes digest;		/* that it covers; empty: none */
	enum kf_digest_kind kind;
};

/* read_signer reads a signature, into what is left of the arena. `data` stays
 * NULL when it is none. Owns: `out->data`. */
static enum kf_status read_signer(struct signer *out,
				  const struct kf_signatures *file,
				  const struct kf_attached *a,
				  struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_bytes blob;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	if (a->blob_len == 0 || a->blob_len > BLOB_MAX)
		return KF_OK;
	status = kf_source_keep(&blob, file->source, env, a->blob_at,
				a->blob_len);
	if (status == KF_OK)
		status = crypto->signed_read(crypto->self, &out->data, blob,
					     0);
	if (!out->data)
		return status;
	crypto->signed_facts(out->data, &out->facts);
	if (out->facts.num_signers)
		crypto->signed_signer(out->data, 0, &out->first);
	if (!kf_content_digest(&out->digest, &out->kind, &out->facts))
		out->digest = kf_view(NULL, 0);
	return status;
}

static bool covers(const struct signer *s,
		   const struct kf_strip_digests *digests)
{
	const struct kf_digest *d = &digests->of[s->kind];

	return s->digest.len && kf_equal(s->digest, kf_view(d->bytes, d->len));
}

static const char *type_of(const struct kf_attached *a)
{
	return a->blob_len ? "pkcs7" : "other";
}

static void json_signature(struct kf_json *json, const struct kf_attached *a,
			   const struct signer *s, uint64_t number,
			   const struct kf_strip_show *show,
			   const struct kf_strip_digests *digests)
{
	struct kf_arena lent;
	struct kf_certificate c;
	bool has = s->data && s->first.certificate.len &&
		   kf_words_read(&c, &lent, s->first.certificate, show->env,
				 show->out);

	kf_json_open(json, NULL, '{');
	kf_json_number(json, "number", number);
	kf_json_number(json, "at", a->at);
	kf_json_number(json, "len", a->len);
	kf_json_text(json, "type", type_of(a));
	kf_json_text(json, "digest", s->digest.len ? kf_digest_name(s->kind)
						   : NULL);
	kf_json_yes_no(json, "covers", covers(s, digests));
	if (has && c.name)
		kf_json_foreign(json, "signer", kf_text(c.name));
	else
		kf_json_text(json, "signer", NULL);
	if (has && c.issuer_name)
		kf_json_foreign(json, "issuer", kf_text(c.issuer_name));
	else
		kf_json_text(json, "issuer", NULL);
	kf_json_close(json);
}

/* shown writes words with foreign text in them, made harmless. */
static void shown(struct kf_output *out, struct kf_output *words)
{
	out->failed = out->failed || words->failed;
	kf_output_shown(out, kf_view(words->data, words->len));
	kf_output_text(out, "\n");
	kf_output_close(words);
}

static void text_signer(struct kf_output *out, const struct signer *s,
			struct kf_env *env)
{
	struct kf_output words = { 0 };
	struct kf_arena lent;
	struct kf_certificate c;

	if (!s->data)
		return;
	kf_output_text(out, "           ");
	if (!s->first.certificate.len)
		kf_output_text(&words, "its signer is not told");
	else if (kf_words_read(&c, &lent, s->first.certificate, env, &words))
		kf_output_print(&words, "by \"%s\", issued by \"%s\"", c.name,
				c.issuer_name);
	else
		kf_output_text(&words, "its signer's certificate cannot be read");
	shown(out, &words);
}

static void text_signature(struct kf_output *out, const struct kf_attached *a,
			   const struct signer *s, uint64_t number,
			   struct kf_env *env,
			   const struct kf_strip_digests *digests)
{
	kf_output_print(out, "  %-8" PRIu64 " %" PRIu32 " bytes at %" PRIu64 ", ",
			number, a->len, a->at);
	if (a->blob_len == 0)
		kf_output_print(out, "type 0x%04x, not PKCS#7\n", a->type);
	else if (a->blob_len > BLOB_MAX)
		kf_output_text(out, "too long to be looked at\n");
	else if (!s->data)
		kf_output_text(out, "no PKCS#7 that can be read\n");
	else if (!s->digest.len)
		kf_output_text(out, "covers no image\n");
	else
		kf_output_print(out, "covers %s image by its %s\n",
				covers(s, digests) ? "this" : "another",
				kf_digest_name(s->kind));
	text_signer(out, s, env);
}

static void json_digest(struct kf_json *json, const char *name,
			const struct kf_digest *digest)
{
	kf_json_hex(json, name, kf_view(digest->bytes, digest->len));
}

/* open_list writes all that stands in front of the signatures. */
static void open_list(const struct kf_strip_show *show, const char *path,
		      const struct kf_signatures *file,
		      const struct kf_strip_digests *digests)
{
	struct kf_json *json = show->json;
	struct kf_output *out = show->out;
	const struct kf_digest *sha1 = &digests->of[KF_SHA1];
	const struct kf_digest *sha256 = &digests->of[KF_SHA256];

	if (json) {
		kf_json_open(json, NULL, '{');
		kf_json_foreign(json, "file", kf_text(path));
		kf_json_number(json, "image-len", file->image_len);
		json_digest(json, "image-sha256", sha256);
		json_digest(json, "image-sha1", sha1);
		kf_json_number(json, "table-len", file->table_len);
		kf_json_number(json, "behind-len", file->behind_len);
		kf_json_open(json, "signatures", '[');
		return;
	}
	kf_output_shown(out, kf_text(path));
	if (file->num)
		kf_output_print(out, ": %zu signature%s\n", file->num,
				file->num > 1 ? "s" : "");
	else
		kf_output_text(out, ": no signature\n");
	kf_output_text(out, "  image    SHA-256 ");
	kf_output_hex(out, kf_view(sha256->bytes, sha256->len));
	kf_output_text(out, "\n           SHA-1 ");
	kf_output_hex(out, kf_view(sha1->bytes, sha1->len));
	kf_output_text(out, "\n");
}

static void close_list(const struct kf_strip_show *show,
		       const struct kf_signatures *file)
{
	if (show->json) {
		kf_json_close(show->json);
		kf_json_close(show->json);
		kf_output_text(show->out, "\n");
	} else if (file->behind_len) {
		kf_output_print(show->out, "  behind   %" PRIu64 " bytes stand behind the certificate table\n",
				file->behind_len);
	}
}

enum kf_status kf_strip_list(const struct kf_strip_show *show,
			     const char *path,
			     const struct kf_signatures *file,
			     const struct kf_strip_digests *digests)
{
	const struct kf_crypto *crypto = show->env->crypto;
	enum kf_status status = KF_OK;

	open_list(show, path, file, digests);
	for (size_t i = 0; i < file->num && status == KF_OK; i++) {
		const struct kf_attached *a = &file->signature[i];
		size_t used = show->env->arena->used;
		struct signer s;

		status = read_signer(&s, file, a, show->env);
		if (status == KF_OK && show->json)
			json_signature(show->json, a, &s, i + 1, show,
				       digests);
		else if (status == KF_OK)
			text_signature(show->out, a, &s, i + 1, show->env,
				       digests);
		crypto->signed_close(s.data);
		show->env->arena->used = used;
	}
	close_list(show, file);
	return status;
}

static void json_compared(struct kf_json *json, const char *const path[2],
			  const struct kf_comparison *found)
{
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "file", kf_text(path[0]));
	kf_json_foreign(json, "other", kf_text(path[1]));
	kf_json_yes_no(json, "same", found->num_bytes == 0);
	json_digest(json, "file-image-sha256", &found->digest[0]);
	json_digest(json, "other-image-sha256", &found->digest[1]);
	kf_json_number(json, "bytes", found->num_bytes);
	kf_json_number(json, "runs", found->num_runs);
	kf_json_number(json, "file-longer", found->longer[0]);
	kf_json_number(json, "other-longer", found->longer[1]);
	kf_json_number(json, "file-padding", found->padding[0]);
	kf_json_number(json, "other-padding", found->padding[1]);
	kf_json_open(json, "differences", '[');
}

static void text_digests(struct kf_output *out, const char *const path[2],
			 const struct kf_comparison *found)
{
	const struct kf_digest *a = &found->digest[0], *b = a + 1;

	kf_output_text(out, "  image    SHA-256 ");
	kf_output_hex(out, kf_view(a->bytes, a->len));
	if (!kf_equal(kf_view(a->bytes, a->len), kf_view(b->bytes, b->len))) {
		kf_output_text(out, "\n           of the other ");
		kf_output_hex(out, kf_view(b->bytes, b->len));
	} else if (found->num_bytes) {
		kf_output_text(out, " of both: signatures do not cover what differs");
	}
	kf_output_text(out, "\n");
	for (int i = 0; i < 2; i++)
		if (found->padding[i]) {
			kf_output_print(out, "  padding  %" PRIu64 " zeros in front of the table of ",
					found->padding[i]);
			kf_output_shown(out, kf_text(path[i]));
			kf_output_text(out, "\n");
		}
}

static void text_compared(struct kf_output *out, const char *const path[2],
			  const struct kf_comparison *found)
{
	kf_output_text(out, found->num_bytes ? "DIFFERENT  " : "SAME  ");
	kf_output_shown(out, kf_text(path[0]));
	kf_output_text(out, " and ");
	kf_output_shown(out, kf_text(path[1]));
	kf_output_text(out, "\n");
	text_digests(out, path, found);
	if (found->num_runs)
		kf_output_print(out, "  bytes    %" PRIu64 " differ, in %" PRIu64 " run%s\n",
				found->num_bytes - found->longer[0] -
				found->longer[1], found->num_runs,
				found->num_runs > 1 ? "s" : "");
	for (int i = 0; i < 2; i++)
		if (found->longer[i]) {
			kf_output_print(out, "  longer   by %" PRIu64 " bytes: ",
					found->longer[i]);
			kf_output_shown(out, kf_text(path[i]));
			kf_output_text(out, "\n");
		}
}

enum kf_status kf_strip_compared(const struct kf_strip_show *show,
				 const char *const path[2],
				 const struct kf_signatures *file,
				 const struct kf_comparison *found)
{
	struct kf_json *json = show->json;
	enum kf_status status = KF_OK;

	if (json)
		json_compared(json, path, found);
	else
		text_compared(show->out, path, found);
	for (size_t i = 0; i < found->num && status == KF_OK; i++) {
		const struct kf_difference *d = &found->difference[i];
		struct kf_bytes place;
		char room[8];

		status = kf_image_place(&place, room, file, d->at);
		if (json) {
			kf_json_open(json, NULL, '{');
			kf_json_number(json, "at", d->at);
			kf_json_number(json, "len", d->len);
			kf_json_foreign(json, "place", place);
			kf_json_close(json);
			continue;
		}
		kf_output_print(show->out, "  at       %" PRIu64 ": %" PRIu64 " bytes, in ",
				d->at, d->len);
		kf_output_shown(show->out, place);
		kf_output_text(show->out, "\n");
	}
	if (json) {
		kf_json_close(json);
		kf_json_close(json);
		kf_output_text(show->out, "\n");
	} else if (found->num_runs > found->num) {
		kf_output_print(show->out, "  and      %" PRIu64 " more\n",
				found->num_runs - found->num);
	}
	return status;
}

void kf_strip_unfit(struct kf_fault *why, const struct kf_signatures *file)
{
	static const char hint[] = "keyfit show tells its headers, field by field";
	unsigned long long at = file->damage.at;
	unsigned long long value = file->value, bound = file->bound;

	switch (file->unfit) {
	case KF_FIT:
		break;
	case KF_UNFIT_NO_PE:
		kf_fault_say(why, "give an EFI application, a driver or a kernel",
			     "is no PE file");
		break;
	case KF_UNFIT_TE:
		kf_fault_say(why, NULL, "is a TE image, which carries no signatures");
		break;
	case KF_UNFIT_HEADERS:
		kf_fault_say(why, hint, "its headers do not hold together: %s at byte %llu",
			     file->damage.field, at);
		break;
	case KF_UNFIT_MANY_SECTIONS:
		kf_fault_say(why, NULL, "has more than %d sections",
			     KF_IMAGE_SECTIONS_MAX);
		break;
	case KF_UNFIT_SECTION:
		kf_fault_say(why, hint, "a section ends at byte %llu of %llu (SizeOfRawData at byte %llu)",
			     value, bound, at);
		break;
	case KF_UNFIT_OVERLAP:
		kf_fault_say(why, hint, "its headers and sections take %llu bytes, and there are %llu: signatures cannot cover it",
			     value, bound);
		break;
	case KF_UNFIT_TABLE:
		kf_fault_say(why, hint, "its certificate table ends at byte %llu of %llu",
			     value, bound);
		break;
	case KF_UNFIT_TABLE_INSIDE:
		kf_fault_say(why, hint, "its certificate table begins at byte %llu, in front of the image's end at %llu",
			     value, bound);
		break;
	}
}
