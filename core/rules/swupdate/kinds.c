/* The kinds of things that a build can install, and the kinds that a
 * description asks for. SWUPDATE-15.
 *
 * Source: sbabic/swupdate, core/parser.c (check_handler_list) and each call of
 * register_handler, tags 2022.12 and 2024.12.1; what the builds print with -v
 * (print_registered_handlers).
 */
#include "swupdate.h"

#define IMAGE SWUPDATE_IMAGE
#define FILE SWUPDATE_FILE
#define SCRIPT SWUPDATE_SCRIPT
#define PARTITION SWUPDATE_PARTITION
#define NO_DATA SWUPDATE_NO_DATA

#define IN_ALL (SWUPDATE_IN_SMALL | IN_DEBIAN)
#define IN_DEBIAN (SWUPDATE_IN_DEBIAN_12 | SWUPDATE_IN_DEBIAN_13)

static const struct {
	const char *type;
	unsigned mask, builds;
} kinds[] = {
	{ "dummy", IMAGE | FILE | SCRIPT | PARTITION, IN_ALL },
	{ "raw", IMAGE, IN_ALL },
	{ "rawfile", FILE, IN_ALL },
	{ "archive", IMAGE | FILE, IN_ALL },
	{ "tar", IMAGE | FILE, IN_ALL },
	{ "uboot", IMAGE | SWUPDATE_BOOT, IN_ALL },
	{ "bootloader", IMAGE | SWUPDATE_BOOT, IN_ALL },
	{ "shellscript", SCRIPT, IN_ALL },
	{ "preinstall", SCRIPT, IN_ALL },
	{ "postinstall", SCRIPT, IN_ALL },
	{ "lua", SCRIPT, IN_ALL },
	{ "rdiff_image", IMAGE, IN_ALL },
	{ "rdiff_file", FILE, IN_ALL },
	{ "readback", SCRIPT | NO_DATA, IN_ALL },
	{ "diskpart", PARTITION | NO_DATA, IN_ALL },
	{ "diskformat", PARTITION | NO_DATA, IN_ALL },
	{ "uniqueuuid", PARTITION | NO_DATA, IN_ALL },
	{ "toggleboot", SCRIPT | NO_DATA, IN_ALL },
	{ "gptswap", SCRIPT | NO_DATA, IN_ALL },
	{ "gptpart", IMAGE, IN_ALL },
	{ "flash", IMAGE | FILE, IN_DEBIAN },
	{ "flash-hamming1", IMAGE | FILE, IN_DEBIAN },
	{ "delta", IMAGE | FILE, IN_DEBIAN },
	{ "ssblswitch", SCRIPT | NO_DATA, IN_DEBIAN },
	{ "swuforward", IMAGE, IN_DEBIAN },
	{ "ubivol", IMAGE, IN_DEBIAN },
	{ "ubipartition", PARTITION | NO_DATA, IN_DEBIAN },
	{ "ubiswap", SCRIPT | NO_DATA, IN_DEBIAN },
	{ "ucfw", IMAGE, IN_DEBIAN },
	{ "copy", SCRIPT | NO_DATA, SWUPDATE_IN_DEBIAN_13 },
	{ "rawcopy", SCRIPT | NO_DATA, SWUPDATE_IN_DEBIAN_13 },
};

/* is_further tells whether the device has a type that its build has not, as the
 * user says: words between commas. */
static bool is_further(const char *words, struct kf_bytes type)
{
	struct kf_bytes all = kf_text(words);
	size_t at = 0;

	while (at < all.len) {
		size_t end = at;

		while (end < all.len && all.data[end] != ',')
			end++;
		if (end > at &&
		    kf_equal(kf_part_of(all, at, end - at), type))
			return true;
		at = end + 1;
	}
	return false;
}

unsigned swupdate_kind(const struct swupdate_case *k, struct kf_bytes type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].builds & k->profile->builds &&
		    kf_equal(kf_text(kinds[i].type), type))
			return kinds[i].mask;
	return is_further(k->device->types, type)
	       ? IMAGE | FILE | SCRIPT | PARTITION : 0;
}

/* check holds the items of one kind in a list against what they may be. */
static bool check(struct swupdate_case *k, const struct swupdate_item *item,
		  bool scripts, bool partitions, unsigned allowed)
{
	for (; item; item = item->next) {
		unsigned mask;

		if (item->is_script != scripts ||
		    item->is_partition != partitions)
			continue;
		mask = swupdate_kind(k, item->type);
		if (mask & allowed)
			continue;
		return swupdate_refuse(k, KF_REASON_TYPE_UNSUPPORTED,
				       "SWUPDATE-15", mask
				       ? "not for this: type "
				       : "type ", item->type, NULL);
	}
	return true;
}

bool swupdate_kinds(struct swupdate_case *k)
{
	const struct swupdate_plan *p = &k->plan;

	return check(k, p->scripts, true, false, SCRIPT) &&
	       check(k, p->images, false, false, IMAGE | FILE) &&
	       check(k, p->images, false, true, PARTITION) &&
	       check(k, p->boot_scripts, true, false, SWUPDATE_BOOT);
}
