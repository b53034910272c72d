/* The certificate table, entry by entry. UEFI-12 to UEFI-16.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:DxeImageVerificationHandler, HashPeImageByType.
 */
#include "edk2.h"

#include <string.h>

enum {
	WIN_CERTIFICATE_LEN = 8,
	WIN_CERTIFICATE_GUID_LEN = 24,
	TYPE_PKCS = 0x0002,
	TYPE_GUID = 0x0ef1,
	OID_AT = 32,	/* UEFI-16 */
};

/* EFI_CERT_TYPE_PKCS7_GUID. Source: UEFI 2.10, 32.2.4. */
static const uint8_t pkcs7_guid[16] = {
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};

/* The digests by the value of their OID, in the order in which edk2 compares
 * them. SHA-224 is known there by name, but cannot be computed. */
static const struct {
	uint8_t oid[9];
	size_t len;
	int kind;
} digests[] = {
	{ { 0x2b, 0x0e, 0x03, 0x02, 0x1a }, 5, KF_SHA1 },
	{ { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04 }, 9, -1 },
	{ { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 }, 9,
	  KF_SHA256 },
	{ { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 }, 9,
	  KF_SHA384 },
	{ { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 }, 9,
	  KF_SHA512 },
};

struct entry {
	uint64_t at;
	uint32_t len;
	uint16_t type;
	uint64_t blob_at;
};

static void skip(struct edk2_signature *s, enum kf_reason_id reason,
		 const char *rule, const char *text)
{
	kf_find(&s->skipped, reason, rule);
	kf_prove_signature(&s->skipped, s->number, s->at, s->len);
	kf_prove_text(&s->skipped, text);
}

/* choose_digest finds the digest algorithm where edk2 looks for it: at one
 * fixed place. */
static void choose_digest(struct edk2_signature *s)
{
	struct kf_bytes b = s->blob;

	if (b.len < 2 || (b.data[1] & 0x82) != 0x82) {
		skip(s, KF_REASON_DIGEST_ALGORITHM_UNSUPPORTED, "UEFI-16",
		     "the outer length is not encoded in two bytes");
		return;
	}
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		struct kf_bytes there = kf_part_of(b, OID_AT, digests[i].len);

		if (!kf_equal(there, kf_view(digests[i].oid, digests[i].len)))
			continue;
		if (digests[i].kind >= 0) {
			s->kind = (enum kf_digest_kind)digests[i].kind;
			return;
		}
		skip(s, KF_REASON_DIGEST_ALGORITHM_UNSUPPORTED, "UEFI-16",
		     "SHA-224");
		return;
	}
	skip(s, KF_REASON_DIGEST_ALGORITHM_UNSUPPORTED, "UEFI-16",
	     "byte 32 of the signature does not start the name of SHA-1, SHA-256, SHA-384 or SHA-512");
}

static struct edk2_signature *add(struct edk2_image *image,
				  struct kf_artifact *artifact,
				  struct kf_env *env, const struct entry *e)
{
	struct edk2_signature *s;

	if (image->num_signatures == KF_SIGNATURES_MAX) {
		edk2_beyond(image, "more than 32 signatures");
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

/* read_blob keeps the bytes of a signature and chooses its digest. */
static void read_blob(struct edk2_signature *s, struct edk2_image *image,
		      struct kf_artifact *artifact, struct kf_env *env,
		      const struct entry *e)
{
	uint64_t len = e->at + e->len - e->blob_at;

	if (len > EDK2_BLOB_MAX) {
		edk2_beyond(image, "a signature of more than 1 MiB");
		return;
	}
	image->blobs_len += len;
	if (image->blobs_len > EDK2_BLOBS_MAX) {
		edk2_beyond(image, "signatures of more than 4 MiB together");
		return;
	}
	artifact->status = kf_source_keep(&s->blob, image->source, env,
					  e->blob_at, len);
	if (artifact->status == KF_OK)
		choose_digest(s);
}

/* is_short: edk2 leaves its loop at an entry that ends before its own
 * signature begins. */
static bool is_short(const struct entry *e)
{
	if (e->type == TYPE_PKCS)
		return e->len <= WIN_CERTIFICATE_LEN;
	if (e->type == TYPE_GUID)
		return e->len <= WIN_CERTIFICATE_GUID_LEN;
	return e->len < WIN_CERTIFICATE_LEN;
}

/* take_entry looks at one entry. Returns false where edk2 leaves its loop. */
static bool take_entry(struct edk2_image *image, struct kf_artifact *artifact,
		       struct kf_env *env, struct entry *e,
		       struct kf_bytes guid)
{
	struct edk2_signature *s;
	bool pkcs = e->type == TYPE_PKCS;

	e->blob_at = e->at + (pkcs ? WIN_CERTIFICATE_LEN
				   : WIN_CERTIFICATE_GUID_LEN);
	if (is_short(e))
		return false;
	s = add(image, artifact, env, e);
	if (!s)
		return false;
	if (pkcs || (e->type == TYPE_GUID &&
		     kf_equal(guid, kf_view(pkcs7_guid, sizeof(pkcs7_guid)))))
		read_blob(s, image, artifact, env, e);
	else
		skip(s, KF_REASON_SIGNATURE_TYPE_UNSUPPORTED, "UEFI-14",
		     e->type == TYPE_GUID ? "its GUID is not PKCS#7's"
		     : "only PKCS#7 and EFI GUID certificates are looked at");
	return artifact->status == KF_OK;
}

/* read_header reads an entry's header. `guid_len` bytes of it may lie behind
 * the file's end; they then read as empty. */
static bool read_header(struct edk2_image *image, struct kf_artifact *artifact,
			struct entry *e, uint8_t guid[16], size_t *guid_len)
{
	uint8_t bytes[WIN_CERTIFICATE_GUID_LEN];
	const struct kf_source *source = image->source;
	uint64_t left = source->size - e->at;
	size_t len = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
	struct kf_cursor c;

	if (!source->read_at(source->self, e->at, bytes, len)) {
		artifact->status = KF_CANNOT_READ;
		return false;
	}
	c = kf_cursor_over(kf_view(bytes, len), e->at);
	e->len = kf_u32le(&c, "dwLength");
	kf_skip(&c, 2, "wRevision");
	e->type = kf_u16le(&c, "wCertificateType");
	*guid_len = kf_left(&c);
	memcpy(guid, bytes + WIN_CERTIFICATE_LEN, *guid_len);
	return true;
}

/* refuse_table notes that the table does not end where it says. */
static void refuse_table(struct edk2_image *image, const struct entry *e,
			 uint64_t end)
{
	kf_find(&image->table, KF_REASON_CERTIFICATE_TABLE_MALFORMED,
		"UEFI-13");
	kf_prove_field(&image->table, "dwLength", e->at, 4);
	kf_prove_value(&image->table, e->len, end - e->at);
}

unsigned edk2_table(struct edk2_image *image, struct kf_artifact *artifact,
		    struct kf_env *env)
{
	struct kf_pe_directory table = image->pe.directory[KF_PE_DIR_SECURITY];
	uint64_t end = (uint64_t)table.rva + table.len;
	struct entry e = { table.rva, 0, 0, 0 };
	unsigned wanted = 0;

	while (e.at < end) {
		uint64_t left = end - e.at;
		uint8_t guid[16];
		size_t guid_len;

		e.len = 0;
		if (left <= WIN_CERTIFICATE_LEN)
			break;
		if (!read_header(image, artifact, &e, guid, &guid_len))
			return 0;
		if (left < e.len || left - e.len < (-e.len & 7u))
			break;
		if (!take_entry(image, artifact, env, &e,
				kf_view(guid, guid_len)))
			break;
		e.at += (uint64_t)e.len + (-e.len & 7u);
	}
	if (e.at != end)
		refuse_table(image, &e, end);
	for (size_t i = 0; i < image->num_signatures; i++)
		if (!image->signature[i]->skipped.reason)
			wanted |= 1u << image->signature[i]->kind;
	return wanted;
}
