/* Compares SBAT levels as shim does: by version and date, never by their rows.
 * UEFI-68.
 *
 * Source: rhboot/shim, sbat.c:preserve_sbat_uefi_variable, nth_sbat_field,
 * check_sbat_var_attributes; include/sbat.h:SBAT_VAR_ORIGINAL.
 */
#include "shim_level.h"

#include "variables.h"

enum { DATE_LEN = 10 };

const char kf_shim_level_original[] = "sbat,1,2021030218\n";

/* byte_at reads as from a text with NULs behind it. */
static uint8_t byte_at(struct kf_bytes text, size_t at)
{
	return at < text.len ? text.data[at] : 0;
}

/* compare is shim's strncmp over two texts, from places in them. */
static int compare(struct kf_bytes a, size_t a_at, struct kf_bytes b,
		   size_t b_at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int diff = byte_at(a, a_at + i) - byte_at(b, b_at + i);

		if (diff || byte_at(a, a_at + i) == 0)
			return diff;
	}
	return 0;
}

/* field_at is the place behind so many commas, or the text's end. */
static size_t field_at(struct kf_bytes text, size_t commas)
{
	size_t i = 0;

	for (; i < text.len && text.data[i] != 0; i++) {
		if (commas == 0)
			return i;
		if (text.data[i] == ',')
			commas--;
	}
	return i;
}

static bool good_attributes(uint32_t attributes)
{
	const uint32_t kept = KF_VARIABLE_KEPT | KF_VARIABLE_AT_BOOT;

	return attributes == 0 || attributes == kept ||
	       attributes == (kept | KF_VARIABLE_TIMED);
}

bool kf_shim_level_stays(const struct kf_part *part,
			 struct kf_bytes candidate)
{
	struct kf_bytes now = part->bytes;
	size_t version = field_at(now, 1), date = field_at(now, 2);
	size_t new_version = field_at(candidate, 1);
	size_t new_date = field_at(candidate, 2);
	size_t len = date - version - 1, new_len = new_date - new_version - 1;

	if (!good_attributes(part->attributes) ||
	    now.len < sizeof(kf_shim_level_original) - 1 ||
	    compare(now, 0, kf_text("sbat,"), 0, 5) != 0)
		return false;
	if ((int)len > (int)new_len ||
	    (len == new_len && compare(now, version, candidate, new_version,
				       new_len) > 0))
		return true;
	return compare(now, date, candidate, new_date, DATE_LEN) >= 0;
}
