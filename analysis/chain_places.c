/* Compares places as FAT does for ASCII, and reads BOOTX64.CSV and entries of
 * the boot loader specification.
 *
 * Source: UEFI 2.10, 3.5.1.1 and table 3-2; rhboot/shim 16.1,
 * fallback.c:find_boot_csv, populate_stanza, try_boot_csv; "Boot Loader
 * Specification", type 1 (linux, efi, uki).
 */
#include "chain_places.h"

#include <string.h>

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{ 0x8664, "x64" }, { 0x014c, "ia32" }, { 0xaa64, "aa64" },
	{ 0x01c2, "arm" }, { 0x5064, "riscv64" }, { 0x6264, "loongarch64" },
};

const char *kf_place_machine(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "";
}

uint16_t kf_chain_machine(const struct kf_store *store)
{
	const char *said = kf_store_setting(store, "machine");

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (kf_same(machines[i].name, said))
			return machines[i].machine;
	return 0;
}

/* plain is a character as places are compared by it. */
static char plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '/' ? '\\' : c;
}

/* starts_with compares a place with the start of another one; returns what is
 * behind it, or NULL. */
static const char *starts_with(const char *place, const char *with)
{
	while (*with)
		if (plain(*place++) != plain(*with++))
			return NULL;
	return place;
}

static bool same(const char *a, const char *b)
{
	const char *rest = starts_with(a, b);

	return rest && *rest == '\0';
}

size_t kf_place_find(const struct kf_chain_given *given, const char *place)
{
	for (size_t i = 0; i < given->num_files; i++)
		if (given->file[i].place && same(given->file[i].place, place))
			return i;
	return KF_CHAIN_NO_FILE;
}

size_t kf_place_folder_len(const char *place)
{
	size_t len = 0;

	for (size_t i = 0; place[i]; i++)
		if (plain(place[i]) == '\\')
			len = i + 1;
	return len;
}

/* join puts texts behind each other. */
static const char *join(const char *first, size_t first_len,
			const char *const *parts, size_t num,
			struct kf_arena *arena)
{
	size_t len = first_len, at = first_len;
	char *out;

	for (size_t i = 0; i < num; i++)
		len += kf_text(parts[i]).len;
	out = kf_arena_take(arena, len + 1);
	if (!out)
		return NULL;
	memcpy(out, first, first_len);
	for (size_t i = 0; i < num; i++) {
		struct kf_bytes part = kf_text(parts[i]);

		if (part.len)
			memcpy(out + at, part.data, part.len);
		at += part.len;
	}
	return out;
}

const char *kf_place_beside(const char *place, const char *const *parts,
			    size_t num, struct kf_arena *arena)
{
	return join(place, kf_place_folder_len(place), parts, num, arena);
}

bool kf_place_under(const char *place, const char *folder)
{
	return place && starts_with(place, folder);
}

bool kf_place_same_folder(const char *a, const char *b)
{
	size_t len;

	if (!a || !b)
		return false;
	len = kf_place_folder_len(a);
	if (len != kf_place_folder_len(b))
		return false;
	for (size_t i = 0; i < len; i++)
		if (plain(a[i]) != plain(b[i]))
			return false;
	return true;
}

bool kf_place_is_removable(const char *place, uint16_t machine)
{
	const char *rest = place ? starts_with(place, "\\EFI\\BOOT\\BOOT")
				 : NULL;

	if (rest)
		rest = starts_with(rest, kf_place_machine(machine));
	return rest && same(rest, ".EFI");
}

bool kf_place_is_csv(const char *place, uint16_t machine)
{
	const char *rest = place ? starts_with(place, "\\EFI\\") : NULL;

	if (!rest || kf_place_folder_len(rest) == 0)
		return false;
	rest = starts_with(rest + kf_place_folder_len(rest), "BOOT");
	if (rest)
		rest = starts_with(rest, kf_place_machine(machine));
	return rest && same(rest, ".CSV");
}

/* unit_at is a UTF-16 unit; 0 behind the end. */
static uint16_t unit_at(const struct kf_csv *rows, size_t at)
{
	struct kf_bytes two = kf_part_of(rows->text, at, 2);

	return two.len ? (uint16_t)(two.data[0] | two.data[1] << 8) : 0;
}

/* read_name takes a row's first column; what is no ASCII reads as '?'. */
static void read_name(struct kf_csv *rows, char out[KF_CHAIN_PLACE_MAX])
{
	bool inside = true;
	size_t len = 0;
	uint16_t unit;

	while ((unit = unit_at(rows, rows->at)) && unit != '\n' &&
	       unit != '\r') {
		rows->at += 2;
		inside = inside && unit != ',';
		if (inside && len + 1 < KF_CHAIN_PLACE_MAX &&
		    unit != 0xfeff)
			out[len++] = unit < 0x20 || unit > 0x7e ? '?'
								: (char)unit;
	}
	out[len] = '\0';
}

const char *kf_csv_next(struct kf_csv *rows, const char *csv_place,
			struct kf_arena *arena)
{
	char name[KF_CHAIN_PLACE_MAX];
	const char *part = name;

	while (rows->at < rows->text.len) {
		read_name(rows, name);
		rows->at += 2;
		if (name[0])
			return kf_place_beside(csv_place, &part, 1, arena);
	}
	return NULL;
}

/* value_of gives what stands behind a key, if a line starts with it. */
static struct kf_bytes value_of(struct kf_bytes line, const char *key)
{
	struct kf_bytes k = kf_text(key);
	size_t at = k.len;

	if (!kf_equal(kf_part_of(line, 0, k.len), k) || at >= line.len ||
	    (line.data[at] != ' ' && line.data[at] != '\t'))
		return kf_view(NULL, 0);
	while (at < line.len &&
	       (line.data[at] == ' ' || line.data[at] == '\t'))
		at++;
	while (line.len > at && (line.data[line.len - 1] == ' ' ||
				 line.data[line.len - 1] == '\r'))
		line.len--;
	return kf_part_of(line, at, line.len - at);
}

/* as_place makes a place of a path with strokes of either kind. */
static const char *as_place(struct kf_bytes path, struct kf_arena *arena)
{
	bool rooted = path.data[0] == '/' || path.data[0] == '\\';
	char *out = kf_arena_take(arena, path.len + 2);

	if (!out)
		return NULL;
	out[0] = '\\';
	for (size_t i = 0; i < path.len; i++)
		out[i + !rooted] = path.data[i] == '/' ? '\\'
						       : (char)path.data[i];
	return out;
}

const char *kf_entry_place(struct kf_bytes text, struct kf_arena *arena)
{
	static const char *const keys[] = { "linux", "efi", "uki" };
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		struct kf_bytes line, value;

		if (i < text.len && text.data[i] != '\n')
			continue;
		line = kf_part_of(text, from, i - from);
		from = i + 1;
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			value = value_of(line, keys[k]);
			if (value.len)
				return as_place(value, arena);
		}
	}
	return NULL;
}
