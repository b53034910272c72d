/* Signatures, verified before they leave.
 */
#include "signing.h"
#include <string.h>

enum kf_status kf_sign(struct kf_signature *out, struct kf_signing_key *key,
		       const struct kf_scheme *scheme, struct kf_bytes content,
		       const struct kf_crypto *crypto, struct kf_fault *why)
{
	enum kf_answer3 good = KF_NOT_ASKED;
	enum kf_status status;

	out->len = 0;
	if (!key->calls->can(key->self, scheme)) {
		kf_fault_say(why, "choose another key, or another scheme",
			     "%s, a key of %s, does not sign so", key->name,
			     key->key.name);
		return KF_WRONG_USE;
	}
	status = key->calls->sign(key->self, out, scheme, content, why);
	if (status == KF_OK)
		status = crypto->key_verify(crypto->self, &key->key, scheme,
					    content,
					    kf_view(out->bytes, out->len),
					    &good);
	if (status == KF_OK && good != KF_YES) {
		kf_fault_say(why, "test the token, and nothing of what it signed is to leave",
			     "%s gave a signature that its own key does not verify",
			     key->name);
		status = KF_CANNOT_READ;
	}
	if (status == KF_NO_MEMORY)
		kf_fault_say(why, NULL, "out of memory");
	if (status != KF_OK)
		memset(out, 0, sizeof(*out));
	return status;
}

void kf_signing_key_close(struct kf_signing_key *key)
{
	if (key->calls)
		key->calls->close(key->self);
	memset(key, 0, sizeof(*key));
}
