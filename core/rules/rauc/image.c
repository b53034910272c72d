/* What an installation finds in the payload once it is mounted: the squashfs
 * as the kernel lets it be read, and the images in it.
 *
 * The kernel hashes what is read, and nothing else: a block that no table and
 * no image needs may be any. The first blocks are always read, since RAUC reads
 * a byte of the new device and the kernel reads ahead.
 *
 * Source: rauc/rauc, src/dm.c:r_dm_setup, src/install.c:pre_install_checks,
 * src/update_handler.c:copy_raw_image and src/crypt.c:iv_plain64 at v1.8; Linux
 * 6.1, mm/readahead.c:get_init_ra_size.
 */
#include "rauc.h"

#include <string.h>

enum { AHEAD = 4, KEY_LEN = 32, SECTOR_LEN = 512 };

/* view is a payload as the kernel shows it. */
struct view {
	const struct kf_source *source;
	const struct kf_crypto *crypto;
	const uint8_t *bad;	/* a bit a block; NULL: all are good */
	bool sealed;
	uint8_t key[KEY_LEN];
	uint8_t block[KF_RAUC_BLOCK_LEN];
};

static bool is_bad(const uint8_t *bad, uint64_t block)
{
	return bad && (bad[block / 8] >> (block % 8) & 1);
}

/* open_block reads a block, and decrypts it where it is sealed. */
static bool open_block(struct view *v, uint64_t number)
{
	struct kf_bytes in = kf_view(v->block, KF_RAUC_BLOCK_LEN);
	uint64_t sector = number * (KF_RAUC_BLOCK_LEN / SECTOR_LEN);
	uint8_t iv[16] = { 0 };

	if (!v->source->read_at(v->source->self, number * KF_RAUC_BLOCK_LEN,
				v->block, KF_RAUC_BLOCK_LEN))
		return false;
	for (size_t i = 0; i < sizeof(sector); i++)
		iv[i] = (uint8_t)(sector >> (8 * i));
	return !v->sealed ||
	       v->crypto->aes_cbc_open(v->crypto->self, v->block, in, v->key,
				       iv);
}

static bool read_view(void *self, uint64_t at, void *out, size_t len)
{
	struct view *v = self;
	uint8_t *to = out;

	while (len) {
		uint64_t number = at / KF_RAUC_BLOCK_LEN;
		size_t within = (size_t)(at % KF_RAUC_BLOCK_LEN);
		size_t some = KF_RAUC_BLOCK_LEN - within;

		if (some > len)
			some = len;
		if (is_bad(v->bad, number) || !open_block(v, number))
			return false;
		memcpy(to, v->block + within, some);
		to += some;
		at += some;
		len -= some;
	}
	return true;
}

static bool read_plain(void *self, uint64_t at, void *out, size_t len)
{
	const struct view *v = self;

	return v->source->read_at(v->source->self, at, out, len);
}

/* is_looked_for: images that an installation takes from the bundle by name. */
static bool is_looked_for(const struct rauc_image *image)
{
	return image->file.len && image->file.data[0] != '/' &&
	       !image->is_artifact && !image->varies;
}

/* name_all writes the paths of images. Fails: false, the arena is full. */
static bool name_all(struct kf_looked *looked, size_t *num,
		     const struct rauc_manifest *m, struct kf_env *env)
{
	*num = 0;
	for (size_t i = 0; i < m->num_images; i++) {
		struct kf_bytes file = m->image[i].file;
		char *name;

		if (!is_looked_for(&m->image[i]))
			continue;
		name = kf_arena_take(env->arena, file.len + 2);
		if (!name)
			return false;
		name[0] = '/';
		memcpy(name + 1, file.data, file.len);
		looked[(*num)++].name = name;
	}
	return true;
}

/* open_view makes the payload readable. Fails: false, where it cannot be
 * decrypted; where it decrypts to no squashfs the case says so. */
static bool open_view(struct view *v, struct rauc_case *k, const uint8_t *bad)
{
	const struct rauc_manifest *m = k->manifest;

	v->source = k->bundle->source;
	v->crypto = k->env->crypto;
	v->bad = bad;
	v->sealed = !k->plain && m->format == RAUC_CRYPT;
	if (!v->sealed)
		return true;
	if (!v->crypto->aes_cbc_open || !rauc_hex(v->key, m->crypt_key))
		return false;
	k->no_squashfs = !open_block(v, 0) ||
			 memcmp(v->block, "hsqs", 4) != 0;
	return !k->no_squashfs;
}

/* look opens the squashfs, and reads the images through where blocks are
 * bad. */
static enum kf_status look(struct rauc_case *k, const uint8_t *bad)
{
	const struct rauc_manifest *m = k->manifest;
	struct view *v = kf_arena_take(k->env->arena, sizeof(*v));
	struct kf_source source = {
		.size = k->bundle->layout.payload_len -
			(k->plain ? 0 : m->hash_tree_len),
		.self = v,
	};

	k->looked = kf_arena_take(k->env->arena, sizeof(*k->looked) *
				  (m->num_images + 1));
	if (!v || !k->looked ||
	    !name_all(k->looked, &k->num_looked, m, k->env))
		return KF_NO_MEMORY;
	if (!open_view(v, k, bad) || !k->env->opener)
		return KF_CANNOT_READ;
	source.read_at = v->sealed || bad ? read_view : read_plain;
	return k->env->opener->squashfs_look(k->looked, k->num_looked,
					     &source, source.size, bad);
}

/* reads_bad tells whether one of the blocks is bad that are always read. */
static bool reads_bad(const struct rauc_case *k, const uint8_t *bad)
{
	uint64_t blocks = (k->bundle->layout.payload_len -
			   k->manifest->hash_tree_len) / KF_RAUC_BLOCK_LEN;

	for (uint64_t i = 0; i < AHEAD && i < blocks; i++)
		if (is_bad(bad, i))
			return true;
	return false;
}

enum kf_answer3 rauc_survives(struct rauc_case *k)
{
	enum kf_answer3 answer;
	const uint8_t *bad = NULL;

	if (k->bundle->hashes != RAUC_HASHES_BLOCK)
		return KF_NO;
	k->status = rauc_bad_blocks(&bad, k->bundle, k->manifest, k->env);
	if (k->status != KF_OK)
		return KF_NOT_ASKED;
	if (reads_bad(k, bad))
		return KF_NO;
	if (!k->env->opener)
		return KF_NOT_ASKED;
	k->status = look(k, bad);
	if (k->status != KF_CANNOT_READ && k->status != KF_TOO_MUCH)
		return k->status == KF_OK ? KF_YES : KF_NOT_ASKED;
	answer = k->status == KF_TOO_MUCH ? KF_NOT_ASKED : KF_NO;
	k->status = KF_OK;
	return answer;
}

/* copies tells whether RAUC copies a file byte by byte to slots of a type, and
 * looks at its size then. */
static bool copies(struct kf_bytes type, struct kf_bytes file)
{
	static const char *const ends[] = { ".img", ".ext4", ".vfat",
					    ".squashfs" };

	if (type.len && !rauc_among(type, "raw ext4 vfat"))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct kf_bytes end = kf_text(ends[i]);

		if (file.len >= end.len &&
		    kf_equal(kf_part_of(file, file.len - end.len, end.len),
			     end))
			return true;
	}
	return false;
}

/* size_counts: all slots of its class are of types that copy it. */
static bool size_counts(const struct rauc_case *k,
			const struct rauc_image *image)
{
	const struct rauc_config *config = &k->trust->config;

	if (image->installs || !image->has_size)
		return false;
	for (size_t i = 0; i < config->num_slots; i++)
		if (kf_equal(config->slot[i].class, image->class) &&
		    !copies(config->slot[i].type, image->file))
			return false;
	return true;
}

static bool not_as_told(struct rauc_case *k, const char *name,
			const char *text)
{
	rauc_reject(k, KF_REASON_IMAGE_NOT_AS_TOLD, "RAUC-26");
	kf_prove_text(&k->out->why, text);
	kf_prove_text(&k->out->why, name);
	return false;
}

/* as_told holds the size of one image against what the manifest says. */
static bool as_told(struct rauc_case *k, const struct rauc_image *image,
		    const struct kf_looked *looked)
{
	if (!looked->plain || !size_counts(k, image) ||
	    looked->size == image->size)
		return true;
	not_as_told(k, looked->name,
		    "a file is of another size than the manifest says");
	kf_prove_field(&k->out->why, "size", 0, 0);
	kf_prove_value(&k->out->why, looked->size, image->size);
	return false;
}

/* all_there: the files are looked for before any is written. */
static bool all_there(struct rauc_case *k)
{
	for (size_t i = 0; i < k->num_looked; i++)
		if (!k->looked[i].there)
			return not_as_told(k, k->looked[i].name,
					   "the manifest names a file that is not in the bundle");
	return true;
}

bool rauc_images(struct rauc_case *k)
{
	const struct rauc_manifest *m = k->manifest;
	enum kf_status status = k->looked ? KF_OK : look(k, NULL);
	size_t num = 0;

	if (k->no_squashfs) {
		rauc_reject(k, KF_REASON_CONTAINER_MALFORMED, "RAUC-14");
		kf_prove_text(&k->out->why, "what the payload decrypts to is no squashfs");
		return false;
	}
	if (status == KF_CANNOT_READ) {
		k->out->answer = KF_UNDECIDED;
		kf_find(&k->out->why, KF_REASON_CONTENTS_UNKNOWN, "RAUC-26");
		kf_prove_text(&k->out->why, "the squashfs image of the bundle could not be opened");
		return false;
	}
	if (status != KF_OK) {
		k->status = status;
		return false;
	}
	if (!all_there(k) || !rauc_writes(k))
		return false;
	for (size_t i = 0; i < m->num_images; i++)
		if (is_looked_for(&m->image[i]) &&
		    !as_told(k, &m->image[i], &k->looked[num++]))
			return false;
	return true;
}
