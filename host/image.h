/* The EFI system partition of a disk image, copied out into a folder.
 */
#ifndef KEYFIT_HOST_IMAGE_H
#define KEYFIT_HOST_IMAGE_H

#include <keyfit/host.h>

/* kf_esp_image is such a folder, which is gone once it is closed. */
struct kf_esp_image {
	char *folder;	/* NULL: none */
};

/* kf_esp_image_is tells whether a file is an image with such a partition, and
 * where that starts. */
bool kf_esp_image_is(uint64_t *at, const char *path);

/* kf_esp_image_open copies what boots out of it, with mtools(1).
 * Owns: `out`, until kf_esp_image_close, which takes a zeroed one too.
 * Fails: KF_CANNOT_READ (mtools is not there, or cannot read the partition),
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_esp_image_open(struct kf_esp_image *out,
					 const char *path, uint64_t at,
					 struct kf_fault *why);
/* kf_esp_image_all copies all files of it, in the same way. */
KF_MUST enum kf_status kf_esp_image_all(struct kf_esp_image *out,
					const char *path, uint64_t at,
					struct kf_fault *why);
void kf_esp_image_close(struct kf_esp_image *image);

#endif
