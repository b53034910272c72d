/* One X.509 certificate as DER (.der, .cer, .crt): it becomes a signature list
 * of one entry, as enrolling it makes one.
 *
 * Source: RFC 5280, 4.1; UEFI 2.10, 32.4.1.
 */
#include "core/der.h"
#include "core/facts.h"
#include "core/siglist.h"

#include <keyfit/store.h>

/* recognise wants the three parts of a certificate: what is signed, the
 * algorithm, the signature. */
static bool recognise(struct kf_bytes file)
{
	enum { SEQUENCE = 0x30, BIT_STRING = 3 };
	struct kf_cursor c = kf_cursor_over(file, 0);
	struct kf_der whole, tbs, algorithm, signature;
	struct kf_cursor in;

	if (!kf_der_next(&whole, &c) || whole.tag != SEQUENCE)
		return false;
	in = kf_cursor_over(whole.value, 0);
	return kf_der_next(&tbs, &in) && tbs.tag == SEQUENCE &&
	       kf_der_next(&algorithm, &in) && algorithm.tag == SEQUENCE &&
	       kf_der_next(&signature, &in) && signature.tag == BIT_STRING;
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	struct kf_part part = { .name = "", .presence = KF_PRESENT };
	struct kf_damage damage;

	out->status = kf_siglist_certificate_check(&damage, file, 0, env);
	kf_store_damage(out, damage);
	if (damage.field || out->status != KF_OK)
		return;
	out->status = kf_siglist_of_certificates(&part.bytes, &file, 1,
						 env->arena);
	if (out->status == KF_OK && !kf_store_put(out, &part))
		out->status = KF_NO_MEMORY;
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	kf_fact_certificate(sink, env, "certificate", file);
	kf_fact_damage(sink, store->damage, store->num_damage);
}

const struct kf_store_kind kf_store_der = {
	.name = "der",
	.title = "X.509 certificate (DER)",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
