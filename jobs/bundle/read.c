/* Reads a bundle: what it says of a key is worked out anew, and has to be the
 * same.
 */
#include "bundle.h"

#include "core/base64.h"
#include "core/der.h"
#include "core/dsse.h"
#include "core/hex.h"
#include "host/json_read.h"

#include <string.h>

/* reading is a bundle on its way in. */
struct reading {
	struct kf_bundle *out;
	struct kf_env *env;
	struct kf_fault *why;
	enum kf_status status;
};

static bool wrong(struct reading *r, const char *what)
{
	kf_fault_say(r->why, NULL, "%s", what);
	if (r->status == KF_OK)
		r->status = KF_WRONG_USE;
	return false;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* bytes_of decodes a member; the empty view where there is none, or it is
 * none. */
static struct kf_bytes bytes_of(struct reading *r, const json_t *object,
				const char *name)
{
	const char *text = text_of(object, name);
	size_t len = text ? strlen(text) : 0;
	uint8_t *room = len ? kf_arena_take(r->env->arena, len) : NULL;

	if (len && !room)
		r->status = KF_NO_MEMORY;
	if (!room || !kf_base64_strict(room, len, &len, kf_text(text)))
		return kf_view(NULL, 0);
	return kf_view(room, len);
}

static bool hex_is(const char *text, const struct kf_digest *digest)
{
	return text && kf_hex_spells(kf_text(text),
				     kf_view(digest->bytes, digest->len));
}

/* has_key tells whether a certificate has a key: its SubjectPublicKeyInfo is an
 * element of the part that is signed. Source: RFC 5280, 4.1. */
static bool has_key(struct kf_bytes certificate, struct kf_bytes spki)
{
	struct kf_cursor c = kf_cursor_over(certificate, 0);
	struct kf_der e;

	if (!kf_der_next(&e, &c))
		return false;
	c = kf_cursor_over(e.value, 0);
	if (!kf_der_next(&e, &c))
		return false;
	c = kf_cursor_over(e.value, 0);
	while (kf_more(&c) && kf_der_next(&e, &c))
		if (kf_equal(e.whole, spki))
			return true;
	return false;
}

/* take_certificate holds a certificate against its key. */
static bool take_certificate(struct reading *r, struct kf_bundle_anchor *a,
			     const json_t *anchor)
{
	const struct kf_crypto *crypto = r->env->crypto;
	struct kf_certificate x509;

	if (!json_object_get(anchor, "certificate"))
		return true;
	a->certificate = bytes_of(r, anchor, "certificate");
	if (r->status != KF_OK)
		return false;
	if (!a->certificate.len)
		return wrong(r, "a certificate is no base64");
	r->status = crypto->certificate_read(crypto->self, &x509,
					     a->certificate, r->env->arena);
	if (r->status == KF_WRONG_USE)
		return wrong(r, "a certificate is none");
	if (r->status != KF_OK)
		return false;
	return has_key(a->certificate, a->spki) ||
	       wrong(r, "a certificate has another key than it stands for");
}

static bool take_anchor(struct reading *r, const json_t *anchor,
			const json_t *subject)
{
	const struct kf_crypto *crypto = r->env->crypto;
	struct kf_bundle_anchor *a = &r->out->anchor[r->out->num];
	const json_t *digest = json_object_get(subject, "digest");
	const char *digits = text_of(anchor, "digits");

	memset(a, 0, sizeof(*a));
	a->name = text_of(anchor, "name");
	a->spki = bytes_of(r, anchor, "key");
	if (r->status != KF_OK)
		return false;
	if (!a->name || !a->spki.len)
		return wrong(r, "an anchor has no name or no key");
	r->status = crypto->key_read(crypto->self, &a->key, a->spki,
				     r->env->arena);
	if (r->status == KF_WRONG_USE || (r->status == KF_OK &&
					  !kf_equal(a->key.spki, a->spki)))
		return wrong(r, "a key is none");
	if (r->status != KF_OK)
		return false;
	kf_digits(a->digits, &a->key.sha256);
	if (!hex_is(text_of(anchor, "sha256"), &a->key.sha256) ||
	    !hex_is(text_of(digest, "sha256"), &a->key.sha256) ||
	    !digits || strcmp(digits, a->digits) != 0)
		return wrong(r, "a key has another digest than it says");
	if (!take_certificate(r, a, anchor))
		return false;
	r->out->num++;
	return true;
}

static bool take_anchors(struct reading *r, const json_t *predicate,
			 const json_t *subjects)
{
	const json_t *list = json_object_get(predicate, "anchors");
	size_t num = json_array_size(list);

	if (!json_is_array(list) || num == 0 || num > KF_BUNDLE_ANCHORS_MAX ||
	    json_array_size(subjects) != num)
		return wrong(r, "it has no anchors, or not as many as it is about");
	for (size_t i = 0; i < num; i++)
		if (!take_anchor(r, json_array_get(list, i),
				 json_array_get(subjects, i)))
			return false;
	return true;
}

static bool take_head(struct reading *r, const json_t *predicate)
{
	const char *made = text_of(predicate, "made");
	const char *expires = text_of(predicate, "expires");
	const json_t *version = json_object_get(predicate, "version");
	struct kf_bundle *out = r->out;

	out->product = text_of(predicate, "product");
	if (!out->product || !out->product[0])
		return wrong(r, "it names no product");
	if (!json_is_integer(version) || json_integer_value(version) < 1 ||
	    (uint64_t)json_integer_value(version) > KF_BUNDLE_VERSION_MAX)
		return wrong(r, "its version is no number from 1 on");
	out->version = (uint64_t)json_integer_value(version);
	if (!made || !expires || !kf_time_read(&out->made_s, made) ||
	    !kf_time_read(&out->expires_s, expires))
		return wrong(r, "it does not say when it was made, and until when it counts");
	return true;
}

static bool take(struct reading *r, const json_t *root)
{
	const char *type = text_of(root, "_type");
	const char *kind = text_of(root, "predicateType");
	const json_t *predicate = json_object_get(root, "predicate");

	if (!type || strcmp(type, KF_STATEMENT_TYPE) != 0 || !kind ||
	    strcmp(kind, KF_BUNDLE_PREDICATE) != 0)
		return wrong(r, "it is no bundle of anchors");
	return take_head(r, predicate) &&
	       take_anchors(r, predicate, json_object_get(root, "subject"));
}

enum kf_status kf_bundle_read(struct kf_bundle *out, struct kf_bytes statement,
			      struct kf_env *env, struct kf_fault *why)
{
	struct reading r = { .out = out, .env = env, .why = why };
	json_error_t error;
	bool lost = false;
	char what[200];

	memset(out, 0, sizeof(*out));
	out->root = kf_json_read(statement, &error, &lost);
	if (lost)
		return KF_NO_MEMORY;
	if (!out->root) {
		kf_json_wrong(what, sizeof(what), &error);
		kf_fault_say(why, NULL, "it %s", what);
		return KF_WRONG_USE;
	}
	if (!take(&r, out->root))
		kf_bundle_close(out);
	return r.status;
}

void kf_bundle_close(struct kf_bundle *bundle)
{
	json_decref(bundle->root);
	memset(bundle, 0, sizeof(*bundle));
}
