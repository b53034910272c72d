/* Writes fields of CSV. Names come from devices: "=cmd" would be run by the
 * spreadsheet of whoever opens the answer.
 */
#include "csv.h"

#include <string.h>

static void put(struct kf_output *out, struct kf_bytes text, const char *front,
		const char *end)
{
	bool plain = true;

	for (size_t n = 0; n < text.len && plain; n++)
		plain = !memchr("\",;\t\r\n", text.data[n], 6);
	kf_output_text(out, plain ? "" : "\"");
	kf_output_text(out, front);
	for (size_t n = 0; n < text.len; n++) {
		if (!plain && text.data[n] == '"')
			kf_output_text(out, "\"");
		kf_output_add(out, (const char *)text.data + n, 1);
	}
	kf_output_text(out, plain ? "" : "\"");
	kf_output_text(out, end);
}

void kf_csv_field(struct kf_output *out, struct kf_bytes text, const char *end)
{
	put(out, text, "", end);
}

/* is_formula tells whether a spreadsheet would work a text out: by its first
 * byte, or by the wide form of one. */
static bool is_formula(struct kf_bytes text)
{
	static const char *const starts[] = {
		"=", "+", "-", "@", "\t", "\r", "\n",
		"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0",
	};

	for (size_t n = 0; n < sizeof(starts) / sizeof(starts[0]); n++) {
		size_t len = strlen(starts[n]);

		if (text.len >= len && memcmp(text.data, starts[n], len) == 0)
			return true;
	}
	return false;
}

void kf_csv_cell(struct kf_output *out, struct kf_bytes text, const char *end)
{
	put(out, text, is_formula(text) ? "'" : "", end);
}
