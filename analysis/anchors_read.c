/* The anchors of one part, as far as they can be read.
 *
 * What verifiers pass over is not told apart here, but for keys of U-Boot of
 * which nothing is asked: an anchor too many is looked at again by people, one
 * too few is not.
 */
#include "anchors.h"
#include "audit.h"
#include "entries.h"
#include "keys.h"
#include "published.h"

#include "core/der.h"
#include "core/fitkey.h"
#include "core/jcat.h"
#include "core/mcuboot.h"
#include "core/shim.h"

#include <string.h>

/* Room in which a file is searched for keys: a block, and its bytes. */
enum { SEARCH_LEN = 256 << 10, ED25519_LEN = 32 };

/* add makes room for an anchor. NULL: there is none left. */
static struct kf_anchor_key *add(struct kf_anchor_read *r)
{
	struct kf_anchor_key *a;

	if (r->out->num_anchors == KF_ANCHORS_MAX) {
		r->out->more = true;
		return NULL;
	}
	a = &r->out->anchor[r->out->num_anchors++];
	memset(a, 0, sizeof(*a));
	a->role = r->part->row->role;
	r->part->num++;
	return a;
}

/* known_as takes over what tables say of a key. */
static bool known_as(struct kf_anchor_read *r, struct kf_anchor_key *a,
		     struct kf_bytes serial)
{
	static const enum kf_owner owners[] = {
		[KF_EXPOSED_NOT] = KF_OWNER_KNOWN,
		[KF_EXPOSED_EXAMPLE] = KF_OWNER_KNOWN,
		[KF_EXPOSED_LEAKED] = KF_OWNER_LEAKED,
		[KF_EXPOSED_PUBLISHED] = KF_OWNER_EVERYBODY,
	};
	const struct kf_known_key *key =
		kf_known_find(r->known, kf_view(a->spki.bytes, a->spki.len),
			      serial);

	if (!key)
		return false;
	a->owner = owners[key->exposure];
	a->owner_name = key->name;
	a->owner_where = key->where;
	return true;
}

/* authority looks for one of Microsoft's. Source: known_authorities.def */
static bool authority(struct kf_anchor_key *a)
{
	struct kf_bytes sha256 = kf_view(a->certificate.sha256.bytes,
					 a->certificate.sha256.len);
	const struct kf_authority *known;

	for (size_t i = 0; (known = kf_authority_at(i)); i++) {
		if (!kf_hex_is(known->sha256, sha256) &&
		    !kf_hex_is(known->successor_sha256, sha256))
			continue;
		a->owner = KF_OWNER_KNOWN;
		a->owner_name = "Microsoft";
		a->owner_where = "microsoft/secureboot_objects PreSignedObjects";
		return true;
	}
	return false;
}

/* platform looks for a platform key that a maker has had an update of KEK
 * published for. */
static bool platform(struct kf_anchor_read *r, struct kf_anchor_key *a)
{
	struct kf_digest sha1;
	const char *file;

	if (!kf_same(r->part->name, "pk"))
		return false;
	kf_digest_of(&sha1, r->env->crypto, KF_SHA1, a->der);
	file = kf_published_kek(&sha1);
	if (!file)
		return false;
	a->owner = KF_OWNER_KNOWN;
	a->owner_name = file;
	a->owner_where = "microsoft/secureboot_objects PostSignedObjects/KEK";
	return true;
}

static void owner_of(struct kf_anchor_read *r, struct kf_anchor_key *a)
{
	struct kf_bytes serial, spki;
	const char *phrase;

	kf_known_parts(&serial, &spki, a->der);
	kf_digest_of(&a->spki, r->env->crypto, KF_SHA256, spki);
	if (known_as(r, a, serial))
		return;
	phrase = kf_audit_phrase(&a->certificate, r->env->crypto, NULL);
	if (phrase) {
		a->owner = KF_OWNER_TEST;
		a->owner_name = phrase;
	} else if (!authority(a) && !platform(r, a)) {
		a->owner = KF_OWNER_SAYS;
	}
}

/* certificate takes one in. What is none is counted, and not passed over. */
static struct kf_anchor_key *certificate(struct kf_anchor_read *r,
				     struct kf_bytes der)
{
	const struct kf_crypto *crypto = r->env->crypto;
	struct kf_certificate c;
	struct kf_anchor_key *a;
	enum kf_status status = crypto->certificate_read(crypto->self, &c, der,
							 r->env->arena);

	if (status == KF_WRONG_USE)
		r->part->num_others++;
	else if (status != KF_OK)
		r->status = status;
	if (status != KF_OK)
		return NULL;
	a = add(r);
	if (!a)
		return NULL;
	a->der = der;
	a->certificate = c;
	a->key = c.key;
	owner_of(r, a);
	return a;
}

/* key takes a bare key in. */
static struct kf_anchor_key *key(struct kf_anchor_read *r,
				 const struct kf_key *k)
{
	struct kf_anchor_key *a = add(r);

	if (!a)
		return NULL;
	a->key = k->name;
	a->spki = k->sha256;
	a->own = k->own;
	(void)known_as(r, a, kf_view(NULL, 0));
	return a;
}

static void lists(struct kf_anchor_read *r, struct kf_bytes bytes,
		  const char *within, enum kf_anchor_role role)
{
	struct kf_entries walk = kf_entries_of(bytes);
	struct kf_entry entry;

	while (r->status == KF_OK && kf_entries_next(&walk, &entry)) {
		struct kf_anchor_key *a = NULL;
		bool digest = entry.type && !kf_same(entry.type, "x509") &&
			      !kf_same(entry.type, "rsa2048");

		r->part->num_digests += digest;
		r->part->num_others += !entry.type ||
				       kf_same(entry.type, "rsa2048");
		if (kf_same(entry.type, "x509"))
			a = certificate(r, entry.data);
		if (!a)
			continue;
		a->list = entry.list;
		a->entry = entry.number;
		a->within = kf_text(within ? within : "");
		a->role = role;
	}
	r->part->damaged |= walk.damage.field != NULL;
}

/* shim looks at what the vendor put into the binary. */
static void shim(struct kf_anchor_read *r, struct kf_bytes file)
{
	struct kf_anchor_key *a;
	struct kf_shim s;

	kf_shim_read(&s, file);
	r->part->damaged |= !s.has_table;
	if (!kf_shim_is_certificate(s.vendor)) {
		lists(r, s.vendor, "vendor's lists", KF_ANCHOR_STARTS);
	} else {
		a = certificate(r, s.vendor);
		if (a)
			a->within = kf_text("vendor's certificate");
	}
	lists(r, s.vendor_dbx, "vendor's dbx", KF_ANCHOR_FORBIDS);
}

/* found takes what was found in a text; its bytes are lent. */
static void found(void *self, const struct kf_key_found *f)
{
	struct kf_anchor_read *r = self;
	const struct kf_crypto *crypto = r->env->crypto;
	enum kf_status status;
	struct kf_bytes der;
	struct kf_key public;

	if (r->status != KF_OK || f->kind == KF_KEY_PRIVATE)
		return;
	if (f->kind == KF_KEY_CERTIFICATE) {
		if (!kf_arena_keep(r->env->arena, &der, f->der))
			r->status = KF_NO_MEMORY;
		else
			(void)certificate(r, der);
		return;
	}
	status = crypto->key_read(crypto->self, &public, f->bytes,
				  r->env->arena);
	if (status == KF_OK)
		(void)key(r, &public);
	else if (status == KF_WRONG_USE)
		r->part->num_others++;
	else
		r->status = status;
}

/* pem searches a text. It has an arena of its own, since what is searched is
 * taken back and what is found has to stay. */
static void pem(struct kf_anchor_read *r, struct kf_bytes bytes)
{
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_env env = *r->env;
	enum kf_status status;

	if (!r->search.base)
		r->search.base = kf_arena_take(r->env->arena, SEARCH_LEN);
	if (!r->search.base) {
		r->status = KF_NO_MEMORY;
		return;
	}
	r->search.size = SEARCH_LEN;
	r->search.used = 0;
	env.arena = &r->search;
	status = kf_keys_find(&source, &env, found, r);
	r->env->steps = env.steps;
	if (r->status == KF_OK)
		r->status = status;
}

/* file takes one file of a folder of libjcat's. */
static void file(struct kf_anchor_read *r, const struct kf_jcat_key *f)
{
	size_t from = r->out->num_anchors;
	struct kf_anchor_key *a;

	r->part->damaged |= f->unreadable;
	if (kf_jcat_is_key(f->name, KF_JCAT_ED25519)) {
		a = f->bytes.len == ED25519_LEN ? add(r) : NULL;
		if (a) {
			a->key = "Ed25519";
			a->within = f->name;
		}
		return;
	}
	if (!kf_jcat_is_key(f->name, KF_JCAT_PKCS7))
		return;
	if (kf_jcat_ends(f->name, ".pem"))
		pem(r, f->bytes);
	else
		(void)certificate(r, f->bytes);
	for (; from < r->out->num_anchors; from++)
		r->out->anchor[from].within = f->name;
}

/* files takes a folder: libjcat's with the names of its files, RAUC's as a
 * text with all of them in it. */
static void files(struct kf_anchor_read *r, struct kf_bytes bytes)
{
	struct kf_jcat_keys keys;

	if (!kf_same(r->part->name, "pki")) {
		pem(r, bytes);
		return;
	}
	r->status = kf_jcat_keys_read(&keys, r->store, r->part->name, r->env);
	for (size_t i = 0; r->status == KF_OK && i < keys.num; i++)
		file(r, &keys.key[i]);
}

static void table(struct kf_anchor_read *r, struct kf_bytes bytes)
{
	const struct kf_crypto *crypto = r->env->crypto;
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	struct kf_key k;
	struct kf_der e;

	while (r->status == KF_OK && kf_more(&c) && kf_der_next(&e, &c)) {
		enum kf_status status = crypto->key_read(crypto->self, &k,
							 e.whole,
							 r->env->arena);
		struct kf_anchor_key *a = status == KF_OK ? key(r, &k) : NULL;

		r->part->num_others += status == KF_WRONG_USE;
		if (status != KF_OK && status != KF_WRONG_USE)
			r->status = status;
		if (a) {
			a->list = 1;
			a->entry = (uint32_t)r->part->num;
		}
	}
	r->part->damaged |= c.damage.field != NULL;
}

/* tree_key takes a key node. A key that no configuration and no image is
 * required to be signed with lets nothing pass that would not pass anyway. */
static void tree_key(struct kf_anchor_read *r, const struct kf_fit_key *node,
		     size_t *num_conf)
{
	bool conf = kf_equal(node->required, kf_text("conf"));
	bool image = kf_equal(node->required, kf_text("image"));
	enum kf_status status;
	struct kf_anchor_key *a;
	struct kf_key k;

	status = kf_fit_key_public(&k, node, r->env);
	if (status != KF_OK && status != KF_WRONG_USE)
		r->status = status;
	a = status == KF_OK ? key(r, &k) : NULL;
	r->part->num_others += status == KF_WRONG_USE;
	if (!a)
		return;
	a->within = node->name;
	*num_conf += conf;
	if (!conf && !image) {
		a->role = KF_ANCHOR_SETS;
		r->part->num_optional++;
	}
}

static void tree(struct kf_anchor_read *r, struct kf_bytes bytes)
{
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_fit_keys keys;
	size_t num_conf = 0;
	struct kf_fdt fdt;

	r->status = kf_fdt_read(&fdt, &source, 0, r->env);
	if (r->status != KF_OK)
		return;
	r->part->damaged |= fdt.damage.field || fdt.trouble;
	if (r->part->damaged)
		return;
	r->status = kf_fit_keys_read(&keys, &fdt, r->env);
	if (r->status != KF_OK)
		return;
	r->out->more |= keys.too_many;
	for (uint32_t i = 0; r->status == KF_OK && i < keys.num_keys; i++)
		tree_key(r, &keys.key[i], &num_conf);
	r->out->together = num_conf > 1 &&
			   !(keys.has_mode && kf_equal(keys.mode,
						       kf_text("any")));
}

/* flag spells a variable of one byte. */
static void flag(struct kf_anchor_read *r, struct kf_bytes bytes)
{
	static const char *const values[] = { "0", "1", "2", "3" };

	r->part->value = bytes.len == 1 && bytes.data[0] < 4
		? values[bytes.data[0]] : "another value";
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* fuse takes the hash of a key, in hex digits: of what bootloaders keep of it,
 * which for other keys than RSA's is the SubjectPublicKeyInfo. */
static void fuse(struct kf_anchor_read *r, struct kf_bytes hex)
{
	struct kf_anchor_key *a = add(r);
	struct kf_digest hash = { .len = hex.len / 2 };
	const char *name;

	if (!a)
		return;
	a->within = kf_text("the key whose hash is there");
	for (size_t i = 0; i < hash.len && hash.len <= sizeof(hash.bytes) &&
	     digit(hex.data[2 * i]) >= 0 && digit(hex.data[2 * i + 1]) >= 0;
	     i++)
		hash.bytes[i] = (uint8_t)(digit(hex.data[2 * i]) << 4 |
					  digit(hex.data[2 * i + 1]));
	if (hash.len > sizeof(hash.bytes))
		return;
	name = kf_mcuboot_known(kf_view(hash.bytes, hash.len));
	if (!name)
		return;
	a->owner = KF_OWNER_EVERYBODY;
	a->owner_name = name;
	a->owner_where = "mcu-tools/mcuboot";
}

void kf_anchor_read(struct kf_anchor_read *r, struct kf_bytes bytes)
{
	switch (r->part->row->reading) {
	case KF_ANCHOR_LISTS:
		lists(r, bytes, NULL, r->part->row->role);
		return;
	case KF_ANCHOR_SHIM:
		shim(r, bytes);
		return;
	case KF_ANCHOR_PEM:
		pem(r, bytes);
		return;
	case KF_ANCHOR_FILES:
		files(r, bytes);
		return;
	case KF_ANCHOR_KEYS:
		table(r, bytes);
		return;
	case KF_ANCHOR_TREE:
		tree(r, bytes);
		return;
	case KF_ANCHOR_FLAG:
		flag(r, bytes);
		return;
	case KF_ANCHOR_SETTING:
		fuse(r, bytes);
		return;
	case KF_ANCHOR_TEXT:
	case KF_ANCHOR_PLAIN:
		return;
	}
}
