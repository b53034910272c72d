/* A RAUC bundle: a squashfs, a CMS, and how long that is. Of the format plain
 * the CMS is over the squashfs; of verity the manifest is in it, with the root
 * of the hash tree that stands behind the squashfs.
 *
 * Source: rauc/rauc at v1.8, docs/reference.rst (Bundle Formats); src/bundle.c:
 * sign_bundle. The superblock: linux, fs/squashfs/squashfs_fs.h,
 * struct squashfs_super_block.
 */
#include "cms.h"
#include "rauc_verity.h"

#include "core/keyfile.h"
#include "core/rauc.h"

#include <string.h>

enum {
	HEAD_LEN = 96,		/* of a squashfs */
	USED_AT = 40,		/* how many bytes it has */
	/* RAUC-23: older versions sign and verify not all of more. */
	PLAIN_MAX = INT32_MAX,
};

static enum kf_status unfit(struct kf_fault *why, const char *what,
			    const char *hint)
{
	kf_fault_say(why, hint, "%s", what);
	return KF_WRONG_USE;
}

/* check_image: what is signed is a squashfs, filled up to whole blocks, with
 * nothing behind it. */
static enum kf_status check_image(const struct kf_making *m,
				  struct kf_fault *why)
{
	static const char no_image[] = "is no squashfs image";
	static const char make_one[] =
		"mksquashfs makes one of the folder with manifest.raucm";
	const struct kf_source *source = m->source;
	uint8_t head[HEAD_LEN];
	uint64_t used = 0;

	if (source->size < sizeof(head))
		return unfit(why, no_image, make_one);
	if (!source->read_at(source->self, 0, head, sizeof(head)))
		return KF_CANNOT_READ;
	if (memcmp(head, "hsqs", 4) != 0)
		return unfit(why, no_image, make_one);
	for (size_t i = 8; i-- > 0;)
		used = used << 8 | head[USED_AT + i];
	if (used > source->size)
		return unfit(why, "is a squashfs image that was cut short",
			     make_one);
	if (source->size % KF_RAUC_BLOCK_LEN)
		return unfit(why, "is no whole number of blocks of 4096 bytes: a bundle already, or a squashfs without padding", make_one);
	if (source->size - used >= KF_RAUC_BLOCK_LEN)
		return unfit(why, "has something behind the squashfs image",
			     make_one);
	return KF_OK;
}

/* names_tree tells whether a manifest has a tree's root already. */
static bool names_tree(const struct kf_keyfile *file, size_t group)
{
	static const char *const keys[] = { "verity-hash", "verity-salt",
					    "verity-size", "crypt-key" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (kf_keyfile_entry_of(file, group, keys[i]))
			return true;
	return false;
}

/* check_format: RAUC takes a plain bundle as one only where its manifest says
 * so, or says nothing. `verity` is what says verity. */
static enum kf_status check_format(struct kf_bytes *verity,
				   const struct kf_making *m,
				   struct kf_bytes manifest,
				   struct kf_fault *why)
{
	struct kf_keyfile file;
	const struct kf_keyfile_entry *format = NULL;
	enum kf_status status = kf_keyfile_read(&file, manifest, m->env);
	size_t group;

	*verity = kf_view(NULL, 0);

	if (status != KF_OK)
		return status;
	if (file.damage.field)
		return unfit(why, "has a manifest.raucm that cannot be parsed",
			     NULL);
	group = kf_keyfile_group_of(&file, "bundle");
	if (group < file.num_groups)
		format = kf_keyfile_entry_of(&file, group, "format");
	if (format && kf_equal(format->value, kf_text("verity"))) {
		*verity = format->value;
		return names_tree(&file, group)
			? unfit(why, "has a manifest.raucm that names a hash tree already",
				"take its lines verity-... out: the tree is made here")
			: KF_OK;
	}
	if (format && !kf_equal(format->value, kf_text("plain")))
		return unfit(why, "is for a bundle of another format than plain and verity: its manifest says so",
			     "rauc bundle makes those");
	if (m->source->size > PLAIN_MAX)
		return unfit(why, "is longer than 2 GiB: RAUC before 1.15.2 does not sign or verify all of a plain bundle (RAUC-23)", NULL);
	return KF_OK;
}

static enum kf_status read_manifest(struct kf_bytes *manifest,
				    struct kf_bytes *verity,
				    const struct kf_making *m,
				    struct kf_fault *why)
{
	bool there = false;
	enum kf_status status;

	if (!m->env->opener)
		return KF_CANNOT_READ;
	status = m->env->opener->squashfs_file(manifest, &there, m->source,
					       m->source->size,
					       "/manifest.raucm",
					       m->env->arena);
	if (status == KF_CANNOT_READ)
		return unfit(why, "is a squashfs image that cannot be opened: it is damaged, or there is no libsquashfs",
			     NULL);
	if (status != KF_OK)
		return status;
	if (!there)
		return unfit(why, "has no manifest.raucm in it", "RAUC asks for one (RAUC-19)");
	return check_format(verity, m, *manifest, why);
}

/* attach puts the manifest into the CMS. */
static enum kf_status attach(struct kf_cms_wish *wish, struct kf_making *m,
			     struct kf_bytes manifest)
{
	enum { OCTETS = 0x04 };
	bool full = false;

	wish->content = KF_CMS_ELEMENT(m->env, &full, OCTETS, manifest);
	kf_digest_of(&m->covered, m->crypto, m->scheme.digest, manifest);
	return full ? KF_NO_MEMORY : m->covered.len ? KF_OK : KF_NO_CRYPTO;
}

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	uint8_t len[KF_RAUC_TAIL_LEN];
	struct kf_cms_wish wish = { 0 };
	struct kf_bytes cms, manifest = { NULL, 0 }, verity = { NULL, 0 };
	struct kf_bytes tree = { NULL, 0 };
	enum kf_status status = check_image(m, why);

	if (status == KF_OK)
		status = read_manifest(&manifest, &verity, m, why);
	if (status == KF_OK && verity.len)
		status = kf_rauc_verity_tree(&tree, &manifest, m, verity, why);
	if (status == KF_OK)
		status = verity.len ? attach(&wish, m, manifest)
				    : kf_making_digest(m, 0, m->source->size);
	wish.digest = m->covered;
	if (status == KF_OK)
		status = kf_cms_make(&cms, m, &wish, why);
	if (status != KF_OK)
		return status;
	for (size_t i = 0; i < sizeof(len); i++)
		len[i] = (uint8_t)((uint64_t)cms.len >> 8 * (7 - i));
	return kf_making_done(kf_patch_slice(&m->patch, 0, m->source->size) &&
			      kf_patch_view(&m->patch, tree) &&
			      kf_patch_view(&m->patch, cms) &&
			      kf_patch_bytes(&m->patch,
					     kf_view(len, sizeof(len))));
}

const struct kf_maker kf_maker_rauc = {
	.name = "rauc",
	.title = "a RAUC bundle, plain or verity, of a squashfs image",
	.schemes = KF_CMS_SCHEMES,
	.digests = KF_CMS_DIGESTS,
	.refuses = "RAUC verifies with OpenSSL's CMS_verify, which has no Ed25519 in OpenSSL 3.0: use RSA or ECDSA",
	.needs_certificate = true,
	.takes_certificate = true,
	.takes_time = true,
	.supposes = KF_SUPPOSE_SIGNER,
	.make = make,
};
