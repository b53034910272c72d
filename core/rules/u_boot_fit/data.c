/* FIT-14 to FIT-16: where an image's data are, and whether they have the hashes
 * that the file tells.
 *
 * Source: U-Boot 2023.01, boot/image-fit.c: fit_image_get_data_and_size,
 * fit_image_check_hash, calculate_hash; common/hash.c: hash_algo.
 */
#include "u_boot_fit.h"

#include "core/crc.h"

#include <string.h>

enum {
	FAR = 1 << 20,		/* behind the end of the file */
	HASH_MAX = 64,
	ARM64_MAGIC_AT = 56,
};

enum kf_status fit_add(struct fit_file *file, uint64_t at, uint64_t len,
		       struct kf_env *env,
		       void (*add)(void *sum, struct kf_bytes bytes),
		       void *sum)
{
	while (len) {
		size_t num = len < env->window_len ? (size_t)len
						   : env->window_len;

		if (!kf_spend(env, num))
			return KF_TOO_MUCH;
		if (!kf_fdt_get(&file->fdt, at, env->window, num))
			return file->fdt.status;
		add(sum, kf_view(env->window, num));
		at += num;
		len -= num;
	}
	return KF_OK;
}

enum kf_status fit_digest(struct kf_digest *out, enum kf_digest_kind kind,
			  struct fit_file *file, uint64_t at, uint64_t len,
			  struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	void *digest = crypto->digest_begin(crypto->self, kind);
	enum kf_status status;

	out->len = 0;
	if (!digest)
		return KF_NO_CRYPTO;
	status = fit_add(file, at, len, env, crypto->digest_add, digest);
	if (status != KF_OK) {
		crypto->digest_drop(digest);
		return status;
	}
	crypto->digest_end(digest, out);
	return out->len ? KF_OK : KF_NO_CRYPTO;
}

/* external works out where data outside of the tree are. Numbers are C's int:
 * they may be negative. Returns false where there are none. */
static bool external(struct fit_file *file, struct fit_image *image,
		     int64_t *at)
{
	struct kf_fdt *fdt = &file->fdt;
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, image->node,
						     "data-position");
	uint32_t offset;

	if (prop) {
		*at = (int32_t)kf_fdt_number(fdt, prop, 0);
	} else {
		prop = kf_fdt_find(fdt, image->node, "data-offset");
		if (!prop)
			return false;
		offset = kf_fdt_number(fdt, prop, 0);
		*at = (int32_t)offset;
		if (!file->profile->bounds)
			*at = (int32_t)(offset + ((fdt->total_len + 3) & ~3u));
		else if (*at >= 0)
			*at += (int64_t)(fdt->total_len + 3) & ~INT64_C(3);
		if (*at > INT32_MAX)
			*at = -1;
	}
	return true;
}

/* bound holds external data against the newer U-Boot's bounds. */
static bool bound(struct fit_image *image, int64_t at, uint32_t len)
{
	if (at < 0 || len > INT32_MAX || at > FIT_SIZE_MAX ||
	    len > FIT_SIZE_MAX - at)
		image->data_fault = "its data are out of bounds";
	return !image->data_fault;
}

/* inner: the data are a property of the tree. */
static void inner(struct fit_file *file, struct fit_image *image)
{
	const struct kf_fdt_prop *data = kf_fdt_find(&file->fdt, image->node,
						     "data");

	if (!data) {
		image->data_fault = "it has no data";
		return;
	}
	image->data_at = data->at;
	image->data_len = data->len;
}

static void place(struct fit_file *file, struct fit_image *image)
{
	struct kf_fdt *fdt = &file->fdt;
	const struct kf_fdt_prop *size = kf_fdt_find(fdt, image->node,
						     "data-size");
	uint32_t len = kf_fdt_number(fdt, size, 0);
	bool bounds = file->profile->bounds;
	int64_t at;

	if (!external(file, image, &at)) {
		inner(file, image);
		return;
	}
	if (bounds && at < 0)
		image->data_fault = "its data are out of bounds";
	else if (!size)
		image->data_fault = "it has no data-size";
	else if (!bounds || bound(image, at, len))
		image->data_at = fdt->base + (uint64_t)at;
	image->data_len = len;
	image->data_far = at < 0 || len > INT32_MAX;
}

/* look reads what the loader asks the data for. */
static bool look(struct fit_file *file, struct fit_image *image)
{
	static const uint8_t magic[4] = { 'A', 'R', 'M', 0x64 };
	uint8_t word[4];
	struct kf_fdt tree;

	if (image->data_far || image->data_fault)
		return true;
	if (!kf_fdt_peek(&file->fdt, image->data_at + ARM64_MAGIC_AT, word,
			 sizeof(word)))
		return false;
	image->is_arm64 = memcmp(word, magic, sizeof(word)) == 0;
	image->is_tree = kf_fdt_header(&tree, file->fdt.source,
				       image->data_at);
	if (tree.status != KF_OK)
		file->fdt.status = tree.status;
	return tree.status == KF_OK;
}

enum kf_status fit_data(struct fit_file *file, struct fit_image *image)
{
	uint64_t size = file->fdt.source->size;
	uint64_t end;

	place(file, image);
	if (file->fdt.status != KF_OK || image->data_fault)
		return file->fdt.status;
	end = image->data_at + image->data_len;
	image->data_cut = image->data_far || end > size;
	image->data_far |= image->data_cut && end > size + FAR;
	look(file, image);
	return file->fdt.status;
}

static void add_crc32(void *sum, struct kf_bytes bytes)
{
	uint32_t *crc = sum;

	*crc = kf_crc32(*crc, bytes);
}

static void add_crc16(void *sum, struct kf_bytes bytes)
{
	uint16_t *crc = sum;

	*crc = kf_crc16(*crc, bytes);
}

/* checksum computes one of the two checksums, big-endian. */
static enum kf_status checksum(struct kf_digest *out, bool wide,
			       struct fit_file *file,
			       const struct fit_image *image,
			       struct kf_env *env)
{
	uint32_t crc = 0;
	uint16_t narrow = 0;
	enum kf_status status;

	status = wide ? fit_add(file, image->data_at, image->data_len, env,
				add_crc32, &crc)
		      : fit_add(file, image->data_at, image->data_len, env,
				add_crc16, &narrow);
	if (!wide)
		crc = (uint32_t)narrow << 16;
	out->len = wide ? 4 : 2;
	for (size_t i = 0; i < 4; i++)
		out->bytes[i] = (uint8_t)(crc >> (24 - 8 * i));
	return status;
}

/* compute computes a hash by its name. `out->len` stays 0 where U-Boot has
 * none of that name. */
static enum kf_status compute(struct kf_digest *out, struct kf_bytes name,
			      struct fit_file *file, struct fit_image *image,
			      struct kf_env *env)
{
	static const struct { const char *name; enum kf_digest_kind kind; }
	digests[] = {
		{ "md5", KF_MD5 }, { "sha1", KF_SHA1 },
		{ "sha256", KF_SHA256 }, { "sha384", KF_SHA384 },
		{ "sha512", KF_SHA512 },
	};

	out->len = 0;
	if (kf_equal(name, kf_text("crc32")) ||
	    kf_equal(name, kf_text("crc16-ccitt")))
		return checksum(out, name.len == 5, file, image, env);
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (kf_equal(name, kf_text(digests[i].name))) {
			image->weak &= i < 2;
			return fit_digest(out, digests[i].kind, file,
					  image->data_at, image->data_len,
					  env);
		}
	return KF_OK;
}

static void wrong(struct fit_file *file, struct fit_image *image,
		  enum kf_reason_id reason, const char *text)
{
	kf_find(&image->hash, reason, "FIT-15");
	fit_prove_node(&image->hash, &file->fdt, image->node);
	kf_prove_text(&image->hash, text);
}

/* compare holds a hash against what it should be. */
static enum kf_status compare(struct fit_file *file, struct fit_image *image,
			      struct kf_bytes name,
			      const struct kf_fdt_prop *prop,
			      struct kf_env *env)
{
	struct kf_digest digest;
	uint8_t told[HASH_MAX];
	enum kf_status status;

	if (image->data_far) {
		wrong(file, image, KF_REASON_IMAGE_HASH_MISMATCH,
		      "its data are not in the file");
		return KF_OK;
	}
	status = compute(&digest, name, file, image, env);
	if (status != KF_OK)
		return status;
	if (digest.len == 0) {
		wrong(file, image, KF_REASON_IMAGE_HASH_UNUSABLE,
		      "U-Boot has no hash of that name");
		return KF_OK;
	}
	if (!kf_fdt_get(&file->fdt, prop->at, told, digest.len))
		return file->fdt.status;
	if (prop->len != digest.len)
		wrong(file, image, KF_REASON_IMAGE_HASH_MISMATCH,
		      "the hash has another length");
	else if (memcmp(told, digest.bytes, digest.len) != 0)
		wrong(file, image, KF_REASON_IMAGE_HASH_MISMATCH,
		      "its data changed after they were hashed");
	else
		image->hashed = true;
	return KF_OK;
}

/* check_hash weighs one hash node. */
static enum kf_status check_hash(struct fit_file *file,
				 struct fit_image *image, uint32_t node,
				 struct kf_env *env)
{
	struct kf_fdt *fdt = &file->fdt;
	const struct kf_fdt_prop *algo = kf_fdt_find(fdt, node, "algo");
	const struct kf_fdt_prop *ignore = kf_fdt_find(fdt, node,
						       "uboot-ignore");
	const struct kf_fdt_prop *value = kf_fdt_find(fdt, node, "value");
	struct kf_bytes name;

	if (!algo) {
		wrong(file, image, KF_REASON_IMAGE_HASH_UNUSABLE,
		      "the hash has no algo");
		return KF_OK;
	}
	/* FIT-16 */
	if (ignore && ignore->len == 4 && kf_fdt_number(fdt, ignore, 0))
		return fdt->status;
	if (!value) {
		wrong(file, image, KF_REASON_IMAGE_HASH_UNUSABLE,
		      "the hash has no value");
		return KF_OK;
	}
	if (!kf_fdt_text(&name, fdt, algo, env))
		return fdt->status;
	return compare(file, image, name, value, env);
}

enum kf_status fit_hashes(struct fit_file *file, struct fit_image *image,
			  struct kf_env *env)
{
	struct kf_fdt *fdt = &file->fdt;
	enum kf_status status = KF_OK;
	bool cut = fdt->cut;

	image->weak = true;
	if (image->data_fault)
		return KF_OK;
	for (uint32_t i = fdt->node[image->node].child;
	     status == KF_OK && !image->hash.reason && i != KF_FDT_NONE;
	     i = fdt->node[i].next)
		if (fit_begins(fdt->node[i].name, "hash"))
			status = check_hash(file, image, i, env);
	/* That the file ends within these data is noted with the image. */
	fdt->cut = cut;
	return status;
}
