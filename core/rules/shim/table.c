/* The certificate table, entry by entry. UEFI-15.
 *
 * An entry that does not fit ends the walk with a refusal, even where an
 * earlier signature was good. The table need not be used up exactly.
 *
 * Source: rhboot/shim, verify.c (shim.c before 16.0):
 * verify_buffer_authenticode.
 */
#include "shim.h"

enum {
	HEADER_LEN = 8,
	ENTRY_LEAST = 12,	/* sizeof(WIN_CERTIFICATE_EFI_PKCS) */
	LENGTH_LEN = 4,
	TYPE_PKCS = 0x0002,
};

struct entry {
	uint64_t at;
	uint32_t len;
	uint16_t type;
};

static void refuse(struct shim_image *image, const char *field, uint64_t at,
		   uint64_t value, uint64_t bound)
{
	kf_find(&image->table, KF_REASON_CERTIFICATE_TABLE_MALFORMED,
		"UEFI-15");
	kf_prove_field(&image->table, field, at, 4);
	kf_prove_value(&image->table, value, bound);
}

static struct shim_signature *add(struct shim_image *image,
				  struct kf_artifact *artifact,
				  struct kf_env *env, const struct entry *e)
{
	struct shim_signature *s;

	if (image->num_signatures == KF_SIGNATURES_MAX) {
		shim_beyond(image, "more than 32 signatures");
		return NULL;
	}
	s = kf_arena_take(env->arena, sizeof(*s));
	if (!s) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	s->number = (uint32_t)image->num_signatures + 1;
	s->at = e->at;
	s->len = e->len;
	s->shown.number = s->number;
	s->shown.at = s->at;
	s->shown.len = s->len;
	image->signature[image->num_signatures++] = s;
	return s;
}

static bool take_entry(struct shim_image *image, struct kf_artifact *artifact,
		       struct kf_env *env, const struct entry *e)
{
	struct shim_signature *s = add(image, artifact, env, e);

	if (!s)
		return false;
	if (e->type != TYPE_PKCS) {
		kf_find(&s->skipped, KF_REASON_SIGNATURE_TYPE_UNSUPPORTED,
			"UEFI-15");
		kf_prove_signature(&s->skipped, s->number, s->at, s->len);
		kf_prove_text(&s->skipped,
			      "shim looks at PKCS#7 certificates alone");
		return true;
	}
	if (e->len > image->source->size - e->at) {
		shim_beyond(image, "a signature that goes on behind the end of the file, where this shim reads on");
		return false;
	}
	if (e->len - HEADER_LEN > SHIM_BLOB_MAX) {
		shim_beyond(image, "a signature of more than 1 MiB");
		return false;
	}
	image->blobs_len += e->len;
	if (image->blobs_len > SHIM_BLOBS_MAX) {
		shim_beyond(image, "signatures of more than 4 MiB together");
		return false;
	}
	artifact->status = kf_source_keep(&s->blob, image->source, env,
					  e->at + HEADER_LEN,
					  e->len - HEADER_LEN);
	return artifact->status == KF_OK;
}

/* read_entry reads an entry's header; what is behind the file's end reads as
 * zeros. */
static bool read_entry(struct shim_image *image, struct kf_artifact *artifact,
		       struct entry *e)
{
	const struct kf_source *source = image->source;
	uint64_t left = source->size - e->at;
	uint8_t bytes[HEADER_LEN] = { 0 };
	size_t len = left < HEADER_LEN ? (size_t)left : HEADER_LEN;
	struct kf_cursor c;

	if (!source->read_at(source->self, e->at, bytes, len)) {
		artifact->status = KF_CANNOT_READ;
		return false;
	}
	c = kf_cursor_over(kf_view(bytes, sizeof(bytes)), e->at);
	e->len = kf_u32le(&c, "dwLength");
	kf_skip(&c, 2, "wRevision");
	e->type = kf_u16le(&c, "wCertificateType");
	return true;
}

/* fits weighs one entry as shim does. */
static bool fits(struct shim_image *image, const struct shim_profile *profile,
		 const struct entry *e, uint64_t end)
{
	uint64_t left = end - e->at;

	if (profile->table_summed &&
	    image->source->size - e->at < ENTRY_LEAST) {
		refuse(image, "certificate table", e->at, left, ENTRY_LEAST);
		return false;
	}
	if (left < LENGTH_LEN || e->len > left || e->len < HEADER_LEN) {
		refuse(image, "dwLength", e->at, e->len, left);
		return false;
	}
	return true;
}

/* sound weighs the table as a whole. */
static bool sound(struct shim_image *image, const struct shim_profile *profile)
{
	struct kf_pe_directory table = image->pe.directory[KF_PE_DIR_SECURITY];
	uint64_t size = image->source->size;
	uint64_t end = profile->table_summed
		? (uint64_t)table.rva + table.len : (uint64_t)table.len + 1;

	if (end <= size)
		return true;
	refuse(image, "certificate table", image->pe.security_at, end, size);
	return false;
}

void shim_table(struct shim_image *image, const struct shim_profile *profile,
		struct kf_artifact *artifact, struct kf_env *env)
{
	struct kf_pe_directory table = image->pe.directory[KF_PE_DIR_SECURITY];
	uint64_t end = (uint64_t)table.rva + table.len;
	struct entry e = { table.rva, 0, 0 };

	if (!sound(image, profile))
		return;
	while (e.at < end && e.at < image->source->size) {
		if (!read_entry(image, artifact, &e) ||
		    !fits(image, profile, &e, end) ||
		    !take_entry(image, artifact, env, &e))
			return;
		/* Steps are counted from the table's begin. */
		e.at = table.rva +
		       ((e.at - table.rva + e.len + 7) & ~UINT64_C(7));
	}
}
