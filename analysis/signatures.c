/* Reads the certificate table entry by entry, and writes another one.
 *
 * Source: Microsoft, "PE Format", "The Attribute Certificate Table" and
 * "CheckSum"; UEFI 2.10, 32.2.4 (WIN_CERTIFICATE).
 */
#include "signatures.h"

#include "zeros.h"

#include <string.h>

enum {
	HEADER_LEN = 8,		/* of WIN_CERTIFICATE */
	GUID_HEADER_LEN = 24,
	REVISION = 0x0200,
	TYPE_PKCS = 0x0002,
	TYPE_GUID = 0x0ef1,
};

/* EFI_CERT_TYPE_PKCS7_GUID. Source: UEFI 2.10, 32.2.4. */
static const uint8_t pkcs7_guid[16] = {
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};

static void unfit(struct kf_signatures *out, enum kf_unfit why,
		  const char *field, uint64_t at)
{
	if (out->unfit)
		return;
	out->unfit = why;
	out->damage.field = field;
	out->damage.at = at;
}

static void passes(struct kf_signatures *out, uint64_t value, uint64_t bound)
{
	out->value = value;
	out->bound = bound;
}

/* look_at_headers holds the headers against what surgery relies on. */
static void look_at_headers(struct kf_signatures *out)
{
	const struct kf_pe *pe = &out->pe;
	uint64_t size = out->source->size;
	uint64_t optional = (uint64_t)pe->pe_at + 4 + KF_PE_COFF_LEN;
	uint64_t sections = optional + pe->optional_len;
	uint64_t entry = (uint64_t)pe->security_at + 8;

	if (pe->is_te)
		unfit(out, KF_UNFIT_TE, "PE signature", pe->pe_at);
	else if (!pe->is_pe)
		unfit(out, KF_UNFIT_NO_PE, "PE signature", pe->pe_at);
	else if (pe->magic != KF_PE_MAGIC_32 && pe->magic != KF_PE_MAGIC_64)
		unfit(out, KF_UNFIT_HEADERS, "Magic", optional);
	else if (pe->checksum_at == 0 ||
		 (uint64_t)pe->checksum_at + 4 > sections)
		unfit(out, KF_UNFIT_HEADERS, "CheckSum", pe->checksum_at);
	else if (sections > size ||
		 (uint64_t)pe->num_sections * KF_PE_SECTION_LEN >
		 size - sections)
		unfit(out, KF_UNFIT_HEADERS, "section table", sections);
	else if (pe->headers_len > size || pe->headers_len < sections)
		unfit(out, KF_UNFIT_HEADERS, "SizeOfHeaders", optional + 60);
	else if (pe->num_sections > KF_IMAGE_SECTIONS_MAX)
		unfit(out, KF_UNFIT_MANY_SECTIONS, "NumberOfSections",
		      (uint64_t)pe->pe_at + 6);
	else if (pe->num_directories > KF_PE_DIR_SECURITY && entry > sections)
		unfit(out, KF_UNFIT_HEADERS, "NumberOfRvaAndSizes",
		      entry - 8 * (KF_PE_DIR_SECURITY + 1) - 4);
	out->has_place = !out->unfit &&
			 pe->num_directories > KF_PE_DIR_SECURITY;
}

/* look_at_table finds where the image ends and the table begins. */
static void look_at_table(struct kf_signatures *out)
{
	struct kf_pe_directory table = out->pe.directory[KF_PE_DIR_SECURITY];
	uint64_t size = out->source->size;

	out->image_len = size;
	if (out->unfit || !out->has_place || table.len == 0)
		return;
	out->image_len = table.rva;
	out->table_len = table.len;
	if (table.rva <= size && table.len <= size - table.rva)
		return;
	unfit(out, KF_UNFIT_TABLE, "certificate table", out->pe.security_at);
	passes(out, (uint64_t)table.rva + table.len, size);
}

/* look_at_sections: all of the image's bytes lie in front of the table. */
static enum kf_status look_at_sections(struct kf_signatures *out)
{
	uint64_t sum = out->pe.headers_len, end = sum, at = 0;
	struct kf_pe_section s;

	for (uint32_t i = 0; !out->unfit && i < out->pe.num_sections; i++) {
		enum kf_status status = kf_pe_section_read(&s, &out->pe,
							   out->source, i);

		if (status != KF_OK)
			return status;
		sum += s.raw_len;
		if (s.raw_len && (uint64_t)s.raw_at + s.raw_len > end) {
			end = (uint64_t)s.raw_at + s.raw_len;
			at = (uint64_t)out->pe.sections_at +
			     i * (uint64_t)KF_PE_SECTION_LEN + 16;
		}
	}
	if (out->unfit || (end <= out->image_len && sum <= out->image_len))
		return KF_OK;
	if (end <= out->image_len) {
		unfit(out, KF_UNFIT_OVERLAP, "SizeOfRawData", 0);
		passes(out, sum, out->image_len);
		return KF_OK;
	}
	if (out->table_len)
		unfit(out, KF_UNFIT_TABLE_INSIDE, "certificate table",
		      out->pe.security_at);
	else
		unfit(out, KF_UNFIT_SECTION, "SizeOfRawData", at);
	passes(out, out->table_len ? out->image_len : end,
	       out->table_len ? end : out->image_len);
	return KF_OK;
}

/* read_header reads an entry's header, as far as `left` goes. */
static enum kf_status read_header(struct kf_attached *out,
				  const struct kf_source *source, uint64_t at,
				  uint64_t left)
{
	uint8_t bytes[GUID_HEADER_LEN] = { 0 };
	size_t len = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
	struct kf_cursor c = kf_cursor_over(kf_view(bytes, sizeof(bytes)), at);
	uint64_t head = 0;

	if (!source->read_at(source->self, at, bytes, len))
		return KF_CANNOT_READ;
	out->at = at;
	out->len = kf_u32le(&c, "dwLength");
	out->revision = kf_u16le(&c, "wRevision");
	out->type = kf_u16le(&c, "wCertificateType");
	out->blob_len = 0;
	if (out->type == TYPE_PKCS)
		head = HEADER_LEN;
	else if (out->type == TYPE_GUID &&
		 memcmp(bytes + HEADER_LEN, pkcs7_guid, 16) == 0)
		head = GUID_HEADER_LEN;
	if (head && out->len > head) {
		out->blob_at = at + head;
		out->blob_len = out->len - head;
	}
	return KF_OK;
}

static void broken(struct kf_signatures *out, const char *field, uint64_t at)
{
	out->broken.field = field;
	out->broken.at = at;
}

/* read_entries walks the table. Zeros behind the last entry are none. */
static enum kf_status read_entries(struct kf_signatures *out,
				   struct kf_env *env)
{
	uint64_t at = out->image_len, end = at + out->table_len;
	enum kf_status status = KF_OK;

	while (at < end && status == KF_OK) {
		struct kf_attached *a = &out->signature[out->num];
		bool zeros = true;

		if (out->num == KF_SIGNATURES_MAX)
			status = kf_are_zeros(&zeros, out->source, env, at,
					      end - at);
		else if (end - at >= HEADER_LEN)
			status = read_header(a, out->source, at, end - at);
		if (status != KF_OK)
			break;
		if (out->num < KF_SIGNATURES_MAX && end - at >= HEADER_LEN &&
		    a->len >= HEADER_LEN && a->len <= end - at) {
			at += a->len;
			at += (-a->len & 7) < end - at ? -a->len & 7 : end - at;
			out->num++;
			continue;
		}
		if (out->num < KF_SIGNATURES_MAX)
			status = kf_are_zeros(&zeros, out->source, env, at,
					      end - at);
		out->too_many = !zeros && out->num == KF_SIGNATURES_MAX;
		if (!zeros && !out->too_many)
			broken(out, "dwLength", at);
		break;
	}
	return status;
}

/* look_behind: what is left of the last entry's padding counts for nothing. */
static enum kf_status look_behind(struct kf_signatures *out,
				  struct kf_env *env)
{
	uint64_t end = out->image_len + out->table_len;
	uint64_t len = out->source->size - end;
	enum kf_status status = KF_OK;
	bool zeros = true;

	if (len <= (-out->table_len & 7))
		status = kf_are_zeros(&zeros, out->source, env, end, len);
	else
		zeros = false;
	out->behind_len = zeros ? 0 : len;
	return status;
}

enum kf_status kf_signatures_read(struct kf_signatures *out,
				  const struct kf_source *source,
				  struct kf_env *env)
{
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	out->source = source;
	status = kf_pe_read(&out->pe, source);
	if (status != KF_OK)
		return status;
	look_at_headers(out);
	look_at_table(out);
	status = look_at_sections(out);
	if (status != KF_OK || out->unfit || out->table_len == 0)
		return status;
	status = read_entries(out, env);
	return status == KF_OK ? look_behind(out, env) : status;
}

struct kf_image kf_signatures_image(const struct kf_signatures *file)
{
	struct kf_image image = { &file->pe, file->source, file->image_len,
				  0 };

	if (file->table_len == 0)
		image.pad = -file->image_len & 7;
	return image;
}

static void put_u32le(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

/* put_one adds one entry, and zeros up to 8 bytes. */
static bool put_one(struct kf_patch *patch, const struct kf_signatures *file,
		    const struct kf_wanted *wanted)
{
	static const uint8_t zeros[8];
	uint8_t header[HEADER_LEN] = { 0 };
	const struct kf_attached *old;
	uint64_t len = HEADER_LEN + wanted->blob.len;
	bool ok;

	if (wanted->number) {
		old = &file->signature[wanted->number - 1];
		len = old->len;
		ok = kf_patch_slice(patch, old->at, len);
	} else {
		put_u32le(header, len);
		put_u32le(header + 4, REVISION | (uint64_t)TYPE_PKCS << 16);
		ok = len <= UINT32_MAX &&
		     kf_patch_bytes(patch, kf_view(header, sizeof(header))) &&
		     kf_patch_view(patch, wanted->blob);
	}
	return ok && kf_patch_bytes(patch, kf_view(zeros, -len & 7));
}

static uint64_t table_len(const struct kf_signatures *file,
			  const struct kf_wanted *wanted, size_t num)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < num; i++) {
		uint64_t len = HEADER_LEN + wanted[i].blob.len;

		if (wanted[i].number)
			len = file->signature[wanted[i].number - 1].len;
		sum += len + (-len & 7);
	}
	return sum;
}

/* put_head adds all in front of the table; the checksum is zero as yet. Without
 * a place in the headers nothing is written there. */
static bool put_head(struct kf_patch *patch, const struct kf_signatures *file,
		     uint64_t table, uint64_t pad)
{
	const struct kf_pe *pe = &file->pe;
	static const uint8_t zeros[8];
	uint64_t from = (uint64_t)pe->checksum_at + 4;
	uint8_t entry[8] = { 0 };

	if (table) {
		put_u32le(entry, file->image_len + pad);
		put_u32le(entry + 4, table);
	}
	if (!kf_patch_slice(patch, 0, pe->checksum_at) ||
	    !kf_patch_bytes(patch, kf_view(zeros, 4)))
		return false;
	if (file->has_place) {
		if (!kf_patch_slice(patch, from, pe->security_at - from) ||
		    !kf_patch_bytes(patch, kf_view(entry, sizeof(entry))))
			return false;
		from = (uint64_t)pe->security_at + 8;
	}
	return kf_patch_slice(patch, from, file->image_len - from) &&
	       kf_patch_bytes(patch, kf_view(zeros, (size_t)pad));
}

/* checksum adds up the file in words of 16 bits, and its size. The field
 * itself counts as zero, and is. */
static enum kf_status checksum(uint64_t *out, const struct kf_source *source,
			       struct kf_env *env)
{
	uint64_t sum = 0;

	if (!kf_spend(env, source->size))
		return KF_TOO_MUCH;
	for (uint64_t at = 0; at < source->size;) {
		size_t some = env->window_len & ~(size_t)1;

		if (some > source->size - at)
			some = (size_t)(source->size - at);
		if (!source->read_at(source->self, at, env->window, some))
			return KF_CANNOT_READ;
		for (size_t i = 0; i < some; i++)
			sum += (uint64_t)env->window[i] << (i % 2 ? 8 : 0);
		at += some;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	*out = sum + source->size;
	return KF_OK;
}

enum kf_status kf_signatures_put(struct kf_patch *out,
				 const struct kf_signatures *file,
				 const struct kf_wanted *wanted, size_t num,
				 struct kf_env *env)
{
	uint64_t table = table_len(file, wanted, num);
	uint64_t pad = num && file->table_len == 0 ? -file->image_len & 7 : 0;
	uint64_t sum;
	enum kf_status status;

	kf_patch_open(out, file->source);
	if (file->unfit || (num && !file->has_place) ||
	    file->image_len + pad > UINT32_MAX ||
	    table > UINT32_MAX - file->image_len - pad ||
	    !put_head(out, file, table, pad))
		return KF_WRONG_USE;
	for (size_t i = 0; i < num; i++)
		if (!put_one(out, file, &wanted[i]))
			return KF_WRONG_USE;
	status = checksum(&sum, kf_patch_source(out), env);
	if (status == KF_OK)
		put_u32le(out->piece[1].literal, sum);
	return status;
}
