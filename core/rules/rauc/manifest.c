/* A bundle's manifest, as each version reads it: RAUC-19.
 *
 * Source: rauc/rauc, src/manifest.c:parse_manifest, parse_image,
 * check_manifest_common at v1.8, v1.13 and 3991031 (1.16-dev).
 */
#include "rauc.h"

#include <string.h>

/* reading is one manifest while it is read. */
struct reading {
	struct rauc_manifest *out;
	struct rauc_read r;
	struct rauc_read later;	/* refuses what is refused later */
	struct kf_bytes hook;
	bool needs_hook;
	bool has_program;
};

static void enter(struct reading *m, const char *group)
{
	m->r.group = m->later.group = kf_keyfile_group_of(m->r.file, group);
}

/* read_min_rauc: RAUC 1.14 and later hold a bundle against themselves. */
static void read_min_rauc(struct reading *m)
{
	const struct rauc_profile *profile = m->r.profile;
	struct kf_bytes least;

	if (profile->version < RAUC_1_16 ||
	    !rauc_text(&least, &m->r, "min-rauc-version", RAUC_MAYBE))
		return;
	if (rauc_version_within(kf_text("0"), least) != KF_YES)
		rauc_refuse(&m->later, NULL, "min-rauc-version is no version");
	else if (rauc_version_within(least, kf_text(profile->told)) != KF_YES)
		rauc_refuse(&m->later, NULL, "min-rauc-version is newer than this RAUC");
	else if (rauc_version_within(least, kf_text("1.13")) == KF_YES)
		rauc_refuse(&m->later, NULL, "min-rauc-version is older than the key itself");
}

static void read_update(struct reading *m)
{
	static const struct rauc_key keys[] = {
		{ "description", RAUC_MAYBE, 0 }, { "build", RAUC_MAYBE, 0 },
		{ NULL, RAUC_MAYBE, 0 },
	};

	enter(m, "update");
	if (!rauc_text(&m->out->compatible, &m->r, "compatible", RAUC_TEXT))
		rauc_refuse(&m->r, NULL, "compatible is missing");
	m->out->has_version = rauc_text(&m->out->version, &m->r, "version",
					RAUC_MAYBE);
	rauc_take_all(&m->r, keys);
	read_min_rauc(m);
	rauc_end(&m->r);
}

/* read_tree_len: a value that is no number counts as none. */
static void read_tree_len(struct reading *m)
{
	struct kf_keyfile_entry *e = kf_keyfile_entry_of(m->r.file, m->r.group,
							 "verity-size");

	if (!e)
		return;
	e->taken = true;
	if (kf_keyfile_number(&m->out->hash_tree_len, e->value) !=
	    KF_VALUE_GOOD)
		m->out->hash_tree_len = 0;
}

static void read_bundle(struct reading *m)
{
	struct rauc_manifest *out = m->out;
	struct kf_bytes format;

	enter(m, "bundle");
	out->format = RAUC_PLAIN;
	if (rauc_text(&format, &m->r, "format", RAUC_MAYBE)) {
		if (!rauc_among(format, "plain verity crypt"))
			rauc_refuse(&m->r, NULL, "format is none that RAUC knows");
		out->format = rauc_is(format, "verity") ? RAUC_VERITY :
			      rauc_is(format, "crypt") ? RAUC_CRYPT
						       : RAUC_PLAIN;
	}
	if (out->format != RAUC_PLAIN) {
		out->has_hash = rauc_text(&out->hash, &m->r, "verity-hash",
					  RAUC_MAYBE);
		out->has_salt = rauc_text(&out->salt, &m->r, "verity-salt",
					  RAUC_MAYBE);
		read_tree_len(m);
	}
	if (out->format == RAUC_CRYPT)
		out->has_crypt_key = rauc_text(&out->crypt_key, &m->r,
					       "crypt-key", RAUC_MAYBE);
	rauc_end(&m->r);
}

static void read_hooks(struct reading *m)
{
	struct kf_bytes name, *hook;
	size_t num;

	enter(m, "handler");
	m->has_program = rauc_text(&name, &m->r, "filename", RAUC_MAYBE);
	if (rauc_text(&name, &m->r, "args", RAUC_MAYBE) && !m->has_program &&
	    m->r.profile->version >= RAUC_1_13)
		rauc_refuse(&m->r, NULL, "args needs filename");
	rauc_end(&m->r);
	enter(m, "hooks");
	(void)rauc_text(&m->hook, &m->r, "filename", RAUC_MAYBE);
	(void)rauc_list(&hook, &num, &m->r, "hooks", RAUC_LAX_LIST);
	for (size_t i = 0; i < num; i++)
		if (!rauc_is(hook[i], "install-check"))
			rauc_refuse(&m->r, NULL, "hooks names one that RAUC does not know");
	m->out->install_check = num > 0;
	m->needs_hook = num > 0;
	rauc_end(&m->r);
}

/* image is one section of an image while it is read. */
struct image {
	struct kf_bytes file, digest, type;
	bool has_file, has_digest, has_size, has_type;
	bool installs;		/* by a hook of its own */
	size_t num_convert, num_converted;
	bool adapts, converts;
	bool slashes;		/* in the name of a converted file */
};

static bool has_slash(struct kf_bytes name)
{
	return name.len && memchr(name.data, '/', name.len);
}

static void read_image_hooks(struct reading *m, struct image *image)
{
	struct kf_bytes *hook;
	size_t num;

	(void)rauc_list(&hook, &num, &m->r, "hooks", RAUC_LAX_LIST);
	for (size_t i = 0; i < num; i++) {
		if (!rauc_among(hook[i], "pre-install install post-install"))
			rauc_refuse(&m->r, NULL, "hooks names one that RAUC does not know");
		image->installs = image->installs ||
				  rauc_is(hook[i], "install");
		m->needs_hook = true;
	}
}

static void read_conversions(struct reading *m, struct image *image)
{
	struct kf_bytes *list;
	size_t num;

	image->adapts = rauc_list(&list, &num, &m->r, "adaptive",
				  RAUC_LAX_LIST);
	if (m->r.profile->version < RAUC_1_13)
		return;
	image->converts = rauc_list(&list, &image->num_convert, &m->r,
				    "convert", RAUC_LAX_LIST);
	(void)rauc_list(&list, &image->num_converted, &m->r, "converted",
			RAUC_LAX_LIST);
	for (size_t i = 0; i < image->num_converted; i++)
		image->slashes = image->slashes || has_slash(list[i]);
}

/* read_type: since 1.14 every image is of a type. */
static void read_type(struct reading *m, struct image *image, bool artifact)
{
	const char *known;

	if (m->r.profile->version < RAUC_1_16 || artifact)
		return;
	image->has_type = rauc_text(&image->type, &m->r, "type", RAUC_TEXT);
	if (image->installs)
		return;
	if (image->has_type &&
	    !rauc_among(image->type, "raw ext4 vfat ubifs squashfs tar catar "
			"caidx ext4-caibx vfat-caibx ubifs-caibx raw-caibx "
			"squashfs-caibx emptyfs"))
		rauc_refuse(&m->r, NULL, "type is none that RAUC knows");
	if (image->has_type)
		return;
	known = image->has_file ? rauc_type_of(image->file) : NULL;
	if (known)
		image->type = kf_text(known);
	else
		rauc_refuse(&m->r, NULL, "type is missing, and the filename does not tell it");
}

static bool is_hex(bool there, struct kf_bytes text)
{
	uint8_t bytes[32];

	return there && rauc_hex(bytes, text);
}

/* check_type: what goes with a file, and what does not. */
static void check_type(struct reading *m, const struct image *image)
{
	bool empty = image->has_type && rauc_is(image->type, "emptyfs");

	if (m->r.profile->version < RAUC_1_16)
		return;
	if (image->has_file) {
		if (empty)
			rauc_refuse(&m->later, NULL, "an empty file system has no filename");
		return;
	}
	if (!empty && !image->installs)
		rauc_refuse(&m->later, NULL, "filename is missing");
	if (image->adapts || image->converts)
		rauc_refuse(&m->later, NULL, "adaptive and convert need filename");
}

/* check_conversions: as many go out as come in. */
static void check_conversions(struct reading *m, const struct image *image)
{
	if (!image->converts)
		return;
	if (image->num_convert != image->num_converted)
		rauc_refuse(&m->later, NULL, "convert and converted do not go together");
	if (m->r.profile->version >= RAUC_1_16 && image->slashes)
		rauc_refuse(&m->later, NULL, "converted has a slash in it");
}

/* check_file: check_manifest_bundled. */
static void check_file(struct reading *m, const struct image *image)
{
	bool newest = m->r.profile->version >= RAUC_1_16;

	if (!image->has_file)
		return;
	if (newest && has_slash(image->file))
		rauc_refuse(&m->later, NULL, "filename has a slash in it");
	if (!image->has_digest)
		rauc_refuse(&m->later, NULL, "sha256 is missing");
	else if (newest && !is_hex(true, image->digest))
		rauc_refuse(&m->later, NULL, "sha256 is no digest");
	if (!image->has_size && !image->installs)
		rauc_refuse(&m->later, NULL, "size is missing");
	check_conversions(m, image);
}

/* class_of is what stands behind "image.", up to a dot; in newer versions a
 * slash parts it from the name of an artifact. */
static struct kf_bytes class_of(struct reading *m, struct kf_bytes group,
				bool *artifact)
{
	struct kf_bytes class = kf_part_of(group, 6, group.len - 6);
	const uint8_t *dot = class.len ? memchr(class.data, '.', class.len)
				       : NULL;
	const uint8_t *slash;

	if (dot)
		class.len = (size_t)(dot - class.data);
	slash = class.len ? memchr(class.data, '/', class.len) : NULL;
	*artifact = slash && m->r.profile->version >= RAUC_1_13;
	if (*artifact)
		class.len = (size_t)(slash - class.data);
	return class;
}

/* read_file: newer versions leave it to check_type whether there has to be
 * one. */
static void read_file(struct reading *m, struct image *image)
{
	bool may_lack = image->installs && m->r.profile->version < RAUC_1_16;

	image->has_file = rauc_text(&image->file, &m->r, "filename",
				    may_lack ? RAUC_MAYBE : RAUC_TEXT);
	if (!image->has_file && !image->installs &&
	    m->r.profile->version < RAUC_1_16)
		rauc_refuse(&m->r, NULL, "filename is missing");
}

static void read_image(struct reading *m, struct kf_bytes group)
{
	static const struct rauc_key keys[] = {
		{ "version", RAUC_LAX_LIST, RAUC_1_13 },
		{ "description", RAUC_LAX_LIST, RAUC_1_13 },
		{ "build", RAUC_LAX_LIST, RAUC_1_13 },
		{ NULL, RAUC_MAYBE, 0 },
	};
	struct image image = { .has_file = false };
	bool artifact;
	struct kf_bytes class = class_of(m, group, &artifact);
	struct rauc_manifest *out = m->out;
	struct rauc_image *told;

	if (out->num_images == RAUC_IMAGES_MAX) {
		m->r.status = KF_TOO_MUCH;
		return;
	}
	told = &out->image[out->num_images++];
	told->class = class;
	told->is_artifact = artifact;
	told->varies = class.len + 6 < group.len && !artifact;
	image.has_digest = rauc_text(&image.digest, &m->r, "sha256",
				     RAUC_MAYBE);
	image.has_size = rauc_size(&told->size, &m->r, "size",
				   RAUC_ANY_SIZE) && told->size <= INT64_MAX;
	read_image_hooks(m, &image);
	read_file(m, &image);
	told->file = image.file;
	told->has_size = image.has_size;
	told->installs = image.installs;
	read_type(m, &image, artifact);
	told->type = image.type;
	rauc_take_all(&m->r, keys);
	read_conversions(m, &image);
	out->beyond_plain = out->beyond_plain || artifact || image.converts ||
			    image.num_converted;
	rauc_end(&m->r);
	check_file(m, &image);
	check_type(m, &image);
}

/* is_word tells whether a text can be the name of a variable. */
static bool is_word(struct kf_bytes text)
{
	static const char more[] = "0123456789_-";

	for (size_t i = 0; i < text.len; i++) {
		uint8_t lower = text.data[i] | 0x20;

		if ((lower < 'a' || lower > 'z') &&
		    !memchr(more, text.data[i], sizeof(more) - 1))
			return false;
	}
	return true;
}

/* read_meta: newer versions hand these on to programs. */
static void read_meta(struct reading *m, struct kf_bytes group)
{
	struct kf_bytes label = kf_part_of(group, 5, group.len - 5), text;

	if (m->r.profile->version < RAUC_1_13) {
		m->r.file->group[m->r.group].taken = true;
		return;
	}
	if (!is_word(label))
		rauc_refuse(&m->r, NULL, "the name of the section cannot be handed on");
	for (size_t i = 0; i < m->r.file->num_entries; i++) {
		struct kf_keyfile_entry *e = &m->r.file->entry[i];

		if (e->group != m->r.group || e->taken)
			continue;
		e->taken = true;
		if (kf_keyfile_text(&text, e->value,
				    m->r.profile->strict_texts,
				    m->r.env->arena) != KF_VALUE_GOOD ||
		    text.len == 0 || !is_word(e->key))
			rauc_refuse(&m->r, e, "the key cannot be handed on");
	}
	m->r.file->group[m->r.group].taken = true;
}

static void read_sections(struct reading *m)
{
	for (size_t i = 0; i < m->r.file->num_groups; i++) {
		struct kf_bytes name = m->r.file->group[i].name;

		m->r.group = m->later.group = i;
		if (m->r.file->group[i].taken)
			continue;
		if (rauc_starts(name, "image."))
			read_image(m, name);
		else if (rauc_starts(name, "meta."))
			read_meta(m, name);
		else if (rauc_is(name, "rollout") &&
			 m->r.profile->version >= RAUC_1_16)
			m->r.file->group[i].taken = true;
		else
			rauc_refuse(&m->r, NULL, "this version of RAUC does not know the section");
	}
}

/* check_signed: what a signed manifest has to bring. */
static void check_signed(struct reading *m)
{
	struct rauc_manifest *out = m->out;

	m->later.group = m->r.file->num_groups;
	if (m->needs_hook && m->hook.len == 0)
		rauc_refuse(&m->later, NULL, "hooks are used, and no filename is told");
	if (out->format == RAUC_PLAIN)
		return;
	if (out->format == RAUC_CRYPT &&
	    !is_hex(out->has_crypt_key, out->crypt_key))
		rauc_refuse(&m->later, NULL, "crypt-key is missing, or no key");
	if (!is_hex(out->has_hash, out->hash))
		rauc_refuse(&m->later, NULL, "verity-hash is missing, or no digest");
	if (!is_hex(out->has_salt, out->salt))
		rauc_refuse(&m->later, NULL, "verity-salt is missing, or no salt");
	if (out->hash_tree_len == 0 ||
	    out->hash_tree_len % KF_RAUC_BLOCK_LEN)
		rauc_refuse(&m->later, NULL, "verity-size is missing, or no multiple of 4096");
}

enum kf_status rauc_manifest_read(struct rauc_manifest *out,
				  struct kf_bytes file,
				  const struct rauc_profile *profile,
				  struct kf_env *env)
{
	struct kf_keyfile keys;
	struct reading m = {
		.out = out,
		.r = { &keys, 0, profile, &out->bad,
		       KF_REASON_MANIFEST_MALFORMED, "RAUC-19", env, KF_OK },
	};
	enum kf_status status = kf_keyfile_read(&keys, file, env);

	if (status != KF_OK)
		return status;
	m.later = m.r;
	m.later.bad = &out->bad_bundled;
	if (keys.damage.field) {
		kf_find(&out->bad, KF_REASON_MANIFEST_MALFORMED, "RAUC-19");
		kf_prove_field(&out->bad, keys.damage.field, keys.damage.at,
			       0);
		kf_prove_text(&out->bad, "a line cannot be read");
		return KF_OK;
	}
	read_update(&m);
	read_bundle(&m);
	read_hooks(&m);
	read_sections(&m);
	check_signed(&m);
	return m.r.status == KF_OK ? m.later.status : m.r.status;
}
