/* Reads catalogues.
 *
 * libjcat asks JSON for members of a type and takes what it gets: a number in
 * place of a text is no text, and some of that kills it. What it does not
 * survive is marked, not judged.
 *
 * Source: hughsie/libjcat, libjcat/jcat-file.c (jcat_file_import_parser),
 * jcat-item.c (jcat_item_import, jcat_item_add_blob), jcat-blob.c
 * (jcat_blob_import), tag 0.2.3; GNOME/glib, glib/gbase64.c
 * (g_base64_decode_step).
 */
#include "jcat.h"

#include "base64.h"
#include "config.h"
#include "utf8.h"

#include <keyfit/unpack.h>

#include <string.h>

enum { IS_TEXT = 1 };

/* reading is one catalogue under way. */
struct reading {
	struct kf_jcat *out;
	struct kf_env *env;
	enum kf_status status;
	uint64_t at;		/* of the catalogue in its file */
};

static bool wrong(struct reading *r, const char *field)
{
	if (!r->out->damage.field && !r->out->beyond) {
		r->out->damage.field = field;
		r->out->damage.at = r->at;
	}
	return false;
}

static bool beyond(struct reading *r, const char *what)
{
	if (!r->out->damage.field && !r->out->beyond)
		r->out->beyond = what;
	return false;
}

static void *take(struct reading *r, size_t len)
{
	void *p = kf_arena_take(r->env->arena, len);

	if (!p)
		r->status = KF_NO_MEMORY;
	return p;
}

static const struct kf_config *member(const struct kf_config *group,
				      const char *name)
{
	return kf_config_member(group, kf_text(name));
}

/* number is what json-glib gives for an integer. */
static int64_t number(const struct kf_config *c)
{
	return c && (c->type == KF_CONFIG_INT || c->type == KF_CONFIG_INT64 ||
		     c->type == KF_CONFIG_BOOL) ? c->number : 0;
}

/* text is what it gives for a text; `data` NULL: none. */
static struct kf_bytes text(const struct kf_config *c)
{
	struct kf_bytes none = { NULL, 0 };

	return c && c->type == KF_CONFIG_TEXT ? c->text : none;
}

/* decode passes over what is no base64, and knows no end but that of the
 * text. */
static bool decode(struct kf_bytes *out, struct reading *r,
		   struct kf_bytes from)
{
	uint8_t *to = take(r, from.len / 4 * 3 + 4);
	uint8_t last[2] = { 0, 0 };
	uint32_t value = 0;
	size_t len = 0, n = 0;

	for (size_t i = 0; to && i < from.len; i++) {
		uint8_t c = from.data[i];
		unsigned digit = c == '=' ? 0 : kf_base64_digit(c);

		if (digit > 63)
			continue;
		last[1] = last[0];
		last[0] = c;
		value = value << 6 | digit;
		if (++n % 4)
			continue;
		to[len++] = (uint8_t)(value >> 16);
		if (last[1] != '=')
			to[len++] = (uint8_t)(value >> 8);
		if (last[0] != '=')
			to[len++] = (uint8_t)value;
	}
	*out = kf_view(to, len);
	return to;
}

static bool same_owner(const struct kf_jcat_blob *a,
		       const struct kf_jcat_blob *b)
{
	return (a->id.data != NULL) == (b->id.data != NULL) &&
	       kf_equal(a->id, b->id);
}

/* add_blob puts one at the end; it takes the place of the first that is like
 * it. */
static void add_blob(struct kf_jcat_item *item, struct kf_jcat_blob *blob)
{
	struct kf_jcat_blob **end = &item->blob;
	bool found = false;

	for (; *end; end = &(*end)->next) {
		struct kf_jcat_blob *old = *end;

		if (!found && !old->replaced && old->kind == blob->kind &&
		    old->target == blob->target && same_owner(old, blob)) {
			old->replaced = true;
			found = true;
		}
	}
	*end = blob;
}

static bool read_blob(struct kf_jcat_item *item, struct reading *r,
		      const struct kf_config *c)
{
	struct kf_jcat_blob *blob;
	struct kf_bytes data;

	if (c->type != KF_CONFIG_GROUP)
		return wrong(r, "a blob is no object");
	if (!member(c, "Kind") || !member(c, "Data") || !member(c, "Flags"))
		return wrong(r, "a blob without Kind, Data or Flags");
	blob = take(r, sizeof(*blob));
	if (!blob)
		return false;
	blob->kind = (uint32_t)number(member(c, "Kind"));
	blob->target = (uint32_t)number(member(c, "Target"));
	blob->made_s = number(member(c, "Timestamp"));
	blob->id = text(member(c, "AppstreamId"));
	blob->is_text = number(member(c, "Flags")) & IS_TEXT;
	data = text(member(c, "Data"));
	blob->crashes = blob->is_text && !data.data;
	if (blob->is_text)
		blob->data = data;
	else if (!decode(&blob->data, r, data))
		return false;
	if (kf_jcat_is_signature(blob->kind))
		blob->number = ++r->out->num_signatures;
	add_blob(item, blob);
	return true;
}

static bool is_value(const struct kf_config *c)
{
	return c->type != KF_CONFIG_GROUP && c->type != KF_CONFIG_LIST;
}

static bool read_aliases(struct kf_jcat_item *item, struct reading *r,
			 const struct kf_config *list)
{
	struct kf_jcat_name **end = &item->alias;

	if (list && list->type != KF_CONFIG_LIST)
		return wrong(r, "AliasIds is no array");
	for (const struct kf_config *c = list ? list->first : NULL; c;
	     c = c->next) {
		if (!is_value(c) || c->type == KF_CONFIG_NONE)
			return wrong(r, "an alias that is no value");
		if (c->type != KF_CONFIG_TEXT)
			continue;
		*end = take(r, sizeof(**end));
		if (!*end)
			return false;
		(*end)->name = c->text;
		end = &(*end)->next;
	}
	return true;
}

static bool read_item(struct reading *r, const struct kf_config *c)
{
	struct kf_jcat_item *item, **end = &r->out->item;
	const struct kf_config *blobs = member(c, "Blobs");

	if (c->type != KF_CONFIG_GROUP)
		return wrong(r, "an item is no object");
	if (!member(c, "Id") || !blobs)
		return wrong(r, "an item without Id or Blobs");
	item = take(r, sizeof(*item));
	if (!item)
		return false;
	item->id = text(member(c, "Id"));
	blobs = blobs->type == KF_CONFIG_LIST ? blobs->first : NULL;
	for (; blobs; blobs = blobs->next)
		if (!read_blob(item, r, blobs))
			return false;
	if (!read_aliases(item, r, member(c, "AliasIds")))
		return false;
	while (*end)
		end = &(*end)->next;
	*end = item;
	return true;
}

static void read_root(struct reading *r, const struct kf_config *root)
{
	const struct kf_config *items;

	if (!root || root->type != KF_CONFIG_GROUP ||
	    !member(root, "JcatVersionMajor") ||
	    !member(root, "JcatVersionMinor") || !member(root, "Items")) {
		(void)wrong(r, "no JcatVersionMajor, JcatVersionMinor or Items");
		return;
	}
	r->out->major = number(member(root, "JcatVersionMajor"));
	r->out->minor = number(member(root, "JcatVersionMinor"));
	items = member(root, "Items");
	items = items->type == KF_CONFIG_LIST ? items->first : NULL;
	for (; items; items = items->next)
		if (!read_item(r, items))
			return;
}

static struct kf_bytes without_bom(struct kf_bytes t)
{
	static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };

	return kf_equal(kf_part_of(t, 0, sizeof(bom)),
			kf_view(bom, sizeof(bom)))
		? kf_part_of(t, sizeof(bom), t.len - sizeof(bom)) : t;
}

static void read_json(struct reading *r, struct kf_bytes json)
{
	struct kf_config_text tree;

	memset(&tree, 0, sizeof(tree));
	if (!kf_is_utf8(json) ||
	    (json.len && memchr(json.data, 0, json.len))) {
		(void)wrong(r, "JSON that is no UTF-8");
		return;
	}
	json = without_bom(json);
	r->status = kf_json_glib(&tree, json, r->env);
	if (r->status != KF_OK)
		return;
	if (tree.result == KF_CONFIG_BEYOND)
		(void)beyond(r, tree.beyond);
	else if (tree.result == KF_CONFIG_WRONG)
		(void)wrong(r, "JSON");
	else
		read_root(r, tree.root);
}

/* filling is a buffer that takes what is unpacked. */
struct filling {
	uint8_t *bytes;
	size_t len;
};

static bool fill(void *self, struct kf_bytes bytes)
{
	struct filling *f = self;

	memcpy(f->bytes + f->len, bytes.data, bytes.len);
	f->len += bytes.len;
	return true;
}

/* weigh says what is wrong with a stream that does not end well. */
static bool weigh(struct reading *r, const struct kf_unpacked *how)
{
	switch (how->said) {
	case KF_UNPACK_ENDED:
		return true;
	case KF_UNPACK_NO_LIBRARY:
		return beyond(r, "zlib is not there to unpack it");
	case KF_UNPACK_LIMIT:
		return beyond(r, "it unpacks to very much");
	case KF_UNPACK_CUT:
		return wrong(r, "end of gzip");
	default:
		return wrong(r, "gzip");
	}
}

/* unpack unpacks it twice: to know how long it is, and to keep it. */
static struct kf_bytes unpack(struct reading *r,
			      const struct kf_packed *packed)
{
	struct filling f = { NULL, 0 };
	struct kf_packed again = *packed;
	struct kf_unpacked how;

	r->status = kf_unpack(&how, packed, r->env);
	if (r->status != KF_OK || !weigh(r, &how))
		return kf_view(NULL, 0);
	f.bytes = take(r, (size_t)how.made + 1);
	if (!f.bytes)
		return kf_view(NULL, 0);
	again.take = fill;
	again.self = &f;
	r->status = kf_unpack(&how, &again, r->env);
	return kf_view(f.bytes, f.len);
}

enum kf_status kf_jcat_read(struct kf_jcat *out,
			    const struct kf_source *source, uint64_t at,
			    uint64_t len, struct kf_env *env)
{
	struct reading r = { .out = out, .env = env, .at = at };
	struct kf_packed packed = {
		.packing = KF_PACKING_GZIP, .source = source, .at = at,
		.len = len, .limit = KF_JCAT_JSON_MAX,
	};
	struct kf_bytes json = unpack(&r, &packed);

	if (r.status == KF_OK && !out->damage.field && !out->beyond)
		read_json(&r, json);
	return r.status;
}

bool kf_jcat_likely(struct kf_bytes head, const struct kf_source *source)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b, 8 };

	(void)source;
	return kf_equal(kf_part_of(head, 0, sizeof(gzip)),
			kf_view(gzip, sizeof(gzip)));
}

const struct kf_jcat_item *kf_jcat_find(const struct kf_jcat *jcat,
					struct kf_bytes name)
{
	for (const struct kf_jcat_item *i = jcat->item; i; i = i->next)
		if (i->id.data && kf_equal(i->id, name))
			return i;
	for (const struct kf_jcat_item *i = jcat->item; i; i = i->next)
		for (const struct kf_jcat_name *a = i->alias; a; a = a->next)
			if (kf_equal(a->name, name))
				return i;
	return NULL;
}

const struct kf_jcat_blob *kf_jcat_only(const struct kf_jcat_item *item,
					uint32_t kind)
{
	const struct kf_jcat_blob *only = NULL;

	for (const struct kf_jcat_blob *b = item->blob; b; b = b->next) {
		if (b->replaced || b->kind != kind)
			continue;
		if (only)
			return NULL;
		only = b;
	}
	return only;
}

bool kf_jcat_has_target(const struct kf_jcat_item *item)
{
	for (const struct kf_jcat_blob *b = item->blob; b; b = b->next)
		if (!b->replaced && b->target != KF_JCAT_UNKNOWN)
			return true;
	return false;
}

const char *kf_jcat_kind_name(uint32_t kind)
{
	static const char *const names[] = {
		NULL, "sha256", "gpg", "pkcs7", "sha1", "bt-manifest",
		"bt-checkpoint", "bt-inclusion-proof", "bt-verifier",
		"ed25519", "sha512", "bt-logindex",
	};

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}
