/* Writes a bundle.
 */
#include "bundle.h"

#include "core/dsse.h"
#include "host/base64.h"

static void subjects(struct kf_json *json, const struct kf_bundle *bundle)
{
	kf_json_open(json, "subject", '[');
	for (size_t i = 0; i < bundle->num; i++) {
		const struct kf_bundle_anchor *a = &bundle->anchor[i];

		kf_json_open(json, NULL, '{');
		kf_json_foreign(json, "name", kf_text(a->name));
		kf_json_open(json, "digest", '{');
		kf_json_hex(json, "sha256", kf_view(a->key.sha256.bytes,
						    a->key.sha256.len));
		kf_json_close(json);
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void anchors(struct kf_json *json, const struct kf_bundle *bundle)
{
	kf_json_open(json, "anchors", '[');
	for (size_t i = 0; i < bundle->num; i++) {
		const struct kf_bundle_anchor *a = &bundle->anchor[i];

		kf_json_open(json, NULL, '{');
		kf_json_foreign(json, "name", kf_text(a->name));
		kf_json_text(json, "algorithm", a->key.name);
		kf_json_hex(json, "sha256", kf_view(a->key.sha256.bytes,
						    a->key.sha256.len));
		kf_json_text(json, "digits", a->digits);
		kf_base64_write(json, "key", a->spki);
		if (a->certificate.len)
			kf_base64_write(json, "certificate", a->certificate);
		kf_json_close(json);
	}
	kf_json_close(json);
}

enum kf_status kf_bundle_write(struct kf_output *out,
			       const struct kf_bundle *bundle)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "_type", KF_STATEMENT_TYPE);
	subjects(&json, bundle);
	kf_json_text(&json, "predicateType", KF_BUNDLE_PREDICATE);
	kf_json_open(&json, "predicate", '{');
	kf_json_foreign(&json, "product", kf_text(bundle->product));
	kf_json_number(&json, "version", bundle->version);
	kf_json_time(&json, "made", bundle->made_s);
	kf_json_time(&json, "expires", bundle->expires_s);
	anchors(&json, bundle);
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(out, "\n");
	return out->failed ? KF_NO_MEMORY : KF_OK;
}
