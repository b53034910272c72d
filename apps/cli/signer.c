/* Reads --signed-by, by the kinds of store that hold certificates: one in DER,
 * one or several in PEM, in their order.
 */
#include "signer.h"

#include "core/siglist.h"

#include <string.h>

enum {
	/* A list of what the file holds is not larger than some times the
	 * file. */
	ARENA_LEN = 8 * KF_SIGNER_FILE_MAX,
};

static enum kf_status no_certificate(struct kf_fault *why)
{
	kf_fault_say(why, "give an X.509 certificate in DER or PEM, the signer's first",
		     "is no certificate that keyfit can read");
	return KF_WRONG_USE;
}

/* damaged says what is wrong with a file, if anything is. */
static enum kf_status damaged(const struct kf_store *store,
			      struct kf_fault *why)
{
	if (store->status != KF_OK || store->num_damage == 0)
		return store->status;
	kf_fault_say(why, "make or copy the file again",
		     "is damaged: %s at byte %llu", store->damage[0].field,
		     (unsigned long long)store->damage[0].at);
	return KF_WRONG_USE;
}

/* take keeps the certificates of a list. */
static enum kf_status take(struct kf_signer *out, struct kf_bytes list,
			   struct kf_fault *why)
{
	struct kf_siglist_walk walk = kf_siglist_walk(list);
	struct kf_bytes der;

	while (kf_siglist_certificate(&walk, &der)) {
		if (out->num == KF_SIGNER_MAX) {
			kf_fault_say(why, NULL,
				     "holds more than %d certificates",
				     KF_SIGNER_MAX);
			return KF_WRONG_USE;
		}
		out->certificate[out->num++] = der;
	}
	return out->num ? KF_OK : no_certificate(why);
}

enum kf_status kf_signer_read(struct kf_signer *out, const char *path,
			      const struct kf_crypto *crypto,
			      struct kf_fault *why)
{
	static struct kf_store store;
	const struct kf_store_kind *kind;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = kf_text_file_read(&out->file, path, KF_SIGNER_FILE_MAX, why);
	if (status == KF_OK)
		status = kf_work_open(&out->work, ARENA_LEN, crypto,
				      kf_now_s(), why);
	if (status != KF_OK)
		return status;
	kind = kf_store_kind_of(out->file.bytes);
	if (!kind || kind->whole)
		return no_certificate(why);
	kf_store_read(&store, kind, out->file.bytes, &out->work.env);
	status = damaged(&store, why);
	if (status != KF_OK)
		return status;
	return store.num_parts == 1 ? take(out, store.part[0].bytes, why)
				    : no_certificate(why);
}

void kf_signer_close(struct kf_signer *signer)
{
	kf_text_file_close(&signer->file);
	kf_work_close(&signer->work);
	memset(signer, 0, sizeof(*signer));
}
