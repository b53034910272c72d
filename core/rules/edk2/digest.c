/* The image digest, as edk2 computes it. UEFI-4, UEFI-5.
 *
 * It is not "everything but the signatures": sections are hashed in the order
 * of their place in the file, overlapping bytes twice, gaps not at all, and
 * the tail starts at a sum of sizes. No padding is ever added.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:HashPeImage.
 */
#include "edk2.h"

struct span {
	uint32_t at, len;
};

struct hashing {
	struct edk2_image *image;
	struct kf_artifact *artifact;
	struct kf_env *env;
	void *digest[KF_NUM_DIGESTS];
};

/* hash feeds `len` bytes at `at` to all digests. */
static bool hash(struct hashing *h, uint64_t at, uint64_t len)
{
	const struct kf_source *source = h->image->source;

	if (!kf_spend(h->env, len)) {
		edk2_beyond(h->image, "more bytes to hash than the file has, many times over");
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
		for (int i = 0; i < KF_NUM_DIGESTS; i++)
			if (h->digest[i])
				h->env->crypto->digest_add(h->digest[i],
					kf_view(h->env->window, some));
		at += some;
		len -= some;
	}
	return true;
}

/* hash_headers leaves out the checksum and, where there is one, the entry of
 * the certificate table. */
static bool hash_headers(struct hashing *h)
{
	const struct kf_pe *pe = &h->image->pe;
	uint32_t from = pe->checksum_at + 4;

	if (!hash(h, 0, pe->checksum_at))
		return false;
	if (pe->num_directories > KF_PE_DIR_SECURITY) {
		if (!hash(h, from, pe->security_at - from))
			return false;
		from = pe->security_at + 8;
	}
	return hash(h, from, pe->headers_len - from);
}

/* merge_pass merges neighbouring runs of `run` spans; equal places keep their
 * order. */
static void merge_pass(struct span *out, const struct span *in, uint32_t num,
		       uint32_t run)
{
	for (uint32_t lo = 0; lo < num; lo += 2 * run) {
		uint32_t mid = lo + run < num ? lo + run : num;
		uint32_t hi = mid + run < num ? mid + run : num;
		uint32_t a = lo, b = mid;

		for (uint32_t i = lo; i < hi; i++)
			out[i] = a < mid && (b >= hi || in[a].at <= in[b].at)
					 ? in[a++] : in[b++];
	}
}

static struct span *sort(struct span *spans, struct span *spare, uint32_t num)
{
	for (uint32_t run = 1; run < num; run *= 2) {
		struct span *done = spare;

		merge_pass(spare, spans, num, run);
		spare = spans;
		spans = done;
	}
	return spans;
}

/* sections reads where the raw data of all sections lies, sorted. */
static struct span *sections(struct hashing *h)
{
	const struct kf_pe *pe = &h->image->pe;
	struct span *spans = kf_arena_take(h->env->arena, 2u *
					   pe->num_sections * sizeof(*spans));
	struct kf_pe_section s;

	if (!spans) {
		h->artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		h->artifact->status = kf_pe_section_read(&s, pe,
							 h->image->source, i);
		if (h->artifact->status != KF_OK)
			return NULL;
		spans[i].at = s.raw_at;
		spans[i].len = s.raw_len;
	}
	return sort(spans, spans + pe->num_sections, pe->num_sections);
}

/* bare_len is the file's length without its table, if that ends the file and
 * lies behind `end`, where the sections do: there a new signature goes. */
static uint64_t bare_len(const struct kf_pe *pe, uint64_t size, uint64_t end)
{
	struct kf_pe_directory table = { 0, 0 };

	if (pe->num_directories > KF_PE_DIR_SECURITY)
		table = pe->directory[KF_PE_DIR_SECURITY];
	return table.rva >= end && table.rva < size &&
	       (uint64_t)table.rva + table.len >= size ? table.rva : size;
}

/* hash_tail hashes what lies behind the sum of all sizes, but for as much as
 * the table takes. No table can be added to a file shorter than the sum. */
static bool hash_tail(struct hashing *h, uint64_t sum, uint64_t end)
{
	const struct kf_pe *pe = &h->image->pe;
	uint64_t size = h->image->source->size;
	uint64_t table = 0;

	if (h->image->hypothetical) {
		size = bare_len(pe, size, end);
		return size >= sum && hash(h, sum, size - sum);
	}
	if (pe->num_directories > KF_PE_DIR_SECURITY)
		table = pe->directory[KF_PE_DIR_SECURITY].len;
	if (size <= sum)
		return true;
	if (size < sum + table)
		return false;
	return hash(h, sum, size - table - sum);
}

/* hash_image hashes all there is to hash. Returns false when edk2 cannot hash
 * the image either, or when the work could not be done. */
static bool hash_image(struct hashing *h)
{
	const struct kf_pe *pe = &h->image->pe;
	uint64_t sum = pe->headers_len, end = sum;
	const struct span *spans;

	if (!hash_headers(h))
		return false;
	spans = sections(h);
	if (!spans)
		return false;
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		uint64_t behind = (uint64_t)spans[i].at + spans[i].len;

		if (!hash(h, spans[i].at, spans[i].len))
			return false;
		sum += spans[i].len;
		if (spans[i].len && behind > end)
			end = behind;
	}
	return hash_tail(h, sum, end);
}

void edk2_digests(struct edk2_image *image, unsigned wanted,
		  struct kf_artifact *artifact, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct hashing h = { image, artifact, env, { NULL } };

	for (unsigned i = 0; i < KF_NUM_DIGESTS; i++) {
		if (!(wanted & 1u << i))
			continue;
		h.digest[i] = crypto->digest_begin(crypto->self,
						   (enum kf_digest_kind)i);
		if (!h.digest[i])
			artifact->status = KF_NO_CRYPTO;
	}
	if (artifact->status == KF_OK)
		image->hashed = hash_image(&h);
	for (int i = 0; i < KF_NUM_DIGESTS; i++)
		if (h.digest[i] && image->hashed)
			crypto->digest_end(h.digest[i], &image->digest[i]);
		else if (h.digest[i])
			crypto->digest_drop(h.digest[i]);
}

void edk2_unhashable(struct edk2_image *image)
{
	uint64_t len = image->pe.directory[KF_PE_DIR_SECURITY].len;

	for (size_t i = 0; i < image->num_signatures; i++) {
		struct edk2_signature *s = image->signature[i];

		if (s->skipped.reason)
			continue;
		kf_find(&s->skipped, KF_REASON_CERTIFICATE_TABLE_MALFORMED,
			"UEFI-4");
		kf_prove_field(&s->skipped, "Size",
			       (uint64_t)image->pe.security_at + 4, 4);
		kf_prove_value(&s->skipped, len, image->source->size);
	}
}
