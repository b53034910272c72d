/* keyfit release verify, show: whether a folder is what was signed, and what a
 * manifest tells.
 */
#include "release.h"

#include "say.h"
#include "seal.h"

#include <string.h>

/* compare holds the folder against what is told of it. */
static int compare(struct kf_releasing *q)
{
	struct kf_manifest now = { 0 };
	struct kf_output text = { 0 };
	struct kf_fault why = { 0 };
	struct kf_release *r = &q->release;
	enum kf_status status;

	r->product = q->told.product;
	r->version = q->told.version;
	r->has_counter = q->told.has_counter;
	r->counter = q->told.counter;
	if (r->num == 0) {
		for (size_t i = 0; i < json_array_size(q->told.artifacts); i++)
			kf_release_note(q, KF_RELEASE_MISSING,
					json_string_value(json_object_get(
						json_array_get(
							q->told.artifacts, i),
						"path")), NULL);
		return KF_EXIT_FITS;
	}
	status = kf_release_write(&text, r);
	if (status == KF_OK)
		status = kf_manifest_read(&now, kf_view(text.data, text.len),
					  &why);
	if (status == KF_OK)
		kf_manifest_compare(&q->told, &now, kf_release_note, q);
	kf_manifest_close(&now);
	kf_output_close(&text);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(q->folder, status, &why);
}

/* hold holds the manifest against what the release should be. */
static void hold(struct kf_releasing *q)
{
	const char *product = kf_argument(q->arguments, "product");
	const char *version = kf_argument(q->arguments, "version");

	if (product && strcmp(product, q->told.product) != 0)
		kf_release_note(q, KF_RELEASE_PRODUCT, KF_RELEASE_NAME,
				q->told.product);
	if (version && strcmp(version, q->told.version) != 0)
		kf_release_note(q, KF_RELEASE_RELEASE, KF_RELEASE_NAME,
				q->told.version);
}

int kf_release_verify(struct kf_releasing *q)
{
	const char *signer = kf_argument(q->arguments, "key");
	struct kf_key key;
	int status;

	if (!signer) {
		kf_say(NULL, "who has to have signed it?",
		       "usage: keyfit release verify FOLDER --key KEY");
		return KF_EXIT_USAGE;
	}
	status = kf_seal_key(&key, signer, &q->work);
	if (status == KF_EXIT_FITS)
		status = kf_releasing_open(q, &key);
	/* Nothing of a manifest that is not signed is told or asked. */
	if (status != KF_EXIT_FITS || !q->told.root)
		return status == KF_EXIT_FITS
			? kf_release_tell(q, "verify", NULL) : status;
	hold(q);
	status = kf_releasing_gather(q);
	if (status == KF_EXIT_FITS)
		status = compare(q);
	if (status == KF_EXIT_FITS)
		status = kf_release_fits(q);
	return status == KF_EXIT_FITS ? kf_release_tell(q, "verify", &q->told)
				      : status;
}

int kf_release_show(struct kf_releasing *q)
{
	int status = kf_releasing_open(q, NULL);

	if (status == KF_EXIT_FITS && q->told.root)
		kf_say(q->manifest, "neither its signature nor the files were looked at", "keyfit release verify does");
	return status == KF_EXIT_FITS
		? kf_release_tell(q, "show", q->told.root ? &q->told : NULL)
		: status;
}
