/* SBAT: rows of components and generations, in an image's .sbat section and in
 * the level that a device is at. UEFI-64 to UEFI-67.
 *
 * shim cuts the text in place, with ideas of its own about ends of lines and
 * NULs; so it is done here, byte for byte.
 *
 * Source: rhboot/shim, csv.c:parse_csv_data, parse_csv_line; include/str.h:
 * strntoken, strnchrnul; sbat.c:parse_sbat_section, parse_sbat_var_data,
 * verify_single_entry, verify_sbat_helper; verify.c (shim.c before 16.0):
 * verify_buffer_sbat; Cryptlib/SysCall/BaseStrings.c:AsciiStrDecimalToUintn.
 */
#include "shim.h"

#include <string.h>

enum {
	COLUMNS_MAX = 6,
	RELOCATIONS_AT = 24,	/* PointerToRelocations in a section header */
	NUM_RELOCATIONS_AT = 32,
};

/* csv is the text while it is cut. `byte` has a NUL at `len`. */
struct csv {
	uint8_t *byte;
	size_t len;
	size_t at;
	size_t columns, required;
	struct shim_rows *out;
	size_t max;
};

/* generation reads a number as shim does: garbage is 0, and 16 bits are
 * kept. */
static uint16_t generation(struct kf_bytes text)
{
	size_t i = 0;
	uint64_t value = 0;

	while (i < text.len && (text.data[i] == ' ' || text.data[i] == '\t'))
		i++;
	for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	return (uint16_t)value;
}

/* cut splits a line at its commas. A line without any has no column at all.
 * Returns how many there are, up to those that are wanted. */
static size_t cut(struct kf_bytes column[COLUMNS_MAX], struct kf_bytes line,
		  size_t wanted)
{
	size_t num = 0, from = 0;

	if (!line.len || !memchr(line.data, ',', line.len))
		return 0;
	while (num < wanted && from <= line.len) {
		const uint8_t *comma = from < line.len
			? memchr(line.data + from, ',', line.len - from)
			: NULL;
		size_t end = comma ? (size_t)(comma - line.data) : line.len;

		column[num++] = kf_view(line.data + from, end - from);
		from = end + 1;
	}
	return num;
}

static void take_row(struct csv *c, struct kf_bytes line)
{
	struct kf_bytes column[COLUMNS_MAX];
	size_t num = cut(column, line, c->columns);
	bool whole = num >= c->required;
	struct shim_row *row;

	for (size_t i = 0; i < num; i++)
		whole &= column[i].len != 0;
	if (!whole && !c->out->malformed) {
		c->out->malformed = true;
		c->out->malformed_at = (uint64_t)(line.data - c->byte);
	}
	if (!whole || c->out->num == c->max)
		return;
	row = &c->out->row[c->out->num++];
	row->name = column[0];
	row->number = column[1];
	row->generation = generation(column[1]);
	row->at = (uint64_t)(line.data - c->byte);
}

static bool is_end(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

/* next_line takes one line, or the empty rest of one. Returns false after the
 * last. */
static bool next_line(struct csv *c)
{
	size_t end, from;
	bool last;

	if (c->at > c->len || c->byte[c->at] == 0)
		return false;
	while (c->at < c->len && is_end(c->byte[c->at]))
		c->at++;
	from = end = c->at;
	while (end < c->len && c->byte[end] != 0 && !is_end(c->byte[end]))
		end++;
	last = c->byte[end] == 0;
	c->byte[end] = 0;
	c->at = end + 1;
	/* Nothing stands between the ends of two lines, or before a NUL:
	 * shim then goes on behind that NUL. */
	if (end == from)
		return true;
	take_row(c, kf_view(c->byte + from, end - from));
	return !last;
}

enum kf_status shim_rows_read(struct shim_rows *out, struct kf_bytes text,
			      size_t columns, size_t required,
			      struct kf_env *env)
{
	static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };
	const struct shim_rows none = { 0 };
	struct csv c = { NULL, text.len, 0, columns, required, out, 1 };

	*out = none;
	out->malformed = text.len == 0;
	if (text.len == 0)
		return KF_OK;
	if (!kf_spend(env, text.len))
		return KF_TOO_MUCH;
	for (size_t i = 0; i < text.len; i++)
		c.max += is_end(text.data[i]) || text.data[i] == 0;
	out->row = kf_arena_take(env->arena, c.max * sizeof(out->row[0]));
	c.byte = kf_arena_take(env->arena, text.len + 1);
	if (!out->row || !c.byte)
		return KF_NO_MEMORY;
	memcpy(c.byte, text.data, text.len);
	if (text.len >= sizeof(bom) && memcmp(c.byte, bom, sizeof(bom)) == 0)
		c.at = sizeof(bom);
	while (next_line(&c))
		;
	return KF_OK;
}

const struct shim_row *shim_revoked_row(const struct shim_rows *image,
					const struct shim_rows *level,
					const struct shim_row **by)
{
	for (size_t i = 0; i < image->num; i++) {
		const struct shim_row *row = &image->row[i];

		for (size_t j = 0; j < level->num; j++) {
			*by = &level->row[j];
			if (!kf_equal(row->name, (*by)->name))
				continue;
			if (row->generation < (*by)->generation)
				return row;
			break;	/* the first row of a name decides */
		}
	}
	return NULL;
}

/* section_fault words what shim does not take in a .sbat section. */
static bool section_fault(struct shim_image *image, const char *field,
			  uint64_t at, const char *text)
{
	if (image->sbat_fault.reason)
		return false;
	kf_find(&image->sbat_fault, KF_REASON_SBAT_MALFORMED, "UEFI-64");
	kf_prove_field(&image->sbat_fault, field, at, 4);
	kf_prove_text(&image->sbat_fault, text);
	return false;
}

/* has_relocations reads two fields of a section header that count for .sbat
 * alone. */
static enum kf_status has_relocations(bool *out, const struct kf_source *source,
				      uint64_t header_at)
{
	uint8_t bytes[KF_PE_SECTION_LEN];
	struct kf_cursor c;

	if (!source->read_at(source->self, header_at, bytes, sizeof(bytes)))
		return KF_CANNOT_READ;
	c = kf_cursor_over(kf_view(bytes, sizeof(bytes)), 0);
	kf_skip(&c, RELOCATIONS_AT, "Name");
	*out = kf_u32le(&c, "PointerToRelocations") != 0;
	kf_skip(&c, NUM_RELOCATIONS_AT - RELOCATIONS_AT - 4,
		"PointerToLinenumbers");
	*out |= kf_u16le(&c, "NumberOfRelocations") != 0;
	return KF_OK;
}

/* take_section weighs one .sbat section. Returns false where shim stops. */
static bool take_section(struct shim_image *image,
			 struct kf_artifact *artifact,
			 const struct kf_pe_section *s, uint64_t header_at,
			 struct kf_pe_section *chosen)
{
	bool relocated;

	if (chosen->raw_len)
		return section_fault(image, ".sbat", header_at,
				     "there are two sections of that name");
	artifact->status = has_relocations(&relocated, image->source,
					   header_at);
	if (artifact->status != KF_OK)
		return false;
	if (relocated)
		return section_fault(image, "PointerToRelocations",
				     header_at + RELOCATIONS_AT,
				     "the section has relocations");
	/* One that is shorter in the file than in memory counts as none. */
	if (s->raw_len && s->raw_len >= s->virtual_len)
		*chosen = *s;
	return true;
}

static void read_rows(struct shim_image *image, struct kf_artifact *artifact,
		      struct kf_env *env, const struct kf_pe_section *s)
{
	struct kf_bytes text;

	if (s->raw_len > SHIM_SBAT_MAX) {
		shim_beyond(image, "a .sbat section of more than 1 MiB");
		return;
	}
	/* What does not lie in the file has no digest either. */
	if (s->raw_at > image->source->size ||
	    s->raw_len > image->source->size - s->raw_at)
		return;
	artifact->status = kf_source_keep(&text, image->source, env,
					  s->raw_at, s->raw_len);
	if (artifact->status == KF_OK)
		artifact->status = shim_rows_read(&image->sbat, text,
						  COLUMNS_MAX, COLUMNS_MAX,
						  env);
	image->has_sbat = true;
	image->sbat_at = s->raw_at;
}

void shim_sbat_find(struct shim_image *image, struct kf_artifact *artifact,
		    struct kf_env *env)
{
	static const char name[8] = ".sbat";
	struct kf_pe_section s, chosen = { .raw_len = 0 };

	for (uint32_t i = 0; i < image->pe.num_sections; i++) {
		artifact->status = kf_pe_section_read(&s, &image->pe,
						      image->source, i);
		if (artifact->status != KF_OK)
			return;
		if (memcmp(s.name, name, sizeof(name)) == 0 &&
		    !take_section(image, artifact, &s, image->pe.sections_at +
				  (uint64_t)i * KF_PE_SECTION_LEN, &chosen))
			return;
	}
	if (chosen.raw_len)
		read_rows(image, artifact, env, &chosen);
}

/* prove_revoked shows both rows, the image's and the level's. */
static void prove_revoked(struct shim_case *k, const struct shim_level *level,
			  const struct shim_row *row,
			  const struct shim_row *by)
{
	struct kf_finding *f = &k->out->why;
	struct kf_evidence *e;

	shim_reject(k, KF_REASON_SBAT_REVOKED, "UEFI-66");
	e = kf_prove(f, KF_EV_FIELD, ".sbat");
	e->at = k->image->sbat_at + row->at;
	e->len = row->name.len + 1 + row->number.len;
	e->bytes = row->name;
	kf_prove_value(f, row->generation, by->generation);
	e = kf_prove(f, KF_EV_STORE_PART, level->kept ? "sbat-level" : "shim");
	e->bytes = level->text;
	e->at = by->at;
	e->len = by->name.len + 1 + by->number.len;
}

/* missing: an image without SBAT is refused where shim itself loads it, and
 * passes where another loader asks about it. */
static bool missing(struct shim_case *k)
{
	if (k->trust->by_protocol)
		return true;
	shim_reject(k, KF_REASON_SBAT_MISSING, "UEFI-64");
	return false;
}

static bool malformed(struct shim_case *k)
{
	const struct shim_image *image = k->image;

	shim_reject(k, KF_REASON_SBAT_MALFORMED, "UEFI-65");
	kf_prove_field(&k->out->why, ".sbat",
		       image->sbat_at + image->sbat.malformed_at, 0);
	kf_prove_text(&k->out->why,
		      "a row has fewer than six columns, or an empty one");
	return false;
}

bool shim_sbat_passes(struct shim_case *k)
{
	const struct shim_trust *trust = k->trust;
	unsigned policy = trust->doubts & 1u << SHIM_DOUBT_POLICY
		? shim_takes_worst(k, SHIM_DOUBT_POLICY) : trust->policy;
	const struct shim_level *level = &trust->level[policy];
	const struct shim_row *row, *by;

	/* A hypothetical signer signs some file, not this one. */
	if (!k->image->source)
		return true;
	if (k->image->sbat_fault.reason) {
		k->out->answer = KF_REJECT;
		k->out->why = k->image->sbat_fault;
		return false;
	}
	if (!k->image->has_sbat)
		return missing(k);
	if (k->image->sbat.malformed)
		return malformed(k);
	if (level->open) {
		if (shim_takes_worst(k, SHIM_DOUBT_LEVEL))
			shim_reject(k, KF_REASON_STORE_PART_UNKNOWN, NULL);
		return !shim_takes_worst(k, SHIM_DOUBT_LEVEL);
	}
	row = shim_revoked_row(&k->image->sbat, &level->rows, &by);
	if (row)
		prove_revoked(k, level, row, by);
	return !row;
}
