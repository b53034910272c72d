/* A FIT without what signing puts into it. Signing moves all that stands
 * behind a signature, so it is the tree that counts, not where its bytes are.
 * docs/rebuilds.md says what is hashed, in which order.
 *
 * What fills up room has to be zeros, but where mkimage leaves other bytes:
 * else nothing is left aside.
 *
 * Source: Devicetree Specification 0.4, 5 (flattened format); U-Boot 2023.01,
 * tools/image-host.c: fit_image_write_sig; boot/image-fit-sig.c.
 */
#include "payload.h"

#include "core/fdt.h"
#include "zeros.h"

#include <string.h>

enum {
	DEPTH_MAX = 32,
	PATH_MAX_LEN = 512,
	COUNTED_AT = 20, COUNTED_LEN = 12,	/* of the header */
	RESERVE_LEN = 16,
	VERSION = 17,
};

/* level is one node around the tag that is looked at. */
struct level {
	size_t path_len;	/* with this node's name */
	bool groups;		/* images, configurations */
	bool signs;
};

/* walk is the walk over one tree. */
struct walk {
	struct kf_payload_parts *p;
	struct kf_fdt fdt;
	void *digest;
	struct level level[DEPTH_MAX];
	size_t depth;
	char path[PATH_MAX_LEN];
};

static void add(struct walk *w, struct kf_bytes bytes)
{
	w->p->env->crypto->digest_add(w->digest, bytes);
}

static void add32(struct walk *w, uint32_t value)
{
	const uint8_t bytes[4] = {
		(uint8_t)(value >> 24), (uint8_t)(value >> 16),
		(uint8_t)(value >> 8), (uint8_t)value,
	};

	add(w, kf_view(bytes, sizeof(bytes)));
}

static enum kf_status add_slice(struct walk *w, uint64_t at, uint64_t len)
{
	return kf_payload_add(w->digest, w->fdt.source, w->p->env, at, len);
}

/* want_zeros: what is between two places counts for nothing. */
static enum kf_status want_zeros(struct walk *w, uint64_t at, uint64_t end)
{
	bool zeros = true;
	enum kf_status status;

	if (end > w->fdt.source->size)
		end = w->fdt.source->size;
	if (at >= end)
		return KF_OK;
	status = kf_are_zeros(&zeros, w->fdt.source, w->p->env, at,
				  end - at);
	w->p->odd |= !zeros;
	return status;
}

/* note adds a part; all of them stand for themselves here. */
static enum kf_status note(struct walk *w, struct kf_bytes name, uint64_t at,
			   uint64_t len, bool aside)
{
	struct kf_payload *out = w->p->out;
	struct kf_bytes kept;

	if (out->num_parts == KF_PAYLOAD_PARTS_MAX) {
		w->p->full = true;
		return KF_OK;
	}
	if (!kf_arena_keep(w->p->env->arena, &kept, name))
		return KF_NO_MEMORY;
	out->part[out->num_parts++] = (struct kf_payload_part){
		kept, at, len, aside,
	};
	return KF_OK;
}

/* put_path writes a letter and a name behind a path of `len` bytes. Returns the
 * new length; it may be cut short, which is odd. */
static size_t put_path(struct walk *w, size_t len, char letter,
		       struct kf_bytes name)
{
	if (name.len + 1 > sizeof(w->path) - len) {
		w->p->odd = true;
		return len;
	}
	w->path[len++] = letter;
	if (name.len)
		memcpy(w->path + len, name.data, name.len);
	return len + name.len;
}

static bool begins(struct kf_bytes name, const char *with)
{
	struct kf_bytes start = kf_text(with);

	return kf_equal(kf_part_of(name, 0, start.len), start);
}

static enum kf_status enter(struct walk *w, const struct kf_fdt_tag *tag)
{
	uint64_t at = (uint64_t)w->fdt.struct_at + tag->offset + 4;
	struct level *l = &w->level[w->depth];
	uint8_t text[PATH_MAX_LEN];
	struct kf_bytes name = kf_view("", 0);
	enum kf_status status = KF_OK;

	if (w->depth == DEPTH_MAX || tag->len >= sizeof(text)) {
		w->p->odd = true;
		return KF_OK;
	}
	if (tag->len && !w->fdt.source->read_at(w->fdt.source->self, at, text,
						tag->len))
		return KF_CANNOT_READ;
	if (tag->len)
		name = kf_view(text, tag->len);
	add(w, name);
	add(w, kf_view("", 1));
	l->groups = w->depth == 1 &&
		    (kf_equal(name, kf_text("images")) ||
		     kf_equal(name, kf_text("configurations")));
	l->signs = w->depth == 3 && w->level[1].groups &&
		   begins(name, "signature");
	l->path_len = w->depth ? put_path(w, w->level[w->depth - 1].path_len,
					  '/', name) : 0;
	w->depth++;
	if (l->path_len)
		status = note(w, kf_view(w->path, l->path_len), at, 0, false);
	return status == KF_OK
		? want_zeros(w, at + tag->len + 1,
			     (uint64_t)w->fdt.struct_at + tag->next) : status;
}

/* look_at_place: data is to lie behind the tree, and its place to be told from
 * the tree's end. By any other number the same tree of another length, or what
 * is left aside, would be other data.
 * Source: U-Boot 2023.01, boot/image-fit.c: fit_image_get_data_and_size. */
static enum kf_status look_at_place(struct walk *w, struct kf_bytes name,
				    uint64_t at, uint32_t len)
{
	uint8_t high = 0;

	w->p->odd |= kf_equal(name, kf_text("data-position"));
	if (!kf_equal(name, kf_text("data-offset")))
		return KF_OK;
	if (len && !w->fdt.source->read_at(w->fdt.source->self, at, &high, 1))
		return KF_CANNOT_READ;
	w->p->odd |= len != 4 || high >> 7;
	return KF_OK;
}

static enum kf_status property(struct walk *w, const struct kf_fdt_tag *tag)
{
	uint64_t at = (uint64_t)w->fdt.struct_at + tag->offset + 12;
	const struct level *l = &w->level[w->depth - 1];
	struct kf_bytes name;
	enum kf_status status;
	size_t len;
	bool aside;

	if (!kf_fdt_string(&name, &w->fdt, tag->name_at)) {
		w->p->odd = true;
		return KF_OK;
	}
	aside = l->signs && kf_fit_is_signing(name);
	len = put_path(w, l->path_len, l->path_len ? ':' : '/', name);
	status = note(w, kf_view(w->path, len), at, tag->len, aside);
	/* mkimage fills up with what was there before; so it does behind the
	 * strings. */
	if (status != KF_OK || aside)
		return status;
	status = want_zeros(w, at + tag->len,
			    (uint64_t)w->fdt.struct_at + tag->next);
	if (status == KF_OK)
		status = look_at_place(w, name, at, tag->len);
	if (status != KF_OK)
		return status;
	add32(w, tag->kind);
	add32(w, tag->len);
	add(w, name);
	add(w, kf_view("", 1));
	return add_slice(w, at, tag->len);
}

static enum kf_status one_tag(struct walk *w, const struct kf_fdt_tag *tag)
{
	if (tag->kind == KF_FDT_PROP && w->depth)
		return property(w, tag);
	add32(w, tag->kind);
	if (tag->kind == KF_FDT_BEGIN_NODE)
		return enter(w, tag);
	if (tag->kind == KF_FDT_END_NODE && w->depth)
		w->depth--;
	else if (tag->kind == KF_FDT_PROP || tag->kind == KF_FDT_END_NODE)
		w->p->odd = true;
	return KF_OK;
}

/* walk_tags hashes the structure; `*end` is where its last tag ends. */
static enum kf_status walk_tags(struct walk *w, uint64_t *end)
{
	struct kf_fdt_tag tag = { 0 };
	enum kf_status status = KF_OK;

	while (status == KF_OK && !w->p->odd && !w->p->full) {
		if (!kf_fdt_next_tag(&w->fdt, &tag, w->p->env)) {
			w->p->odd = true;
			return w->fdt.status;
		}
		status = one_tag(w, &tag);
		if (tag.kind == KF_FDT_END)
			break;
	}
	*end = (uint64_t)w->fdt.struct_at + tag.next;
	return status;
}

/* walk_reserved hashes the memory reservations, up to the one of nothing. */
static enum kf_status walk_reserved(struct walk *w, uint64_t *end)
{
	static const uint8_t nothing[8];
	uint64_t at = w->fdt.reserve_at;
	uint8_t entry[RESERVE_LEN];
	enum kf_status status;

	do {
		if (at + RESERVE_LEN > w->fdt.struct_at) {
			w->p->odd = true;
			return KF_OK;
		}
		if (!w->fdt.source->read_at(w->fdt.source->self, at, entry,
					    sizeof(entry)))
			return KF_CANNOT_READ;
		add(w, kf_view(entry, sizeof(entry)));
		at += RESERVE_LEN;
	} while (memcmp(entry + 8, nothing, sizeof(nothing)) != 0);
	*end = at;
	status = note(w, kf_text("memory reservations"), w->fdt.reserve_at,
		      at - w->fdt.reserve_at, false);
	return status;
}

/* is_usual: the blocks stand in the order in which dtc and mkimage write
 * them. */
static bool is_usual(const struct kf_fdt *f)
{
	return !f->damage.field && !f->trouble && !f->cut &&
	       f->version >= VERSION && f->reserve_at >= KF_FDT_HEADER_LEN &&
	       f->reserve_at <= f->struct_at &&
	       (uint64_t)f->struct_at + f->struct_len <= f->strings_at;
}

/* walk_file hashes all of it, with zeros between the blocks. */
static enum kf_status walk_file(struct walk *w)
{
	const struct kf_fdt *f = &w->fdt;
	uint64_t reserved = 0, tags = 0, size = f->source->size;
	uint64_t behind = ((uint64_t)f->total_len + 3) / 4 * 4;
	enum kf_status status = add_slice(w, COUNTED_AT, COUNTED_LEN);

	if (status == KF_OK)
		status = note(w, kf_text("versions and boot CPU"), COUNTED_AT,
			      COUNTED_LEN, false);
	if (status == KF_OK)
		status = walk_reserved(w, &reserved);
	if (status == KF_OK && !w->p->odd)
		status = walk_tags(w, &tags);
	if (status != KF_OK || w->p->odd || w->p->full)
		return status;
	status = want_zeros(w, KF_FDT_HEADER_LEN, f->reserve_at);
	if (status == KF_OK)
		status = want_zeros(w, reserved, f->struct_at);
	if (status == KF_OK)
		status = want_zeros(w, tags, f->strings_at);
	if (status == KF_OK)
		status = want_zeros(w, ((uint64_t)f->strings_at +
					f->strings_len + 3) / 4 * 4, behind);
	if (status != KF_OK || size <= behind)
		return status;
	status = note(w, kf_text("behind the tree"), behind, size - behind,
		      false);
	return status == KF_OK ? add_slice(w, behind, size - behind) : status;
}

enum kf_status kf_payload_fit(struct kf_payload_parts *p, bool *fits)
{
	const struct kf_crypto *crypto = p->env->crypto;
	struct walk *w = kf_arena_take(p->env->arena, sizeof(*w));
	struct kf_digest sha256 = { .len = 0 };
	enum kf_status status;

	if (!w)
		return KF_NO_MEMORY;
	w->p = p;
	status = kf_fdt_read(&w->fdt, p->out->source, 0, p->env);
	if (status != KF_OK || !is_usual(&w->fdt))
		return status;
	w->digest = crypto->digest_begin(crypto->self, KF_SHA256);
	if (!w->digest)
		return KF_NO_CRYPTO;
	status = walk_file(w);
	crypto->digest_end(w->digest, &sha256);
	*fits = true;
	if (status != KF_OK)
		return status;
	if (sha256.len != sizeof(p->out->sha256.bytes))
		return KF_NO_CRYPTO;
	memcpy(p->out->sha256.bytes, sha256.bytes, sha256.len);
	return KF_OK;
}
