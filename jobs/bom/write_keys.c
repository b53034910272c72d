/* The components of a bill that are keys, certificates, signatures and
 * algorithms. 1.7 has fields where 1.6 needs properties, and other ones for
 * what belongs together.
 */
#include "bom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kf_bom_property(struct kf_json *json, const char *name, const char *value)
{
	char whole[80];

	snprintf(whole, sizeof(whole), "keyfit:%s", name);
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "name", whole);
	kf_json_foreign(json, "value", kf_text(value));
	kf_json_close(json);
}

static void hash(struct kf_json *json, const char *name,
		 const struct kf_digest *digest)
{
	kf_json_open(json, name, '{');
	kf_json_text(json, "alg", "SHA-256");
	kf_json_hex(json, "content", kf_view(digest->bytes, digest->len));
	kf_json_close(json);
}

/* begin starts a component, and its properties as an asset. */
static void begin(struct kf_json *json, const char *ref, const char *name,
		  const struct kf_digest *digest, const char *asset,
		  const char *oid)
{
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "type", "cryptographic-asset");
	kf_json_foreign(json, "bom-ref", kf_text(ref));
	kf_json_foreign(json, "name", kf_text(name));
	if (digest) {
		kf_json_open(json, "hashes", '[');
		hash(json, NULL, digest);
		kf_json_close(json);
	}
	kf_json_open(json, "cryptoProperties", '{');
	kf_json_text(json, "assetType", asset);
	if (oid)
		kf_json_text(json, "oid", oid);
}

static void related(struct kf_json *json, const char *type, const char *ref)
{
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "type", type);
	kf_json_foreign(json, "ref", kf_text(ref));
	kf_json_close(json);
}

/* algorithm_ref says which algorithm a thing has. */
static void algorithm_ref(struct kf_json *json,
			  const struct kf_bom_algorithm *a,
			  const struct kf_bom_ask *ask)
{
	if (ask->spec == KF_BOM_1_6) {
		kf_json_text(json, "algorithmRef", a->ref);
		return;
	}
	kf_json_open(json, "relatedCryptographicAssets", '[');
	related(json, "algorithm", a->ref);
	kf_json_close(json);
}

/* certificate_of finds the first certificate of a key. */
static const struct kf_bill_certificate *certificate_of(
	const struct kf_bill *b, size_t key)
{
	for (size_t i = 0; i < b->num_certificates; i++)
		if (b->certificate[i].key == key)
			return &b->certificate[i];
	return NULL;
}

/* key_name is what people call a key. */
static void key_name(char *out, size_t room, const struct kf_bill *b,
		     size_t key, const char *half)
{
	const struct kf_bill_certificate *c = certificate_of(b, key);
	const struct kf_bill_key *k = &b->key[key];
	struct kf_bom_algorithm a;

	if (c)
		snprintf(out, room, "%s key of %.400s", half, c->x509.name);
	else if (kf_same(k->called_by, "key-name"))
		snprintf(out, room, "%s key \"%.*s\"", half,
			 k->called.len > 400 ? 400 : (int)k->called.len,
			 (const char *)k->called.data);
	else
		snprintf(out, room, "%s%s%s key", kf_bom_of_key(&a, k->kind)
			 ? a.name : "", k->kind ? " " : "", half);
}

static void said_text(struct kf_json *json, const char *name,
		      const struct kf_bom_said *said)
{
	char time[24];

	if (!said)
		return;
	if (said->what == KF_BOM_SAY_EXPIRES)
		kf_time_write(time, said->at_s);
	kf_json_text(json, name, said->what == KF_BOM_SAY_EXPIRES ? time
		     : kf_bom_state_name(said->state));
}

/* bits_of is how many bits a key has, by what it is called. */
static unsigned bits_of(const char *kind)
{
	struct kf_bom_algorithm a;

	if (!kind || !kf_bom_of_key(&a, kind))
		return 0;
	if (a.curve && strcmp(a.curve, "Ed25519") == 0)
		return 256;
	return (unsigned)strtoul(a.curve ? a.curve + 2 : a.bits, NULL, 10);
}

/* key_properties writes what CycloneDX has no field for. */
static void key_properties(struct kf_json *json, const struct kf_bill_key *k,
			   const struct kf_bom_said *replaced)
{
	char hex[2 * 64 + 1] = "";

	if (!k->own.len && !replaced && !k->called_by)
		return;
	kf_json_open(json, "properties", '[');
	for (size_t i = 0; i < k->own.len; i++)
		snprintf(hex + 2 * i, 3, "%02x", k->own.bytes[i]);
	if (k->own.len)
		kf_bom_property(json, "rsaPublicKeySha256", hex);
	if (k->called_by)
		kf_bom_property(json, "calledBy", k->called_by);
	if (replaced)
		kf_bom_property(json, "replacedBy", replaced->value);
	kf_json_close(json);
}

/* key_id writes what a key goes by. */
static void key_id(struct kf_json *json, const struct kf_bill *b, size_t key)
{
	char ref[KF_BOM_REF_MAX];

	kf_bom_ref_key(ref, b, key);
	kf_json_foreign(json, "id", kf_text(ref + strlen("key:")));
}

void kf_bom_write_key(struct kf_json *json, const struct kf_bill *b,
		      size_t key, const struct kf_bom_ask *ask)
{
	const struct kf_bill_key *k = &b->key[key];
	const struct kf_bom_said *replaced = kf_bom_said_of(
		ask, KF_BOM_SAY_REPLACED, &k->id);
	struct kf_bom_algorithm a;
	char ref[KF_BOM_REF_MAX], name[KF_BOM_REF_MAX];
	unsigned bits = bits_of(k->kind);

	kf_bom_ref_key(ref, b, key);
	key_name(name, sizeof(name), b, key, "public");
	begin(json, ref, name, NULL, "related-crypto-material", NULL);
	kf_json_open(json, "relatedCryptoMaterialProperties", '{');
	kf_json_text(json, "type", "public-key");
	key_id(json, b, key);
	said_text(json, "state", kf_bom_said_of(ask, KF_BOM_SAY_STATE,
						&k->id));
	said_text(json, "expirationDate",
		  kf_bom_said_of(ask, KF_BOM_SAY_EXPIRES, &k->id));
	if (bits)
		kf_json_number(json, "size", bits);
	if (k->id.len)
		kf_json_text(json, "format", "SubjectPublicKeyInfo");
	if (k->id.len && ask->spec == KF_BOM_1_7)
		hash(json, "fingerprint", &k->id);
	if (kf_bom_of_key(&a, k->kind))
		algorithm_ref(json, &a, ask);
	kf_json_close(json);
	kf_json_close(json);
	key_properties(json, k, replaced);
	kf_json_close(json);
}

bool kf_bom_place(const struct kf_bill *b, size_t key,
		  const struct kf_bom_ask *ask, const char **place)
{
	const struct kf_bill_key *k = &b->key[key];
	const struct kf_bom_said *said = kf_bom_said_of(
		ask, KF_BOM_SAY_PLACE, &k->id);

	*place = said ? said->value : k->private_at;
	return *place != NULL;
}

/* mechanism is what keeps a key, by the name of its place. */
static const char *mechanism(const char *place)
{
	return strncmp(place, "pkcs11:", 7) == 0 ? "HSM" :
	       strncmp(place, "tpm:", 4) == 0 ? "TPM" : "Software";
}

void kf_bom_write_private(struct kf_json *json, const struct kf_bill *b,
			  size_t key, const struct kf_bom_ask *ask)
{
	char ref[KF_BOM_REF_MAX], name[KF_BOM_REF_MAX];
	struct kf_bom_algorithm a;
	const char *place;

	if (!kf_bom_place(b, key, ask, &place))
		return;
	kf_bom_ref_private(ref, b, key);
	key_name(name, sizeof(name), b, key, "private");
	begin(json, ref, name, NULL, "related-crypto-material", NULL);
	kf_json_open(json, "relatedCryptoMaterialProperties", '{');
	kf_json_text(json, "type", "private-key");
	kf_json_foreign(json, "id", kf_text(place));
	kf_json_open(json, "securedBy", '{');
	kf_json_text(json, "mechanism", mechanism(place));
	kf_json_close(json);
	if (kf_bom_of_key(&a, b->key[key].kind))
		algorithm_ref(json, &a, ask);
	kf_json_close(json);
	kf_json_close(json);
	kf_json_close(json);
}

/* references says what belongs to a certificate, the way each version does. */
static void references(struct kf_json *json, const struct kf_bill *b,
		       const struct kf_bill_certificate *c,
		       const struct kf_bom_ask *ask)
{
	struct kf_bom_algorithm a;
	bool has = kf_bom_of_scheme(&a, &c->algorithm);
	char ref[KF_BOM_REF_MAX] = "";

	if (c->key != KF_BILL_NONE)
		kf_bom_ref_key(ref, b, c->key);
	if (ask->spec == KF_BOM_1_6) {
		if (has)
			kf_json_text(json, "signatureAlgorithmRef", a.ref);
		if (ref[0])
			kf_json_foreign(json, "subjectPublicKeyRef",
					kf_text(ref));
		return;
	}
	kf_json_open(json, "relatedCryptographicAssets", '[');
	if (has)
		related(json, "algorithm", a.ref);
	if (ref[0])
		related(json, "publicKey", ref);
	kf_json_close(json);
}

/* certificate_state: 1.7 has a field, and another word for compromised. */
static void certificate_state(struct kf_json *json,
			      const struct kf_bom_said *said)
{
	if (!said)
		return;
	kf_json_open(json, "certificateState", '[');
	kf_json_open(json, NULL, '{');
	if (said->state == KF_BOM_COMPROMISED) {
		kf_json_text(json, "state", "revoked");
		kf_json_text(json, "reason", "compromised");
	} else {
		kf_json_text(json, "state", kf_bom_state_name(said->state));
	}
	kf_json_close(json);
	kf_json_close(json);
}

static void certificate_properties(struct kf_json *json,
				   const struct kf_certificate *x,
				   const struct kf_bom_ask *ask)
{
	const struct kf_bom_said *state = kf_bom_said_of(
		ask, KF_BOM_SAY_STATE, &x->sha256);
	const struct kf_bom_said *replaced = kf_bom_said_of(
		ask, KF_BOM_SAY_REPLACED, &x->sha256);
	bool old = ask->spec == KF_BOM_1_6;
	char serial[2 * 64 + 1] = "";

	if (!old && !replaced)
		return;
	kf_json_open(json, "properties", '[');
	for (size_t i = 0; i < x->serial.len && i < 64; i++)
		snprintf(serial + 2 * i, 3, "%02x", x->serial.data[i]);
	if (old && serial[0])
		kf_bom_property(json, "serialNumber", serial);
	if (old && state)
		kf_bom_property(json, "state",
				kf_bom_state_name(state->state));
	if (replaced)
		kf_bom_property(json, "replacedBy", replaced->value);
	kf_json_close(json);
}

void kf_bom_write_certificate(struct kf_json *json, const struct kf_bill *b,
			      size_t certificate,
			      const struct kf_bom_ask *ask)
{
	const struct kf_bill_certificate *c = &b->certificate[certificate];
	const struct kf_certificate *x = &c->x509;
	char ref[KF_BOM_REF_MAX];

	kf_bom_ref_certificate(ref, b, certificate);
	begin(json, ref, x->name[0] ? x->name : "a certificate without a name",
	      &x->sha256, "certificate", NULL);
	kf_json_open(json, "certificateProperties", '{');
	if (ask->spec == KF_BOM_1_7)
		kf_json_hex(json, "serialNumber", x->serial);
	kf_json_foreign(json, "subjectName", kf_text(x->subject));
	kf_json_foreign(json, "issuerName", kf_text(x->issuer));
	kf_json_time(json, "notValidBefore", x->not_before_s);
	kf_json_time(json, "notValidAfter", x->not_after_s);
	references(json, b, c, ask);
	kf_json_text(json, "certificateFormat", "X.509");
	if (ask->spec == KF_BOM_1_7) {
		hash(json, "fingerprint", &x->sha256);
		certificate_state(json, kf_bom_said_of(ask, KF_BOM_SAY_STATE,
						       &x->sha256));
	}
	kf_json_close(json);
	kf_json_close(json);
	certificate_properties(json, x, ask);
	kf_json_close(json);
}

void kf_bom_write_signature(struct kf_json *json, const struct kf_bill *b,
			    size_t signature, const struct kf_bom_ask *ask)
{
	const struct kf_bill_signature *s = &b->signature[signature];
	char ref[KF_BOM_REF_MAX], name[KF_BOM_REF_MAX], id[80] = "sha256:";
	bool told = s->certificate != KF_BILL_NONE ||
		    kf_bom_is_told(b, s->key);
	struct kf_bom_algorithm a;

	kf_bom_ref_signature(ref, b, signature);
	snprintf(name, sizeof(name), "signature %u of %.400s",
		 (unsigned)s->number, b->subject[s->subject].name);
	for (size_t i = 0; i < s->sha256.len && i < 32; i++)
		snprintf(id + 7 + 2 * i, 3, "%02x", s->sha256.bytes[i]);
	begin(json, ref, name, NULL, "related-crypto-material", NULL);
	kf_json_open(json, "relatedCryptoMaterialProperties", '{');
	kf_json_text(json, "type", "signature");
	kf_json_text(json, "id", id);
	kf_json_text(json, "format", s->form);
	if (kf_bom_of_scheme(&a, &s->algorithm))
		algorithm_ref(json, &a, ask);
	kf_json_close(json);
	kf_json_close(json);
	if (s->over || s->stamped || !told) {
		kf_json_open(json, "properties", '[');
		if (s->over)
			kf_bom_property(json, "signs", s->over);
		if (s->stamped)
			kf_bom_property(json, "timestamped", "yes");
		if (!told)
			kf_bom_property(json, "signer", "not told");
		kf_json_close(json);
	}
	kf_json_close(json);
}

void kf_bom_write_algorithm(struct kf_json *json,
			    const struct kf_bom_algorithm *a,
			    const struct kf_bom_ask *ask)
{
	begin(json, a->ref, a->name, NULL, "algorithm", a->oid);
	kf_json_open(json, "algorithmProperties", '{');
	kf_json_text(json, "primitive", a->primitive);
	if (a->family && ask->spec == KF_BOM_1_7)
		kf_json_text(json, "algorithmFamily", a->family);
	if (a->bits[0])
		kf_json_text(json, "parameterSetIdentifier", a->bits);
	if (a->curve)
		kf_json_text(json, ask->spec == KF_BOM_1_6 ? "curve"
			     : "ellipticCurve", ask->spec == KF_BOM_1_6
			     ? a->curve : a->curve_17);
	if (a->padding)
		kf_json_text(json, "padding", a->padding);
	if (strcmp(a->primitive, "unknown") != 0) {
		kf_json_open(json, "cryptoFunctions", '[');
		kf_json_text(json, NULL, a->hashes ? "digest" : "verify");
		kf_json_close(json);
	}
	/* What a quantum computer solves has no level of NIST's. */
	if (a->has_levels) {
		kf_json_number(json, "classicalSecurityLevel", a->classical);
		kf_json_number(json, "nistQuantumSecurityLevel", 0);
	}
	kf_json_close(json);
	kf_json_close(json);
	kf_json_close(json);
}
