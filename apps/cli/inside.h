/* The files inside a bundle that a device's other verifiers will meet.
 */
#ifndef KEYFIT_CLI_INSIDE_H
#define KEYFIT_CLI_INSIDE_H

#include <keyfit/host.h>

/* kf_inside_file takes one of them. Its path starts with the bundle's. */
typedef void kf_inside_file(void *self, const char *path,
			    const struct kf_source *source,
			    const struct kf_format *format);

/* kf_inside_takes tells whether a device has a verifier that is made for files
 * of this format, which may be NULL. */
bool kf_inside_takes(const struct kf_device *device,
		     const struct kf_format *format);

/* kf_inside_matters tells whether a device has a verifier that does not judge
 * files of this format, but may judge what is in them. */
bool kf_inside_matters(const struct kf_device *device,
		       const struct kf_format *format);

/* kf_inside hands on all files that one of the device's verifiers is made for.
 * Fails: KF_CANNOT_READ, where the contents cannot be looked into;
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_inside(const struct kf_device *device,
				 const struct kf_contents *contents,
				 const struct kf_source *source,
				 const char *path, kf_inside_file *take,
				 void *self, struct kf_fault *why);

#endif
