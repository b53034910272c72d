/* Models whose firmware does not take updates of dbx: found by hardware id, and
 * read out of the file in which fwupd keeps them.
 *
 * Source: fwupd/fwupd at 6e9504964aeb, plugins/uefi-dbx/uefi-dbx.quirk, and
 * fu-uefi-dbx-plugin.c:fu_uefi_dbx_plugin_device_created.
 */
#include "hardware.h"
#include "known.h"

enum kf_status kf_quirk_of(const struct kf_quirk **out,
			   const struct kf_known *known,
			   const struct kf_hardware *hardware,
			   const struct kf_crypto *crypto)
{
	char id[KF_HARDWARE_ID_LEN + 1];

	*out = NULL;
	for (size_t n = 0; n < KF_NUM_HARDWARE_IDS; n++) {
		enum kf_status status = kf_hardware_id(id, hardware, n,
						       crypto);

		if (status != KF_OK)
			return status;
		for (size_t i = 0; id[0] && i < known->num_quirks; i++)
			if (kf_same(known->quirk[i].id, id)) {
				*out = &known->quirk[i];
				return KF_OK;
			}
	}
	return KF_OK;
}

/* line cuts the next line off a text, without its end. */
static struct kf_bytes line(struct kf_bytes *text)
{
	size_t len = 0;
	struct kf_bytes out;

	while (len < text->len && text->data[len] != '\n')
		len++;
	out = kf_part_of(*text, 0, len);
	len += len < text->len;
	*text = kf_part_of(*text, len, text->len - len);
	if (out.len && out.data[out.len - 1] == '\r')
		out.len--;
	return out;
}

/* id_of keeps the hardware id that a section is for, in small letters; NULL: it
 * is for something else. */
static const char *id_of(struct kf_bytes head, struct kf_arena *arena)
{
	char *out;

	if (head.len != KF_HARDWARE_ID_LEN + 2 || head.data[0] != '[' ||
	    head.data[head.len - 1] != ']')
		return NULL;
	out = kf_arena_take(arena, KF_HARDWARE_ID_LEN + 1);
	for (size_t i = 0; out && i < KF_HARDWARE_ID_LEN; i++) {
		char c = (char)head.data[i + 1];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return out;
}

/* forbids tells whether a line gives a section the flag that is looked for,
 * beside others or not. */
static bool forbids(struct kf_bytes text)
{
	static const char key[] = "Flags", flag[] = "no-dbx-updates";
	const size_t key_len = sizeof(key) - 1, flag_len = sizeof(flag) - 1;
	size_t at = key_len;

	if (!kf_equal(kf_part_of(text, 0, key_len), kf_text(key)))
		return false;
	while (at < text.len) {
		size_t end = at;

		while (end < text.len && text.data[end] != ',' &&
		       text.data[end] != '=' && text.data[end] != ' ')
			end++;
		if (end - at == flag_len &&
		    kf_equal(kf_part_of(text, at, flag_len), kf_text(flag)))
			return true;
		at = end + 1;
	}
	return false;
}

/* count tells how many lines give the flag. */
static size_t count(struct kf_bytes file)
{
	size_t num = 0;

	while (file.len)
		num += forbids(line(&file));
	return num;
}

enum kf_status kf_quirks_read(struct kf_known *known, bool *is,
			      struct kf_bytes file, const char *name,
			      struct kf_arena *arena)
{
	size_t max = file.len && file.data[0] ? count(file) : 0, num = 0;
	struct kf_quirk *quirk;
	const char *id = NULL;

	*is = false;
	if (max == 0)
		return KF_OK;
	quirk = kf_arena_take(arena, max * sizeof(*quirk));
	if (!quirk)
		return KF_NO_MEMORY;
	while (file.len) {
		struct kf_bytes text = line(&file);

		if (text.len && text.data[0] == '[')
			id = id_of(text, arena);
		else if (id && forbids(text))
			quirk[num++] = (struct kf_quirk){ id, "" };
	}
	*is = num;
	if (num == 0)
		return KF_OK;
	known->quirk = quirk;
	known->num_quirks = num;
	known->quirks = (struct kf_dated){ "not told", name };
	return KF_OK;
}
