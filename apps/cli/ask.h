/* The device that a command asks about: the options that name it, read the same
 * way by every command that has them.
 */
#ifndef KEYFIT_APPS_CLI_ASK_H
#define KEYFIT_APPS_CLI_ASK_H

#include "options.h"

/* KF_ASK_DEVICE, KF_ASK_TRUST, KF_ASK_SET are lines of a command's options. */
#define KF_ASK_DEVICE \
	{ "device", KF_VALUE_FILE, "DEVICE", false, \
	  "the device: a variable store, an efivarfs folder, a profile, what collect wrote" }
/* So does KF_ASK_DEVICES, which may come again. */
#define KF_ASK_DEVICES \
	{ "device", KF_VALUE_FILE, "DEVICE", true, \
	  "the device: a variable store, an efivarfs folder, a profile, what collect wrote" }
#define KF_ASK_TRUST \
	{ "trust", KF_VALUE_PART, "NAME=FILE", true, \
	  "one part of the trust store; NAME=none: there is none" }
#define KF_ASK_SET \
	{ "set", KF_VALUE_SETTING, "NAME=VALUE", true, \
	  "a setting of the device, as secure-boot=off" }

/* kf_ask_device opens the device that the command line names, for the profile
 * `rules`; NULL: the device's own. Says what is wrong. Returns an exit status:
 * 0, 2 or 4. Owns: `out`, until kf_device_close. */
KF_MUST int kf_ask_device(struct kf_device *out,
			  const struct kf_arguments *arguments,
			  const char *rules, const struct kf_crypto *crypto,
			  int64_t at_s);

/* kf_ask_only leaves one --device of several in a command line; none where
 * `device` is NULL. Returns an exit status: 0 or 4. Owns: `out->given`, until
 * free. */
KF_MUST int kf_ask_only(struct kf_arguments *out,
			const struct kf_arguments *arguments,
			const struct kf_given *device);

/* kf_ask_one opens one --device of several, with the rules that the command
 * line names; `given` NULL: what --trust tells. Returns an exit status. Owns:
 * `out`, until kf_device_close. */
KF_MUST int kf_ask_one(struct kf_device *out,
		       const struct kf_arguments *arguments,
		       const struct kf_given *given,
		       const struct kf_crypto *crypto, int64_t at_s);

/* kf_ask_judged says it where a device has no verifier. Returns an exit
 * status: 0 or 4. */
KF_MUST int kf_ask_judged(const struct kf_device *device);

/* kf_ask_both opens it with shim as a second verifier, so that the parts that
 * shim has to itself can be named too. */
KF_MUST int kf_ask_both(struct kf_device *out,
			const struct kf_arguments *arguments,
			const char *rules, const struct kf_crypto *crypto,
			int64_t at_s);

#endif
