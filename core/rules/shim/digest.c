/* The image's digests, as shim computes them: SHA-256 and SHA-1. UEFI-6 to
 * UEFI-8.
 *
 * The parts and their order are edk2's. The tail is not: with a table it ends
 * where the table begins, and the table has to end the file; without one it is
 * hashed and padded to 8 bytes since 16.1, and not hashed at all before.
 *
 * Source: rhboot/shim, pe.c:generate_hash; pe-relocate.c (pe.c before 15.8):
 * get_section_vma. Sums are 32 bits wide there, and so here.
 */
#include "shim.h"

enum {
	SECTION_UNINITIALISED = 0x80,
	SECTION_DISCARDABLE = 0x02000000,
};

struct span {
	uint32_t at, len;
};

struct hashing {
	struct shim_image *image;
	const struct shim_profile *profile;
	struct kf_artifact *artifact;
	struct kf_env *env;
	void *digest[KF_NUM_DIGESTS];
};

/* refuse notes that shim computes no digest: the image is refused. */
static bool refuse(struct hashing *h, const char *field, uint64_t at,
		   uint64_t value, uint64_t bound)
{
	bool table = at == h->image->pe.security_at;
	struct kf_finding *f = &h->image->unhashable;

	if (f->reason)
		return false;
	kf_find(f, table ? KF_REASON_CERTIFICATE_TABLE_MALFORMED
			 : KF_REASON_PE_MALFORMED,
		table ? "UEFI-7" : "UEFI-6");
	kf_prove_field(f, field, at, 4);
	kf_prove_value(f, value, bound);
	return false;
}

static void add(struct hashing *h, struct kf_bytes bytes)
{
	for (int i = 0; i < KF_NUM_DIGESTS; i++)
		if (h->digest[i])
			h->env->crypto->digest_add(h->digest[i], bytes);
}

/* hash feeds `len` bytes at `at`, which lie in the file, to both digests. */
static bool hash(struct hashing *h, uint64_t at, uint64_t len)
{
	const struct kf_source *source = h->image->source;

	if (!kf_spend(h->env, len)) {
		shim_beyond(h->image, "more bytes to hash than the file has, many times over");
		return false;
	}
	while (len) {
		size_t some = h->env->window_len;

		if (some > len)
			some = (size_t)len;
		if (!source->read_at(source->self, at, h->env->window, some)) {
			h->artifact->status = KF_CANNOT_READ;
			return false;
		}
		add(h, kf_view(h->env->window, some));
		at += some;
		len -= some;
	}
	return true;
}

/* hash_headers leaves out the checksum and the table's entry, which shim takes
 * to be there whatever the number of directories. */
static bool hash_headers(struct hashing *h)
{
	const struct kf_pe *pe = &h->image->pe;
	uint32_t from = pe->checksum_at + 4, behind = pe->security_at + 8;

	if (pe->headers_len < behind ||
	    pe->headers_len > h->image->source->size)
		return refuse(h, "SizeOfHeaders", (uint64_t)pe->pe_at + 84,
			      pe->headers_len, h->image->source->size);
	return hash(h, 0, pe->checksum_at) &&
	       hash(h, from, pe->security_at - from) &&
	       hash(h, behind, pe->headers_len - behind);
}

/* in_memory: does a section lie in the image's memory as shim wants it? Its
 * last byte may be the last of 32 bits. */
static bool in_memory(struct hashing *h, const struct kf_pe_section *s,
		      uint64_t at)
{
	const struct kf_pe *pe = &h->image->pe;
	uint32_t last = s->rva + s->virtual_len - 1;
	bool base = shim_inside(h->profile, s->rva, pe->image_len);
	bool end = shim_inside(h->profile, last, pe->image_len);

	if (!(s->flags & SECTION_DISCARDABLE) && (!base || !end))
		return refuse(h, "VirtualSize", at + 8, s->virtual_len,
			      pe->image_len);
	if (!(s->flags & SECTION_UNINITIALISED) &&
	    (s->rva < pe->headers_len || s->raw_at < pe->headers_len))
		return refuse(h, "VirtualAddress", at + 12, s->rva,
			      pe->headers_len);
	if (base && (!end || last < s->rva))
		return refuse(h, "VirtualSize", at + 8, s->virtual_len,
			      pe->image_len);
	return true;
}

/* put inserts a section by its place in the file; equal places keep their
 * order. */
static bool put(struct hashing *h, struct span *spans, uint32_t num,
		const struct kf_pe_section *s)
{
	uint32_t i = num;

	if (!kf_spend(h->env, 1))
		return false;
	for (; i > 0 && s->raw_at < spans[i - 1].at; i--) {
		if (!kf_spend(h->env, 1))
			return false;
		spans[i] = spans[i - 1];
	}
	spans[i].at = s->raw_at;
	spans[i].len = s->raw_len;
	return true;
}

/* sections weighs all section headers, and sorts them. */
static struct span *sections(struct hashing *h)
{
	const struct kf_pe *pe = &h->image->pe;
	struct span *spans = kf_arena_take(h->env->arena,
		(pe->num_sections + 1u) * sizeof(*spans));
	uint64_t left = h->image->source->size - pe->headers_len;
	struct kf_pe_section s;

	if (!spans)
		h->artifact->status = KF_NO_MEMORY;
	for (uint32_t i = 0; spans && i < pe->num_sections; i++) {
		uint64_t at = pe->sections_at +
			      (uint64_t)i * KF_PE_SECTION_LEN;

		h->artifact->status = kf_pe_section_read(&s, pe,
							 h->image->source, i);
		if (h->artifact->status != KF_OK || !in_memory(h, &s, at))
			return NULL;
		if (s.raw_len > left) {
			refuse(h, "SizeOfRawData", at + 16, s.raw_len, left);
			return NULL;
		}
		left -= s.raw_len;
		if (!put(h, spans, i, &s)) {
			shim_beyond(h->image, "too many sections, out of order");
			return NULL;
		}
	}
	return spans;
}

static bool hash_section(struct hashing *h, const struct span *s)
{
	uint64_t size = h->image->source->size;

	if (s->len == 0)
		return true;
	if (s->at > size || s->len > size - s->at)
		return refuse(h, "PointerToRawData", h->image->pe.sections_at,
			      (uint64_t)s->at + s->len, size);
	return hash(h, s->at, s->len);
}

/* hash_rest hashes the tail of a file without a table, and pads it. */
static bool hash_rest(struct hashing *h, uint32_t sum)
{
	static const uint8_t zeros[8];
	uint32_t size = (uint32_t)h->image->source->size;
	uint32_t table = h->image->pe.directory[KF_PE_DIR_SECURITY].len;

	if (!h->profile->tail_hashed || size <= (uint32_t)(sum + table))
		return true;
	if (!hash(h, sum, size - sum))
		return false;
	add(h, kf_view(zeros, -size & 7));
	return true;
}

/* hash_tail hashes what lies behind the sum of all sizes. UEFI-7, UEFI-8. */
static bool hash_tail(struct hashing *h, uint32_t sum)
{
	const struct kf_pe *pe = &h->image->pe;
	struct kf_pe_directory table = pe->directory[KF_PE_DIR_SECURITY];
	uint32_t size = (uint32_t)h->image->source->size;

	if (size <= sum || table.len == 0)
		return hash_rest(h, sum);
	if (size - sum < table.len || size - table.len != table.rva)
		return refuse(h, "certificate table", pe->security_at,
			      (uint64_t)table.rva + table.len, size);
	return hash(h, sum, table.rva - sum);
}

static bool hash_image(struct hashing *h)
{
	const struct kf_pe *pe = &h->image->pe;
	uint32_t sum = pe->headers_len;
	const struct span *spans;

	if (!hash_headers(h))
		return false;
	spans = sections(h);
	if (!spans)
		return false;
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		if (!hash_section(h, &spans[i]))
			return false;
		sum += spans[i].len;
	}
	return hash_tail(h, sum);
}

void shim_digests(struct shim_image *image, const struct shim_profile *profile,
		  struct kf_artifact *artifact, struct kf_env *env)
{
	static const enum kf_digest_kind kinds[] = { KF_SHA1, KF_SHA256 };
	const struct kf_crypto *crypto = env->crypto;
	struct hashing h = { image, profile, artifact, env, { NULL } };
	bool done = false;

	for (size_t i = 0; i < 2; i++) {
		h.digest[kinds[i]] = crypto->digest_begin(crypto->self,
							  kinds[i]);
		if (!h.digest[kinds[i]])
			artifact->status = KF_NO_CRYPTO;
	}
	if (artifact->status == KF_OK)
		done = hash_image(&h);
	for (size_t i = 0; i < 2; i++)
		if (h.digest[kinds[i]] && done)
			crypto->digest_end(h.digest[kinds[i]],
					   &image->digest[kinds[i]]);
		else if (h.digest[kinds[i]])
			crypto->digest_drop(h.digest[kinds[i]]);
}
