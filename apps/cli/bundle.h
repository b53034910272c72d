/* Bundles of anchors, as keyfit anchors makes and verifies them.
 */
#ifndef KEYFIT_APPS_CLI_BUNDLE_H
#define KEYFIT_APPS_CLI_BUNDLE_H

#include "options.h"

#include "jobs/bundle/bundle.h"

/* Lines of the options of keyfit anchors. */
#define KF_ASK_BUNDLE \
	{ "product", KF_VALUE_ANY, "NAME", false, \
	  "of make and verify: the product whose keys they are" }, \
	{ "version", KF_VALUE_ANY, "NUMBER", false, \
	  "of make: of the bundle; one more than --previous has, or 1" }, \
	{ "expires", KF_VALUE_ANY, "TIME", false, \
	  "of make: until when the bundle counts" }, \
	{ "previous", KF_VALUE_FILE, "FILE", false, \
	  "of make: the bundle before this one" }, \
	{ "key", KF_VALUE_FILE, "FILE", false, \
	  "of verify: the public key that has to have signed it" }, \
	{ "newer-than", KF_VALUE_FILE, "FILE", false, \
	  "of verify: the bundle that was taken last: none older is" }, \
	{ "output", KF_VALUE_FILE, "FILE", false, \
	  "of make: where to; of verify: the keys, as PEM" }

/* kf_bundle_run runs keyfit anchors make and verify. Returns an exit status. */
int kf_bundle_run(const struct kf_arguments *arguments);

/* kf_bundling is one run. */
struct kf_bundling {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_output out;
	int64_t at_s;
	struct kf_bundle bundle;
};

/* Each returns an exit status, and says what is wrong. */
KF_MUST int kf_bundle_make(struct kf_bundling *q);
KF_MUST int kf_bundle_verify(struct kf_bundling *q);

/* kf_bundle_load reads a bundle out of its envelope: `key` NULL, whoever has
 * signed it. `payload` may be NULL. */
KF_MUST int kf_bundle_load(struct kf_bundle *out, struct kf_bytes *payload,
			   struct kf_bundling *q, const char *path,
			   const struct kf_key *key);

/* kf_bundle_put writes the answer to --output, or to stdout. */
KF_MUST int kf_bundle_put(struct kf_bundling *q, struct kf_output *text);

#endif
