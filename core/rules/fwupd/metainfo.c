/* What the metainfo files say: which payload belongs to which release, and
 * whether it is as long, and has the digest, that they say.
 *
 * All releases of all components are looked at, not only the one that would be
 * installed.
 *
 * Source: fwupd/fwupd, src/fu-cabinet.c (fu_cabinet_build_silo,
 * fu_cabinet_parse, fu_cabinet_parse_release), libfwupdplugin/fu-firmware.c
 * (fu_firmware_get_image_by_id), fu-string.c (fu_strtoull),
 * libfwupd/fwupd-common.c (fwupd_checksum_guess_kind), tag 2.0.20.
 */
#include "fwupd.h"

#include <string.h>

struct reading {
	struct fwupd_update *update;
	struct kf_env *env;
	enum kf_status status;
};

static bool refuse(struct reading *r, enum kf_reason_id reason,
		   const char *rule, struct kf_bytes text)
{
	struct kf_finding *f = &r->update->refused;
	char *copy = kf_arena_take(r->env->arena, text.len + 1);

	if (!copy) {
		r->status = KF_NO_MEMORY;
		return false;
	}
	if (text.len)
		memcpy(copy, text.data, text.len);
	kf_find(f, reason, rule);
	kf_prove_text(f, copy);
	return false;
}

static bool malformed(struct reading *r, const char *text)
{
	return refuse(r, KF_REASON_DESCRIPTION_MALFORMED, "FWUPD-11",
		      kf_text(text));
}

/* glob is a pattern with * and ? under comparison, as GLib's. `star`: where
 * the last * stood, and what of the name it took up to. */
struct glob {
	struct kf_bytes pattern, name;
	size_t p, n, star, again;
};

static bool same_letter(const struct glob *g)
{
	return g->p < g->pattern.len && (g->pattern.data[g->p] == '?' ||
	       g->pattern.data[g->p] == g->name.data[g->n]);
}

static bool matches(struct kf_bytes pattern, struct kf_bytes name)
{
	struct glob g = { pattern, name, 0, 0, pattern.len, 0 };

	while (g.n < name.len) {
		if (g.p < pattern.len && pattern.data[g.p] == '*') {
			g.star = g.p++;
			g.again = g.n;
		} else if (same_letter(&g)) {
			g.p++;
			g.n++;
		} else if (g.star < pattern.len) {
			g.p = g.star + 1;
			g.n = ++g.again;
		} else {
			return false;
		}
	}
	while (g.p < pattern.len && pattern.data[g.p] == '*')
		g.p++;
	return g.p == pattern.len;
}

/* any_matches: several patterns stand between bars. */
static bool any_matches(struct kf_bytes patterns, struct kf_bytes name)
{
	size_t from = 0;

	for (size_t i = 0; patterns.len && i <= patterns.len; i++) {
		if (i < patterns.len && patterns.data[i] != '|')
			continue;
		if (matches(kf_part_of(patterns, from, i - from), name))
			return true;
		from = i + 1;
	}
	return false;
}

/* listed is what a release says of its payload. */
struct listed {
	struct kf_bytes name;		/* `data` NULL: the usual one */
	const struct kf_element *checksum;
};

/* source_of is the artifact that a release calls its source. */
static const struct kf_element *source_of(const struct kf_element *release)
{
	const struct kf_element *list = NULL, *artifact = NULL;

	while (!artifact && (list = kf_markup_child(release, list, "artifacts",
						    NULL, NULL)))
		artifact = kf_markup_child(list, NULL, "artifact", "type",
					   "source");
	return artifact;
}

static struct listed look_up(const struct kf_element *release)
{
	const struct kf_element *artifact = source_of(release), *name;
	struct listed l = { { NULL, 0 }, NULL };

	if (!artifact) {
		l.checksum = kf_markup_child(release, NULL, "checksum",
					     "target", "content");
		if (l.checksum)
			l.name = kf_markup_attribute(l.checksum, "filename");
		return l;
	}
	name = kf_markup_child(artifact, NULL, "filename", NULL, NULL);
	if (name)
		l.name = name->text;
	l.checksum = kf_markup_child(artifact, NULL, "checksum", "type",
				     "sha256");
	if (!l.checksum)
		l.checksum = kf_markup_child(artifact, NULL, "checksum", NULL,
					     NULL);
	return l;
}

static unsigned digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'z'
		? (unsigned)(c | 32) - 'a' + 10 : 99;
}

/* number reads one, in hex behind 0x. What strtoull takes in front of digits is
 * beyond us. */
static bool number(uint64_t *out, struct reading *r, struct kf_bytes t)
{
	bool hex = kf_equal(kf_part_of(t, 0, 2), kf_text("0x"));
	unsigned base = hex ? 16 : 10;
	size_t i = hex ? 2 : 0, first = i;

	*out = 0;
	for (; i < t.len && digit_of(t.data[i]) < base; i++) {
		if (*out > UINT64_MAX / 16 - 16)
			return false;
		*out = *out * base + digit_of(t.data[i]);
	}
	if (i == first && t.len)
		r->update->beyond = "a size in a metainfo file that is no plain number";
	return i == t.len || t.data[i] == '\n';
}

/* size_fits compares; a size that is no number is refused. */
static bool size_fits(struct reading *r, const struct kf_element *release,
		      const struct kf_cab_file *payload)
{
	const struct kf_element *size = kf_markup_child(release, NULL, "size",
							"type", "installed");
	uint64_t listed;

	if (!size)
		return true;
	if (!size->text.data || !number(&listed, r, size->text))
		return malformed(r, "the size of the payload is no number");
	return listed == payload->len ||
	       refuse(r, KF_REASON_FILE_HASH_MISMATCH, "FWUPD-4",
		      payload->name);
}

static enum kf_digest_kind guess(size_t len)
{
	switch (len) {
	case 32:
		return KF_MD5;
	case 64:
		return KF_SHA256;
	case 96:
		return KF_SHA384;
	case 128:
		return KF_SHA512;
	default:
		return KF_SHA1;
	}
}

/* feed reads a payload through a digest. */
static void feed(void *digest, struct reading *r,
		 const struct kf_cab_file *file,
		 struct kf_cab_stream *stream, struct kf_source *source)
{
	uint8_t piece[4096];

	for (uint64_t at = 0; at < file->len && r->status == KF_OK;) {
		size_t len = file->len - at < sizeof(piece)
			? (size_t)(file->len - at) : sizeof(piece);

		if (!source->read_at(source->self, file->at + at, piece, len))
			r->status = stream->status != KF_OK ? stream->status
							    : KF_CANNOT_READ;
		else
			r->env->crypto->digest_add(digest,
						   kf_view(piece, len));
		at += len;
	}
}

static void hash(struct kf_digest *out, struct reading *r,
		 const struct kf_cab_file *file, enum kf_digest_kind kind)
{
	const struct kf_crypto *crypto = r->env->crypto;
	size_t used = r->env->arena->used;
	struct kf_cab_stream stream;
	struct kf_source source;
	void *digest;

	out->len = 0;
	r->status = kf_cab_open(&source, &stream, &r->update->cabinet.cab,
				file->folder, r->env);
	if (r->status != KF_OK)
		return;
	digest = crypto->digest_begin(crypto->self, kind);
	if (digest) {
		feed(digest, r, file, &stream, &source);
		crypto->digest_end(digest, out);
	} else {
		r->status = KF_NO_CRYPTO;
	}
	r->env->arena->used = used;
}

/* is_hex_of: a checksum is compared in lower case. */
static bool is_hex_of(struct kf_bytes text, const struct kf_digest *digest)
{
	static const char digits[] = "0123456789abcdef";

	if (text.len != digest->len * 2)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = digest->bytes[i / 2], c = text.data[i];

		if (c >= 'A' && c <= 'Z')
			c |= 32;
		if (c != digits[i % 2 ? byte & 15 : byte >> 4])
			return false;
	}
	return true;
}

static bool digest_fits(struct reading *r, const struct listed *l,
			const struct kf_cab_file *payload)
{
	struct kf_digest digest;

	if (!l->checksum || !l->checksum->text.data)
		return true;
	hash(&digest, r, payload, guess(l->checksum->text.len));
	return r->status != KF_OK || is_hex_of(l->checksum->text, &digest) ||
	       refuse(r, KF_REASON_FILE_HASH_MISMATCH, "FWUPD-4",
		      payload->name);
}

static const struct kf_cab_file *find_file(struct reading *r,
					   struct kf_bytes name)
{
	const struct kf_cab *cab = &r->update->cabinet.cab;

	for (size_t i = 0; i < cab->num_files; i++)
		if (any_matches(name, cab->file[i].name))
			return &cab->file[i];
	return NULL;
}

/* read_release finds the payload of one, and compares it. */
static bool read_release(struct reading *r, struct fwupd_release *release)
{
	struct listed l = look_up(release->element);
	struct kf_bytes name = l.name.data ? kf_cab_last_name(l.name)
					   : kf_text("firmware.bin");

	release->name = name;
	release->payload = find_file(r, name);
	if (!release->payload)
		return refuse(r, KF_REASON_FILE_NOT_INSIDE, "FWUPD-11", name);
	return size_fits(r, release->element, release->payload) &&
	       digest_fits(r, &l, release->payload) && r->status == KF_OK;
}

/* read_list reads those of one list. */
static bool read_list(struct reading *r, struct fwupd_release ***end,
		      const struct kf_element *list)
{
	const struct kf_element *e = NULL;

	while ((e = kf_markup_child(list, e, "release", NULL, NULL))) {
		struct fwupd_release *release = kf_arena_take(r->env->arena,
							      sizeof(*release));

		if (!release) {
			r->status = KF_NO_MEMORY;
			return false;
		}
		release->element = e;
		**end = release;
		*end = &release->next;
		if (!read_release(r, release))
			return false;
	}
	return true;
}

static bool read_releases(struct reading *r, struct fwupd_component *c)
{
	struct fwupd_release **end = &c->release;
	const struct kf_element *list = NULL;

	while ((list = kf_markup_child(c->element, list, "releases", NULL,
				       NULL)))
		if (!read_list(r, &end, list))
			return false;
	return c->release || malformed(r, "a component without a release");
}

/* add_component takes the one element of a metainfo file. */
static bool add_component(struct reading *r, const struct kf_metainfo *m)
{
	const struct kf_element *e = m->markup.top.first;
	struct fwupd_component **end = &r->update->component;

	if (m->markup.damage.field)
		return malformed(r, "a metainfo file that is no XML");
	if (m->markup.beyond) {
		r->update->beyond = m->markup.beyond;
		return false;
	}
	if (e && e->next)
		return malformed(r, "a metainfo file with several elements at its top");
	if (!e || !kf_equal(e->name, kf_text("component")))
		return true;
	while (*end)
		end = &(*end)->next;
	*end = kf_arena_take(r->env->arena, sizeof(**end));
	if (!*end) {
		r->status = KF_NO_MEMORY;
		return false;
	}
	(*end)->element = e;
	(*end)->metainfo = m;
	return true;
}

static bool is_of_type(const struct fwupd_component *c, const char *type)
{
	return kf_markup_is(kf_markup_attribute(c->element, "type"), type);
}

bool fwupd_is_firmware(const struct fwupd_component *c)
{
	return is_of_type(c, "firmware");
}

/* first_guid is the first in the order of the files. */
static const struct kf_element *first_guid(const struct fwupd_update *u)
{
	for (const struct fwupd_component *c = u->component; c; c = c->next) {
		const struct kf_element *list = NULL, *guid;

		while (fwupd_is_firmware(c) &&
		       (list = kf_markup_child(c->element, list, "provides",
					       NULL, NULL))) {
			guid = kf_markup_child(list, NULL, "firmware", "type",
					       "flashed");
			if (guid)
				return guid;
		}
	}
	return NULL;
}

enum kf_status fwupd_metainfo(struct fwupd_update *update, struct kf_env *env)
{
	struct reading r = { update, env, KF_OK };
	const struct kf_element *guid;
	bool good = true;

	for (const struct kf_metainfo *m = update->cabinet.metainfo;
	     good && m; m = m->next)
		good = add_component(&r, m);
	guid = first_guid(update);
	if (good && !(guid && guid->text.data))
		good = malformed(&r, "no metainfo file names a device");
	for (struct fwupd_component *c = update->component; good && c;
	     c = c->next)
		if (!is_of_type(c, "generic"))
			good = read_releases(&r, c);
	return r.status;
}
