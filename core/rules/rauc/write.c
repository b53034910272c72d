/* RAUC-27: what RAUC has no way to write to a slot, an installation refuses.
 *
 * What a file is follows from its name, or since 1.14 from its type, which in
 * turn follows from the name where the manifest does not tell it.
 *
 * Source: rauc/rauc, src/update_handler.c:updatepairs and get_update_handler at
 * v1.8 and v1.13; image_type_map and ext_type_map at 3991031 (1.16-dev). Those
 * for eMMC and GPT are in builds with these alone, as Debian's are.
 */
#include "rauc.h"

#include <string.h>

/* pattern is what files of a type are called, the more special ones first. */
struct pattern {
	const char *name, *type;
	enum { ALWAYS, BY_NAME, BY_TYPE } while_;
};

static const struct pattern patterns[] = {
	{ "*.ext4.caibx", "ext4-caibx", ALWAYS },
	{ "*.vfat.caibx", "vfat-caibx", ALWAYS },
	{ "*.ubifs.caibx", "ubifs-caibx", ALWAYS },
	{ "*.img.caibx", "raw-caibx", ALWAYS },
	{ "*.squashfs.caibx", "squashfs-caibx", ALWAYS },
	{ "*.squashfs-lz4.caibx", "squashfs-caibx", BY_NAME },
	{ "*.squashfs-lzo.caibx", "squashfs-caibx", BY_NAME },
	{ "*.squashfs-xz.caibx", "squashfs-caibx", BY_NAME },
	{ "*.squashfs-zst.caibx", "squashfs-caibx", BY_NAME },
	{ "*.squashfs-*.caibx", "squashfs-caibx", BY_TYPE },
	{ "*.catar", "catar", ALWAYS },
	{ "*.caidx", "caidx", ALWAYS },
	{ "*.tar*", "tar", ALWAYS },
	{ "*.tgz", "tar", BY_TYPE },
	{ "*.ext4", "ext4", ALWAYS },
	{ "*.vfat", "vfat", ALWAYS },
	{ "*.img", "raw", ALWAYS },
	{ "*.squashfs-lz4", "squashfs", BY_NAME },
	{ "*.squashfs-lzo", "squashfs", BY_NAME },
	{ "*.squashfs-xz", "squashfs", BY_NAME },
	{ "*.squashfs-zst", "squashfs", BY_NAME },
	{ "*.squashfs-*", "squashfs", BY_TYPE },
	{ "*.squashfs", "squashfs", ALWAYS },
	{ "*.ubifs", "ubifs", ALWAYS },
};

/* way is to which slots a type can be written. */
static const struct way {
	const char *type, *slots;
} ways[] = {
	{ "raw", "raw ext4 vfat jffs2 nor nand ubivol ubifs boot-emmc "
	  "boot-mbr-switch boot-gpt-switch boot-raw-fallback" },
	{ "ext4", "ext4 raw boot-gpt-switch" },
	{ "vfat", "vfat raw boot-mbr-switch boot-gpt-switch" },
	{ "squashfs", "raw ubivol" },
	{ "ubifs", "ubivol ubifs" },
	{ "tar", "ext4 ubifs vfat jffs2" },
	{ "catar", "ext4" },
	{ "caidx", "ext4 ubifs vfat" },
	{ "raw-caibx", "raw ext4 vfat jffs2 nor nand ubivol ubifs" },
	{ "ext4-caibx", "ext4 raw" },
	{ "vfat-caibx", "raw" },
	{ "squashfs-caibx", "raw ubivol" },
	{ "ubifs-caibx", "ubivol ubifs" },
	{ "emptyfs", "ext4" },
};

/* matches: g_pattern_match_simple for patterns of stars and plain text. */
static bool matches(struct kf_bytes text, const char *pattern)
{
	struct kf_bytes p = kf_text(pattern);
	size_t t = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (i < p.len && p.data[i] == '*') {
			star = i++;
			mark = t;
		} else if (i < p.len && p.data[i] == text.data[t]) {
			i++;
			t++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (i < p.len && p.data[i] == '*')
		i++;
	return i == p.len;
}

const char *rauc_type_of(struct kf_bytes name)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (patterns[i].while_ != BY_NAME &&
		    matches(name, patterns[i].name))
			return patterns[i].type;
	return NULL;
}

static bool goes_to(struct kf_bytes type, struct kf_bytes slot)
{
	if (slot.len == 0)
		slot = kf_text("raw");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (rauc_is(type, ways[i].type))
			return rauc_among(slot, ways[i].slots);
	return false;
}

/* can_write: older versions take whichever pattern suits the slot. */
static bool can_write(const struct rauc_case *k,
		      const struct rauc_image *image, struct kf_bytes slot)
{
	if (image->installs)
		return true;
	if (k->profile->version >= RAUC_1_16)
		return goes_to(image->type, slot);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (patterns[i].while_ != BY_TYPE &&
		    matches(image->file, patterns[i].name) &&
		    goes_to(kf_text(patterns[i].type), slot))
			return true;
	return false;
}

/* counted is how many ways there are from the images of a class to its slots,
 * and how many are none. Of both, the device alone knows which it takes. */
struct counted {
	size_t good, bad;
};

static void count(struct counted *out, const struct rauc_case *k,
		  struct kf_bytes class)
{
	const struct rauc_config *config = &k->trust->config;
	const struct rauc_manifest *m = k->manifest;

	for (size_t i = 0; i < m->num_images; i++) {
		const struct rauc_image *image = &m->image[i];

		if (image->is_artifact || !kf_equal(image->class, class))
			continue;
		for (size_t j = 0; j < config->num_slots; j++) {
			if (!kf_equal(config->slot[j].class, class))
				continue;
			if (can_write(k, image, config->slot[j].type))
				out->good++;
			else
				out->bad++;
		}
	}
}

bool rauc_writes(struct rauc_case *k)
{
	const struct rauc_manifest *m = k->manifest;

	for (size_t i = 0; i < m->num_images; i++) {
		struct counted c = { 0, 0 };

		if (!m->image[i].is_artifact)
			count(&c, k, m->image[i].class);
		if (c.bad == 0)
			continue;
		if (c.good) {
			k->out->answer = KF_UNDECIDED;
			kf_find(&k->out->why, KF_REASON_BEYOND_LIMITS,
				"RAUC-27");
			kf_prove_text(&k->out->why, "images or slots of one class, of which some do not go together: the device alone knows which it takes");
			return false;
		}
		rauc_reject(k, KF_REASON_REQUIREMENT_NOT_MET, "RAUC-27");
		kf_prove_text(&k->out->why, "RAUC has no way to write a file of this type to slots of this type");
		if (m->image[i].file.len)
			kf_prove_text(&k->out->why,
				      (const char *)m->image[i].file.data);
		return false;
	}
	return true;
}
