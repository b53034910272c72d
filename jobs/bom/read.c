/* Reads a bill that anybody may have written: strict about what is used of it.
 *
 * A key is known by the SHA-256 of its SubjectPublicKeyInfo: as its id,
 * "sha256:...", or as its fingerprint, which 1.7 has. A certificate is known by
 * its SHA-256, among its hashes or as its fingerprint. What is known by none of
 * these approves nothing.
 */
#include "bom.h"

#include "host/json_read.h"

#include <stdlib.h>
#include <string.h>

/* Components hold components; these are those still to be looked at. */
struct reading {
	struct kf_bom *bom;
	struct kf_fault *why;
	const json_t **left;
	size_t num_left, room;
	bool lost;	/* no memory */
};

static const char *const states[KF_NUM_BOM_STATES] = {
	[KF_BOM_UNSAID] = "", [KF_BOM_PRE_ACTIVATION] = "pre-activation",
	[KF_BOM_ACTIVE] = "active", [KF_BOM_SUSPENDED] = "suspended",
	[KF_BOM_DEACTIVATED] = "deactivated",
	[KF_BOM_COMPROMISED] = "compromised",
	[KF_BOM_DESTROYED] = "destroyed", [KF_BOM_REVOKED] = "revoked",
};

const char *kf_bom_state_name(enum kf_bom_state state)
{
	return states[state];
}

enum kf_bom_state kf_bom_state_of(const char *name)
{
	for (unsigned i = KF_BOM_PRE_ACTIVATION; i < KF_NUM_BOM_STATES; i++)
		if (strcmp(states[i], name) == 0)
			return (enum kf_bom_state)i;
	return KF_NUM_BOM_STATES;
}

static bool wrong(struct reading *r, const char *where, const char *what)
{
	kf_fault_say(r->why, NULL, "%s %s", where, what);
	return false;
}

/* take_state takes a word for a state; none is none. */
static bool take_state(struct reading *r, struct kf_bom_item *item,
		       const char *word, const char *where)
{
	enum kf_bom_state state;

	if (!word)
		return true;
	state = kf_bom_state_of(word);
	if (state == KF_NUM_BOM_STATES)
		return wrong(r, where, "has a state that there is not");
	item->state = state;
	return true;
}

/* property is one of a component's, by the name that keyfit gives it; NULL:
 * there is none. */
static bool property(const char **out, const json_t *component,
		     const char *name, const struct kf_bom_from *from)
{
	const json_t *list, *each;
	const char *key, *value;
	size_t i;

	*out = NULL;
	if (!kf_bom_list(&list, component, "properties", from))
		return false;
	json_array_foreach(list, i, each) {
		if (!json_is_object(each) ||
		    !kf_bom_text(&key, each, "name", from) ||
		    !kf_bom_text(&value, each, "value", from)) {
			kf_fault_say(from->why, NULL, "%s: a property is none",
				     from->where);
			return false;
		}
		if (key && value && strncmp(key, "keyfit:", 7) == 0 &&
		    strcmp(key + 7, name) == 0) {
			*out = value;
			return true;
		}
	}
	return true;
}

/* lower makes a copy with small letters that lives as long as the bill: in
 * place of the text that it was made of. Fails: NULL. */
static const char *lower(struct reading *r, const char *text)
{
	json_t *list = json_object_get(r->bom->root, "\001");
	char copy[65] = "";

	if (!text || strlen(text) != 64)
		return NULL;
	for (size_t i = 0; i < 64; i++)
		copy[i] = (char)(text[i] >= 'A' && text[i] <= 'F'
				 ? text[i] | 32 : text[i]);
	if (json_array_append_new(list, json_string(copy)) != 0) {
		r->lost = true;
		return NULL;
	}
	return json_string_value(json_array_get(list,
						json_array_size(list) - 1));
}

/* take_called takes what a key goes by where it is not there itself. */
static void take_called(struct kf_bom_item *item, const char *id)
{
	if (strncmp(id, "hash:", 5) == 0) {
		item->called_by = "key-hash";
		item->also = id + 5;
	} else if (strncmp(id, "name:", 5) == 0) {
		item->called_by = "key-name";
	}
}

/* take_id takes what a key goes by: an id, a fingerprint, or both. */
static bool take_id(struct reading *r, struct kf_bom_item *item,
		    const char *id, const char *fingerprint,
		    const char *where)
{
	bool is_digest = id && strncmp(id, "sha256:", 7) == 0;

	if (is_digest && (strlen(id) != 7 + 64 ||
			  strspn(id + 7, "0123456789abcdefABCDEF") != 64))
		return wrong(r, where, "has an id that is no SHA-256");
	if (is_digest && fingerprint && strcasecmp(id + 7, fingerprint) != 0)
		return wrong(r, where, "has an id and another fingerprint");
	if (is_digest || fingerprint)
		item->id = lower(r, is_digest ? id + 7 : fingerprint);
	else if (id)
		take_called(item, id);
	return true;
}

static bool take_key(struct reading *r, struct kf_bom_item *item,
		     const json_t *component, const json_t *told,
		     const struct kf_bom_from *from)
{
	const char *id, *state, *end, *fingerprint = NULL;

	item->kind = KF_BOM_KEY;
	if (!kf_bom_text(&id, told, "id", from) ||
	    !kf_bom_text(&state, told, "state", from) ||
	    !kf_bom_text(&end, told, "expirationDate", from) ||
	    !kf_bom_hash(&fingerprint, told, "fingerprint", from) ||
	    !property(&item->also, component, "rsaPublicKeySha256", from) ||
	    !property(&item->replaced_by, component, "replacedBy", from) ||
	    !take_state(r, item, state, from->where) ||
	    !take_id(r, item, id, fingerprint, from->where))
		return false;
	item->has_end = end != NULL;
	if (end && !kf_time_read(&item->end_s, end))
		return wrong(r, from->where, "ends on no day");
	return true;
}

/* worst of the states that 1.7 lists for a certificate. */
static bool certificate_states(struct reading *r, struct kf_bom_item *item,
			       const json_t *told,
			       const struct kf_bom_from *from)
{
	const json_t *list, *each;
	const char *state;
	size_t i;

	if (!kf_bom_list(&list, told, "certificateState", from))
		return false;
	json_array_foreach(list, i, each) {
		enum kf_bom_state before = item->state;

		if (!json_is_object(each) ||
		    !kf_bom_text(&state, each, "state", from) ||
		    !take_state(r, item, state, from->where))
			return wrong(r, from->where,
				     "has a state that there is not");
		if (before > item->state)
			item->state = before;
	}
	return true;
}

/* key_of finds the key of a certificate: 1.7 has it among others. */
static bool key_of(struct kf_bom_item *item, const json_t *told,
		   const struct kf_bom_from *from)
{
	const json_t *list, *each;
	const char *type, *ref;
	size_t i;

	if (!kf_bom_text(&item->key_ref, told, "subjectPublicKeyRef", from) ||
	    !kf_bom_list(&list, told, "relatedCryptographicAssets", from))
		return false;
	json_array_foreach(list, i, each) {
		if (!kf_bom_text(&type, each, "type", from) ||
		    !kf_bom_text(&ref, each, "ref", from))
			return false;
		if (type && strcmp(type, "publicKey") == 0)
			item->key_ref = ref;
	}
	return true;
}

static bool take_certificate(struct reading *r, struct kf_bom_item *item,
			     const json_t *component, const json_t *told,
			     const struct kf_bom_from *from)
{
	const char *hash = NULL, *state, *replaced;

	item->kind = KF_BOM_CERTIFICATE;
	if (!kf_bom_hash(&hash, component, "hashes", from) ||
	    !kf_bom_hash(&hash, told, "fingerprint", from) ||
	    !property(&state, component, "state", from) ||
	    !property(&replaced, component, "replacedBy", from) ||
	    !take_state(r, item, state, from->where) ||
	    !certificate_states(r, item, told, from) ||
	    !key_of(item, told, from))
		return false;
	item->id = lower(r, hash);
	item->replaced_by = replaced;
	return true;
}

static bool take_material(struct reading *r, struct kf_bom_item *item,
			  const json_t *component, const json_t *told,
			  const struct kf_bom_from *from)
{
	const char *type, *signer;

	if (!kf_bom_text(&type, told, "type", from))
		return false;
	if (!type)
		return wrong(r, from->where, "does not say what it is");
	if (strcmp(type, "public-key") == 0 || strcmp(type, "key") == 0)
		return take_key(r, item, component, told, from);
	if (strcmp(type, "signature") != 0)
		return true;
	item->kind = KF_BOM_SIGNATURE;
	if (!property(&signer, component, "signer", from))
		return false;
	item->unsigned_by = signer && strcmp(signer, "not told") == 0;
	return true;
}

/* take_asset takes a component that is a cryptographic asset. Kinds that are
 * not compared stay 0. */
static bool take_asset(struct reading *r, struct kf_bom_item *item,
		       const json_t *component, const struct kf_bom_from *from)
{
	const json_t *crypto, *certificate, *material;
	const char *asset;

	if (!kf_bom_object(&crypto, component, "cryptoProperties", from))
		return false;
	if (!crypto)
		return true;
	if (!kf_bom_text(&asset, crypto, "assetType", from) ||
	    !kf_bom_object(&certificate, crypto, "certificateProperties",
			   from) ||
	    !kf_bom_object(&material, crypto,
			   "relatedCryptoMaterialProperties", from))
		return false;
	if (!asset)
		return wrong(r, from->where, "does not say what it is");
	if (strcmp(asset, "certificate") == 0)
		return take_certificate(r, item, component, certificate, from);
	if (strcmp(asset, "related-crypto-material") == 0 && material)
		return take_material(r, item, component, material, from);
	if (strcmp(asset, "algorithm") == 0) {
		item->kind = KF_BOM_ALGORITHM;
		item->id = item->name;
	}
	return true;
}

/* later puts a component on the list of those to be looked at. */
static bool later(struct reading *r, const json_t *component)
{
	size_t room = r->room ? 2 * r->room : 256;
	void *more;

	if (r->num_left == KF_BOM_ITEMS_MAX)
		return wrong(r, "it", "has more components than keyfit reads");
	if (r->num_left == r->room) {
		more = realloc(r->left, room * sizeof(*r->left));
		if (!more) {
			r->lost = true;
			return false;
		}
		r->left = more;
		r->room = room;
	}
	r->left[r->num_left++] = component;
	return true;
}

static bool later_all(struct reading *r, const json_t *object,
		      const struct kf_bom_from *from)
{
	const json_t *list, *each;
	size_t i;

	if (!kf_bom_list(&list, object, "components", from))
		return false;
	json_array_foreach(list, i, each)
		if (!later(r, each))
			return false;
	return true;
}

static bool take(struct reading *r, const json_t *component)
{
	struct kf_bom_item *item = &r->bom->item[r->bom->num];
	struct kf_bom_from from = { .why = r->why, .where = "a component" };

	memset(item, 0, sizeof(*item));
	if (!json_is_object(component))
		return wrong(r, "a component", "is no object");
	if (!kf_bom_text(&item->ref, component, "bom-ref", &from) ||
	    !kf_bom_text(&item->name, component, "name", &from))
		return false;
	if (!item->name)
		return wrong(r, "a component", "has no name");
	from.where = item->ref ? item->ref : item->name;
	if (!take_asset(r, item, component, &from) ||
	    !later_all(r, component, &from))
		return false;
	/* Other kinds keep their place while references are compared. */
	r->bom->num++;
	return true;
}

static int compare_refs(const void *a, const void *b)
{
	const struct kf_bom_item *const *x = a, *const *y = b;

	return strcmp((*x)->ref, (*y)->ref);
}

struct kf_bom_item *kf_bom_by_ref(const struct kf_bom *bom, const char *ref)
{
	const struct kf_bom_item wanted = { .ref = ref };
	const struct kf_bom_item *key = &wanted;
	struct kf_bom_item **found = !ref || !bom->num_refs ? NULL
		: bsearch(&key, bom->ref, bom->num_refs, sizeof(*bom->ref),
			  compare_refs);

	return found ? *found : NULL;
}

/* order sorts references: what is referred to is one. */
static bool order(struct reading *r)
{
	struct kf_bom *bom = r->bom;

	bom->ref = calloc(bom->num + 1, sizeof(*bom->ref));
	if (!bom->ref) {
		r->lost = true;
		return false;
	}
	for (size_t i = 0; i < bom->num; i++)
		if (bom->item[i].ref)
			bom->ref[bom->num_refs++] = &bom->item[i];
	qsort(bom->ref, bom->num_refs, sizeof(*bom->ref), compare_refs);
	for (size_t i = 1; i < bom->num_refs; i++)
		if (compare_refs(&bom->ref[i - 1], &bom->ref[i]) == 0)
			return wrong(r, bom->ref[i]->ref, "is there twice");
	return true;
}

/* way tells what a property says that a file has a key for: 1 to forbid it, 2
 * for something else, 0 nothing. */
static int way(const char *name)
{
	static const char *const roles[] = { "brings", "lists", "trusts",
					     "privateKey" };

	if (strncmp(name, "forbids", strlen("forbids")) == 0)
		return 1;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strncmp(name, roles[i], strlen(roles[i])) == 0)
			return 2;
	return 0;
}

/* uses notes which certificates and keys a file forbids, and which it has for
 * something else. */
static void uses(struct reading *r, const json_t *component)
{
	const json_t *list = json_object_get(component, "properties"), *each;
	size_t i;

	json_array_foreach(list, i, each) {
		const char *name = json_string_value(
			json_object_get(each, "name"));
		const char *value = json_string_value(
			json_object_get(each, "value"));
		struct kf_bom_item *item;

		if (!name || !value || strncmp(name, "keyfit:", 7) != 0)
			continue;
		r->bom->damaged |= strcmp(name + 7, "incomplete") == 0 ||
				   strcmp(name + 7, "unreadable") == 0;
		item = way(name + 7) ? kf_bom_by_ref(r->bom, value) : NULL;
		if (!item)
			continue;
		item->forbidden |= way(name + 7) == 1;
		item->wanted |= way(name + 7) == 2;
	}
}

/* settle_uses: what anything has for something else is not just forbidden, and
 * the key of a certificate goes with it. */
static void settle_uses(struct kf_bom *bom)
{
	for (size_t i = 0; i < bom->num; i++) {
		struct kf_bom_item *key = kf_bom_by_ref(
			bom, bom->item[i].key_ref);

		if (!key || bom->item[i].kind != KF_BOM_CERTIFICATE)
			continue;
		key->forbidden |= bom->item[i].forbidden;
		key->wanted |= bom->item[i].wanted ||
			       !bom->item[i].forbidden;
	}
	for (size_t i = 0; i < bom->num; i++)
		bom->item[i].forbidden &= !bom->item[i].wanted;
}

/* about takes what the bill is about. */
static bool about(struct reading *r)
{
	struct kf_bom_from from = { .why = r->why, .where = "metadata" };
	const json_t *metadata, *component;
	struct kf_bom *bom = r->bom;

	if (!kf_bom_object(&metadata, bom->root, "metadata", &from) ||
	    !kf_bom_object(&component, metadata, "component", &from))
		return false;
	if (!component)
		return true;
	if (!kf_bom_text(&bom->name, component, "name", &from) ||
	    !kf_bom_text(&bom->version, component, "version", &from) ||
	    !kf_bom_hash(&bom->sha256, component, "hashes", &from) ||
	    !property(&bom->counter, component, "securityCounter", &from))
		return false;
	return later(r, component);
}

/* head checks what says that it is a bill of a version that is read here. */
static bool head(struct reading *r)
{
	struct kf_bom_from from = { .why = r->why, .where = "the bill" };
	const char *format, *spec;
	const json_t *root = r->bom->root;

	if (!json_is_object(root))
		return wrong(r, "it", "is no object");
	if (!kf_bom_text(&format, root, "bomFormat", &from) ||
	    !kf_bom_text(&spec, root, "specVersion", &from) ||
	    !kf_bom_text(&r->bom->serial, root, "serialNumber", &from))
		return false;
	if (!format || strcmp(format, "CycloneDX") != 0)
		return wrong(r, "it", "is no CycloneDX bill");
	if (!spec || (strcmp(spec, "1.6") != 0 && strcmp(spec, "1.7") != 0))
		return wrong(r, "it", "is of another version than 1.6 and 1.7");
	return true;
}

/* all looks at all components, those inside of others too. */
static bool all(struct reading *r)
{
	struct kf_bom_from from = { .why = r->why, .where = "the bill" };
	struct kf_bom *bom = r->bom;

	if (!later_all(r, bom->root, &from) || !about(r))
		return false;
	/* Texts that were changed live in the bill. */
	if (json_object_set_new(bom->root, "\001", json_array()) != 0) {
		r->lost = true;
		return false;
	}
	for (size_t i = 0; i < r->num_left; i++) {
		void *more = realloc(bom->item, (bom->num + 1) *
				     sizeof(*bom->item));

		if (!more) {
			r->lost = true;
			return false;
		}
		bom->item = more;
		if (!take(r, r->left[i]) || r->lost)
			return false;
	}
	if (!order(r))
		return false;
	for (size_t i = 0; i < r->num_left; i++)
		uses(r, r->left[i]);
	settle_uses(bom);
	return true;
}

bool kf_bom_too_deep(struct kf_bytes text)
{
	size_t depth = 0;
	bool inside = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (inside && c == '\\')
			i++;
		else if (c == '"')
			inside = !inside;
		else if (!inside && (c == '{' || c == '['))
			depth++;
		else if (!inside && (c == '}' || c == ']'))
			depth -= depth > 0;
		if (depth > KF_BOM_DEPTH_MAX)
			return true;
	}
	return false;
}

enum kf_status kf_bom_read(struct kf_bom *out, struct kf_bytes file,
			   struct kf_fault *why)
{
	struct reading r = { .bom = out, .why = why };
	json_error_t error;
	char what[200];
	bool good;

	memset(out, 0, sizeof(*out));
	if (file.len > KF_BOM_LEN_MAX || kf_bom_too_deep(file)) {
		kf_fault_say(why, NULL, "it is too large, or nested too deep");
		return KF_WRONG_USE;
	}
	out->root = kf_json_read(file, &error, &r.lost);
	if (!out->root && !r.lost) {
		kf_json_wrong(what, sizeof(what), &error);
		kf_fault_say(why, NULL, "it %s", what);
		return KF_WRONG_USE;
	}
	good = out->root && head(&r) && all(&r);
	free(r.left);
	if (good && !r.lost)
		return KF_OK;
	kf_bom_close(out);
	return r.lost ? KF_NO_MEMORY : KF_WRONG_USE;
}

void kf_bom_close(struct kf_bom *bom)
{
	json_decref(bom->root);
	free(bom->item);
	free(bom->ref);
	memset(bom, 0, sizeof(*bom));
}
