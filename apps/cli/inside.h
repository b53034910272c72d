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

/* kf_inside_found is what came of it. `unsearched` names the first image that
 * keyfit cannot look into, with why; `what` empty: there is none. */
struct kf_inside_found {
	size_t num_files;	/* that were handed on */
	struct kf_fault unsearched;
};

/* kf_inside hands on all files that one of the device's verifiers is made for,
 * out of images in images too.
 * Fails: KF_CANNOT_READ, where what should be looked into is damaged, or what
 * it takes is not there; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_inside(struct kf_inside_found *out,
				 const struct kf_device *device,
				 const struct kf_contents *contents,
				 const struct kf_source *source,
				 const char *path, kf_inside_file *take,
				 void *self, struct kf_fault *why);

#endif
