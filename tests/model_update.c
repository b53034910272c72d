/* Signed updates, put together as UEFI 2.10, 8.2.2 has them.
 */
#include "tests/model_update.h"

#include <string.h>

static const char global[] = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
static const char security[] = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
static const char pkcs7[] = "4aafd29d-68df-49ee-8aa9-347d375665a7";

static struct kf_bytes time_of(unsigned year)
{
	struct kf_bytes time = model_fill(16, 0);

	model_poke(time, 0, 2, year ? year : 2021);
	model_poke(time, 2, 2, 0x0101);
	return time;
}

/* covered is what a signature is made over. */
static struct kf_bytes covered(const struct model_update *spec)
{
	const char *name = spec->variable ? spec->variable : "db";
	bool is_global = model_same(name, "PK") || model_same(name, "KEK");
	struct kf_bytes text = model_fill(2 * strlen(name), 0);
	struct kf_bytes attributes = model_fill(4, 0);

	for (size_t i = 0; name[i]; i++)
		model_poke(text, 2 * i, 1, (uint8_t)name[i]);
	model_poke(attributes, 0, 4, spec->attributes ? spec->attributes
						       : MODEL_REPLACE);
	text = model_join(text, model_guid(is_global ? global : security));
	text = model_join(text, attributes);
	text = model_join(text, time_of(spec->year));
	return model_join(text, spec->value);
}

/* blob is a signature that the toy reads. */
static struct kf_bytes blob(const struct model_update *spec)
{
	static const uint8_t oid[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
				       0x04, 0x02 };
	struct kf_bytes digest = model_digest(KF_SHA256, covered(spec));
	struct kf_bytes out = model_fill(46, 0);
	size_t num = spec->num_certificates;

	while (!spec->num_certificates && num < 4 &&
	       spec->certificate[num].len)
		num++;
	model_poke(out, 0, 2, 0x8230);
	memcpy((uint8_t *)(uintptr_t)out.data + 13, oid, sizeof(oid));
	model_poke(out, 21, 1, spec->sha2 ? spec->sha2 : 1);
	model_poke(out, 41, 1, (spec->lost ? 8u : 0) | (spec->bad ? 16u : 0));
	model_poke(out, 42, 1, spec->num_signers == MODEL_NONE ? 0
			: spec->num_signers ? spec->num_signers : 1);
	model_poke(out, 43, 1, num);
	model_poke(out, 44, 1, 0xc0);
	model_poke(out, 45, 1, 8);
	out = model_join(out, kf_part_of(digest, 0, 8));
	for (size_t i = 0; i < num; i++) {
		struct kf_bytes der = spec->certificate[i];

		out = model_join(out, model_fill(1, (uint8_t)der.len));
		out = model_join(out, der);
	}
	return out;
}

/* wrapped puts the outer header of PKCS#7 in front. */
static struct kf_bytes wrapped(struct kf_bytes b)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0,
				       0x82 };
	struct kf_bytes head = model_fill(4, 0);
	struct kf_bytes len = model_fill(2, 0);

	model_poke(head, 0, 2, 0x8230);
	model_poke(head, 2, 1, (b.len + 15) >> 8);
	model_poke(head, 3, 1, b.len + 15);
	model_poke(len, 0, 1, b.len >> 8);
	model_poke(len, 1, 1, b.len);
	head = model_join(head, kf_view(oid, sizeof(oid)));
	return model_join(model_join(head, len), b);
}

struct kf_bytes model_update(const struct model_update *spec)
{
	struct kf_bytes proof = blob(spec);
	struct kf_bytes head = model_fill(8, 0);

	if (spec->wrapped)
		proof = wrapped(proof);
	model_poke(head, 0, 4, 24 + proof.len);
	model_poke(head, 4, 4, 0x0ef10200);
	head = model_join(time_of(spec->year), head);
	head = model_join(head, model_guid(pkcs7));
	return model_join(model_join(head, proof), spec->value);
}

struct kf_bytes model_update_by(struct kf_bytes certificate,
				uint32_t attributes, struct kf_bytes value)
{
	struct model_update spec = { .attributes = attributes, .value = value,
				     .certificate = { certificate } };

	return model_update(&spec);
}

struct kf_store model_device(struct kf_bytes pk, struct kf_bytes kek,
			     const char *variable, struct kf_bytes old,
			     unsigned year)
{
	bool is_pk = model_same(variable, "PK"), is_kek = model_same(variable,
								     "KEK");
	struct kf_part part = {
		.name = is_pk ? "pk" : is_kek ? "kek" : variable,
		.presence = old.len ? KF_PRESENT : KF_ABSENT,
		.bytes = old, .attributes = MODEL_REPLACE,
		.time = { .year = (uint16_t)year, .month = 1, .day = 1 },
		.timed = year,
	};
	struct kf_store store = { .complete = true };

	model_put(&store, "pk", pk);
	model_put(&store, "kek", kek);
	assert_true(kf_store_put(&store, &part));
	assert_true(kf_store_set(&store, "variable", variable));
	return store;
}
