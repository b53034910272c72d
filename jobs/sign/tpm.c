/* TPM 2.0: no key of one is opened yet.
 */
#include "child.h"

static enum kf_status start(void **self, const struct kf_key_name *name,
			    struct kf_fault *warning, struct kf_fault *why)
{
	(void)self;
	(void)name;
	(void)warning;
	kf_fault_say(why, "give a key file or a pkcs11: URI",
		     "keys of a TPM are not opened by this keyfit");
	return KF_WRONG_USE;
}

const struct kf_driver kf_driver_tpm = { .start = start };
